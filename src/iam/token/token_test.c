/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens as such: what is written is read, here and by libjwt, and nothing that was forged. */
#include "iam/iam_fixture.h"

#include <jwt.h>

static qk_token_claims claims_of(const char *name)
{
    qk_token_claims claims = { .issued_unix_s = now_s, .expires_unix_s = now_s + 3600 };

    strcpy(claims.identity, name);
    claims.epoch = 7;
    claims.key = 9;
    return claims;
}

static qk_view write_token(fixture *f, const qk_token_claims *claims)
{
    qk_view token = QK_VIEW_NONE;

    assert_ok(qk_token_write(&f->iam->secrets, claims, &f->arena, &token));
    return token;
}

static qk_err read_token(fixture *f, qk_view token)
{
    qk_token_claims claims;
    return qk_token_read(&f->iam->secrets, token, &claims);
}

static qk_err read_text(fixture *f, const char *text)
{
    return read_token(f, qk_view_text(text));
}

static void what_was_written_is_read(void **state)
{
    fixture *f = *state;
    qk_token_claims claims = claims_of("anonymous"), back;

    assert_ok(qk_token_read(&f->iam->secrets, write_token(f, &claims), &back));
    assert_string_equal(back.identity, "anonymous");
    assert_int_equal(back.epoch, 7);
    assert_int_equal(back.key, 9);
    assert_int_equal(back.issued_unix_s, now_s);
    assert_int_equal(back.expires_unix_s, now_s + 3600);
}

static void a_token_is_small(void **state)
{
    fixture *f = *state;
    qk_token_claims claims = claims_of("user");

    assert_true(write_token(f, &claims).len < 400);
    memset(claims.identity, 'n', sizeof claims.identity - 1);
    assert_true(write_token(f, &claims).len < QK_TOKEN_MOST);
}

static void two_tokens_of_one_second_differ(void **state)
{
    fixture *f = *state;
    qk_token_claims claims = claims_of("user");

    assert_false(qk_view_equal(write_token(f, &claims), write_token(f, &claims)));
}

/* ---- libjwt, the stock peer ---- */

/* PEM of one of the keys of tokens, for libjwt. */
static qk_view pem_of(fixture *f, qk_iam *iam, bool private_key)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf pem = QK_BUF_NONE, base64 = QK_BUF_NONE;
    const char *label = private_key ? "PRIVATE KEY" : "PUBLIC KEY";
    qk_view copy = QK_VIEW_NONE;

    assert_ok(qk_key_write(private_key ? iam->secrets.private_key : iam->secrets.public_key, &secret));
    qk_base64_write(qk_secret_reveal(&secret), &base64);
    qk_buf_printf(&pem, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < base64.len; at += 64) {
        qk_buf_put(&pem, qk_view_slice(qk_buf_view(&base64), at, 64));
        qk_buf_put_text(&pem, "\n");
    }
    qk_buf_printf(&pem, "-----END %s-----\n", label);
    assert_ok(qk_arena_copy(&f->arena, qk_buf_view(&pem), &copy));
    return copy;
}

static void libjwt_verifies_our_tokens(void **state)
{
    fixture *f = *state;
    qk_token_claims claims = claims_of("user");
    qk_view token = write_token(f, &claims), pem = pem_of(f, f->iam, false);
    char text[QK_TOKEN_MOST + 1] = { 0 };
    jwt_t *jwt = NULL;

    memcpy(text, token.data, token.len);
    assert_int_equal(jwt_decode(&jwt, text, pem.data, (int)pem.len), 0);
    assert_int_equal(jwt_get_alg(jwt), JWT_ALG_ES256);
    assert_string_equal(jwt_get_grant(jwt, "sub"), "user");
    assert_int_equal(jwt_get_grant_int(jwt, "exp"), now_s + 3600);
    jwt_free(jwt);
}

/* ---- forged tokens ---- */

