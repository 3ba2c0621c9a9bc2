/* SPDX-License-Identifier: Apache-2.0 */
/* The cost of scrypt is that of the PINs of embedded tokens: it is paid once for each Login, and by whoever has
 * database and master key and guesses at the password, for each guess. */
#include "hsm/blob/login_session.h"

#include "base/clock.h"
#include "crypto/crypto.h"
#include "entropy/random.h"
#include "hsm/blob/blob.h"

enum { LOG2_N = 15, SECRET_LEN = 32, VERSION = 1, IDENTITY_LEN = sizeof((qk_caller *)0)->identity };
enum {
    UNTIL_AT = 1,
    KEYSTORE_AT = UNTIL_AT + 8,
    ID_AT = KEYSTORE_AT + sizeof(qk_uuid),
    SECRET_AT = ID_AT + QK_SESSION_ID_LEN,
    IDENTITY_AT = SECRET_AT + SECRET_LEN
};
/* All PIN blobs are of one length, so that they need nothing between them. */
enum { PIN_LEN = IDENTITY_AT + IDENTITY_LEN, PIN_BLOB_LEN = PIN_LEN + QK_BLOB_OVERHEAD };
enum { LAYER_SALT_LEN = QK_SESSION_LAYER - QK_BLOB_TAG_LEN };

#define PIN_BLOB_BOUND QK_VIEW_LITERAL("PIN blob")

/* ---- from the password ---- */

qk_err qk_login_session_derive(qk_view password, const uint8_t salt[QK_SESSION_SALT_LEN], qk_login_session *out_session)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    QK_TRY(qk_secret_new(SECRET_LEN, &secret));
    QK_TRY(qk_scrypt(password, qk_view_of(salt, QK_SESSION_SALT_LEN), LOG2_N, qk_secret_fill(&secret), SECRET_LEN));
    QK_TRY(qk_hkdf_sha256(qk_secret_reveal(&secret), QK_VIEW_NONE, QK_VIEW_LITERAL("quantoki session id\1"),
                          out_session->id, sizeof out_session->id));
    qk_secret_give(&secret, &out_session->secret);
    return QK_OK;
}

void qk_login_session_done(qk_login_session *session)
{
    qk_secret_free(&session->secret);
}

/* ---- PIN blobs ---- */

static void write_identity(const qk_caller *caller, uint8_t out[IDENTITY_LEN])
{
    memset(out, 0, IDENTITY_LEN);
    if (caller)
        memcpy(out, caller->identity, strnlen(caller->identity, IDENTITY_LEN - 1));
}

qk_err qk_pin_blob_make(qk_ring *ring, const qk_login_session *session, const qk_uuid *keystore,
                        const qk_caller *caller, int64_t until_s, qk_buf *out_blob)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    uint8_t *place;

    QK_TRY(qk_secret_new(PIN_LEN, &content));
    place = qk_secret_fill(&content);
    place[0] = VERSION;
    for (size_t i = 0; i < 8; i++)
        place[UNTIL_AT + i] = (uint8_t)((uint64_t)until_s >> (8 * (7 - i)));
    memcpy(place + KEYSTORE_AT, keystore->bytes, sizeof keystore->bytes);
    memcpy(place + ID_AT, session->id, QK_SESSION_ID_LEN);
    memcpy(place + SECRET_AT, qk_secret_reveal(&session->secret).data, SECRET_LEN);
    write_identity(caller, place + IDENTITY_AT);
    return qk_seal(ring, QK_UNDER_INSTANCE, QK_PURPOSE_LOGIN, PIN_BLOB_BOUND, qk_secret_reveal(&content), out_blob);
}

static qk_err pin_blob_open(qk_ring *ring, const qk_call *call, qk_view blob, qk_login_session *out_session)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    uint8_t identity[IDENTITY_LEN];
    qk_reader reader;
    qk_view keystore, id, secret;

    if (qk_unseal(ring, QK_PURPOSE_LOGIN, PIN_BLOB_BOUND, blob, &content) != QK_OK)
        return qk_fail(QK_E_NO_SESSION, "a PIN blob does not open; log in again");
    reader = qk_reader_of(qk_secret_reveal(&content));
    if (qk_read_u8(&reader) != VERSION)
        return qk_fail(QK_E_NO_SESSION, "the PIN blob is of another version; log in again");
    if ((int64_t)qk_read_u64(&reader) <= qk_clock_unix_s())
        return qk_fail(QK_E_NO_SESSION, "the login session is over; log in again");
    keystore = qk_read(&reader, sizeof out_session->keystore.bytes);
    id = qk_read(&reader, QK_SESSION_ID_LEN);
    secret = qk_read(&reader, SECRET_LEN);
    write_identity(call->caller, identity);
    if (!qk_view_equal(qk_read(&reader, IDENTITY_LEN), qk_view_of(identity, sizeof identity))) /* public */
        return qk_fail(QK_E_NO_SESSION, "the PIN blob is another caller's; log in");
    memcpy(out_session->keystore.bytes, keystore.data, keystore.len);
    memcpy(out_session->id, id.data, id.len);
    return qk_secret_copy(secret, &out_session->secret);
}

