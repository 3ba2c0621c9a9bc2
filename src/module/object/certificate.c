/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of the three types. Source: PKCS #11 3.2, "Certificate objects". */
#include "module/object/certificate.h"

#include "crypto/crypto.h"
#include "crypto/der.h"

enum { OF_X509 = 1, OF_WTLS = 2, OF_ATTR = 4 };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What only some types have. What is not here belongs to all of them. */
static const struct {
    CK_ATTRIBUTE_TYPE type;
    unsigned of, required;
} parts[] = {
    { CKA_SUBJECT, OF_X509 | OF_WTLS, OF_X509 | OF_WTLS },
    { CKA_OWNER, OF_ATTR, OF_ATTR },
    { CKA_ID, OF_X509, 0 },
    { CKA_ISSUER, OF_X509 | OF_WTLS, 0 },
    { CKA_SERIAL_NUMBER, OF_X509 | OF_ATTR, 0 },
    { CKA_AC_ISSUER, OF_ATTR, 0 },
    { CKA_ATTR_TYPES, OF_ATTR, 0 },
    { CKA_URL, OF_X509 | OF_WTLS, 0 },
    { CKA_HASH_OF_SUBJECT_PUBLIC_KEY, OF_X509 | OF_WTLS, 0 },
    { CKA_HASH_OF_ISSUER_PUBLIC_KEY, OF_X509 | OF_WTLS, 0 },
    { CKA_NAME_HASH_ALGORITHM, OF_X509 | OF_WTLS, 0 },
    { CKA_JAVA_MIDP_SECURITY_DOMAIN, OF_X509, 0 },
};

/* Numbers with a default and a largest value. */
static const struct {
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG fallback, most;
} numbers[] = {
    { CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_UNSPECIFIED, CK_CERTIFICATE_CATEGORY_OTHER_ENTITY },
    { CKA_JAVA_MIDP_SECURITY_DOMAIN, CK_SECURITY_DOMAIN_UNSPECIFIED, CK_SECURITY_DOMAIN_THIRD_PARTY },
    { CKA_NAME_HASH_ALGORITHM, CKM_SHA_1, CK_UNAVAILABLE_INFORMATION },
};

static qk_err type_of(const qk_attrs *attrs, unsigned *out)
{
    static const unsigned types[] = { [CKC_X_509] = OF_X509, [CKC_X_509_ATTR_CERT] = OF_ATTR, [CKC_WTLS] = OF_WTLS };
    CK_CERTIFICATE_TYPE type = qk_attrs_ulong(attrs, CKA_CERTIFICATE_TYPE, 0);

    if (!qk_attrs_find(attrs, CKA_CERTIFICATE_TYPE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a certificate needs CKA_CERTIFICATE_TYPE");
    if (type >= COUNT(types))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "certificates of CKA_CERTIFICATE_TYPE 0x%lx are unknown", type);
    *out = types[type];
    return QK_OK;
}

static qk_err check_parts(const qk_attrs *attrs, unsigned type)
{
    for (size_t i = 0; i < COUNT(parts); i++) {
        const char *name = qk_attribute_find(parts[i].type)->name;
        if (!(parts[i].of & type) && qk_attrs_find(attrs, parts[i].type))
            return qk_fail(QK_E_ATTRIBUTE_TYPE, "a certificate of this type has no %s", name);
        if ((parts[i].required & type) && !qk_attrs_find(attrs, parts[i].type))
            return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a certificate of this type needs %s", name);
    }
    return QK_OK;
}

/* The certificate itself, or where it is and how its keys are known. */
static qk_err check_value(const qk_attrs *attrs, unsigned type)
{
    bool has_url = qk_attrs_view(attrs, CKA_URL).len > 0;

    if (!qk_attrs_view(attrs, CKA_VALUE).len && (type == OF_ATTR || !has_url))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a certificate needs CKA_VALUE%s",
                       type == OF_ATTR ? "" : " or CKA_URL");
    if (has_url && !(qk_attrs_view(attrs, CKA_HASH_OF_SUBJECT_PUBLIC_KEY).len &&
                     qk_attrs_view(attrs, CKA_HASH_OF_ISSUER_PUBLIC_KEY).len))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a certificate with CKA_URL needs the hashes of its subject's and "
                                                 "issuer's public keys");
    return QK_OK;
}

