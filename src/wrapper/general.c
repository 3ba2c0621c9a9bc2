/* SPDX-License-Identifier: Apache-2.0 */
/* C_Initialize, C_Finalize, C_GetInfo.
 *
 * What the base answers is passed on as it is, so this file speaks CK_RV; failures of our own are qk_err until
 * qk_wrapper_leave. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/ssl.h>

#include "base/log.h"
#include "base/own_thread.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "wrapper/wrapper.h"

#define ENTRY __attribute__((visibility("default")))

enum { MAJOR = 0, MINOR = 1 }; /* libraryVersion */
enum { FALLBACK_REST_MS = 5000 };

static const char log_name[] = "quantoki-entropy";

qk_wrapper_state qk_wrapper;

/* ---- the base ---- */

static void find_base_once(void)
{
    qk_wrapper_settings settings;

    if (!qk_wrapper.base.handle && qk_wrapper_settings_read(&settings) == QK_OK) {
        (void)(qk_base_library_load(settings.base, &qk_wrapper.base) == QK_OK); /* C_Initialize tells why not */
        qk_wrapper_settings_done(&settings);
    }
    qk_wrapper_fill_interfaces(&qk_wrapper.base);
}

void qk_wrapper_find_base(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, find_base_once);
}

/* ---- our part ---- */

static qk_err open_log(const qk_wrapper_settings *settings)
{
    qk_log_level level = (qk_log_level)settings->log_level;

    if (strcmp(settings->log_to, "syslog") == 0)
        return qk_log_open_syslog(QK_LOG_SYSLOG_SOCKET, log_name, level);
    if (strcmp(settings->log_to, "stderr") != 0)
        return qk_log_open(settings->log_to, level);
    qk_log_open_guest(log_name, level);
    if (settings->log_time)
        qk_log_tell_time();
    return QK_OK;
}

/* Files and keys that say whom to trust are told apart from other errors of the settings: by where the error was born.
 */
static qk_err tell_trust_apart(qk_err err)
{
    static const char *const places[] = { "/net/tls_", "/entropy/signature/" };
    const qk_failure *last = qk_failure_last();
    char words[sizeof last->words];
    bool trust = false;

    for (size_t i = 0; last->file && i < sizeof places / sizeof places[0]; i++)
        trust = trust || strstr(last->file, places[i]);
    if (err != QK_E_CONFIG || last->code != err || !trust)
        return err;
    snprintf(words, sizeof words, "%s", last->words);
    return qk_fail(QK_E_SERVER_UNTRUSTED, "%s", words);
}

static qk_err fetch(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    const qk_wrapper_state *state = context;

    return tell_trust_apart(qk_supply_fetch(state->supply, out, len, deadline));
}

static qk_err make_pool(qk_wrapper_state *state)
{
    qk_pool_config config = {
        .bytes = state->settings.pool_bytes,
        .max_age_s = (int64_t)state->settings.max_age_s,
        .mix = state->settings.mix == QK_WRAPPER_MIX_KERNEL,
        .locking = &state->locking,
        .fetch = fetch,
        .fetch_context = state,
        .rest_ms = state->settings.fallback == QK_WRAPPER_FALLBACK_BASE ? FALLBACK_REST_MS : 0,
        .low_water = (size_t)(state->settings.pool_bytes * state->settings.low_water / 100),
    };

    if (!state->settings.background || !state->may_make_threads)
        return qk_pool_of_random_new(&config, &state->pool);
    QK_TRY(qk_refiller_new(&state->refiller));
    config.on_low_water = qk_refiller_wake;
    config.low_water_context = state->refiller;
    return qk_pool_of_random_new(&config, &state->pool);
}

static qk_err read_token(void *context, qk_secret *out)
{
    return qk_wrapper_token_read(context, out);
}

/* Nothing is asked yet, but what the first request would stumble over is told now. Without files of its own the check
 * is left out: it would read all of the system's authorities. */
