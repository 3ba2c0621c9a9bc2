/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/sink/vcenter.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "base/registers.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "seeder/sink/sink_kind.h"
#include "seeder/sink/vcenter_answer.h"

enum { REQUEST_MS = 10000, LOGOUT_MS = 2000, MOST_ANSWER = 256 * 1024 };

struct qk_vcenter {
    char *user, *ca_file; /* ca_file "": the system's */
    qk_url url;
    qk_tls_client *tls; /* NULL: nothing was asked yet */
    qk_http_connection *connection;
    qk_secret session, refused; /* refused: a password; both empty if there is none */
    uint32_t *told;             /* the targets that know of it */
    size_t told_count;
};

/* ---- new ---- */

/* A user's name has no colon: the last '@' before the first one ends it. */
static bool read_place(qk_vcenter *it, char *place)
{
    char *colon = strchr(place, ':'), *fragment = strchr(place, '#');
    char *at = colon ? memrchr(place, '@', (size_t)(colon - place)) : NULL;

    if (!at || !fragment || fragment < colon)
        return false;
    *at = *fragment = 0;
    it->user = strdup(place);
    it->ca_file = strdup(fragment + 1);
    return it->user && it->ca_file && qk_url_read(at + 1, &it->url) == QK_OK;
}

qk_vcenter *qk_vcenter_new(const char *place)
{
    QK_OWNED(qk_vcenter_free) qk_vcenter *it = calloc(1, sizeof *it);
    qk_vcenter *made;
    char *copy = strdup(place);
    bool good = it && copy && read_place(it, copy);

    free(copy);
    if (!good)
        return NULL;
    made = it;
    it = NULL;
    return made;
}

static qk_err prepare(qk_vcenter *it)
{
    const qk_tls_options peer = {
        .host = it->url.host, .port = it->url.port, .tls = it->url.tls, .ca_file = it->ca_file
    };

    if (it->connection)
        return QK_OK;
    QK_TRY(qk_crypto_start());
    QK_TRY(qk_entropy_start(NULL));
    if (!it->tls)
        QK_TRY(qk_tls_client_new(&peer, &it->tls));
    return qk_http_connection_new(it->tls, &it->connection);
}

/* ---- failures ---- */

/* clang-format off */
static const struct error_row {
    qk_err err;
    CK_RV rv;
} error_rows[] = {
    { QK_E_SERVER_AWAY,      QK_SEED_VCENTER_AWAY },
    { QK_E_TIMEOUT,          QK_SEED_VCENTER_AWAY },
    { QK_E_SERVER_UNTRUSTED, QK_SEED_VCENTER_UNTRUSTED },
    { QK_E_CONFIG,           QK_SEED_VCENTER_CONFIG },
    { QK_E_OBJECT_MISSING,   QK_SEED_VCENTER_NO_HOST },
    { QK_E_NO_MEMORY,        CKR_HOST_MEMORY },
};

static const struct status_row {
    int status;
    CK_RV rv;
} status_rows[] = {
    { 200, CKR_OK },
    { 201, CKR_OK },
    { 204, CKR_OK },
    { 401, QK_SEED_VCENTER_NO_SESSION },
    { 403, QK_SEED_VCENTER_FORBIDDEN },
    { 404, QK_SEED_VCENTER_NO_HOST },
    { 500, QK_SEED_VCENTER_AWAY },
    { 502, QK_SEED_VCENTER_AWAY },
    { 503, QK_SEED_VCENTER_AWAY },
    { 504, QK_SEED_VCENTER_AWAY },
};
/* clang-format on */

CK_RV qk_vcenter_failed(const qk_vcenter *it, qk_err err)
{
    qk_sink_say(it->url.host, qk_err_words(err));
    for (size_t i = 0; i < sizeof error_rows / sizeof error_rows[0]; i++)
        if (error_rows[i].err == err)
            return error_rows[i].rv;
    return QK_SEED_VCENTER_ANSWER;
}

/* Of a failure nothing but its number is told: its body is the server's to choose. */
static CK_RV judge(const qk_vcenter *it, int status)
{
    char words[40];
    CK_RV rv = QK_SEED_VCENTER_ANSWER;

    for (size_t i = 0; i < sizeof status_rows / sizeof status_rows[0]; i++)
        if (status_rows[i].status == status)
            rv = status_rows[i].rv;
    if (rv != CKR_OK && rv != QK_SEED_VCENTER_NO_SESSION) {
        snprintf(words, sizeof words, "it answers with HTTP %d", status);
        qk_sink_say(it->url.host, words);
    }
    return rv;
}

/* ---- requests ---- */

/* Only what changes nothing is sent again when a kept connection turns out to be closed: the same seed must not go in
 * twice, nor a password. */
static qk_err request(qk_vcenter *it, const char *method, const char *path, const char *headers, qk_view body,
                      int64_t most_ms, qk_arena *arena, qk_http_answer *out)
{
    qk_url url = it->url;

    if (snprintf(url.path, sizeof url.path, "%s", path) >= (int)sizeof url.path)
        return qk_fail(QK_E_BAD_ARGUMENT, "a path of %zu characters", strlen(path));
    QK_TRY(prepare(it));
    return qk_http_connection_request(it->connection, &url, method, headers, body, strcmp(method, "GET") == 0,
                                      MOST_ANSWER, qk_deadline_in(most_ms), arena, out);
}

CK_RV qk_vcenter_reach(qk_vcenter *it)
{
    QK_OWNED(qk_stream_free) qk_stream *stream = NULL;
    qk_err err = prepare(it);

    if (err == QK_OK)
        err = qk_stream_connect(it->tls, qk_deadline_in(REQUEST_MS), &stream);
    return err == QK_OK ? CKR_OK : qk_vcenter_failed(it, err);
}