/* ---- the sessions of a call ---- */

qk_err qk_logins_open(qk_ring *ring, const qk_call *call, qk_logins *out_logins)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    size_t count = call->login.len / PIN_BLOB_LEN;

    if (call->login.len % PIN_BLOB_LEN != 0 || count > QK_LOGINS_MOST)
        return qk_fail(QK_E_NO_SESSION, "%zu bytes are not one to %d PIN blobs", call->login.len, QK_LOGINS_MOST);
    while (logins.count < count) {
        logins.items[logins.count].secret = QK_SECRET_NONE;
        QK_TRY(pin_blob_open(ring, call, qk_view_slice(call->login, logins.count * PIN_BLOB_LEN, PIN_BLOB_LEN),
                             &logins.items[logins.count]));
        logins.count++;
    }
    *out_logins = logins;
    logins = QK_LOGINS_NONE;
    return QK_OK;
}

void qk_logins_done(qk_logins *logins)
{
    for (size_t i = 0; i < logins->count; i++)
        qk_login_session_done(&logins->items[i]);
    logins->count = 0;
}

qk_err qk_logins_find(const qk_logins *logins, const uint8_t id[QK_SESSION_ID_LEN],
                      const qk_login_session **out_session)
{
    for (size_t i = 0; logins && i < logins->count; i++) {
        if (memcmp(logins->items[i].id, id, QK_SESSION_ID_LEN) == 0) { /* public */
            *out_session = &logins->items[i];
            return QK_OK;
        }
    }
    return qk_fail(QK_E_NO_SESSION, "this is of an authenticated keystore; log in to that with its password");
}

bool qk_logins_name(const qk_logins *logins, const qk_uuid *keystore)
{
    for (size_t i = 0; i < logins->count; i++)
        if (memcmp(logins->items[i].keystore.bytes, keystore->bytes, sizeof keystore->bytes) == 0) /* public */
            return true;
    return false;
}

const qk_login_session *qk_logins_for(const qk_logins *logins, bool is_private)
{
    if (logins->count == 0)
        return NULL;
    return &logins->items[is_private ? 0 : logins->count - 1];
}

/* ---- the inner layer of a blob ---- */

/* The key: HKDF-SHA-256 of the session's secret, the layer's salt and the purpose. What is authenticated beside the
 * ciphertext: the session's id and what the caller binds, but nothing of the master key, so that the outer layer can be
 * made anew without the password. */
static qk_err layer_key(const qk_login_session *session, qk_purpose purpose, qk_view bound, const uint8_t *salt,
                        uint8_t out_key[32], qk_buf *out_bound)
{
    uint8_t info[] = { 'q', 'u', 'a', 'n', 't', 'o', 'k', 'i',     ' ',
                       's', 'e', 's', 's', 'i', 'o', 'n', VERSION, (uint8_t)purpose };

    qk_buf_put(out_bound, qk_view_of(session->id, sizeof session->id));
    qk_buf_put(out_bound, bound);
    QK_TRY(qk_buf_check(out_bound));
    return qk_hkdf_sha256(qk_secret_reveal(&session->secret), qk_view_of(salt, LAYER_SALT_LEN),
                          qk_view_of(info, sizeof info), out_key, 32);
}

qk_err qk_session_layer_seal(const qk_login_session *session, qk_purpose purpose, qk_view bound, qk_view plain,
                             uint8_t *out)
{
    QK_OWNED(qk_buf_done) qk_buf authenticated = QK_BUF_NONE;
    QK_OWNED(qk_wipe_key) uint8_t key[32];
    uint8_t *cipher = out + LAYER_SALT_LEN;

    QK_TRY(qk_random_bytes(out, LAYER_SALT_LEN));
    QK_TRY(layer_key(session, purpose, bound, out, key, &authenticated));
    return qk_aead_seal(key, qk_buf_view(&authenticated), plain, cipher, cipher + plain.len);
}

qk_err qk_session_layer_open(const qk_login_session *session, qk_purpose purpose, qk_view bound, qk_view layer,
                             qk_secret *out_plain)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf authenticated = QK_BUF_NONE;
    QK_OWNED(qk_wipe_key) uint8_t key[32];

    if (layer.len < QK_SESSION_LAYER)
        return qk_fail(QK_E_BLOB_DAMAGED, "%zu bytes are too few for a blob of a login session", layer.len);
    QK_TRY(layer_key(session, purpose, bound, layer.data, key, &authenticated));
    QK_TRY(qk_secret_new(layer.len - QK_SESSION_LAYER, &plain));
    QK_TRY(qk_aead_open(key, qk_buf_view(&authenticated), qk_view_slice(layer, LAYER_SALT_LEN, plain.len),
                        layer.data + layer.len - QK_BLOB_TAG_LEN, qk_secret_fill(&plain)));
    qk_secret_give(&plain, out_plain);
    return QK_OK;
}
