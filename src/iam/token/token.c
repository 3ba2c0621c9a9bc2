/* SPDX-License-Identifier: Apache-2.0 */
/* Header, claims and signature as base64url, joined by dots (RFC 7515, section 3.1). The signature is checked first,
 * over the bytes as they came, with the one algorithm there is; JSON is parsed only when it is known to be ours. */
#include "iam/token/token.h"

#include <jansson.h>
#include <stdlib.h>

#include "entropy/random.h"

static const char header[] = "{\"alg\":\"ES256\",\"typ\":\"JWT\"}";
static const char issuer[] = "quantoki";

enum { JTI_LEN = 16, SIGNATURE_LEN = 64, SIGNATURE_TEXT = 86 };

static void json_done(json_t **json)
{
    json_decref(*json);
}

/* ECDSA on P-256 with SHA-256, the signature as r and s in 32 bytes each: RFC 7518, section 3.4. */
static qk_mech_use es256(void)
{
    return (qk_mech_use){ .mech = qk_mech_find(CKM_ECDSA_SHA256) };
}

/* ---- writing ---- */

static qk_err add(json_t *claims, const char *name, json_t *value)
{
    return json_object_set_new(claims, name, value) == 0 ? QK_OK : qk_fail(QK_E_NO_MEMORY, "no memory for a token");
}

static qk_err add_int(json_t *claims, const char *name, int64_t value)
{
    return add(claims, name, json_integer(value));
}

static qk_err add_bytes(json_t *claims, const char *name, qk_view bytes)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    qk_base64url_write(bytes, &text);
    QK_TRY(qk_buf_check(&text));
    return add(claims, name, json_stringn((const char *)text.data, text.len));
}

static qk_err add_claims(json_t *json, const qk_token_claims *claims)
{
    uint8_t jti[JTI_LEN];

    QK_TRY(qk_random_bytes(jti, sizeof jti));
    QK_TRY(add(json, "iss", json_string(issuer)));
    QK_TRY(add(json, "sub", json_string(claims->identity)));
    QK_TRY(add_int(json, "iat", claims->issued_unix_s));
    QK_TRY(add_int(json, "exp", claims->expires_unix_s));
    QK_TRY(add_bytes(json, "jti", qk_view_of(jti, sizeof jti)));
    QK_TRY(add_int(json, "ep", claims->epoch));
    return add_int(json, "ak", claims->key);
}

static qk_err write_claims(const qk_token_claims *claims, qk_buf *out)
{
    QK_OWNED(json_done) json_t *json = json_object();
    char *text;

    if (!json)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a token");
    QK_TRY(add_claims(json, claims));
    text = json_dumps(json, JSON_COMPACT);
    if (!text)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a token");
    qk_base64url_write(qk_view_text(text), out);
    free(text);
    return qk_buf_check(out);
}

qk_err qk_token_write(const qk_iam_secrets *secrets, const qk_token_claims *claims, qk_arena *arena, qk_view *out_token)
{
    QK_OWNED(qk_buf_done) qk_buf token = QK_BUF_NONE;
    qk_mech_use use = es256();
    qk_view signature;

    qk_base64url_write(qk_view_text(header), &token);
    qk_buf_put_text(&token, ".");
    QK_TRY(write_claims(claims, &token));
    QK_TRY(qk_crypto_sign(secrets->private_key, &use, qk_buf_view(&token), arena, &signature));
    qk_buf_put_text(&token, ".");
    qk_base64url_write(signature, &token);
    QK_TRY(qk_buf_check(&token));
    return qk_arena_copy(arena, qk_buf_view(&token), out_token);
}

/* ---- reading ---- */

static qk_err refuse(const char *why)
{
    return qk_fail(QK_E_NOT_AUTHENTICATED, "the token is not valid: %s", why);
}

typedef struct parts {
    qk_view header, claims, signature; /* base64url */
    qk_view signed_;                   /* header and claims with the dot between */
} parts;

