/* SPDX-License-Identifier: Apache-2.0 */
/* W and its inverse are written out here on a ready context: OpenSSL's unwrapping branches on what it has decrypted,
 * before it is known to be authentic. Algorithm and step numbers are those of SP 800-38F. */
#include "crypto/cipher/key_wrap.h"

#include "crypto/cipher/blocks.h"
#include "crypto/ct.h"
#include "crypto/engine.h"

enum { SEMI = 8, ROUNDS = 6, ICV2_LEN = 4 };

/* KW: 5 semiblocks of ciphertext and more could count beyond 2^54 rounds only for messages no memory holds. */
static const uint8_t icv1[SEMI] = { 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6 };
static const uint8_t icv2[ICV2_LEN] = { 0xa6, 0x59, 0x59, 0xa6 };

static void xor_count(uint8_t a[SEMI], uint64_t t)
{
    for (unsigned i = 0; i < SEMI; i++)
        a[i] ^= (uint8_t)(t >> (8 * (SEMI - 1 - i)));
}

/* Algorithm 1, W: `s` holds n semiblocks, the first of which is A; n >= 3. */
static bool w(EVP_CIPHER_CTX *context, uint8_t *s, size_t n)
{
    uint8_t block[QK_AES_BLOCK];
    uint64_t t = 1;
    bool well = true;

    memcpy(block, s, SEMI);
    for (unsigned round = 0; well && round < ROUNDS; round++)
        for (size_t i = 1; well && i < n; i++, t++) {
            memcpy(block + SEMI, s + SEMI * i, SEMI);
            well = qk_cipher_update(context, qk_view_of(block, sizeof block), block);
            memcpy(s + SEMI * i, block + SEMI, SEMI);
            xor_count(block, t);
        }
    memcpy(s, block, SEMI);
    explicit_bzero(block, sizeof block);
    return well;
}

/* Algorithm 2, the inverse. */
static bool w_inverse(EVP_CIPHER_CTX *context, uint8_t *s, size_t n)
{
    uint8_t block[QK_AES_BLOCK];
    uint64_t t = ROUNDS * (uint64_t)(n - 1);
    bool well = true;

    memcpy(block, s, SEMI);
    for (unsigned round = 0; well && round < ROUNDS; round++)
        for (size_t i = n - 1; well && i > 0; i--, t--) {
            xor_count(block, t);
            memcpy(block + SEMI, s + SEMI * i, SEMI);
            well = qk_cipher_update(context, qk_view_of(block, sizeof block), block);
            memcpy(s + SEMI * i, block + SEMI, SEMI);
        }
    memcpy(s, block, SEMI);
    explicit_bzero(block, sizeof block);
    return well;
}

/* W, or its inverse, of `len` bytes; two semiblocks are one block of plain AES (algorithms 5 and 6, step 5). */
static qk_err permute(const qk_key *key, bool wrap, uint8_t *s, size_t len)
{
    qk_cipher_ready *ready;

    if (len == QK_AES_BLOCK)
        return qk_cipher_whole(key, QK_MODE_ECB, wrap, NULL, qk_view_of(s, len), s);
    QK_TRY(qk_cipher_take(key, QK_MODE_ECB, wrap, &ready));
    return qk_cipher_put(key, ready, (wrap ? w : w_inverse)(ready->context, s, len / SEMI));
}

/* Initial value and data, with room for padding behind. */
static qk_err lay_out(const uint8_t first[SEMI], qk_view in, size_t len, qk_arena *arena, uint8_t **out)
{
    QK_TRY(qk_arena_bytes(arena, SEMI + len, out));
    memcpy(*out, first, SEMI);
    memset(*out + SEMI, 0, len);
    if (in.len > 0)
        memcpy(*out + SEMI, in.data, in.len);
    return QK_OK;
}

static qk_err open_layout(const qk_key *key, qk_view in, size_t least, qk_arena *arena, uint8_t **out)
{
    if (in.len < least || in.len % SEMI != 0)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "%zu wrapped bytes", in.len);
    QK_TRY(qk_arena_bytes(arena, in.len, out));
    memcpy(*out, in.data, in.len);
    return permute(key, false, *out, in.len);
}

