/* SPDX-License-Identifier: Apache-2.0 */
/* The trailer: "QKP", version, its whole length, WKID, attributes, HMAC-SHA-256 over everything before the MAC, the
 * SubjectPublicKeyInfo included. */
#include "hsm/blob/public_blob.h"

#include "crypto/crypto.h"
#include "p11/attribute_bytes.h"

enum { VERSION = 1, MAC_LEN = 32, WKID_AT = 8, ATTRS_AT = WKID_AT + QK_WKID_LEN, SHORTEST = ATTRS_AT + MAC_LEN };
enum { DER_SEQUENCE = 0x30, DER_OID = 0x06 };

static const uint8_t magic[4] = { 'Q', 'K', 'P', VERSION };

/* ---- DER, as much of it as is needed to find where things end ---- */

/* Length octets in front of `rest`; lengths above 4 octets or of indefinite form are refused. */
static bool der_length(qk_reader *reader, size_t *out_len)
{
    uint8_t first = qk_read_u8(reader);
    size_t len = first;

    if (first & 0x80) {
        size_t octets = first & 0x7f;
        if (octets == 0 || octets > 4)
            return false;
        for (len = 0; octets > 0; octets--)
            len = len << 8 | qk_read_u8(reader);
    }
    *out_len = len;
    return !reader->failed && len <= reader->rest.len;
}

/* Enters the element in front if it has this tag: its content. */
static bool der_enter(qk_reader *reader, uint8_t tag, qk_view *out_content)
{
    size_t len;

    if (qk_read_u8(reader) != tag || !der_length(reader, &len))
        return false;
    *out_content = qk_read(reader, len);
    return !reader->failed;
}

/* SEQUENCE { SEQUENCE { OBJECT IDENTIFIER, ... */
static bool algorithm_oid(qk_view spki, qk_view *out_oid)
{
    qk_reader reader = qk_reader_of(spki);
    qk_view content;

    if (!der_enter(&reader, DER_SEQUENCE, &content))
        return false;
    reader = qk_reader_of(content);
    if (!der_enter(&reader, DER_SEQUENCE, &content))
        return false;
    reader = qk_reader_of(content);
    return der_enter(&reader, DER_OID, out_oid);
}

qk_err qk_spki_key_type(qk_view spki, CK_KEY_TYPE *out_type)
{
    static const struct {
        CK_KEY_TYPE type;
        size_t len;
        const char *oid;
    } algorithms[] = {
        { CKK_RSA, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" },
        { CKK_EC, 7, "\x2a\x86\x48\xce\x3d\x02\x01" },
        { CKK_EC_EDWARDS, 3, "\x2b\x65\x70" },
        { CKK_EC_EDWARDS, 3, "\x2b\x65\x71" },
        { CKK_EC_MONTGOMERY, 3, "\x2b\x65\x6e" },
        { CKK_EC_MONTGOMERY, 3, "\x2b\x65\x6f" },
        { CKK_DSA, 7, "\x2a\x86\x48\xce\x38\x04\x01" },
        { CKK_DH, 9, "\x2a\x86\x48\x86\xf7\x0d\x01\x03\x01" },
    };
    CK_KEY_TYPE post_quantum;
    qk_view oid;

    if (!algorithm_oid(spki, &oid))
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "not a SubjectPublicKeyInfo");
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (qk_view_equal(qk_view_of(algorithms[i].oid, algorithms[i].len), oid)) {
            *out_type = algorithms[i].type;
            return QK_OK;
        }
    }
    post_quantum = qk_post_quantum_type_of_oid(oid);
    if (post_quantum != QK_NO_KEY) {
        *out_type = post_quantum;
        return QK_OK;
    }
    return qk_fail(QK_E_PUBLIC_KEY_INVALID, "a SubjectPublicKeyInfo of an unknown algorithm");
}

/* ---- parts ---- */

