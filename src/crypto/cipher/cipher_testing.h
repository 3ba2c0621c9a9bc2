/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of ciphers and MACs: a key, a mechanism and an arena. */
#ifndef QK_CRYPTO_CIPHER_TESTING_H
#define QK_CRYPTO_CIPHER_TESTING_H

#include "crypto/engine.h"
#include "crypto/testing.h"

/* The plaintext of the examples in SP 800-38A and 38B. */
#define EXAMPLE_PLAIN_HEX                                                                                              \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                                                 \
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"

typedef struct rig {
    qk_key *key;
    qk_mech_use use;
    qk_buf iv;
    qk_arena arena;
} rig;

static inline void rig_init_key(rig *r, CK_MECHANISM_TYPE type, CK_KEY_TYPE key_type, const char *key, const char *iv)
{
    *r = (rig){ .key = secret_key_hex(key_type, key), .use = use_of(type), .iv = unhex(iv) };
    if (r->use.mech->param == QK_PARAM_IV || r->use.mech->param == QK_PARAM_OPTIONAL_IV)
        r->use.iv = qk_buf_view(&r->iv);
    if (r->use.mech->param == QK_PARAM_CTR) {
        memcpy(r->use.ctr.block, r->iv.data, 16);
        r->use.ctr.bits = 128;
    }
    qk_arena_init(&r->arena, 0);
}

static inline void rig_init(rig *r, CK_MECHANISM_TYPE type, const char *key, const char *iv)
{
    rig_init_key(r, type, qk_mech_find(type)->key, key, iv);
}

static inline void rig_done(rig *r)
{
    qk_key_unref(&r->key);
    qk_buf_done(&r->iv);
    qk_arena_done(&r->arena);
}

static inline qk_err rig_encrypt(rig *r, qk_view plain, qk_view *out)
{
    return qk_crypto_encrypt(r->key, &r->use, plain, &r->arena, out);
}

static inline qk_err rig_decrypt(rig *r, qk_view cipher, qk_view *out)
{
    return qk_crypto_decrypt(r->key, &r->use, cipher, &r->arena, out);
}

/* There and back; each twice, with a fresh context and then with a kept one. */
static inline void assert_cipher(rig *r, const char *plain_hex, const char *cipher_hex)
{
    QK_OWNED(qk_buf_done) qk_buf plain = unhex(plain_hex);
    qk_view cipher, back;

    for (unsigned twice = 0; twice < 2; twice++) {
        assert_int_equal(rig_encrypt(r, qk_buf_view(&plain), &cipher), QK_OK);
        assert_hex(cipher, cipher_hex);
        assert_true(cipher.len <= qk_crypto_output_len(NULL, &r->use, QK_ENCRYPT, plain.len));
        assert_int_equal(rig_decrypt(r, cipher, &back), QK_OK);
        assert_bytes(back, qk_buf_view(&plain));
        assert_true(back.len <= qk_crypto_output_len(NULL, &r->use, QK_DECRYPT, cipher.len));
    }
}

static inline void assert_mac(rig *r, qk_view message, const char *mac_hex)
{
    QK_OWNED(qk_buf_done) qk_buf mac = unhex(mac_hex);
    qk_view out;

    assert_int_equal(qk_crypto_sign(r->key, &r->use, message, &r->arena, &out), QK_OK);
    assert_bytes(out, qk_buf_view(&mac));
    assert_int_equal(out.len, qk_crypto_output_len(r->key, &r->use, QK_SIGN, message.len));
    assert_int_equal(qk_crypto_verify(r->key, &r->use, message, out), QK_OK);
    mac.data[0] ^= 1;
    assert_int_equal(qk_crypto_verify(r->key, &r->use, message, qk_buf_view(&mac)), QK_E_SIGNATURE_INVALID);
    assert_int_equal(qk_crypto_verify(r->key, &r->use, message, qk_view_of(mac.data, mac.len - 1)),
                     QK_E_SIGNATURE_LENGTH);
}

#endif
