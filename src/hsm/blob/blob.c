/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing. Every blob has a key of its own, derived from the master key and the blob's random salt, so that the zero
 * nonce of AES-256-GCM is never used twice under one key and the number of blobs has no limit that matters. The header
 * is authenticated and the purpose enters the derivation too. */
#include "hsm/blob/blob.h"

#include "crypto/crypto.h"
#include "entropy/random.h"

static const uint8_t magic[4] = { 'Q', 'K', 'B', QK_BLOB_VERSION };

bool qk_blob_looks_sealed(qk_view blob)
{
    return blob.len >= sizeof magic && memcmp(blob.data, magic, sizeof magic) == 0; /* public */
}

static void wipe_key(uint8_t (*key)[32])
{
    explicit_bzero(*key, sizeof *key);
}

/* What is authenticated beside the ciphertext: the header, then what the caller binds. */
static qk_err bind(const uint8_t *header, qk_view bound, qk_buf *out)
{
    qk_buf_put(out, qk_view_of(header, QK_BLOB_HEADER_LEN));
    qk_buf_put(out, bound);
    return qk_buf_check(out);
}

static qk_err header_write(qk_ring *ring, qk_seal_under which, qk_purpose purpose, uint8_t *header, uint8_t key[32])
{
    memset(header, 0, QK_BLOB_HEADER_LEN);
    memcpy(header, magic, sizeof magic);
    header[QK_BLOB_PURPOSE_AT] = (uint8_t)purpose;
    QK_TRY(qk_random_bytes(header + QK_BLOB_SALT_AT, QK_SALT_LEN));
    return qk_ring_derive(ring, which, purpose, header + QK_BLOB_SALT_AT, key, header + QK_BLOB_WKID_AT);
}

qk_err qk_seal(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view bound, qk_view plain, qk_buf *out_blob)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE, authenticated = QK_BUF_NONE;
    QK_OWNED(wipe_key) uint8_t key[32];
    uint8_t *place = qk_buf_grow(&blob, plain.len + QK_BLOB_OVERHEAD);

    if (!place)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a blob with %zu bytes", plain.len);
    QK_TRY(header_write(ring, which, purpose, place, key));
    QK_TRY(bind(place, bound, &authenticated));
    QK_TRY(qk_aead_seal(key, qk_buf_view(&authenticated), plain, place + QK_BLOB_HEADER_LEN,
                        place + QK_BLOB_HEADER_LEN + plain.len));
    qk_buf_give(&blob, out_blob);
    return QK_OK;
}

/* In this order, so that each mistake gets its own name: not a blob, another purpose, another master key. */
static qk_err header_check(qk_ring *ring, qk_purpose purpose, qk_view blob, qk_seal_under *out_which)
{
    if (!qk_blob_looks_sealed(blob) || blob.len < QK_BLOB_OVERHEAD)
        return qk_fail(QK_E_BLOB_DAMAGED, "%zu bytes are not a blob of this HSM", blob.len);
    if (blob.data[QK_BLOB_PURPOSE_AT] != purpose)
        return qk_fail(QK_E_BLOB_PURPOSE, "blob is of purpose %d, not %d", blob.data[QK_BLOB_PURPOSE_AT], purpose);
    return qk_ring_find(ring, blob.data + QK_BLOB_WKID_AT, out_which);
}

qk_err qk_blob_open(qk_ring *ring, qk_purpose purpose, qk_view bound, qk_view blob, qk_secret *out_plain,
                    qk_seal_under *out_which)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf authenticated = QK_BUF_NONE;
    QK_OWNED(wipe_key) uint8_t key[32];
    uint8_t wkid[QK_WKID_LEN];
    qk_seal_under which;

    QK_TRY(header_check(ring, purpose, blob, &which));
    QK_TRY(qk_ring_derive(ring, which, purpose, blob.data + QK_BLOB_SALT_AT, key, wkid));
    if (memcmp(wkid, blob.data + QK_BLOB_WKID_AT, QK_WKID_LEN) != 0) /* public */
        return qk_fail(QK_E_BLOB_MASTER_KEY, "the blob's master key was replaced meanwhile");
    QK_TRY(bind(blob.data, bound, &authenticated));
    QK_TRY(qk_secret_new(blob.len - QK_BLOB_OVERHEAD, &plain));
    QK_TRY(qk_aead_open(key, qk_buf_view(&authenticated), qk_view_slice(blob, QK_BLOB_HEADER_LEN, plain.len),
                        blob.data + blob.len - QK_BLOB_TAG_LEN, qk_secret_fill(&plain)));
    qk_secret_give(&plain, out_plain);
    *out_which = which;
    return QK_OK;
}

qk_err qk_unseal(qk_ring *ring, qk_purpose purpose, qk_view bound, qk_view blob, qk_secret *out_plain)
{
    qk_seal_under which;
    return qk_blob_open(ring, purpose, bound, blob, out_plain, &which);
}