static qk_err not_authentic(uint8_t *place, size_t len)
{
    explicit_bzero(place, len);
    return qk_fail(QK_E_CIPHERTEXT_INVALID, "the wrapped bytes do not open with this key");
}

static bool is_decided(qk_mask bad)
{
    qk_ct_declassify(&bad, sizeof bad);
    return bad != 0;
}

static qk_mask differs(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (size_t)(a[i] ^ b[i]);
    return ~qk_ct_is_zero(difference);
}

/* ---- KW: algorithms 3 and 4 ---- */

static qk_err kw_wrap(const qk_key *key, const uint8_t icv[SEMI], qk_view in, qk_arena *arena, qk_view *out)
{
    uint8_t *place;

    if (in.len < 2 * SEMI || in.len % SEMI != 0 || in.len > SIZE_MAX - SEMI)
        return qk_fail(QK_E_BAD_LENGTH, "AES key wrap takes 16, 24, 32 or more bytes, not %zu", in.len);
    QK_TRY(lay_out(icv, in, in.len, arena, &place));
    QK_TRY(permute(key, true, place, SEMI + in.len));
    *out = qk_view_of(place, SEMI + in.len);
    return QK_OK;
}

static qk_err kw_unwrap(const qk_key *key, const uint8_t icv[SEMI], qk_view in, qk_arena *arena, qk_view *out)
{
    uint8_t *place;
    qk_mask bad;

    QK_TRY(open_layout(key, in, 3 * SEMI, arena, &place));
    qk_ct_poison(place, in.len);
    bad = differs(place, icv, SEMI);
    qk_ct_declassify(place, in.len);
    if (is_decided(bad))
        return not_authentic(place, in.len);
    *out = qk_view_of(place + SEMI, in.len - SEMI);
    return QK_OK;
}

/* ---- KWP: algorithms 5 and 6 ---- */

static qk_err kwp_wrap(const qk_key *key, const uint8_t icv[ICV2_LEN], qk_view in, qk_arena *arena, qk_view *out)
{
    uint8_t first[SEMI], *place;
    size_t len;

    if (in.len < 1 || in.len > UINT32_MAX)
        return qk_fail(QK_E_BAD_LENGTH, "AES key wrap with padding takes 1 to 2^32 - 1 bytes, not %zu", in.len);
    len = (in.len + SEMI - 1) / SEMI * SEMI;
    memcpy(first, icv, ICV2_LEN);
    for (unsigned i = 0; i < 4; i++)
        first[ICV2_LEN + i] = (uint8_t)(in.len >> (8 * (3 - i)));
    QK_TRY(lay_out(first, in, len, arena, &place));
    QK_TRY(permute(key, true, place, SEMI + len));
    *out = qk_view_of(place, SEMI + len);
    return QK_OK;
}

/* Steps 6 to 11 as one mask: initial value, 0 <= padding < 8, and that it is zeros. */
static qk_mask kwp_bad(const uint8_t *s, size_t len, const uint8_t icv[ICV2_LEN], size_t *out_len)
{
    size_t plain = (size_t)s[4] << 24 | (size_t)s[5] << 16 | (size_t)s[6] << 8 | s[7], most = len - SEMI;
    qk_mask bad = differs(s, icv, ICV2_LEN) | qk_ct_below(most, plain) | qk_ct_below(plain + SEMI, most + 1);

    for (size_t i = most - SEMI; i < most; i++) /* hidden, lest the compiler count from the secret length on */
        bad |= ~qk_ct_below(qk_ct_hide(i), plain) & ~qk_ct_is_zero(s[SEMI + i]);
    *out_len = qk_ct_select(bad, 0, plain);
    return bad;
}

static qk_err kwp_unwrap(const qk_key *key, const uint8_t icv[ICV2_LEN], qk_view in, qk_arena *arena, qk_view *out)
{
    uint8_t *place;
    size_t len;
    qk_mask bad;

    QK_TRY(open_layout(key, in, 2 * SEMI, arena, &place));
    qk_ct_poison(place, in.len);
    bad = kwp_bad(place, in.len, icv, &len);
    qk_ct_declassify(place, in.len);
    if (is_decided(bad))
        return not_authentic(place, in.len);
    qk_ct_declassify(&len, sizeof len);
    *out = qk_view_of(place + SEMI, len);
    return QK_OK;
}

