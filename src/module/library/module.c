/* SPDX-License-Identifier: Apache-2.0 */
#include "module/library/module.h"

#include <stdlib.h>

#include <openssl/ssl.h>

#include "base/log.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "base/life.h"
#include "module/library/config_search.h"
#include "module/library/ending.h"
#include "module/slot/slot_event.h"
#include "module/library/tell.h"

static qk_module *current;

static qk_err check_live(void)
{
    if (!qk_life_live())
        return qk_fail(QK_E_NOT_INITIALIZED, "C_Initialize was not called in this process");
    if (qk_ending_refuses())
        return qk_fail(QK_E_NOT_INITIALIZED, "the process is ending");
    return QK_OK;
}

qk_err qk_module_get(qk_module **out_module)
{
    QK_TRY(check_live());
    *out_module = current;
    return QK_OK;
}

qk_err qk_module_slot(CK_SLOT_ID id, qk_slot **out_slot)
{
    QK_TRY(check_live());
    for (size_t i = 0; i < current->slot_count; i++)
        if (current->slots[i].id == id) {
            *out_slot = &current->slots[i];
            return QK_OK;
        }
    return qk_fail(QK_E_SLOT_INVALID, "there is no slot %lu", id);
}

void qk_pad(CK_UTF8CHAR *field, size_t field_len, const char *text)
{
    size_t len = strlen(text);

    memset(field, ' ', field_len);
    memcpy(field, text, len < field_len ? len : field_len);
}

/* --- C_Initialize --- */

/* Locking is the operating system's here: callbacks are accepted only from those who leave the choice to us.
 * Source: PKCS #11, CK_C_INITIALIZE_ARGS. */
static qk_err check_arguments(const CK_C_INITIALIZE_ARGS *arguments)
{
    int callbacks;

    if (!arguments)
        return QK_OK;
    if (arguments->pReserved)
        return qk_fail(QK_E_BAD_ARGUMENT, "pReserved is not NULL");
    callbacks =
        !!arguments->CreateMutex + !!arguments->DestroyMutex + !!arguments->LockMutex + !!arguments->UnlockMutex;
    if (callbacks != 0 && callbacks != 4)
        return qk_fail(QK_E_BAD_ARGUMENT, "%d of 4 mutex functions are given", callbacks);
    if (callbacks && !(arguments->flags & CKF_OS_LOCKING_OK))
        return qk_fail(QK_E_CANT_LOCK, "locking with the application's own mutexes is not supported");
    return QK_OK;
}

static qk_err open_log(const qk_client_config *config)
{
    if (!config->log_path || config->log_level < 0)
        return QK_OK;
    return qk_log_open(config->log_path, (qk_log_level)config->log_level);
}

/* What reading the file warns of can be told only once the file has said where the log is: so it is read again. */
static qk_err load_config(qk_client_config *out)
{
    char path[PATH_MAX];
    bool found;

    QK_TRY(qk_config_search(path, &found));
    if (!found)
        return qk_client_config_default(out);
    QK_TRY(qk_client_config_load(path, out));
    QK_TRY(open_log(out));
    if (!qk_log_wants(QK_LOG_WARNING))
        return QK_OK;
    qk_client_config_done(out);
    return qk_client_config_load(path, out);
}

static const qk_config_node *entropy_map(const qk_client_config *config)
{
    for (size_t i = 0; i < config->token_count; i++)
        if (config->tokens[i].embedded && config->tokens[i].entropy)
            return config->tokens[i].entropy;
    return NULL;
}

/* One pipeline serves all slots. Without threads: its sources take turns inside the calls. */
static qk_err start_entropy(const qk_client_config *config)
{
    QK_OWNED(qk_entropy_config_done) qk_entropy_config entropy = { 0 };

    if (!entropy_map(config))
        return qk_entropy_start(NULL);
    QK_TRY(qk_entropy_config_read(config->document, entropy_map(config), &entropy));
    return qk_entropy_start(&entropy);
}

