/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated encryption in one call: the tag follows the ciphertext, and no plaintext leaves before it was checked.
 */
#ifndef QK_CRYPTO_AEAD_H
#define QK_CRYPTO_AEAD_H

#include "crypto/cipher/cipher.h"

/* Takes a ready context whose nonce and additional data are set. */
typedef qk_err qk_aead_begin(const qk_key *key, const qk_mech_use *use, bool encrypt, qk_cipher_ready **out_ready);

QK_MUST_CHECK qk_err qk_aead_encrypt(qk_aead_begin *begin, const qk_key *key, const qk_mech_use *use, size_t tag_len,
                                     qk_view plain, qk_arena *arena, qk_view *out_cipher);
/* QK_E_CIPHERTEXT_LENGTH, QK_E_CIPHERTEXT_INVALID. */
QK_MUST_CHECK qk_err qk_aead_decrypt(qk_aead_begin *begin, const qk_key *key, const qk_mech_use *use, size_t tag_len,
                                     qk_view cipher, qk_arena *arena, qk_view *out_plain);
size_t qk_aead_output_len(size_t tag_len, unsigned function, size_t input_len);
/* The refusal of everything that was changed. */
qk_err qk_aead_refuse(uint8_t *plain, size_t len);

#endif