/* A token with the given header and payload, and the signature that libjwt makes with key and algorithm, or none. */
static qk_view assemble(fixture *f, const char *header, qk_view payload, const char *signature)
{
    qk_buf token = QK_BUF_NONE;
    qk_view copy = QK_VIEW_NONE;

    qk_base64url_write(qk_view_text(header), &token);
    qk_buf_put_text(&token, ".");
    qk_buf_put(&token, payload);
    qk_buf_put_text(&token, ".");
    qk_buf_put_text(&token, signature);
    assert_ok(qk_arena_copy(&f->arena, qk_buf_view(&token), &copy));
    qk_buf_done(&token);
    return copy;
}

static qk_view part_of(qk_view token, int number)
{
    while (number-- > 0) {
        const uint8_t *dot = memchr(token.data, '.', token.len);
        assert_non_null(dot);
        token = qk_view_slice(token, (size_t)(dot - token.data) + 1, token.len);
    }
    const uint8_t *end = memchr(token.data, '.', token.len);
    return end ? qk_view_slice(token, 0, (size_t)(end - token.data)) : token;
}

static void a_token_without_algorithm_is_refused(void **state)
{
    fixture *f = *state;
    qk_token_claims claims = claims_of("user");
    qk_view payload = part_of(write_token(f, &claims), 1);

    assert_err(read_token(f, assemble(f, "{\"alg\":\"none\",\"typ\":\"JWT\"}", payload, "")), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, assemble(f, "{\"alg\":\"NONE\"}", payload, "")), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, assemble(f, "{\"typ\":\"JWT\"}", payload, "")), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, assemble(f, "{\"alg\":\"ES256\"}", payload, "")), QK_E_NOT_AUTHENTICATED);
}

/* Signs with another algorithm or key through libjwt, as a forger would. */
static qk_view forge(fixture *f, jwt_alg_t algorithm, qk_view key)
{
    jwt_t *jwt = NULL;
    qk_view token = QK_VIEW_NONE;
    char *text;

    assert_int_equal(jwt_new(&jwt), 0);
    jwt_add_grant(jwt, "iss", "quantoki");
    jwt_add_grant(jwt, "sub", "so");
    jwt_add_grant_int(jwt, "iat", (long)now_s);
    jwt_add_grant_int(jwt, "exp", (long)now_s + 3600);
    jwt_add_grant_int(jwt, "ep", 0);
    jwt_add_grant_int(jwt, "ak", 7);
    assert_int_equal(jwt_set_alg(jwt, algorithm, key.data, (int)key.len), 0);
    text = jwt_encode_str(jwt);
    assert_non_null(text);
    assert_ok(qk_arena_copy(&f->arena, qk_view_text(text), &token));
    free(text);
    jwt_free(jwt);
    return token;
}

static void a_token_made_with_the_public_key_as_hmac_secret_is_refused(void **state)
{
    fixture *f = *state;
    qk_view public_key = pem_of(f, f->iam, false);

    assert_err(read_token(f, forge(f, JWT_ALG_HS256, public_key)), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, forge(f, JWT_ALG_HS512, public_key)), QK_E_NOT_AUTHENTICATED);
}

static void a_token_of_another_key_is_refused(void **state)
{
    fixture *f = *state;
    void *other_state;
    fixture *other;

    assert_int_equal(set_up_fixture(&other_state), 0);
    other = other_state;
    assert_ok(read_token(f, forge(f, JWT_ALG_ES256, pem_of(f, f->iam, true))));
    assert_err(read_token(f, forge(f, JWT_ALG_ES256, pem_of(f, other->iam, true))), QK_E_NOT_AUTHENTICATED);
    tear_down_fixture(&other_state);
}

