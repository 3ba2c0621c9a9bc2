/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/password.h"

#include "entropy/random.h"

enum { VERSION = 1, SALT_AT = 2, ID_AT = SALT_AT + QK_SESSION_SALT_LEN, RECORD_LEN = ID_AT + QK_SESSION_ID_LEN };

qk_err qk_password_check_length(qk_view password)
{
    if (password.len < QK_PASSWORD_MIN || password.len > QK_PASSWORD_MAX)
        return qk_fail(QK_E_PIN_LENGTH, "the password of a keystore has %d to %d characters, not %zu", QK_PASSWORD_MIN,
                       QK_PASSWORD_MAX, password.len);
    return QK_OK;
}

static qk_view bound_to(const qk_uuid *keystore)
{
    return qk_view_of(keystore->bytes, sizeof keystore->bytes);
}

static qk_err seal(qk_ring *ring, const qk_uuid *keystore, const qk_password *it, qk_buf *out_record)
{
    uint8_t record[RECORD_LEN] = { VERSION, it->provisional };

    memcpy(record + SALT_AT, it->salt, sizeof it->salt);
    memcpy(record + ID_AT, it->session, sizeof it->session);
    return qk_seal(ring, QK_UNDER_INSTANCE, QK_PURPOSE_LOGIN, bound_to(keystore), qk_view_of(record, sizeof record),
                   out_record);
}

static qk_err make_salt(qk_ring *ring, const qk_uuid *keystore, bool provisional, uint8_t out[QK_SESSION_SALT_LEN])
{
    static const char use[] = "salt of a first password";
    uint8_t data[sizeof use - 1 + sizeof keystore->bytes];

    if (!provisional)
        return qk_random_bytes(out, QK_SESSION_SALT_LEN);
    memcpy(data, use, sizeof use - 1);
    memcpy(data + sizeof use - 1, keystore->bytes, sizeof keystore->bytes);
    return qk_ring_mac(ring, QK_UNDER_INSTANCE, QK_PURPOSE_LOGIN, qk_view_of(data, sizeof data), out);
}

qk_err qk_password_make(qk_ring *ring, const qk_uuid *keystore, qk_view password, bool provisional, qk_buf *out_record,
                        qk_login_session *out_session)
{
    QK_OWNED(qk_login_session_done) qk_login_session session = { .secret = QK_SECRET_NONE };
    qk_password fresh = { .provisional = provisional };

    QK_TRY(qk_password_check_length(password));
    QK_TRY(make_salt(ring, keystore, provisional, fresh.salt));
    QK_TRY(qk_login_session_derive(password, fresh.salt, &session));
    memcpy(fresh.session, session.id, sizeof fresh.session);
    QK_TRY(seal(ring, keystore, &fresh, out_record));
    memcpy(out_session->id, session.id, sizeof session.id);
    qk_secret_give(&session.secret, &out_session->secret);
    return QK_OK;
}

qk_err qk_password_settle(qk_ring *ring, const qk_uuid *keystore, const qk_password *known, qk_buf *out_record)
{
    qk_password settled = *known;

    settled.provisional = false;
    return seal(ring, keystore, &settled, out_record);
}

static qk_err broken(const qk_uuid *keystore)
{
    char text[QK_UUID_TEXT];

    qk_uuid_write(keystore, text);
    return qk_fail(QK_E_STORE_BROKEN,
                   "what keystore %s knows of its password was changed in the database by other hands: restore it from "
                   "a backup",
                   text);
}

qk_err qk_password_read(qk_ring *ring, const qk_uuid *keystore, qk_view record, qk_password *out)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    const uint8_t *bytes;
    qk_err err = qk_unseal(ring, QK_PURPOSE_LOGIN, bound_to(keystore), record, &plain);

    if (err == QK_E_BLOB_DAMAGED || err == QK_E_BLOB_PURPOSE)
        return broken(keystore);
    QK_TRY(err);
    bytes = qk_secret_reveal(&plain).data;
    if (plain.len != RECORD_LEN || bytes[0] != VERSION || bytes[1] > 1)
        return broken(keystore);
    out->provisional = bytes[1];
    memcpy(out->salt, bytes + SALT_AT, sizeof out->salt);
    memcpy(out->session, bytes + ID_AT, sizeof out->session);
    return QK_OK;
}

qk_err qk_password_try(const qk_password *known, const qk_uuid *keystore, qk_view password,
                       qk_login_session *out_session)
{
    QK_OWNED(qk_login_session_done) qk_login_session session = { .secret = QK_SECRET_NONE };
    char text[QK_UUID_TEXT];

    QK_TRY(qk_login_session_derive(password, known->salt, &session));
    if (!qk_ct_equal(qk_view_of(session.id, sizeof session.id), qk_view_of(known->session, sizeof known->session))) {
        qk_uuid_write(keystore, text);
        return qk_fail(QK_E_PIN_INCORRECT, "the password of keystore %s is wrong", text);
    }
    memcpy(out_session->id, session.id, sizeof session.id);
    qk_secret_give(&session.secret, &out_session->secret);
    return QK_OK;
}
