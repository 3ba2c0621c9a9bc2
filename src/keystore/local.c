/* SPDX-License-Identifier: Apache-2.0 */
/* The local keystore: its tables and its life. */
#include "keystore/local.h"

#include <stdlib.h>

/* Objects refer to their keystore by a small number, which keeps the indexes short. New objects get numbers above all
 * others, so that the pages of a search neither repeat nor skip what was there when it began. */
static const char *const migrations[] = {
    "CREATE TABLE keystores (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, label TEXT NOT NULL);"
    "CREATE TABLE objects (number INTEGER PRIMARY KEY,"
    " keystore INTEGER NOT NULL REFERENCES keystores (number), id BLOB NOT NULL, version INTEGER NOT NULL,"
    " txid BLOB NOT NULL, class INTEGER, key_type INTEGER, label BLOB, cka_id BLOB, register INTEGER NOT NULL,"
    " wkid BLOB NOT NULL, mac BLOB NOT NULL, attributes BLOB NOT NULL, blob BLOB NOT NULL, UNIQUE (keystore, id));"
    "CREATE INDEX objects_of_keystore ON objects (keystore);"
    "CREATE INDEX objects_by_label ON objects (keystore, label);"
    "CREATE INDEX objects_by_cka_id ON objects (keystore, cka_id);"
    "CREATE INDEX objects_by_kind ON objects (keystore, class, key_type)",
    /* what an authenticated keystore knows of its password (password.h) */
    "ALTER TABLE keystores ADD COLUMN login BLOB",
};

static qk_err perform(qk_endpoint *endpoint, const qk_call *call, const qk_method *method,
                      const ProtobufCMessage *request, void **out_response)
{
    return qk_method_run(method, endpoint, call, request, out_response);
}

static void free_local(qk_endpoint *endpoint)
{
    qk_keystore_local *local = (qk_keystore_local *)(void *)endpoint;

    qk_guesses_done(&local->guesses);
    free(local);
}

qk_err qk_keystore_local_new(qk_database *database, qk_ring *ring, qk_hsm *local_hsm, qk_keystore **out_keystore)
{
    qk_keystore_local *local;

    QK_TRY(qk_database_migrate(database, "keystore", migrations, sizeof migrations / sizeof migrations[0]));
    local = calloc(1, sizeof *local);
    if (!local)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a keystore");
    local->endpoint.perform = perform;
    local->endpoint.free = free_local;
    local->database = database;
    local->ring = ring;
    local->hsm = local_hsm;
    qk_guesses_init(&local->guesses);
    *out_keystore = &local->endpoint;
    return QK_OK;
}
