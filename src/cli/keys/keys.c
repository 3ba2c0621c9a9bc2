/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki keys: what is on a token, by name. It asks through PKCS #11, as an application does, so it shows what the
 * user of that PIN sees, on any token and through any library. */
#include <argp.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/keys/key_text.h"
#include "cli/table.h"

enum { PIN_MOST = 1024, AT_ONCE = 64, VALUE_MOST = 1 << 16, ID_SHOWN = 32 };

typedef struct order {
    const char *module, *pin_file;
    CK_SLOT_ID slot;
} order;

typedef struct listing {
    CK_FUNCTION_LIST *p11;
    CK_SESSION_HANDLE session;
    bool initialised;
} listing;

static qk_err check(CK_RV rv, const char *what)
{
    return rv == CKR_OK ? QK_OK : qk_fail(QK_E_FUNCTION_FAILED, "%s: error 0x%lx of the PKCS #11 library", what, rv);
}

/* ---- options ---- */

static error_t parse(int key, char *text, struct argp_state *state)
{
    order *it = state->input;
    char *end = NULL;

    switch (key) {
    case 'm':
        it->module = text;
        return 0;
    case 'p':
        it->pin_file = text;
        return 0;
    case 's':
        it->slot = strtoul(text, &end, 10);
        if (end == text || *end)
            argp_error(state, "--slot wants a number, not '%s'", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the library ---- */

static void leave(listing *it)
{
    if (it->initialised)
        it->p11->C_Finalize(NULL); /* ends the session, too */
}

static qk_err load(const order *wanted, listing *it)
{
    void *handle = dlopen(wanted->module, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = NULL;

    if (!handle)
        return qk_fail(QK_E_SYSTEM, "%s", dlerror());
    *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (!get || get(&it->p11) != CKR_OK || !it->p11)
        return qk_fail(QK_E_SYSTEM, "%s is no PKCS #11 library", wanted->module);
    QK_TRY(check(it->p11->C_Initialize(NULL), "C_Initialize"));
    it->initialised = true;
    return check(it->p11->C_OpenSession(wanted->slot, CKF_SERIAL_SESSION, NULL, NULL, &it->session), "C_OpenSession");
}

/* A line end behind the PIN is the editor's. */
static qk_err log_in(const order *wanted, const listing *it)
{
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    qk_view bytes;

    if (!wanted->pin_file)
        return QK_OK;
    QK_TRY(qk_file_read_secret(wanted->pin_file, PIN_MOST, &pin));
    bytes = qk_secret_reveal(&pin);
    while (bytes.len > 0 && (bytes.data[bytes.len - 1] == '\n' || bytes.data[bytes.len - 1] == '\r'))
        bytes.len--;
    return check(it->p11->C_Login(it->session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)bytes.data, bytes.len), "C_Login");
}

/* ---- objects ---- */

/* What an object lacks, or does not show, is left out. */
static qk_err read_one(const listing *it, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, qk_attrs *out)
{
    static uint8_t value[VALUE_MOST];
    CK_ATTRIBUTE item = { type, value, sizeof value };
    const qk_attribute *row = qk_attribute_find(type);

    if (it->p11->C_GetAttributeValue(it->session, object, &item, 1) != CKR_OK || item.ulValueLen > sizeof value ||
        !row || !qk_attribute_length_fits(row->form, item.ulValueLen))
        return QK_OK;
    return qk_attrs_set(out, type, qk_view_of(value, item.ulValueLen));
}

static qk_err add_object(const listing *it, CK_OBJECT_HANDLE object, qk_table *table)
{
    static const CK_ATTRIBUTE_TYPE types[] = {
        CKA_CLASS,        CKA_KEY_TYPE,       CKA_LABEL,   CKA_ID,          CKA_PARAMETER_SET, CKA_IBM_PQC_PARAMS,
        CKA_EC_PARAMS,    CKA_MODULUS,        CKA_PRIME,   CKA_VALUE_LEN,   CKA_EXTRACTABLE,   CKA_SENSITIVE,
        CKA_SIGN,         CKA_VERIFY,         CKA_ENCRYPT, CKA_DECRYPT,     CKA_WRAP,          CKA_UNWRAP,
        CKA_SIGN_RECOVER, CKA_VERIFY_RECOVER, CKA_DERIVE,  CKA_ENCAPSULATE, CKA_DECAPSULATE,
    };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    char class[QK_KEY_TEXT], type[QK_KEY_TEXT], label[QK_KEY_TEXT], uses[QK_KEY_TEXT], leaves[QK_KEY_TEXT];
    char id[2 * ID_SHOWN + 1];
    qk_view id_bytes;

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        QK_TRY(read_one(it, object, types[i], &attrs));
    id_bytes = qk_attrs_view(&attrs, CKA_ID);
    qk_key_class_write(&attrs, class);
    qk_key_type_write(&attrs, type);
    qk_key_label_write(&attrs, label);
    qk_key_uses_write(&attrs, uses);
    qk_key_leaves_write(&attrs, leaves);
    qk_hex_write(qk_view_slice(id_bytes, 0, id_bytes.len < ID_SHOWN ? id_bytes.len : ID_SHOWN), id);
    return qk_table_add(table, (const char *const[]){ class, type, id, label, leaves, uses });
}

static qk_err find_all(const listing *it, qk_table *table)
{
    CK_OBJECT_HANDLE found[AT_ONCE];
    CK_ULONG count;

    QK_TRY(check(it->p11->C_FindObjectsInit(it->session, NULL, 0), "C_FindObjectsInit"));
    do {
        QK_TRY(check(it->p11->C_FindObjects(it->session, found, AT_ONCE, &count), "C_FindObjects"));
        for (CK_ULONG i = 0; i < count; i++)
            QK_TRY(add_object(it, found[i], table));
    } while (count > 0);
    return check(it->p11->C_FindObjectsFinal(it->session), "C_FindObjectsFinal");
}

qk_err qk_command_keys(int argc, char **argv)
{
    static const char *const head[] = { "OBJECT", "TYPE", "ID", "LABEL", "LEAVES", "USES" };
    static const struct argp_option options[] = {
        { "module", 'm', "FILE", 0, "The PKCS #11 library to ask. Default: " QK_MODULE_FILE, 0 },
        { "slot", 's', "NUMBER", 0, "The token's slot. Default: 0", 0 },
        { "pin-file", 'p', "FILE", 0, "A file with the user's PIN. Without it, public objects alone are seen", 0 },
        { 0 },
    };
    const struct argp command = { options, parse, NULL, "Lists what is on a token.", NULL, NULL, NULL };
    order wanted = { .module = QK_MODULE_FILE };
    QK_OWNED(qk_table_done) qk_table table = QK_TABLE_NONE(6);
    QK_OWNED(leave) listing it = { 0 };

    argp_parse(&command, argc, argv, 0, NULL, &wanted);
    QK_TRY(load(&wanted, &it));
    QK_TRY(log_in(&wanted, &it));
    QK_TRY(qk_table_add(&table, head));
    QK_TRY(find_all(&it, &table));
    qk_table_print(&table);
    return QK_OK;
}
