/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher/aead.h"

qk_err qk_aead_encrypt(qk_aead_begin *begin, const qk_key *key, const qk_mech_use *use, size_t tag_len, qk_view plain,
                       qk_arena *arena, qk_view *out_cipher)
{
    qk_cipher_ready *ready;
    uint8_t *place;
    bool well;
    int none;

    if (plain.len > SIZE_MAX - tag_len)
        return qk_fail(QK_E_BAD_LENGTH, "a message of %zu bytes", plain.len);
    QK_TRY(qk_arena_bytes(arena, plain.len + tag_len, &place));
    QK_TRY(begin(key, use, true, &ready));
    well = qk_cipher_update(ready->context, plain, place) &&
           EVP_CipherFinal_ex(ready->context, place + plain.len, &none) == 1 &&
           qk_cipher_read_tag(ready->context, place + plain.len, tag_len);
    QK_TRY(qk_cipher_put(key, ready, well));
    *out_cipher = qk_view_of(place, plain.len + tag_len);
    return QK_OK;
}

/* 1: the tag fits; 0: it does not; -1: OpenSSL refused something else. */
static int open_message(qk_cipher_ready *ready, qk_view cipher, const uint8_t *tag, size_t tag_len, uint8_t *out)
{
    uint8_t last[QK_AES_BLOCK];
    int none;

    if (!qk_cipher_update(ready->context, cipher, out) || !qk_cipher_expect_tag(ready->context, tag, tag_len))
        return -1;
    return EVP_CipherFinal_ex(ready->context, last, &none) == 1;
}

qk_err qk_aead_refuse(uint8_t *plain, size_t len)
{
    explicit_bzero(plain, len);
    qk_openssl_forget();
    return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext, its tag, IV or additional data were changed");
}

qk_err qk_aead_decrypt(qk_aead_begin *begin, const qk_key *key, const qk_mech_use *use, size_t tag_len, qk_view cipher,
                       qk_arena *arena, qk_view *out_plain)
{
    qk_cipher_ready *ready;
    uint8_t *place;
    size_t len;
    int opened;

    if (cipher.len < tag_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a ciphertext of %zu bytes is shorter than its tag", cipher.len);
    len = cipher.len - tag_len;
    QK_TRY(qk_arena_bytes(arena, len, &place));
    QK_TRY(begin(key, use, false, &ready));
    opened = open_message(ready, qk_view_of(cipher.data, len), cipher.data + len, tag_len, place);
    if (opened < 0)
        explicit_bzero(place, len);
    QK_TRY(qk_cipher_put(key, ready, opened >= 0));
    if (opened == 0)
        return qk_aead_refuse(place, len);
    *out_plain = qk_view_of(place, len);
    return QK_OK;
}

size_t qk_aead_output_len(size_t tag_len, unsigned function, size_t input_len)
{
    if (function == QK_DECRYPT)
        return input_len > tag_len ? input_len - tag_len : 0;
    return input_len + tag_len;
}
