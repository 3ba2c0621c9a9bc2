/* SPDX-License-Identifier: Apache-2.0 */
/* One-call operations: find the engine, check that key and mechanism fit, call. */
#include "crypto/crypto.h"

#include "crypto/encapsulate.h"
#include "crypto/engine.h"

qk_err qk_key_generate(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(NULL, use, QK_GENERATE, &engine));
    return engine->generate(use, template_, out_key);
}

qk_err qk_key_generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(NULL, use, QK_GENERATE_PAIR, &engine));
    return engine->generate_pair(use, public_template, out_public, out_private);
}

qk_err qk_crypto_encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, use->mech->does & QK_ENCRYPT ? QK_ENCRYPT : QK_WRAP, &engine));
    return engine->encrypt(key, use, plain, arena, out_cipher);
}

qk_err qk_crypto_decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, use->mech->does & QK_DECRYPT ? QK_DECRYPT : QK_UNWRAP, &engine));
    return engine->decrypt(key, use, cipher, arena, out_plain);
}

qk_err qk_crypto_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, QK_SIGN, &engine));
    return engine->sign(key, use, data, arena, out_signature);
}

qk_err qk_crypto_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, QK_VERIFY, &engine));
    return engine->verify(key, use, data, signature);
}

qk_err qk_crypto_digest(const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_digest)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(NULL, use, QK_DIGEST, &engine));
    return engine->digest(use, data, arena, out_digest);
}

qk_err qk_crypto_sign_recover(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                              qk_view *out_signature)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, QK_SIGN_RECOVER, &engine));
    return engine->sign_recover(key, use, data, arena, out_signature);
}

qk_err qk_crypto_verify_recover(const qk_key *key, const qk_mech_use *use, qk_view signature, qk_arena *arena,
                                qk_view *out_data)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, QK_VERIFY_RECOVER, &engine));
    return engine->verify_recover(key, use, signature, arena, out_data);
}

qk_err qk_crypto_derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(base, use, QK_DERIVE, &engine));
    if (!engine->derive)
        return qk_fail(QK_E_MECHANISM_INVALID, "%s makes several keys", use->mech->name);
    return engine->derive(base, use, wanted, out_key);
}

qk_err qk_crypto_derive_keys(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, size_t count,
                             qk_arena *arena, qk_key **out_keys, qk_view *out_rest)
{
    const qk_engine *engine;
    qk_err err;

    QK_TRY(qk_engine_check(base, use, QK_DERIVE, &engine));
    if (!engine->derive_keys || count > QK_DERIVE_KEYS_MOST)
        return qk_fail(QK_E_MECHANISM_INVALID, "%s does not make %zu keys", use->mech->name, count);
    for (size_t i = 0; i < count; i++)
        out_keys[i] = NULL;
    err = engine->derive_keys(base, use, wanted, count, arena, out_keys, out_rest);
    for (size_t i = 0; err != QK_OK && i < count; i++)
        qk_key_unref(&out_keys[i]);
    return err;
}

qk_err qk_crypto_encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted, qk_arena *arena,
                             qk_view *out_cipher, qk_key **out_key)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, QK_ENCAPSULATE, &engine));
    return engine->encapsulate(key, use, wanted, arena, out_cipher, out_key);
}

qk_err qk_crypto_decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher, const qk_key_wanted *wanted,
                             qk_key **out_key)
{
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, QK_DECAPSULATE, &engine));
    return engine->decapsulate(key, use, cipher, wanted, out_key);
}

size_t qk_crypto_output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    const qk_engine *engine = qk_engine_of(use->mech);

    if (function == QK_ENCAPSULATE && engine &&
        (engine->encapsulate == qk_ecdh_encapsulate || engine->encapsulate == qk_rsa_encapsulate))
        return qk_encapsulated_len(key);
    return engine && engine->output_len ? engine->output_len(key, use, function, input_len) : 0;
}
