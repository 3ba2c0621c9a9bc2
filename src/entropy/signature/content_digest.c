/* SPDX-License-Identifier: Apache-2.0 */
/* Content-Digest: a dictionary of algorithms and what each makes of the body. */
#include "base/encoding.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "crypto/openssl.h"
#include "entropy/signature/field.h"
#include "entropy/signature/message_signature.h"

enum { MOST_MEMBERS = 8 };

qk_err qk_content_digest_write(qk_view body, qk_buf *out)
{
    uint8_t digest[32];

    QK_TRY(qk_sha256(body, digest));
    qk_buf_put_text(out, "sha-256=:");
    qk_base64_write(qk_view_of(digest, sizeof digest), out);
    qk_buf_put_text(out, ":");
    return qk_buf_check(out);
}

/* Those of RFC 9530, section 5, that are not out of date. */
static const struct algorithm {
    const char *name;
    CK_MECHANISM_TYPE hash;
} algorithms[] = { { "sha-256", CKM_SHA256 }, { "sha-512", CKM_SHA512 } };

static qk_err fits(const struct algorithm *algorithm, qk_view digest, qk_view body)
{
    uint8_t is[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (EVP_Digest(body.data, body.len, is, &len, qk_digest_of(algorithm->hash), NULL) != 1)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, algorithm->name);
    if (!qk_ct_equal(qk_view_of(is, len), digest))
        return qk_fail(QK_E_SIGNATURE_INVALID, "the body is not the one that Content-Digest tells of (%s)",
                       algorithm->name);
    return QK_OK;
}

static qk_err check_member(qk_field *field, qk_view body, unsigned *checked)
{
    QK_OWNED(qk_buf_done) qk_buf digest = QK_BUF_NONE;
    qk_view key = qk_field_key(field);

    qk_field_expect(field, '=');
    qk_field_bytes(field, &digest);
    QK_TRY(qk_buf_check(&digest));
    for (size_t i = 0; !field->failed && i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (!qk_view_equal(key, qk_view_text(algorithms[i].name)))
            continue;
        if (*checked & 1u << i)
            return qk_fail(QK_E_PROTOCOL, "Content-Digest names an algorithm twice");
        QK_TRY(fits(&algorithms[i], qk_buf_view(&digest), body));
        *checked |= 1u << i;
    }
    return QK_OK;
}

qk_err qk_content_digest_check(qk_view text, qk_view body)
{
    qk_field field = qk_field_of(text);
    unsigned checked = 0, members = 0;

    do
        QK_TRY(check_member(&field, body, &checked));
    while (qk_field_more(&field) && ++members < MOST_MEMBERS);
    if (!qk_field_ended(&field))
        return qk_fail(QK_E_PROTOCOL, "Content-Digest is malformed");
    if (!checked)
        return qk_fail(QK_E_PROTOCOL, "Content-Digest has neither sha-256 nor sha-512");
    return QK_OK;
}