qk_err qk_public_blob_split(qk_view bytes, qk_view *out_spki, qk_view *out_trailer, qk_view *out_rest)
{
    qk_reader reader = qk_reader_of(bytes);
    qk_view content, trailer = QK_VIEW_NONE, rest;
    size_t len;

    if (!der_enter(&reader, DER_SEQUENCE, &content))
        return qk_fail(QK_E_BLOB_DAMAGED, "%zu bytes do not start with a whole SubjectPublicKeyInfo", bytes.len);
    *out_spki = qk_view_slice(bytes, 0, bytes.len - reader.rest.len);
    rest = reader.rest;
    if (rest.len >= sizeof magic && memcmp(rest.data, magic, sizeof magic) == 0) {
        (void)qk_read(&reader, sizeof magic);
        len = qk_read_u32(&reader);
        if (reader.failed || len < SHORTEST || len > rest.len)
            return qk_fail(QK_E_BLOB_DAMAGED, "the trailer of a public key blob is cut short");
        trailer = qk_view_slice(rest, 0, len);
        rest = qk_view_slice(rest, len, rest.len - len);
    }
    *out_trailer = trailer;
    *out_rest = rest;
    return QK_OK;
}

/* ---- making ---- */

qk_err qk_public_blob_make(qk_ring *ring, qk_seal_under which, qk_view spki, const qk_attrs *attrs, qk_buf *out_blob)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE, bytes = QK_BUF_NONE;
    uint8_t wkid[QK_WKID_LEN], mac[MAC_LEN], signer[QK_WKID_LEN];

    if (!qk_ring_wkid(ring, which, wkid))
        return qk_fail(QK_E_NO_MASTER_KEY, "no master key is loaded to vouch for a public key");
    QK_TRY(qk_attrs_write(attrs, &bytes));
    qk_buf_put(&blob, spki);
    qk_buf_put(&blob, qk_view_of(magic, sizeof magic));
    qk_buf_put_u32(&blob, (uint32_t)(SHORTEST + bytes.len));
    qk_buf_put(&blob, qk_view_of(wkid, sizeof wkid));
    qk_buf_put(&blob, qk_buf_view(&bytes));
    QK_TRY(qk_buf_check(&blob));
    QK_TRY(qk_ring_mac_named(ring, which, QK_PURPOSE_PUBLIC_KEY, qk_buf_view(&blob), mac, signer));
    if (memcmp(wkid, signer, sizeof wkid) != 0)
        return qk_fail(QK_E_NO_MASTER_KEY, "the master key was replaced meanwhile; try again");
    qk_buf_put(&blob, qk_view_of(mac, sizeof mac));
    QK_TRY(qk_buf_check(&blob));
    qk_buf_give(&blob, out_blob);
    return QK_OK;
}

/* ---- opening ---- */

static qk_err mac_check(qk_ring *ring, qk_seal_under which, qk_view blob)
{
    uint8_t mac[MAC_LEN];

    QK_TRY(qk_ring_mac(ring, which, QK_PURPOSE_PUBLIC_KEY, qk_view_slice(blob, 0, blob.len - MAC_LEN), mac));
    if (!qk_ct_equal(qk_view_of(mac, MAC_LEN), qk_view_slice(blob, blob.len - MAC_LEN, MAC_LEN)))
        return qk_fail(QK_E_BLOB_DAMAGED, "a public key blob was changed or is not one of this HSM");
    return QK_OK;
}

qk_err qk_public_blob_open(qk_ring *ring, qk_view blob, qk_view *out_spki, qk_attrs *out_attrs,
                           qk_seal_under *out_which, bool *out_vouched)
{
    qk_view spki, trailer, rest;

    QK_TRY(qk_public_blob_split(blob, &spki, &trailer, &rest));
    if (rest.len > 0)
        return qk_fail(QK_E_BLOB_DAMAGED, "%zu bytes follow a public key that do not belong to it", rest.len);
    if (trailer.len > 0) {
        QK_TRY(qk_ring_find(ring, trailer.data + WKID_AT, out_which));
        QK_TRY(mac_check(ring, *out_which, blob));
        QK_TRY(qk_attrs_read(qk_view_slice(trailer, ATTRS_AT, trailer.len - SHORTEST), out_attrs));
    }
    *out_spki = spki;
    *out_vouched = trailer.len > 0;
    return QK_OK;
}