/* What stands before the next dot, which is taken too; all if there is none. */
static qk_view take_part(qk_view *rest)
{
    const uint8_t *dot = rest->len ? memchr(rest->data, '.', rest->len) : NULL;
    qk_view part = dot ? qk_view_slice(*rest, 0, (size_t)(dot - rest->data)) : *rest;

    *rest = dot ? qk_view_slice(*rest, part.len + 1, rest->len) : QK_VIEW_NONE;
    return part;
}

static qk_err split(qk_view token, parts *out)
{
    qk_view rest = token;

    if (token.len == 0 || token.len > QK_TOKEN_MOST)
        return refuse("it is empty or too long");
    out->header = take_part(&rest);
    out->claims = take_part(&rest);
    out->signature = rest;
    out->signed_ = qk_view_slice(token, 0, out->header.len + 1 + out->claims.len);
    if (out->header.len == 0 || out->claims.len == 0 || out->signature.len != SIGNATURE_TEXT)
        return refuse("it is not a JSON Web Token with an ES256 signature");
    return QK_OK;
}

/* A signature has one text only: unused bits must be zero. */
static qk_err check_signature(const qk_iam_secrets *secrets, const parts *token)
{
    QK_OWNED(qk_buf_done) qk_buf signature = QK_BUF_NONE, again = QK_BUF_NONE;
    qk_mech_use use = es256();

    if (qk_base64_read(token->signature, &signature) != QK_OK || signature.len != SIGNATURE_LEN)
        return refuse("its signature is not base64");
    qk_base64url_write(qk_buf_view(&signature), &again);
    QK_TRY(qk_buf_check(&again));
    if (!qk_view_equal(qk_buf_view(&again), token->signature))
        return refuse("its signature is not base64url");
    if (qk_crypto_verify(secrets->public_key, &use, token->signed_, qk_buf_view(&signature)) != QK_OK)
        return refuse("its signature does not fit");
    return QK_OK;
}

/* NULL if it is not base64url of a JSON object. */
static json_t *read_json(qk_view text)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    if (qk_base64_read(text, &bytes) != QK_OK)
        return NULL;
    return json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, NULL);
}

/* RFC 7515, section 4.1: the algorithm is ours, and nothing in the header must be understood beyond that. */
static qk_err check_header(qk_view text)
{
    QK_OWNED(json_done) json_t *json = read_json(text);
    const char *alg = json_string_value(json_object_get(json, "alg"));

    if (!alg || strcmp(alg, "ES256") != 0)
        return refuse("its algorithm is not ES256");
    return json_object_get(json, "crit") ? refuse("its header has critical parts") : QK_OK;
}

static qk_err read_int(const json_t *json, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(json, name);

    if (!json_is_integer(value))
        return refuse("it lacks a claim");
    *out = json_integer_value(value);
    return QK_OK;
}

static qk_err read_claims(qk_view text, qk_token_claims *out)
{
    QK_OWNED(json_done) json_t *json = read_json(text);
    const char *iss = json_string_value(json_object_get(json, "iss"));
    const char *sub = json_string_value(json_object_get(json, "sub"));
    qk_token_claims claims = { .issued_unix_s = 0 };

    if (!iss || strcmp(iss, issuer) != 0)
        return refuse("it is not from this service");
    if (!sub || strlen(sub) >= sizeof claims.identity)
        return refuse("it names no identity");
    strcpy(claims.identity, sub);
    QK_TRY(read_int(json, "iat", &claims.issued_unix_s));
    QK_TRY(read_int(json, "exp", &claims.expires_unix_s));
    QK_TRY(read_int(json, "ep", &claims.epoch));
    QK_TRY(read_int(json, "ak", &claims.key));
    *out = claims;
    return QK_OK;
}

qk_err qk_token_read(const qk_iam_secrets *secrets, qk_view token, qk_token_claims *out_claims)
{
    parts it;

    QK_TRY(split(token, &it));
    QK_TRY(check_signature(secrets, &it));
    QK_TRY(check_header(it.header));
    return read_claims(it.claims, out_claims);
}
