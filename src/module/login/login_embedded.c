/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in to an embedded token: PINs that open the vault.
 *
 * The token's folder (0700) holds `master.key`, under which public objects are sealed, and `token.db`. The private
 * master key is in the ring while the user is logged in, and in `so_key` while the security officer is, who sets the
 * user's PIN with it but sees no private object. Folder and files are made by C_InitToken; until then the token is
 * there and not initialised.
 *
 * Who is logged in holds a shared lock on `in-use`, and C_InitToken an exclusive one: it makes a new private master
 * key, and an application that still sealed under the old one would store keys that nobody can open. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "entropy/random.h"
#include "module/library/config_search.h"
#include "module/login/keystore_login.h"
#include "module/login/vault.h"

typedef struct embedded {
    qk_login base;
    qk_token *token;
    char folder[PATH_MAX - 16], key_path[PATH_MAX], database_path[PATH_MAX], use_path[PATH_MAX];
    int use_fd;           /* holds the lock on use_path; -1: none */
    pthread_mutex_t lock; /* guards opening */
    atomic_bool ready;
    qk_database *database;
    qk_ring *ring;
    qk_secret so_key;
    qk_hsm_options policy;
    qk_keystore_login *stores;
} embedded;

static embedded *of(qk_login *login)
{
    return (embedded *)login;
}

/* --- opening --- */

static qk_err load_ring(const char *key_path, qk_ring **out_ring)
{
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;
    QK_OWNED(qk_ring_free) qk_ring *ring = NULL;

    QK_TRY(qk_master_key_load(key_path, &master_key));
    QK_TRY(qk_ring_new(&ring));
    QK_TRY(qk_ring_set(ring, QK_UNDER_INSTANCE, &master_key));
    *out_ring = ring;
    ring = NULL;
    return QK_OK;
}

/* All that the token runs on, or nothing of it. */
static qk_err open_parts(embedded *e)
{
    QK_OWNED(qk_ring_free) qk_ring *ring = NULL;
    QK_OWNED(qk_database_close) qk_database *database = NULL;
    QK_OWNED(qk_endpoint_free) qk_hsm *hsm = NULL;
    qk_keystore *keystore = NULL;

    QK_TRY(load_ring(e->key_path, &ring));
    QK_TRY(qk_database_open(e->database_path, &database));
    QK_TRY(qk_vault_prepare(database));
    QK_TRY(qk_hsm_local_new(ring, &e->policy, &hsm));
    QK_TRY(qk_keystore_local_new(database, ring, hsm, &keystore));
    e->ring = ring;
    e->database = database;
    e->token->hsm = hsm;
    e->token->keystore = keystore;
    ring = NULL;
    database = NULL;
    hsm = NULL;
    qk_keystore_login_guard(e->stores, e->token);
    return QK_OK;
}

static qk_err open_locked(embedded *e, bool create)
{
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;

    if (e->database)
        return QK_OK;
    if (!create && !qk_file_exists(e->database_path))
        return qk_fail(QK_E_TOKEN_UNRECOGNIZED, "there is no token in %s yet; initialise it", e->folder);
    if (create)
        QK_TRY(qk_folder_make(e->folder, 0700));
    if (create && !qk_file_exists(e->key_path)) {
        if (qk_file_exists(e->database_path))
            return qk_fail(QK_E_CONFIG, "%s is missing, and %s is sealed under it; restore it from a backup",
                           e->key_path, e->database_path);
        QK_TRY(qk_master_key_create(e->key_path, &master_key));
    }
    return open_parts(e);
}

static qk_err learn_stores(embedded *e)
{
    qk_vault_state state;

    QK_TRY(qk_vault_read(e->database, &state));
    if (!state.initialized)
        return qk_fail(QK_E_TOKEN_UNRECOGNIZED, "the token in %s is not initialised", e->folder);
    e->token->public_store = state.public_store;
    e->token->private_store = state.private_store;
    e->token->has_public_store = e->token->has_private_store = true;
    atomic_store_explicit(&e->ready, true, memory_order_release);
    return QK_OK;
}

static qk_err ready_locked(embedded *e)
{
    QK_TRY(open_locked(e, false));
    return learn_stores(e);
}

static qk_err ready(qk_login *login)
{
    embedded *e = of(login);
    qk_err err;

    if (atomic_load_explicit(&e->ready, memory_order_acquire))
        return QK_OK;
    pthread_mutex_lock(&e->lock);
    err = ready_locked(e);
    pthread_mutex_unlock(&e->lock);
    return err;
}

/* --- state --- */