static qk_err fill_numbers(qk_attrs *attrs, unsigned type)
{
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (numbers[i].type == CKA_JAVA_MIDP_SECURITY_DOMAIN && type != OF_X509)
            continue;
        if (numbers[i].type == CKA_NAME_HASH_ALGORITHM && type == OF_ATTR)
            continue;
        if (qk_attrs_ulong(attrs, numbers[i].type, 0) > numbers[i].most)
            return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s has no such value", qk_attribute_find(numbers[i].type)->name);
        if (!qk_attrs_find(attrs, numbers[i].type))
            QK_TRY(qk_attrs_set_ulong(attrs, numbers[i].type, numbers[i].fallback));
    }
    return QK_OK;
}

/* First three bytes of the certificate's SHA-1. An application may ask for none by an empty one. */
static qk_err fill_check_value(qk_attrs *attrs)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_mech_use sha1 = { .mech = qk_mech_find(CKM_SHA_1) };
    qk_view value = qk_attrs_view(attrs, CKA_VALUE), given = qk_attrs_view(attrs, CKA_CHECK_VALUE), digest;

    qk_arena_init(&arena, 0);
    if (!value.len || (qk_attrs_find(attrs, CKA_CHECK_VALUE) && !given.len))
        return QK_OK;
    QK_TRY(qk_crypto_digest(&sha1, value, &arena, &digest));
    digest = qk_view_slice(digest, 0, 3);
    if (given.len && !qk_view_equal(given, digest))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_CHECK_VALUE does not belong to this certificate");
    return qk_attrs_set(attrs, CKA_CHECK_VALUE, digest);
}

/* Certificate { TBSCertificate { [0] version, serial, algorithm, issuer, validity, subject, SubjectPublicKeyInfo
 * (RFC 5280, section 4.1). False for what is none: a token keeps it all the same. */
static bool find_spki(qk_view certificate, qk_view *out_spki)
{
    qk_view outer, tbs, skipped;

    if (!qk_der_take(&certificate, QK_DER_SEQUENCE, &outer) || !qk_der_take(&outer, QK_DER_SEQUENCE, &tbs))
        return false;
    if (!qk_der_take(&tbs, QK_DER_CONTEXT_0, &skipped))
        skipped = QK_VIEW_NONE; /* version 1 has none */
    if (!qk_der_take(&tbs, QK_DER_INTEGER, &skipped))
        return false;
    for (size_t i = 0; i < 4; i++)
        if (!qk_der_take(&tbs, QK_DER_SEQUENCE, &skipped))
            return false;
    return qk_der_take_whole(&tbs, QK_DER_SEQUENCE, out_spki);
}

static qk_err fill_public_key_info(qk_attrs *attrs, unsigned type)
{
    qk_view given = qk_attrs_view(attrs, CKA_PUBLIC_KEY_INFO), spki;

    if (type != OF_X509 || !find_spki(qk_attrs_view(attrs, CKA_VALUE), &spki))
        return QK_OK;
    if (given.len && !qk_view_equal(given, spki))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_PUBLIC_KEY_INFO is not that of the certificate");
    return qk_attrs_set(attrs, CKA_PUBLIC_KEY_INFO, spki);
}

/* Bytes and texts that this type has and the template left out are empty. */
static qk_err fill_empty(qk_attrs *attrs, unsigned type)
{
    for (size_t i = 0; i < COUNT(parts); i++) {
        bool number = qk_attribute_find(parts[i].type)->form == QK_FORM_ULONG;
        if ((parts[i].of & type) && !number && !qk_attrs_find(attrs, parts[i].type))
            QK_TRY(qk_attrs_set(attrs, parts[i].type, QK_VIEW_NONE));
    }
    if (!qk_attrs_find(attrs, CKA_PUBLIC_KEY_INFO))
        QK_TRY(qk_attrs_set(attrs, CKA_PUBLIC_KEY_INFO, QK_VIEW_NONE));
    return qk_attrs_find(attrs, CKA_TRUSTED) ? QK_OK : qk_attrs_set_bool(attrs, CKA_TRUSTED, false);
}

qk_err qk_certificate_complete(qk_attrs *attrs)
{
    unsigned type;

    QK_TRY(type_of(attrs, &type));
    QK_TRY(check_parts(attrs, type));
    QK_TRY(check_value(attrs, type));
    QK_TRY(fill_numbers(attrs, type));
    QK_TRY(fill_check_value(attrs));
    QK_TRY(fill_public_key_info(attrs, type));
    return fill_empty(attrs, type);
}

bool qk_certificate_has(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE attribute)
{
    unsigned type;

    if (type_of(attrs, &type) != QK_OK)
        return false;
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].type == attribute)
            return (parts[i].of & type) != 0;
    return true;
}
