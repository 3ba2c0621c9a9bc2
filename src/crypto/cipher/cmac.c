/* SPDX-License-Identifier: Apache-2.0 */
/* Step numbers are those of SP 800-38B, sections 6.1 and 6.2. EVP_MAC would fetch its cipher by name and expand the key
 * anew for every message; the definition is CBC and two doublings. */
#include "crypto/cipher/cmac.h"

#include "crypto/engine.h"
#include "crypto/hash/mac.h"

enum { SCRATCH = 1024 };

/* A doubling in GF(2^n), without a branch: 6.1, steps 2 and 3. */
static void twice(uint8_t *block, size_t len)
{
    uint8_t reduce = (uint8_t)(0 - (block[0] >> 7)) & (len == QK_AES_BLOCK ? 0x87 : 0x1b);

    for (size_t i = 0; i + 1 < len; i++)
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    block[len - 1] = (uint8_t)(block[len - 1] << 1) ^ reduce;
}

/* Whole blocks, of which only what is chained to the next one is kept: 6.2, step 6. */
static qk_err chain_blocks(qk_cmac *cmac, const qk_key *key, qk_view blocks)
{
    size_t block = qk_cipher_block_len(key);
    uint8_t scratch[SCRATCH];

    while (blocks.len > 0) {
        qk_view piece = qk_view_slice(blocks, 0, sizeof scratch);
        QK_TRY(qk_cipher_whole(key, QK_MODE_CBC, true, cmac->chain, piece, scratch));
        memcpy(cmac->chain, scratch + piece.len - block, block);
        blocks = qk_view_slice(blocks, piece.len, blocks.len);
    }
    explicit_bzero(scratch, sizeof scratch);
    return QK_OK;
}

qk_err qk_cmac_check(const qk_key *key)
{
    if (!qk_cipher_offered(key->type, QK_MODE_CBC))
        return qk_fail(QK_E_KEY_TYPE, "a CMAC with a key of type %s", qk_name_of_key_type(key->type));
    return QK_OK;
}

qk_err qk_cmac_update(qk_cmac *cmac, const qk_key *key, qk_view data)
{
    size_t block = qk_cipher_block_len(key), missing = block - cmac->rest_len, whole;

    if (data.len == 0)
        return QK_OK;
    if (cmac->rest_len > 0 && data.len > missing) {
        memcpy(cmac->rest + cmac->rest_len, data.data, missing);
        QK_TRY(chain_blocks(cmac, key, qk_view_of(cmac->rest, block)));
        data = qk_view_slice(data, missing, data.len);
        cmac->rest_len = 0;
    }
    if (cmac->rest_len == 0) {
        whole = (data.len - 1) / block * block;
        QK_TRY(chain_blocks(cmac, key, qk_view_slice(data, 0, whole)));
        data = qk_view_slice(data, whole, data.len);
    }
    memcpy(cmac->rest + cmac->rest_len, data.data, data.len);
    cmac->rest_len += data.len;
    return QK_OK;
}

qk_err qk_cmac_end(qk_cmac *cmac, const qk_key *key, uint8_t out[QK_MAX_CIPHER_BLOCK])
{
    static const uint8_t zeros[QK_MAX_CIPHER_BLOCK];
    uint8_t subkey[QK_MAX_CIPHER_BLOCK];
    size_t block = qk_cipher_block_len(key);
    qk_err err;

    QK_TRY(qk_cipher_whole(key, QK_MODE_ECB, true, NULL, qk_view_of(zeros, block), subkey)); /* 6.1, step 1 */
    twice(subkey, block);
    if (cmac->rest_len < block) { /* step 4: the last block is padded, and has a subkey of its own */
        twice(subkey, block);
        cmac->rest[cmac->rest_len] = 0x80;
        memset(cmac->rest + cmac->rest_len + 1, 0, block - cmac->rest_len - 1);
    }
    for (size_t i = 0; i < block; i++)
        cmac->rest[i] ^= subkey[i];
    err = chain_blocks(cmac, key, qk_view_of(cmac->rest, block));
    memcpy(out, cmac->chain, block);
    explicit_bzero(subkey, sizeof subkey);
    return err;
}

void qk_cmac_save(const qk_cmac *cmac, qk_buf *out)
{
    qk_buf_put_counted(out, qk_view_of(cmac->chain, sizeof cmac->chain));
    qk_buf_put_counted(out, qk_view_of(cmac->rest, cmac->rest_len));
}

qk_err qk_cmac_load(qk_cmac *cmac, const qk_key *key, qk_reader *reader)
{
    qk_view chain = qk_read_counted(reader), rest = qk_read_counted(reader);

    if (reader->failed || chain.len != sizeof cmac->chain || rest.len > qk_cipher_block_len(key))
        return qk_fail(QK_E_STATE_INVALID, "the state of a CMAC is malformed");
    memcpy(cmac->chain, chain.data, chain.len);
    if (rest.len > 0)
        memcpy(cmac->rest, rest.data, rest.len);
    cmac->rest_len = rest.len;
    return QK_OK;
}

qk_err qk_cmac_pieces(const qk_key *key, const qk_view *pieces, size_t count, uint8_t out[QK_MAX_CIPHER_BLOCK])
{
    qk_cmac cmac = { 0 };
    qk_err err = QK_OK;

    for (size_t i = 0; err == QK_OK && i < count; i++)
        err = qk_cmac_update(&cmac, key, pieces[i]);
    if (err == QK_OK)
        err = qk_cmac_end(&cmac, key, out);
    explicit_bzero(&cmac, sizeof cmac);
    return err;
}

/* ---- the engine ---- */

static qk_err whole(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t out[QK_MAX_MAC], size_t *out_len)
{
    QK_TRY(qk_cmac_check(key));
    QK_TRY(qk_cmac_pieces(key, &data, 1, out));
    *out_len = qk_mac_len(use, qk_cipher_block_len(key));
    return QK_OK;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    return qk_mac_sign(whole, key, use, data, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    return qk_mac_verify(whole, key, use, data, signature);
}

/* Of CKM_IBM_CMAC the key says how long it is; without one, the longest. */
static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t block = key ? qk_cipher_block_len(key) : use->mech->key == CKK_DES3 ? QK_DES_BLOCK : QK_AES_BLOCK;

    (void)function;
    (void)input_len;
    return qk_mac_len(use, block);
}

const qk_engine qk_engine_cmac = {
    .sign = sign,
    .verify = verify,
    .output_len = output_len,
};