static void warn_of_settings(const qk_supply_config *config)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    qk_err err = config->read_token(config->context, &token);

    if (err == QK_OK && (config->ca_file || config->signer_key))
        err = tell_trust_apart(qk_supply_check(config));
    if (err != QK_OK)
        qk_log_failure(QK_LOG_WARNING, err, "op=C_Initialize see=\"%s\"", qk_wrapper_look_at(err));
}

static qk_err make_supply(qk_wrapper_state *state)
{
    qk_supply_config config = {
        .ca_file = state->settings.ca_file,
        .client_cert = state->settings.client_cert,
        .client_key = state->settings.client_key,
        .pinned_key = state->settings.pinned_key,
        .signer_key = state->settings.signer_key,
        .proxy = state->settings.proxy,
        .connect_timeout_ms = (int64_t)state->settings.connect_timeout_ms,
        .api = (qk_supply_api)state->settings.api,
        .attempt_timeout_ms = (int64_t)state->settings.attempt_timeout_ms,
        .retries = state->settings.retries,
        .read_token = read_token,
        .context = &state->settings,
    };
    const qk_config_node *item;

    if (state->settings.url)
        QK_TRY(qk_supply_add(&config, state->settings.url));
    for (size_t i = 0; qk_config_at(state->settings.urls, i, NULL, &item); i++)
        QK_TRY(qk_supply_add(&config, qk_config_text(item)));
    warn_of_settings(&config);
    return qk_supply_new(&config, &state->supply);
}

static qk_err start_own(qk_wrapper_state *state)
{
    QK_TRY(qk_crypto_start());
    QK_TRY(qk_entropy_start(NULL));
    QK_TRY(qk_sessions_new(&state->sessions));
    QK_TRY(make_supply(state));
    return make_pool(state);
}

static void stop_own(qk_wrapper_state *state)
{
    qk_visits_await_end();
    if (state->refiller && qk_process_ends())
        return;
    qk_refiller_free(&state->refiller);
    qk_pool_of_random_free(&state->pool);
    qk_supply_free(&state->supply);
    qk_sessions_free(&state->sessions);
    qk_entropy_stop();
    qk_crypto_stop();
    qk_wrapper_settings_done(&state->settings);
    qk_log_close();
}

/* A child never frees what it inherited: another thread of its parent may have been in the middle of it. */
static void abandon_inherited(qk_wrapper_state *state)
{
    qk_supply_abandon(&state->supply);
    qk_visits_forget();
    qk_own_threads_forget();
    state->refiller = NULL;
    state->pool = NULL;
    state->sessions = NULL;
    state->settings = (qk_wrapper_settings){ 0 };
    qk_entropy_abandon();
    qk_crypto_abandon();
}

static qk_err prepare(qk_wrapper_state *state, const CK_C_INITIALIZE_ARGS *arguments)
{
    qk_log_open_guest(log_name, QK_LOG_WARNING); /* until the settings say otherwise: they may be what is wrong */
    QK_TRY(qk_wrapper_settings_read(&state->settings));
    QK_TRY(open_log(&state->settings));
    QK_TRY(qk_base_library_load(state->settings.base, &state->base));
    qk_wrapper_find_base();
    QK_TRY(qk_locking_read(arguments, &state->locking));
    state->may_make_threads = !arguments || !(arguments->flags & CKF_LIBRARY_CANT_CREATE_OS_THREADS);
    return start_own(state);
}

/* The application may use the base beside us: then it is his to finalise. */
static CK_RV initialise_base(qk_wrapper_state *state, void *arguments)
{
    CK_RV rv = state->base.functions.C_Initialize(arguments);

    state->base_was_initialised = rv == CKR_CRYPTOKI_ALREADY_INITIALIZED;
    if (state->base_was_initialised)
        return CKR_OK;
    if (rv != CKR_OK)
        qk_log(QK_LOG_ERROR, "op=C_Initialize see=\"base: does pkcs11-tool work with it?\" base=%s answers=0x%lx",
               state->base.path, rv);
    return rv;
}

/* Without the thread calls fetch for themselves. */
static void start_background(qk_wrapper_state *state)
{
    uint64_t attempt_ms = state->settings.attempt_timeout_ms, call_ms = state->settings.call_timeout_ms;

    if (state->refiller)
        (void)qk_wrapper_leave(
            "C_Initialize",
            qk_refiller_start(state->refiller, state->pool, (int64_t)(attempt_ms < call_ms ? attempt_ms : call_ms)));
}