static CK_FLAGS pin_flags(unsigned fails, bool waits, CK_FLAGS low, CK_FLAGS final, CK_FLAGS locked)
{
    CK_FLAGS flags = 0;

    if (fails > 0)
        flags |= low;
    if (fails >= 3) /* from the next wrong one on there are delays */
        flags |= final;
    if (waits)
        flags |= locked;
    return flags;
}

static void describe_vault(const qk_vault_state *vault, qk_token_state *out)
{
    out->initialized = true;
    memcpy(out->label, vault->label, sizeof out->label);
    memcpy(out->serial, vault->serial, sizeof out->serial);
    out->pin_flags =
        pin_flags(vault->so_fails, vault->so_waits, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY, CKF_SO_PIN_LOCKED);
    if (!vault->user_pin_set)
        return;
    out->pin_flags |= CKF_USER_PIN_INITIALIZED;
    out->pin_flags |= pin_flags(vault->user_fails, vault->user_waits, CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY,
                                CKF_USER_PIN_LOCKED);
}

static qk_err describe(qk_login *login, qk_token_state *out_state)
{
    qk_token_state state = { .model = "Quantoki", .min_pin_len = QK_PIN_MIN, .max_pin_len = QK_PIN_MAX };
    qk_vault_state vault;
    qk_err err = ready(login);

    if (err != QK_OK && err != QK_E_TOKEN_UNRECOGNIZED)
        return err;
    if (err == QK_OK) {
        QK_TRY(qk_vault_read(of(login)->database, &vault));
        if (vault.initialized)
            describe_vault(&vault, &state);
    }
    *out_state = state;
    return QK_OK;
}

/* --- one initialises, or some are logged in --- */

static void let_go(embedded *e)
{
    if (e->use_fd >= 0)
        close(e->use_fd);
    e->use_fd = -1;
}

