/* SPDX-License-Identifier: Apache-2.0 */
/* THE table of methods. A row: path, messages, the actions its caller needs, flags, handler. Everything that goes by
 * methods (dispatch, client, server, authorization, metrics, audit) reads these rows; a new method is a new row and its
 * handler, and a new entry of qk_hsm_method in the same place.
 *
 * The HSM keeps no state, so every call may be repeated when a connection died without an answer.
 *
 * Every call needs the action ep11.use besides its own; ReencryptSingle, which has two of its own, checks it itself. */
#include <pthread.h>
#include <stdlib.h>

#include "hsm/handle/handlers.h"
#include "hsm/hsm.h"

/* clang-format off */
#define RANDOM QK_METHOD_NEEDS_RANDOM
#define SLOW   QK_METHOD_SLOW
#define FREE   QK_METHOD_KEYLESS

#define ROW(index, service, name_, messages, action_, also_, flags_, handler_) \
    [QK_##index] = { .path = service #name_, .request = &messages##_request__descriptor, \
                     .response = &messages##_response__descriptor, .action = QK_ACTION_##action_, \
                     .second_action = QK_ACTION_##also_, .flags = QK_METHOD_IDEMPOTENT | (flags_), \
                     .handler = qk_handle_##handler_ },
#define GREP11(index, name_, messages, action_, flags_, handler_) \
    ROW(index, "/grep11.Crypto/", name_, grep11__##messages, action_, EP11_USE, flags_, handler_)
#define OURS(index, name_, messages, action_, flags_, handler_) \
    ROW(index, "/quantoki.v1.Crypto/", name_, quantoki__v1__##messages, action_, EP11_USE, flags_, handler_)

const qk_method qk_hsm_methods[QK_HSM_METHOD_COUNT] = {
    /*     index                name               messages             action             flags          handler */
    GREP11(GENERATE_RANDOM,     GenerateRandom,    generate_random,     GENERATE_RANDOM,   RANDOM | FREE, generate_random)

    GREP11(DIGEST_INIT,         DigestInit,        digest_init,         DIGEST,            RANDOM,        digest_init)
    GREP11(DIGEST_WHOLE,        Digest,            digest,              DIGEST,            0,             digest_whole)
    GREP11(DIGEST_UPDATE,       DigestUpdate,      digest_update,       DIGEST,            RANDOM,        digest_update)
    GREP11(DIGEST_KEY,          DigestKey,         digest_key,          DIGEST_KEY,        RANDOM,        digest_key)
    GREP11(DIGEST_FINAL,        DigestFinal,       digest_final,        DIGEST,            0,             digest_final)
    GREP11(DIGEST_SINGLE,       DigestSingle,      digest_single,       DIGEST,            FREE,          digest_single)

    GREP11(ENCRYPT_INIT,        EncryptInit,       encrypt_init,        ENCRYPT,           RANDOM,        encrypt_init)
    GREP11(DECRYPT_INIT,        DecryptInit,       decrypt_init,        DECRYPT,           RANDOM,        decrypt_init)
    GREP11(ENCRYPT_UPDATE,      EncryptUpdate,     encrypt_update,      ENCRYPT,           RANDOM,        encrypt_update)
    GREP11(DECRYPT_UPDATE,      DecryptUpdate,     decrypt_update,      DECRYPT,           RANDOM,        decrypt_update)
    GREP11(ENCRYPT_WHOLE,       Encrypt,           encrypt,             ENCRYPT,           RANDOM,        encrypt_whole)
    GREP11(DECRYPT_WHOLE,       Decrypt,           decrypt,             DECRYPT,           RANDOM,        decrypt_whole)
    GREP11(ENCRYPT_FINAL,       EncryptFinal,      encrypt_final,       ENCRYPT,           RANDOM,        encrypt_final)
    GREP11(DECRYPT_FINAL,       DecryptFinal,      decrypt_final,       DECRYPT,           RANDOM,        decrypt_final)
    GREP11(ENCRYPT_SINGLE,      EncryptSingle,     encrypt_single,      ENCRYPT,           RANDOM,        encrypt_single)
    GREP11(DECRYPT_SINGLE,      DecryptSingle,     decrypt_single,      DECRYPT,           RANDOM,        decrypt_single)
    ROW(REENCRYPT_SINGLE, "/grep11.Crypto/", ReencryptSingle, grep11__reencrypt_single, DECRYPT, ENCRYPT, RANDOM,
        reencrypt_single)

    GREP11(SIGN_INIT,           SignInit,          sign_init,           SIGN,              RANDOM,        sign_init)
    GREP11(VERIFY_INIT,         VerifyInit,        verify_init,         VERIFY,            RANDOM,        verify_init)
    GREP11(SIGN_UPDATE,         SignUpdate,        sign_update,         SIGN,              RANDOM,        sign_update)
    GREP11(VERIFY_UPDATE,       VerifyUpdate,      verify_update,       VERIFY,            RANDOM,        verify_update)
    GREP11(SIGN_FINAL,          SignFinal,         sign_final,          SIGN,              RANDOM,        sign_final)
    GREP11(VERIFY_FINAL,        VerifyFinal,       verify_final,        VERIFY,            0,             verify_final)
    GREP11(SIGN_WHOLE,          Sign,              sign,                SIGN,              RANDOM,        sign_whole)
    GREP11(VERIFY_WHOLE,        Verify,            verify,              VERIFY,            0,             verify_whole)
    GREP11(SIGN_SINGLE,         SignSingle,        sign_single,         SIGN,              RANDOM,        sign_single)
    GREP11(VERIFY_SINGLE,       VerifySingle,      verify_single,       VERIFY,            0,             verify_single)

    GREP11(GENERATE_KEY,        GenerateKey,       generate_key,        GENERATE_KEY,      RANDOM | SLOW, generate_key)
    GREP11(GENERATE_KEY_PAIR,   GenerateKeyPair,   generate_key_pair,   GENERATE_KEY_PAIR, RANDOM | SLOW, generate_key_pair)
    GREP11(WRAP_KEY,            WrapKey,           wrap_key,            WRAP_KEY,          RANDOM,        wrap_key)
    GREP11(UNWRAP_KEY,          UnwrapKey,         unwrap_key,          UNWRAP_KEY,        RANDOM | SLOW, unwrap_key)
    GREP11(DERIVE_KEY,          DeriveKey,         derive_key,          DERIVE_KEY,        RANDOM,        derive_key)

    GREP11(GET_MECHANISM_LIST,  GetMechanismList,  get_mechanism_list,  MECHANISM_LIST,    FREE,          get_mechanism_list)
    GREP11(GET_MECHANISM_INFO,  GetMechanismInfo,  get_mechanism_info,  MECHANISM_INFO,    FREE,          get_mechanism_info)
    GREP11(GET_ATTRIBUTE_VALUE, GetAttributeValue, get_attribute_value, GET_ATTRIBUTE,     0,             get_attribute_value)
    GREP11(SET_ATTRIBUTE_VALUE, SetAttributeValue, set_attribute_value, SET_ATTRIBUTE,     RANDOM,        set_attribute_value)

    GREP11(REWRAP_KEY_BLOB,     RewrapKeyBlob,     rewrap_key_blob,     REWRAP_KEY_BLOB,   RANDOM,        rewrap_key_blob)

    /* Reading a foreign key checks it, which takes long for RSA. */
    OURS(IMPORT_KEY,            ImportKey,         import_key,          UNWRAP_KEY,        RANDOM | SLOW, import_key)
    OURS(COPY_KEY,              CopyKey,           copy_key,            SET_ATTRIBUTE,     RANDOM,        copy_key)
    OURS(SEAL_DATA,             SealData,          seal_data,           ENCRYPT,           RANDOM,        seal_data)
    OURS(OPEN_DATA,             OpenData,          open_data,           DECRYPT,           0,             open_data)
    OURS(DERIVE_KEYS,           DeriveKeys,        derive_keys,         DERIVE_KEY,        RANDOM,        derive_keys)
    OURS(SEED_RANDOM,           SeedRandom,        seed_random,         GENERATE_RANDOM,   FREE,          seed_random)
    OURS(SIGN_RECOVER_SINGLE,   SignRecover,       sign_recover,        SIGN,              RANDOM,        sign_recover)
    OURS(ENCAPSULATE_KEY,       EncapsulateKey,    encapsulate_key,     DERIVE_KEY,        RANDOM,        encapsulate_key)
    OURS(DECAPSULATE_KEY,       DecapsulateKey,    decapsulate_key,     DERIVE_KEY,        RANDOM,        decapsulate_key)
};
/* clang-format on */

/* The rows by path, since a server looks one up for every call. */
static const qk_method *by_path[QK_HSM_METHOD_COUNT];
static pthread_once_t by_path_made = PTHREAD_ONCE_INIT;

static int compare_rows(const void *a, const void *b)
{
    return strcmp((*(const qk_method *const *)a)->path, (*(const qk_method *const *)b)->path);
}

static void by_path_make(void)
{
    for (size_t i = 0; i < QK_HSM_METHOD_COUNT; i++)
        by_path[i] = &qk_hsm_methods[i];
    qsort(by_path, QK_HSM_METHOD_COUNT, sizeof by_path[0], compare_rows);
}

const qk_method *qk_hsm_method_find(const char *path)
{
    const qk_method wanted = { .path = path }, *key = &wanted;
    const qk_method **found;

    pthread_once(&by_path_made, by_path_make);
    found = bsearch(&key, by_path, QK_HSM_METHOD_COUNT, sizeof by_path[0], compare_rows);
    return found ? *found : NULL;
}
