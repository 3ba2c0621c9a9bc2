/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes: one table that says of each attribute its form, where it lives, and who may read or change it; and
 * qk_attrs, a list of attributes with values.
 *
 * Values have the form PKCS #11 gives them in memory (CK_ULONG: 8 bytes of the host, CK_BBOOL: 1 byte), so that a
 * C_ function copies them as they are. What leaves the process is converted by `form`: see hsm/codec/attribute_codec.h.
 */
#ifndef QK_P11_ATTRIBUTE_H
#define QK_P11_ATTRIBUTE_H

#include <quantoki/pkcs11-ibm.h>
#include <quantoki/pkcs11.h>

#include "base/arena.h"
#include "base/bytes.h"

typedef enum qk_attribute_form {
    QK_FORM_BOOL,  /* CK_BBOOL */
    QK_FORM_ULONG, /* CK_ULONG */
    QK_FORM_BYTES,
    QK_FORM_TEXT,     /* UTF-8, not terminated */
    QK_FORM_INTEGER,  /* big integer, big endian, no leading zeros */
    QK_FORM_DATE,     /* CK_DATE: empty or 8 characters */
    QK_FORM_ULONGS,   /* list of CK_ULONG: CKA_ALLOWED_MECHANISMS */
    QK_FORM_TEMPLATE, /* nested template: CKA_WRAP_TEMPLATE, ...; held flat, see nested.h */
} qk_attribute_form;

/* Where an attribute lives. */
typedef enum qk_attribute_home {
    QK_HOME_KEY,    /* sealed in the key blob, only the HSM judges and changes it; objects that are no keys have no blob
                     * and    keep it in their row */
    QK_HOME_VALUE,  /* part of the key or object value itself, given at creation (CKA_VALUE, CKA_MODULUS, ...) */
    QK_HOME_OBJECT, /* in the keystore's row: CKA_LABEL, CKA_ID, dates, ... */
    QK_HOME_PLACE,  /* decides where the object lives, never stored with it: CKA_TOKEN, CKA_PRIVATE */
    QK_HOME_COMPUTED, /* follows from others: CKA_UNIQUE_ID, CKA_CHECK_VALUE, ... */
} qk_attribute_home;

/* Kinds of objects an attribute belongs to. */
enum {
    QK_OF_PUBLIC = 1 << 0,
    QK_OF_PRIVATE = 1 << 1,
    QK_OF_SECRET = 1 << 2,
    QK_OF_CERTIFICATE = 1 << 3,
    QK_OF_DATA = 1 << 4,
    QK_OF_DOMAIN = 1 << 5,
    QK_OF_PROFILE = 1 << 6,
    QK_OF_KEYS = QK_OF_PUBLIC | QK_OF_PRIVATE | QK_OF_SECRET,
    QK_OF_ALL = 0x7f,
};

enum {
    /* Never leaves in clear while SENSITIVE or not EXTRACTABLE. Of private and secret keys: CKA_VALUE of certificates,
     * data and public keys is open. */
    QK_ATTRIBUTE_SECRET = 1 << 0,
    QK_ATTRIBUTE_NOT_GIVEN = 1 << 1,     /* may not stand in a template: the token sets it */
    QK_ATTRIBUTE_SETTABLE = 1 << 2,      /* C_SetAttributeValue may change it (one-way rules apart) */
    QK_ATTRIBUTE_ONLY_TO_TRUE = 1 << 3,  /* CKA_SENSITIVE, CKA_WRAP_WITH_TRUSTED */
    QK_ATTRIBUTE_ONLY_TO_FALSE = 1 << 4, /* CKA_EXTRACTABLE, CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE */
    QK_ATTRIBUTE_USAGE = 1 << 5,         /* says what a key may do: CKA_SIGN, ... */
};

typedef struct qk_attribute {
    CK_ATTRIBUTE_TYPE type;
    const char *name; /* "CKA_LABEL" */
    qk_attribute_form form;
    qk_attribute_home home;
    unsigned of;    /* QK_OF_...; 0: belongs to no object (a keystore's label and password) */
    unsigned flags; /* QK_ATTRIBUTE_... */
} qk_attribute;

extern const qk_attribute qk_attributes[];
extern const size_t qk_attribute_count;

/* NULL if nobody knows it. */
const qk_attribute *qk_attribute_find(CK_ATTRIBUTE_TYPE type);
/* Can a value of this form have that length? Of flat nested templates any can. */
bool qk_attribute_length_fits(qk_attribute_form form, size_t len);
/* QK_OF_... for an object class; 0 if unknown. */
unsigned qk_attribute_kind_of(CK_OBJECT_CLASS class);

/* ---- lists of attributes ---- */

typedef struct qk_attr {
    CK_ATTRIBUTE_TYPE type;
    qk_view value; /* in host form; owned by the list */
} qk_attr;

/* A list without repeated types, in the order given. Owns copies of its values and wipes them. */
typedef struct qk_attrs {
    qk_attr *items;
    size_t count, cap;
} qk_attrs;

#define QK_ATTRS_NONE ((qk_attrs){ NULL, 0, 0 })

void qk_attrs_done(qk_attrs *attrs);
/* Adds, or replaces the value of that type. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_attrs_set(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, qk_view value);
QK_MUST_CHECK qk_err qk_attrs_set_bool(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value);
QK_MUST_CHECK qk_err qk_attrs_set_ulong(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
/* All of `from` over what is there. */
QK_MUST_CHECK qk_err qk_attrs_merge(qk_attrs *attrs, const qk_attrs *from);
void qk_attrs_remove(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type);

/* NULL if absent. */
const qk_attr *qk_attrs_find(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type);
/* `fallback` if absent. */
bool qk_attrs_bool(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool fallback);
CK_ULONG qk_attrs_ulong(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG fallback);
qk_view qk_attrs_view(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type); /* empty if absent */

/* Reads an application's template and puts it in place of what `out` held; on failure `out` stays as it was. Refuses a
 * NULL template (QK_E_BAD_ARGUMENT), unknown types (QK_E_ATTRIBUTE_TYPE), lengths that do not fit the form or have no
 * value (QK_E_ATTRIBUTE_VALUE; also nested templates beyond the bounds of nested.h), the same type twice, more than 512
 * entries or 16 MiB in all (QK_E_TEMPLATE_INCONSISTENT). Big integers lose leading zeros; any true CK_BBOOL becomes
 * CK_TRUE. */
QK_MUST_CHECK qk_err qk_attrs_from_template(const CK_ATTRIBUTE *template_, CK_ULONG count, qk_attrs *out);
/* True if every attribute of `wanted` is in `attrs` with the same value. */
bool qk_attrs_match(const qk_attrs *attrs, const qk_attrs *wanted);

/* ---- names, for logs and the command line ---- */

const char *qk_name_of_class(CK_OBJECT_CLASS class); /* "CKO_SECRET_KEY"; "unknown" */
const char *qk_name_of_key_type(CK_KEY_TYPE type);

#endif