static void a_changed_payload_is_refused(void **state)
{
    fixture *f = *state;
    qk_token_claims user = claims_of("user"), so = claims_of("so");
    qk_view user_token = write_token(f, &user), so_token = write_token(f, &so);
    qk_view signature = part_of(user_token, 2);
    char text[200] = { 0 };

    memcpy(text, signature.data, signature.len);
    assert_err(read_token(f, assemble(f, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", part_of(so_token, 1), text)),
               QK_E_NOT_AUTHENTICATED);
}

/* Also the last one, some bits of which do not belong to the signature. */
static void a_token_with_any_character_changed_is_refused(void **state)
{
    fixture *f = *state;
    qk_token_claims claims = claims_of("user");
    qk_view token = write_token(f, &claims);
    char text[QK_TOKEN_MOST + 1] = { 0 };

    memcpy(text, token.data, token.len);
    for (size_t i = 0; i < token.len; i++) {
        char before = text[i];
        text[i] = before == 'A' ? 'B' : 'A';
        assert_err(read_text(f, text), QK_E_NOT_AUTHENTICATED);
        text[i] = before;
    }
    assert_ok(read_text(f, text));
}

/* Signed with our own key, but with another header. */
static qk_view sign_with_header(fixture *f, const char *header)
{
    qk_token_claims claims = claims_of("user");
    qk_view payload = part_of(write_token(f, &claims), 1), unsigned_ = assemble(f, header, payload, "");
    qk_mech_use use = { .mech = qk_mech_find(CKM_ECDSA_SHA256) };
    qk_buf text = QK_BUF_NONE;
    qk_view signature, token;

    assert_ok(qk_crypto_sign(f->iam->secrets.private_key, &use, qk_view_slice(unsigned_, 0, unsigned_.len - 1),
                             &f->arena, &signature));
    qk_base64url_write(signature, &text);
    token = assemble(f, header, payload, qk_buf_text(&text));
    qk_buf_done(&text);
    return token;
}

static void a_header_that_is_not_ours_is_refused_even_if_signed(void **state)
{
    fixture *f = *state;
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"HS256\"}",
        "{\"typ\":\"JWT\"}",
        "{\"alg\":\"ES256\",\"crit\":[\"b64\"]}",
        "{\"alg\":\"none\",\"alg\":\"ES256\"}",
        "[\"ES256\"]",
        "no json",
    };

    assert_ok(read_token(f, sign_with_header(f, "{\"typ\":\"JWT\",\"alg\":\"ES256\"}")));
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_err(read_token(f, sign_with_header(f, headers[i])), QK_E_NOT_AUTHENTICATED);
}

static void malformed_texts_are_refused(void **state)
{
    fixture *f = *state;
    static const char *const texts[] = {
        "", ".", "..", "...", "a", "a.b", "a.b.c", "a.b.c.d", "ey J.x.y", "\"", "%00"
    };
    qk_token_claims claims = claims_of("user");
    qk_view token = write_token(f, &claims);
    char longer[QK_TOKEN_MOST + 2];

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_err(read_text(f, texts[i]), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, qk_view_slice(token, 0, token.len / 2)), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, qk_view_slice(token, 0, token.len - 1)), QK_E_NOT_AUTHENTICATED);
    assert_err(read_token(f, qk_view_of("a\0.b.c", 6)), QK_E_NOT_AUTHENTICATED);
    memset(longer, 'a', sizeof longer);
    assert_err(read_token(f, qk_view_of(longer, sizeof longer)), QK_E_NOT_AUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IAM_TEST(what_was_written_is_read),
        IAM_TEST(a_token_is_small),
        IAM_TEST(two_tokens_of_one_second_differ),
        IAM_TEST(libjwt_verifies_our_tokens),
        IAM_TEST(a_token_without_algorithm_is_refused),
        IAM_TEST(a_token_made_with_the_public_key_as_hmac_secret_is_refused),
        IAM_TEST(a_token_of_another_key_is_refused),
        IAM_TEST(a_changed_payload_is_refused),
        IAM_TEST(a_token_with_any_character_changed_is_refused),
        IAM_TEST(a_header_that_is_not_ours_is_refused_even_if_signed),
        IAM_TEST(malformed_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
