/* SPDX-License-Identifier: Apache-2.0 */
/* The stateless HSM: GREP11 methods on sealed keys.
 *
 * qk_hsm is an endpoint whose messages ARE the GREP11 messages. The local one (qk_hsm_local_new) opens blobs with the
 * master keys of its ring and computes; a remote one (qk_endpoint_remote_new) sends the same message to a server.
 *
 *     Grep11__SignSingleRequest request = GREP11__SIGN_SINGLE_REQUEST__INIT;
 *     Grep11__SignSingleResponse *response;
 *     QK_TRY(qk_hsm_call(hsm, &call, QK_SIGN_SINGLE, &request.base, (void **)&response));
 */
#ifndef QK_HSM_HSM_H
#define QK_HSM_HSM_H

#include "base/secret.h"
#include "p11/attribute.h"
#include "p11/mechanism.h"
#include "rpc/message.h"
#include "rpc/method.h"

#include "quantoki.pb-c.h"

/* The method table's index: every GREP11 method that works, then quantoki.v1.Crypto's. */
typedef enum qk_hsm_method {
    QK_GENERATE_RANDOM,
    QK_DIGEST_INIT,
    QK_DIGEST_WHOLE, /* "Digest" */
    QK_DIGEST_UPDATE,
    QK_DIGEST_KEY,
    QK_DIGEST_FINAL,
    QK_DIGEST_SINGLE,
    QK_ENCRYPT_INIT,
    QK_DECRYPT_INIT,
    QK_ENCRYPT_UPDATE,
    QK_DECRYPT_UPDATE,
    QK_ENCRYPT_WHOLE,
    QK_DECRYPT_WHOLE,
    QK_ENCRYPT_FINAL,
    QK_DECRYPT_FINAL,
    QK_ENCRYPT_SINGLE,
    QK_DECRYPT_SINGLE,
    QK_REENCRYPT_SINGLE,
    QK_SIGN_INIT,
    QK_VERIFY_INIT,
    QK_SIGN_UPDATE,
    QK_VERIFY_UPDATE,
    QK_SIGN_FINAL,
    QK_VERIFY_FINAL,
    QK_SIGN_WHOLE,
    QK_VERIFY_WHOLE,
    QK_SIGN_SINGLE,
    QK_VERIFY_SINGLE,
    QK_GENERATE_KEY,
    QK_GENERATE_KEY_PAIR,
    QK_WRAP_KEY,
    QK_UNWRAP_KEY,
    QK_DERIVE_KEY,
    QK_GET_MECHANISM_LIST,
    QK_GET_MECHANISM_INFO,
    QK_GET_ATTRIBUTE_VALUE,
    QK_SET_ATTRIBUTE_VALUE,
    QK_REWRAP_KEY_BLOB,
    QK_IMPORT_KEY,
    QK_COPY_KEY,
    QK_SEAL_DATA,
    QK_OPEN_DATA,
    QK_DERIVE_KEYS,
    QK_SEED_RANDOM,
    QK_SIGN_RECOVER_SINGLE,
    QK_ENCAPSULATE_KEY,
    QK_DECAPSULATE_KEY,
    QK_HSM_METHOD_COUNT
} qk_hsm_method;

extern const qk_method qk_hsm_methods[QK_HSM_METHOD_COUNT];
/* By gRPC path; NULL if unknown. */
const qk_method *qk_hsm_method_find(const char *path);

typedef qk_endpoint qk_hsm;

static inline qk_err qk_hsm_call(qk_hsm *hsm, const qk_call *call, qk_hsm_method method,
                                 const ProtobufCMessage *request, void **out_response)
{
    return qk_perform(hsm, call, &qk_hsm_methods[method], request, out_response);
}

/* ---- master keys ---- */

/* The master keys an HSM knows, each named by its verification pattern (SHA-256 of the key) and WKID (its first 16
 * bytes). Registers: the instance's current key; the user's key of an embedded token, present only while logged in. */
typedef struct qk_ring qk_ring;

enum { QK_MASTER_KEY_LEN = 32, QK_WKID_LEN = 16 };