qk_err qk_kwp_wrap(const qk_key *key, qk_view in, qk_arena *arena, qk_view *out)
{
    return kwp_wrap(key, icv2, in, arena, out);
}

qk_err qk_kwp_unwrap(const qk_key *key, qk_view in, qk_arena *arena, qk_view *out)
{
    return kwp_unwrap(key, icv2, in, arena, out);
}

/* ---- KW over PKCS #7 padding: PKCS #11 3.2, CKM_AES_KEY_WRAP_PKCS7 ---- */

static qk_err pkcs7_wrap(const qk_key *key, const uint8_t icv[SEMI], qk_view in, qk_arena *arena, qk_view *out)
{
    size_t whole = in.len / SEMI * SEMI, len = whole + SEMI;
    uint8_t *place;

    if (len < 2 * SEMI || in.len > SIZE_MAX - 2 * SEMI)
        return qk_fail(QK_E_BAD_LENGTH, "AES key wrap with PKCS #7 padding takes 8 bytes and more, not %zu", in.len);
    QK_TRY(lay_out(icv, in, len, arena, &place));
    qk_blocks_pad(place + SEMI + whole, in.len - whole, SEMI);
    QK_TRY(permute(key, true, place, SEMI + len));
    *out = qk_view_of(place, SEMI + len);
    return QK_OK;
}

static qk_err pkcs7_unwrap(const qk_key *key, const uint8_t icv[SEMI], qk_view in, qk_arena *arena, qk_view *out)
{
    qk_view padded;
    size_t padding;

    QK_TRY(kw_unwrap(key, icv, in, arena, &padded));
    padding = qk_blocks_padding(padded.data + padded.len - SEMI, SEMI); /* authentic, so that 0 tells nobody anything */
    if (padding == 0)
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the wrapped bytes do not open with this key");
    *out = qk_view_slice(padded, 0, padded.len - padding);
    return QK_OK;
}

/* ---- the engine ---- */

typedef qk_err wrap_fn(const qk_key *key, const uint8_t *icv, qk_view in, qk_arena *arena, qk_view *out);

static const struct wrap_row {
    CK_MECHANISM_TYPE type;
    const uint8_t *icv; /* unless the parameter gives one */
    wrap_fn *wrap, *unwrap;
} rows[] = {
    { CKM_AES_KEY_WRAP, icv1, kw_wrap, kw_unwrap },
    { CKM_AES_KEY_WRAP_KWP, icv2, kwp_wrap, kwp_unwrap },
    { CKM_AES_KEY_WRAP_PKCS7, icv1, pkcs7_wrap, pkcs7_unwrap },
    { CKM_AES_KEY_WRAP_PAD, icv1, pkcs7_wrap, pkcs7_unwrap },
};

static const struct wrap_row *row_of(const qk_mech_use *use)
{
    size_t i = 0;

    while (i + 1 < sizeof rows / sizeof rows[0] && rows[i].type != use->mech->type)
        i++;
    return &rows[i];
}

static const uint8_t *icv_of(const struct wrap_row *row, const qk_mech_use *use)
{
    return use->iv.len > 0 ? use->iv.data : row->icv;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    const struct wrap_row *row = row_of(use);

    return row->wrap(key, icv_of(row, use), plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    const struct wrap_row *row = row_of(use);

    return row->unwrap(key, icv_of(row, use), cipher, arena, out_plain);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t padded =
        row_of(use)->wrap == pkcs7_wrap ? input_len / SEMI * SEMI + SEMI : (input_len + SEMI - 1) / SEMI * SEMI;

    (void)key;
    if (function == QK_DECRYPT)
        return input_len > SEMI ? input_len - SEMI : 0;
    return padded + SEMI;
}

const qk_engine qk_engine_key_wrap = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};
