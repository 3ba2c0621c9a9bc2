/* SPDX-License-Identifier: Apache-2.0 */
/* The sealed content: a version, the counted attributes, the counted key as qk_key_write gives it. */
#include "hsm/blob/key_blob.h"

#include "p11/attribute_bytes.h"
#include "hsm/blob/blob.h"

enum { CONTENT_VERSION = 1 };

static void put_u32(uint8_t *place, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        place[i] = (uint8_t)(value >> (8 * (3 - i)));
}

/* Composed by hand, so that the key never lies in an ordinary buffer. */
static qk_err content_write(qk_view attrs, const qk_secret *key, qk_secret *out)
{
    uint8_t *place;

    QK_TRY(qk_secret_new(1 + 4 + attrs.len + 4 + key->len, out));
    place = qk_secret_fill(out);
    place[0] = CONTENT_VERSION;
    put_u32(place + 1, attrs.len);
    memcpy(place + 5, attrs.data, attrs.len);
    put_u32(place + 5 + attrs.len, key->len);
    memcpy(place + 9 + attrs.len, qk_secret_reveal(key).data, key->len);
    return QK_OK;
}

qk_err qk_key_content_write(const qk_key *key, const qk_attrs *attrs, qk_secret *out_content)
{
    QK_OWNED(qk_secret_free) qk_secret serialised = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    QK_TRY(qk_attrs_write(attrs, &bytes));
    QK_TRY(qk_key_write(key, &serialised));
    return content_write(qk_buf_view(&bytes), &serialised, out_content);
}

qk_err qk_key_blob_seal(qk_ring *ring, qk_seal_under which, const qk_login_session *session, const qk_key *key,
                        const qk_attrs *attrs, qk_buf *out_blob)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;

    QK_TRY(qk_key_content_write(key, attrs, &content));
    return qk_blob_seal(ring, which, session, QK_PURPOSE_KEY, QK_VIEW_NONE, qk_secret_reveal(&content), out_blob);
}

qk_err qk_key_content_read(qk_view content, qk_key **out_key, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_reader reader = qk_reader_of(content);
    uint8_t version = qk_read_u8(&reader);
    qk_view attr_bytes = qk_read_counted(&reader), key_bytes = qk_read_counted(&reader);

    if (version != CONTENT_VERSION || !qk_reader_ended(&reader))
        return qk_fail(QK_E_BLOB_DAMAGED, "key blob of content version %d cannot be read", version);
    QK_TRY(qk_attrs_read(attr_bytes, &attrs));
    QK_TRY(qk_key_read(qk_attrs_ulong(&attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION),
                       qk_attrs_ulong(&attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION), key_bytes, out_key));
    *out_attrs = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}

qk_err qk_key_blob_open(qk_ring *ring, const qk_logins *logins, qk_view blob, qk_key **out_key, qk_attrs *out_attrs,
                        qk_seal_under *out_which)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;

    QK_TRY(qk_blob_open(ring, logins, QK_PURPOSE_KEY, QK_VIEW_NONE, blob, &content, out_which));
    return qk_key_content_read(qk_secret_reveal(&content), out_key, out_attrs);
}