static CK_RV initialise(void *arguments)
{
    CK_RV rv;
    qk_err err;

    OPENSSL_init_ssl(0, NULL); /* reads the host's configuration, whose providers may call us: so before any lock */
    qk_own_threads_watch();    /* so after OpenSSL's own handler for the process's end */
    err = qk_life_begin();
    if (err != QK_OK)
        return qk_wrapper_leave("C_Initialize", err);
    if (qk_life_inherited())
        abandon_inherited(&qk_wrapper);
    rv = qk_wrapper_leave("C_Initialize", prepare(&qk_wrapper, arguments));
    if (rv == CKR_OK)
        rv = initialise_base(&qk_wrapper, arguments);
    if (rv == CKR_OK)
        start_background(&qk_wrapper);
    if (rv != CKR_OK)
        stop_own(&qk_wrapper);
    qk_life_settle(rv == CKR_OK);
    return rv;
}

static CK_RV finalise(const void *reserved)
{
    CK_RV rv = CKR_OK;
    qk_err err = qk_life_end();

    if (err != QK_OK)
        return qk_wrapper_leave("C_Finalize", err);
    if (reserved)
        rv = CKR_ARGUMENTS_BAD;
    else
        qk_visits_await_end(); /* they may be about to ask the base */
    if (rv == CKR_OK && !qk_wrapper.base_was_initialised)
        rv = qk_wrapper.base.functions.C_Finalize(NULL);
    if (rv == CKR_OK)
        stop_own(&qk_wrapper);
    qk_life_settle(rv != CKR_OK);
    return rv;
}

/* A thread that is cancelled halfway would leave the library neither here nor there: it is cancelled afterwards. */

ENTRY CK_RV C_Initialize(CK_VOID_PTR arguments)
{
    int cancel_state = qk_visit_hold();
    CK_RV rv = initialise(arguments);

    qk_visit_release(cancel_state);
    return rv;
}

ENTRY CK_RV C_Finalize(CK_VOID_PTR reserved)
{
    int cancel_state = qk_visit_hold();
    CK_RV rv = finalise(reserved);

    qk_visit_release(cancel_state);
    return rv;
}

/* ---- C_GetInfo ---- */

/* Blank-padded; cut between characters of UTF-8. */
static void put_text(CK_UTF8CHAR *place, size_t room, const char *prefix, const CK_UTF8CHAR *text, size_t text_len)
{
    size_t start = strlen(prefix), len = text_len < room - start ? text_len : room - start;

    if (len < text_len)
        while (len > 0 && (text[len] & 0xC0) == 0x80)
            len--;
    memset(place, ' ', room);
    memcpy(place, prefix, start);
    if (len > 0)
        memcpy(place + start, text, len);
}

static CK_VERSION smaller(CK_VERSION a, CK_VERSION b)
{
    return a.major < b.major || (a.major == b.major && a.minor < b.minor) ? a : b;
}

ENTRY CK_RV C_GetInfo(CK_INFO_PTR info)
{
    static const CK_VERSION newest = { 3, 2 };
    CK_INFO base;
    CK_RV rv;

    if (!qk_life_live())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!info)
        return CKR_ARGUMENTS_BAD;
    if (!qk_wrapper.base.functions.C_GetInfo)
        return CKR_FUNCTION_NOT_SUPPORTED;
    rv = qk_wrapper.base.functions.C_GetInfo(&base);
    if (rv != CKR_OK)
        return rv;
    memset(info, 0, sizeof *info);
    info->cryptokiVersion = smaller(base.cryptokiVersion, newest);
    put_text(info->manufacturerID, sizeof info->manufacturerID, "Quantoki", NULL, 0);
    put_text(info->libraryDescription, sizeof info->libraryDescription, "Wrap of ", base.libraryDescription,
             sizeof base.libraryDescription);
    info->libraryVersion = (CK_VERSION){ MAJOR, MINOR };
    return CKR_OK;
}
