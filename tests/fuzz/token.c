/* SPDX-License-Identifier: Apache-2.0 */
/* Bearer tokens. Input: whether the rest is a token as somebody sent it, or a header and, behind the first line end,
 * the claims, both as JSON, which are signed with the right key: what stands behind the signature is read with care
 * too. The claims of a token that is taken go into another one and come back. */
#include "fuzz.h"
#include "entropy/entropy.h"

#include "base/encoding.h"
#include "iam/token/token.h"

enum { SIGNED = 1 };

static qk_iam_secrets secrets;

void fuzz_start(void)
{
    static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_mech_use use = { .mech = qk_mech_find(CKM_EC_KEY_PAIR_GEN) };

    must(qk_crypto_start());

    must(qk_entropy_start(NULL));
    must(qk_attrs_set(&attrs, CKA_EC_PARAMS, qk_view_of(p256, sizeof p256)));
    must(qk_key_generate_pair(&use, &attrs, &secrets.public_key, &secrets.private_key));
}

static void sign(qk_reader *from, qk_arena *arena, qk_buf *out_token)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_ECDSA_SHA256) };
    qk_view signature;

    qk_base64url_write(fuzz_until(from, '\n'), out_token);
    qk_buf_put_u8(out_token, '.');
    qk_base64url_write(fuzz_rest(from), out_token);
    must(qk_buf_check(out_token));
    must(qk_crypto_sign(secrets.private_key, &use, qk_buf_view(out_token), arena, &signature));
    qk_buf_put_u8(out_token, '.');
    qk_base64url_write(signature, out_token);
    must(qk_buf_check(out_token));
}

static void both_ways(const qk_token_claims *claims, qk_arena *arena)
{
    qk_token_claims again;
    qk_view token;

    promise(memchr(claims->identity, 0, sizeof claims->identity) != NULL);
    if (qk_token_write(&secrets, claims, arena, &token) != QK_OK)
        return;
    must(qk_token_read(&secrets, token, &again));
    promise(strcmp(claims->identity, again.identity) == 0 && claims->epoch == again.epoch && claims->key == again.key);
    promise(claims->issued_unix_s == again.issued_unix_s && claims->expires_unix_s == again.expires_unix_s);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_buf_done) qk_buf token = QK_BUF_NONE;
    qk_reader from = qk_reader_of(input);
    bool is_signed = qk_read_u8(&from) & SIGNED;
    qk_token_claims claims;

    qk_arena_init(&arena, 0);
    if (is_signed)
        sign(&from, &arena, &token);
    else
        qk_buf_put(&token, fuzz_rest(&from));
    if (qk_token_read(&secrets, qk_buf_view(&token), &claims) != QK_OK)
        return;
    promise(is_signed);
    both_ways(&claims, &arena);
}