/* LOCK_SH waits for an initialisation to end; LOCK_EX does not wait for people to log out. */
static qk_err hold(embedded *e, int lock)
{
    int fd = open(e->use_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return qk_fail(QK_E_SYSTEM, "%s: %s", e->use_path, strerror(errno));
    if (flock(fd, lock) != 0) {
        bool used = errno == EWOULDBLOCK;
        close(fd);
        return used ? qk_fail(QK_E_SESSION_EXISTS,
                              "another application is logged in to the token in %s; let it log out first", e->folder)
                    : qk_fail(QK_E_SYSTEM, "%s cannot be locked: %s", e->use_path, strerror(errno));
    }
    let_go(e);
    e->use_fd = fd;
    return QK_OK;
}

/* --- logging in and out --- */

static qk_err take_key(embedded *e, qk_user user, qk_view pin)
{
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;

    QK_TRY(qk_vault_open(e->database, user, pin, &master_key));
    if (user == QK_USER)
        return qk_ring_set(e->ring, QK_UNDER_USER, &master_key);
    qk_secret_give(&master_key, &e->so_key);
    return QK_OK;
}

static void log_out(qk_login *login)
{
    qk_keystore_login_end(of(login)->stores);
    qk_secret_free(&of(login)->so_key);
    if (of(login)->ring)
        qk_ring_clear(of(login)->ring, QK_UNDER_USER);
    let_go(of(login));
}

static qk_err log_in(qk_login *login, qk_user user, qk_view pin)
{
    embedded *e = of(login);
    qk_err err;

    QK_TRY(hold(e, LOCK_SH));
    err = take_key(e, user, pin);
    if (err == QK_OK)
        err = qk_keystore_login_begin(e->stores, user);
    if (err != QK_OK)
        log_out(login);
    return err;
}

static qk_err check_pin(qk_login *login, qk_user user, qk_view pin)
{
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;

    return qk_vault_open(of(login)->database, user, pin, &master_key);
}

/* --- PINs --- */

static qk_err init_pin(qk_login *login, qk_view pin)
{
    return qk_vault_set_pin(of(login)->database, QK_USER, pin, &of(login)->so_key);
}

static qk_err set_pin(qk_login *login, qk_user user, qk_view old_pin, qk_view new_pin)
{
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;

    QK_TRY(qk_vault_check_pin_length(new_pin));
    QK_TRY(qk_vault_open(of(login)->database, user, old_pin, &master_key));
    return qk_vault_set_pin(of(login)->database, user, new_pin, &master_key);
}

/* --- initialisation --- */

static qk_err draw_identity(qk_vault_state *out)
{
    uint8_t serial[8];

    QK_TRY(qk_random_uuid(&out->public_store));
    QK_TRY(qk_random_uuid(&out->private_store));
    QK_TRY(qk_random_bytes(serial, sizeof serial));
    qk_hex_write(qk_view_of(serial, sizeof serial), out->serial);
    return QK_OK;
}

static qk_err empty_stores(embedded *e, const qk_vault_state *vault, const char *label)
{
    Quantoki__V1__ResetKeystoresRequest request;
    ProtobufCBinaryData ids[] = { qk_message_bytes(qk_view_of(vault->public_store.bytes, 16)),
                                  qk_message_bytes(qk_view_of(vault->private_store.bytes, 16)) };
    QK_OWNED(qk_arena_done) qk_arena arena;
    char text[QK_LABEL_LEN + 1];
    void *response;

    qk_arena_init(&arena, 0);
    quantoki__v1__reset_keystores_request__init(&request);
    snprintf(text, sizeof text, "%s", label);
    request.ids = ids;
    request.n_ids = 2;
    request.label = text;
    request.password = qk_keystore_login_password(e->stores);
    return qk_keystore_call(e->token->keystore,
                            &(qk_call){ .arena = &arena, .strict = true, .deadline = QK_DEADLINE_NEVER },
                            QK_RESET_KEYSTORES, &request.base, &response);
}

/* Objects first, then the vault: if power fails between, the token is empty and its old PINs still count. */
static qk_err init_locked(embedded *e, qk_view so_pin, const char *label)
{
    QK_OWNED(qk_secret_free) qk_secret old_key = QK_SECRET_NONE;
    qk_vault_state vault;

    QK_TRY(qk_vault_check_pin_length(so_pin));
    QK_TRY(open_locked(e, true));
    QK_TRY(hold(e, LOCK_EX | LOCK_NB));
    QK_TRY(qk_vault_read(e->database, &vault));
    if (vault.initialized)
        QK_TRY(qk_vault_open(e->database, QK_SO, so_pin, &old_key));
    else
        QK_TRY(draw_identity(&vault));
    QK_TRY(empty_stores(e, &vault, label));
    qk_keystore_login_end(e->stores);
    QK_TRY(qk_vault_reset(e->database, so_pin, label, &vault));
    return learn_stores(e);
}

static qk_err init_token(qk_login *login, qk_view so_pin, const char *label)
{
    embedded *e = of(login);
    qk_err err;

    pthread_mutex_lock(&e->lock);
    err = init_locked(e, so_pin, label);
    let_go(e);
    pthread_mutex_unlock(&e->lock);
    return err;
}

/* --- life --- */

static void free_login(qk_login *login)
{
    embedded *e = of(login);

    let_go(e);
    qk_secret_free(&e->so_key);
    qk_database_close(&e->database);
    qk_ring_free(&e->ring);
    pthread_mutex_destroy(&e->lock);
    qk_keystore_login_free(&e->stores);
    free(e);
}

static void abandon(qk_login *login)
{
    embedded *e = of(login);

    if (e->so_key.len)
        explicit_bzero(qk_secret_fill(&e->so_key), e->so_key.len);
    let_go(e); /* the parent's lock stays with the parent's descriptor */
    qk_database_abandon(&e->database);
}

static qk_err set_paths(embedded *e, const char *path)
{
    char data_folder[PATH_MAX];
    int len;

    if (!path || !path[0]) {
        QK_TRY(qk_config_data_folder(data_folder));
        path = data_folder;
    }
    len = snprintf(e->folder, sizeof e->folder, "%s", path);
    if (len < 0 || (size_t)len >= sizeof e->folder)
        return qk_fail(QK_E_CONFIG, "the path of an embedded token is too long");
    snprintf(e->key_path, sizeof e->key_path, "%s/master.key", e->folder);
    snprintf(e->database_path, sizeof e->database_path, "%s/token.db", e->folder);
    snprintf(e->use_path, sizeof e->use_path, "%s/in-use", e->folder);
    return QK_OK;
}

qk_err qk_login_embedded_new(const qk_client_token *config, qk_token *token, qk_login **out_login)
{
    static const qk_login functions = { .ready = ready,
                                        .describe = describe,
                                        .log_in = log_in,
                                        .check_pin = check_pin,
                                        .log_out = log_out,
                                        .init_token = init_token,
                                        .init_pin = init_pin,
                                        .set_pin = set_pin,
                                        .free = free_login,
                                        .abandon = abandon };
    embedded *e = calloc(1, sizeof *e);
    qk_err err;

    if (!e)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an embedded token");
    e->base = functions;
    e->token = token;
    e->use_fd = -1;
    e->policy = (qk_hsm_options){ .cache_keys = 1024,
                                  .legacy_off = !config->legacy,
                                  .values_hidden = config->values_hidden,
                                  .weak_wrapping = config->weak_wrapping };
    pthread_mutex_init(&e->lock, NULL);
    err = set_paths(e, config->embedded_path);
    if (err == QK_OK)
        err = qk_keystore_login_new(config->keystore_password, token, &e->stores);
    if (err != QK_OK)
        free_login(&e->base);
    else
        *out_login = &e->base;
    return err;
}
