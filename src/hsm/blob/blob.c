/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing. Every blob has a key of its own, derived from the master key and the blob's random salt, so that the zero
 * nonce of AES-256-GCM is never used twice under one key and the number of blobs has no limit that matters. The header
 * is authenticated and the purpose enters the derivation too. What is made in a login session is sealed under the
 * session's secret first (login_session.c). */
#include "hsm/blob/blob.h"

#include "crypto/crypto.h"
#include "entropy/random.h"

static const uint8_t magic[4] = { 'Q', 'K', 'B', QK_BLOB_VERSION };

bool qk_blob_looks_sealed(qk_view blob)
{
    return blob.len >= sizeof magic && memcmp(blob.data, magic, sizeof magic) == 0; /* public */
}

/* The header, the session's id in it. */
static size_t header_len(const uint8_t *header)
{
    return QK_BLOB_HEADER_LEN + (header[QK_BLOB_SESSION_AT] ? QK_SESSION_ID_LEN : 0);
}

const uint8_t *qk_blob_session(qk_view blob)
{
    if (!qk_blob_looks_sealed(blob) || blob.len < QK_BLOB_OVERHEAD + QK_SESSION_ID_LEN)
        return NULL;
    return blob.data[QK_BLOB_SESSION_AT] ? blob.data + QK_BLOB_HEADER_LEN : NULL;
}

/* What is authenticated beside the ciphertext: the header, then what the caller binds. */
static qk_err bind(const uint8_t *header, qk_view bound, qk_buf *out)
{
    qk_buf_put(out, qk_view_of(header, header_len(header)));
    qk_buf_put(out, bound);
    return qk_buf_check(out);
}

static qk_err header_write(qk_ring *ring, qk_seal_under which, const qk_login_session *session, qk_purpose purpose,
                           uint8_t *header, uint8_t key[32])
{
    memset(header, 0, QK_BLOB_HEADER_LEN);
    memcpy(header, magic, sizeof magic);
    header[QK_BLOB_PURPOSE_AT] = (uint8_t)purpose;
    header[QK_BLOB_SESSION_AT] = session ? 1 : 0;
    if (session)
        memcpy(header + QK_BLOB_HEADER_LEN, session->id, QK_SESSION_ID_LEN);
    QK_TRY(qk_random_bytes(header + QK_BLOB_SALT_AT, QK_SALT_LEN));
    return qk_ring_derive(ring, which, purpose, header + QK_BLOB_SALT_AT, key, header + QK_BLOB_WKID_AT);
}

/* The inner layer, if there is one, is made where the outer one then seals it in place. */
qk_err qk_blob_seal(qk_ring *ring, qk_seal_under which, const qk_login_session *session, qk_purpose purpose,
                    qk_view bound, qk_view plain, qk_buf *out_blob)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE, authenticated = QK_BUF_NONE;
    QK_OWNED(qk_wipe_key) uint8_t key[32];
    size_t more = session ? QK_SESSION_ID_LEN + QK_SESSION_LAYER : 0;
    uint8_t *header = qk_buf_grow(&blob, plain.len + QK_BLOB_OVERHEAD + more), *cipher;

    if (!header)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a blob with %zu bytes", plain.len);
    QK_TRY(header_write(ring, which, session, purpose, header, key));
    QK_TRY(bind(header, bound, &authenticated));
    cipher = header + header_len(header);
    if (session) {
        QK_TRY(qk_session_layer_seal(session, purpose, bound, plain, cipher));
        plain = qk_view_of(cipher, plain.len + QK_SESSION_LAYER);
    }
    QK_TRY(qk_aead_seal(key, qk_buf_view(&authenticated), plain, cipher, cipher + plain.len));
    qk_buf_give(&blob, out_blob);
    return QK_OK;
}

qk_err qk_seal(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view bound, qk_view plain, qk_buf *out_blob)
{
    return qk_blob_seal(ring, which, NULL, purpose, bound, plain, out_blob);
}

/* In this order, so that each mistake gets its own name: not a blob, another purpose, another master key. */
static qk_err header_check(qk_ring *ring, qk_purpose purpose, qk_view blob, qk_seal_under *out_which)
{
    if (!qk_blob_looks_sealed(blob) || blob.len < QK_BLOB_OVERHEAD ||
        blob.len < header_len(blob.data) + QK_BLOB_TAG_LEN || blob.data[QK_BLOB_SESSION_AT] > 1)
        return qk_fail(QK_E_BLOB_DAMAGED, "%zu bytes are not a blob of this HSM", blob.len);
    if (blob.data[QK_BLOB_PURPOSE_AT] != purpose)
        return qk_fail(QK_E_BLOB_PURPOSE, "blob is of purpose %d, not %d", blob.data[QK_BLOB_PURPOSE_AT], purpose);
    return qk_ring_find(ring, blob.data + QK_BLOB_WKID_AT, out_which);
}

static qk_err outer_open(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view bound, qk_view blob,
                         qk_secret *out_plain)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf authenticated = QK_BUF_NONE;
    QK_OWNED(qk_wipe_key) uint8_t key[32];
    size_t head = header_len(blob.data);
    uint8_t wkid[QK_WKID_LEN];

    QK_TRY(qk_ring_derive(ring, which, purpose, blob.data + QK_BLOB_SALT_AT, key, wkid));
    if (memcmp(wkid, blob.data + QK_BLOB_WKID_AT, QK_WKID_LEN) != 0) /* public */
        return qk_fail(QK_E_BLOB_MASTER_KEY, "the blob's master key was replaced meanwhile");
    QK_TRY(bind(blob.data, bound, &authenticated));
    QK_TRY(qk_secret_new(blob.len - head - QK_BLOB_TAG_LEN, &plain));
    QK_TRY(qk_aead_open(key, qk_buf_view(&authenticated), qk_view_slice(blob, head, plain.len),
                        blob.data + blob.len - QK_BLOB_TAG_LEN, qk_secret_fill(&plain)));
    qk_secret_give(&plain, out_plain);
    return QK_OK;
}

qk_err qk_blob_open(qk_ring *ring, const qk_logins *logins, qk_purpose purpose, qk_view bound, qk_view blob,
                    qk_secret *out_plain, qk_seal_under *out_which)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    const qk_login_session *session;
    qk_seal_under which;

    QK_TRY(header_check(ring, purpose, blob, &which));
    QK_TRY(outer_open(ring, which, purpose, bound, blob, &plain));
    if (qk_blob_session(blob)) {
        QK_TRY(qk_logins_find(logins, qk_blob_session(blob), &session));
        QK_TRY(qk_session_layer_open(session, purpose, bound, qk_secret_reveal(&plain), out_plain));
    } else {
        qk_secret_give(&plain, out_plain);
    }
    *out_which = which;
    return QK_OK;
}

qk_err qk_unseal(qk_ring *ring, qk_purpose purpose, qk_view bound, qk_view blob, qk_secret *out_plain)
{
    qk_seal_under which;
    return qk_blob_open(ring, NULL, purpose, bound, blob, out_plain, &which);
}