/* The arithmetic is the process's, not a token's. */
static qk_err choose_lattice(const qk_client_config *config)
{
    bool by_openssl = false;

    for (size_t i = 0; i < config->token_count; i++)
        by_openssl |= config->tokens[i].embedded && config->tokens[i].lattice != 0;
    return qk_crypto_choose_lattice(by_openssl);
}

static qk_err make_slots(qk_module *module)
{
    module->slots = calloc(module->config.token_count, sizeof *module->slots);
    if (!module->slots)
        return qk_fail(QK_E_NO_MEMORY, "no memory for slots");
    for (size_t i = 0; i < module->config.token_count; i++) {
        module->slot_count++; /* also a slot that fails half-way is freed */
        QK_TRY(qk_slot_init(&module->slots[i], &module->config.tokens[i]));
    }
    return QK_OK;
}

/* Sessions first: they hold objects of slots. */
static void free_module(qk_module **module)
{
    qk_module *gone = *module;

    *module = NULL;
    if (!gone)
        return;
    qk_session_table_free(&gone->sessions);
    for (size_t i = 0; i < gone->slot_count; i++)
        qk_slot_done(&gone->slots[i]);
    free(gone->slots);
    qk_client_config_done(&gone->config);
    free(gone);
}

static qk_err make_module(qk_module **out_module)
{
    QK_OWNED(free_module) qk_module *module = calloc(1, sizeof *module);

    if (!module)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the module");
    module->config = QK_CLIENT_CONFIG_NONE;
    QK_TRY(load_config(&module->config));
    QK_TRY(choose_lattice(&module->config));
    QK_TRY(start_entropy(&module->config));
    QK_TRY(qk_session_table_new(&module->sessions));
    QK_TRY(make_slots(module));
    *out_module = module;
    module = NULL;
    return QK_OK;
}

/* In a forked child: what the parent made is left as it is, apart from secrets and descriptors. */
static void abandon(void)
{
    for (size_t i = 0; current && i < current->slot_count; i++)
        qk_slot_abandon(&current->slots[i]);
    current = NULL;
    qk_slot_event_abandon();
    qk_entropy_abandon();
    qk_crypto_abandon();
}

static qk_err start(void)
{
    qk_err err;

    QK_TRY(qk_crypto_start());
    err = make_module(&current);
    if (err != QK_OK) {
        qk_log_close();
        qk_entropy_stop();
        qk_crypto_stop();
    }
    return err;
}

qk_err qk_module_initialize(const void *arguments)
{
    qk_err err;

    OPENSSL_init_ssl(0, NULL); /* reads the host's configuration, whose providers may call us: so before any lock */
    qk_ending_watch();
    QK_TRY(check_arguments(arguments));
    QK_TRY(qk_life_begin());
    if (qk_life_inherited())
        abandon();
    err = start();
    qk_tell(err);
    qk_life_settle(err == QK_OK);
    return err;
}

qk_err qk_module_finalize(const void *reserved)
{
    if (reserved)
        return qk_fail(QK_E_BAD_ARGUMENT, "pReserved is not NULL");
    QK_TRY(qk_life_end());
    qk_slot_event_end();
    free_module(&current);
    qk_entropy_stop();
    qk_crypto_stop();
    qk_log_close();
    qk_life_settle(false);
    return QK_OK;
}

qk_err qk_module_info(CK_INFO *out_info)
{
    CK_INFO info = { .cryptokiVersion = { 3, 2 }, .libraryVersion = { 0, 1 } };
    qk_module *module;

    QK_TRY(qk_module_get(&module));
    if (!out_info)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the info is NULL");
    qk_pad(info.manufacturerID, sizeof info.manufacturerID, "Quantoki");
    qk_pad(info.libraryDescription, sizeof info.libraryDescription, "Quantoki PKCS #11 module");
    *out_info = info;
    return QK_OK;
}