QK_MUST_CHECK qk_err qk_ring_new(qk_ring **out_ring);
void qk_ring_free(qk_ring **ring);
/* Replaces the register's key (32 bytes). Each change starts a new epoch: cached keys of the old one are dropped. */
QK_MUST_CHECK qk_err qk_ring_set(qk_ring *ring, qk_seal_under which, const qk_secret *master_key);
void qk_ring_clear(qk_ring *ring, qk_seal_under which);
bool qk_ring_has(const qk_ring *ring, qk_seal_under which);
/* False if the register is empty. */
bool qk_ring_wkid(const qk_ring *ring, qk_seal_under which, uint8_t out[QK_WKID_LEN]);

/* Reads a master key file (32 bytes raw, or 64 hex characters), mode 0600 required. */
QK_MUST_CHECK qk_err qk_master_key_load(const char *path, qk_secret *out_master_key);
/* Draws one and creates the file (hex, 0600); refuses to overwrite. */
QK_MUST_CHECK qk_err qk_master_key_create(const char *path, qk_secret *out_master_key);

/* ---- sealing, for rooms above (keystore rows, IAM signing key) ---- */

/* Purposes keep blobs apart: a blob of one purpose never opens as another. */
typedef enum qk_purpose {
    QK_PURPOSE_KEY = 1,
    QK_PURPOSE_STATE = 2,
    QK_PURPOSE_DATA = 3,
    QK_PURPOSE_PUBLIC_KEY = 4, /* MAC trailer of public blobs */
    QK_PURPOSE_ROW = 5,        /* MAC of keystore rows */
    QK_PURPOSE_IAM = 6,
    QK_PURPOSE_LOGIN = 7, /* PIN blobs; what a keystore knows of its password */
} qk_purpose;

/* Seals `plain`, with `bound` authenticated, under the register's key. Format: hsm/blob/blob.c. QK_E_NO_MASTER_KEY. */
QK_MUST_CHECK qk_err qk_seal(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view bound, qk_view plain,
                             qk_buf *out_blob);
/* QK_E_BLOB_DAMAGED, QK_E_BLOB_PURPOSE, QK_E_BLOB_MASTER_KEY. */
QK_MUST_CHECK qk_err qk_unseal(qk_ring *ring, qk_purpose purpose, qk_view bound, qk_view blob, qk_secret *out_plain);
/* HMAC-SHA-256 under a key derived from the register's master key for the purpose. */
QK_MUST_CHECK qk_err qk_ring_mac(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view data, uint8_t out[32]);

/* ---- the local HSM ---- */

typedef struct qk_hsm_options {
    size_t cache_keys;  /* unwrapped keys kept: 1024 */
    bool legacy_off;    /* mechanisms for old keys (DES, DSA, ...) are not there */
    bool values_hidden; /* no key's CKA_VALUE may be read, not even if the key is extractable and not sensitive */
    bool lax_keys;      /* callers that are no modules may have keys that wrap and decrypt: key_policy.h */
    bool weak_wrapping; /* a key may leave under a weaker one */
} qk_hsm_options;

/* The ring is borrowed and must outlive the HSM. qk_crypto_start must have run. */
QK_MUST_CHECK qk_err qk_hsm_local_new(qk_ring *ring, const qk_hsm_options *options, qk_hsm **out_hsm);

/* A digest begun elsewhere (qk_operation_save of QK_DIGEST), as a State for DigestKey and what follows it. Clear, since
 * it holds no secret; the states that come back are sealed. */
QK_MUST_CHECK qk_err qk_hsm_digest_state(const qk_mech_use *use, qk_view progress, qk_arena *arena, qk_view *out_state);

/* The attributes a blob holds (all non-secret ones), for the keystore that compares a row with its blob before storing.
 * Works on local HSMs only. */
QK_MUST_CHECK qk_err qk_hsm_blob_attributes(qk_hsm *local_hsm, const qk_call *call, qk_view blob, qk_attrs *out);
/* May a keystore take this blob? QK_E_TEMPLATE_INCONSISTENT for a key that was made where the rules of key_policy.h did
 * not hold. Works on local HSMs only. */
QK_MUST_CHECK qk_err qk_hsm_blob_storable(qk_hsm *local_hsm, const qk_call *call, qk_view blob);

#endif