bool qk_vcenter_has_session(const qk_vcenter *it)
{
    return it->session.len > 0;
}

static void put_session(const qk_vcenter *it, qk_buf *headers)
{
    qk_buf_put_text(headers, "Accept: application/json\r\nvmware-api-session-id: ");
    qk_buf_put(headers, qk_secret_reveal(&it->session));
    qk_buf_put_text(headers, "\r\n");
}

CK_RV qk_vcenter_ask(qk_vcenter *it, const char *method, const char *path, qk_view json, qk_arena *arena,
                     qk_view *out_body)
{
    QK_OWNED(qk_buf_done) qk_buf headers = QK_BUF_NONE; /* wiped: the session */
    qk_http_answer answer = { 0 };
    qk_err err;
    CK_RV rv;

    put_session(it, &headers);
    if (json.len)
        qk_buf_put_text(&headers, "Content-Type: application/json\r\n");
    if (!qk_buf_text(&headers))
        return CKR_HOST_MEMORY;
    err = request(it, method, path, qk_buf_text(&headers), json, REQUEST_MS, arena, &answer);
    if (err != QK_OK)
        return qk_vcenter_failed(it, err);
    rv = judge(it, answer.status);
    if (rv == QK_SEED_VCENTER_NO_SESSION)
        qk_secret_free(&it->session);
    *out_body = answer.body;
    return rv;
}

/* ---- in and out ---- */

/* HTTP's basic authentication. RFC 7617, section 2. */
static void put_login(const qk_vcenter *it, qk_view password, qk_buf *headers)
{
    QK_OWNED(qk_buf_done) qk_buf both = QK_BUF_NONE;

    qk_buf_printf(&both, "%s:", it->user);
    qk_buf_put(&both, password);
    qk_buf_put_text(headers, "Accept: application/json\r\nAuthorization: Basic ");
    qk_base64_write(qk_buf_view(&both), headers);
    qk_buf_put_text(headers, "\r\n");
    headers->failed |= both.failed;
}

static bool was_told(const qk_vcenter *it, uint32_t target)
{
    for (size_t i = 0; i < it->told_count; i++)
        if (it->told[i] == target)
            return true;
    return false;
}

static CK_RV tell(qk_vcenter *it, uint32_t target)
{
    uint32_t *more = reallocarray(it->told, it->told_count + 1, sizeof *more);

    if (!more)
        return CKR_HOST_MEMORY;
    it->told = more;
    it->told[it->told_count++] = target;
    return QK_SEED_VCENTER_LOGIN;
}

/* The password was right after all: the operator set it anew in vCenter, or has unlocked the user. */
static void forget_refusal(qk_vcenter *it)
{
    it->told_count = 0;
    qk_secret_free(&it->refused);
}

static CK_RV refuse(qk_vcenter *it, qk_view password, uint32_t target)
{
    forget_refusal(it);
    return qk_secret_copy(password, &it->refused) == QK_OK ? tell(it, target) : CKR_HOST_MEMORY;
}

static CK_RV ask_for_session(qk_vcenter *it, qk_view password, qk_arena *arena, qk_view *out_body)
{
    QK_OWNED(qk_buf_done) qk_buf headers = QK_BUF_NONE; /* wiped: the password */
    qk_http_answer answer = { 0 };
    qk_err err;

    put_login(it, password, &headers);
    qk_registers_wipe();
    if (!qk_buf_text(&headers))
        return CKR_HOST_MEMORY;
    err = request(it, "POST", "/api/session", qk_buf_text(&headers), QK_VIEW_NONE, REQUEST_MS, arena, &answer);
    if (err != QK_OK)
        return qk_vcenter_failed(it, err);
    *out_body = answer.body;
    return judge(it, answer.status);
}

CK_RV qk_vcenter_login(qk_vcenter *it, qk_view password, uint32_t target)
{
    QK_OWNED(qk_arena_done) qk_arena arena; /* wiped: the session */
    qk_view body = QK_VIEW_NONE;
    qk_err err;
    CK_RV rv;

    qk_arena_init(&arena, 0);
    if (it->refused.len && !was_told(it, target) && qk_ct_equal(password, qk_secret_reveal(&it->refused)))
        return tell(it, target);
    rv = ask_for_session(it, password, &arena, &body);
    if (rv == QK_SEED_VCENTER_NO_SESSION)
        return refuse(it, password, target);
    if (rv != CKR_OK)
        return rv == QK_SEED_VCENTER_NO_HOST ? QK_SEED_VCENTER_ANSWER : rv;
    forget_refusal(it);
    qk_secret_free(&it->session);
    err = qk_vcenter_session_read(body, &it->session);
    return err == QK_OK ? CKR_OK : qk_vcenter_failed(it, err);
}

static void log_out(qk_vcenter *it)
{
    QK_OWNED(qk_buf_done) qk_buf headers = QK_BUF_NONE;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_http_answer answer = { 0 };

    qk_arena_init(&arena, 0);
    put_session(it, &headers);
    if (qk_buf_text(&headers) &&
        request(it, "DELETE", "/api/session", qk_buf_text(&headers), QK_VIEW_NONE, LOGOUT_MS, &arena, &answer) != QK_OK)
        qk_sink_say(it->url.host, "the session could not be ended; vCenter forgets it in time");
}

void qk_vcenter_free(qk_vcenter **vcenter)
{
    qk_vcenter *it = *vcenter;

    *vcenter = NULL;
    if (!it)
        return;
    if (qk_vcenter_has_session(it))
        log_out(it);
    qk_secret_free(&it->session);
    qk_secret_free(&it->refused);
    qk_http_connection_free(&it->connection);
    qk_tls_client_free(&it->tls);
    free(it->user);
    free(it->ca_file);
    free(it->told);
    free(it);
}
