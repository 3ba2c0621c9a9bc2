/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: a local keystore with everything below it, in a folder of its own. */
#ifndef QK_KEYSTORE_LOCAL_FIXTURE_H
#define QK_KEYSTORE_LOCAL_FIXTURE_H

#include "keystore/keystore_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"

typedef struct instance {
    char folder[64];
    char path[128];
    qk_ring *ring;
    qk_database *database;
    qk_hsm *hsm;
    qk_keystore *keystore;
} instance;

/* A master key of 32 equal bytes. */
static inline void load_master_key(instance *it, qk_seal_under which, uint8_t value)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    assert_ok(qk_secret_new(QK_MASTER_KEY_LEN, &key));
    memset(qk_secret_fill(&key), value, QK_MASTER_KEY_LEN);
    assert_ok(qk_ring_set(it->ring, which, &key));
}

/* The folder and a ring with the instance's key. */
static inline void instance_init(instance *it)
{
    snprintf(it->folder, sizeof it->folder, "/tmp/qk-keystore-XXXXXX");
    assert_non_null(mkdtemp(it->folder));
    snprintf(it->path, sizeof it->path, "%s/store.db", it->folder);
    assert_ok(qk_ring_new(&it->ring));
    load_master_key(it, QK_UNDER_INSTANCE, 1);
}

static inline void instance_open(instance *it)
{
    static const qk_hsm_options options = { .cache_keys = 16, .lax_keys = true };

    assert_ok(qk_database_open(it->path, &it->database));
    assert_ok(qk_hsm_local_new(it->ring, &options, &it->hsm));
    assert_ok(qk_keystore_local_new(it->database, it->ring, it->hsm, &it->keystore));
}

static inline void instance_close(instance *it)
{
    qk_endpoint_free(&it->keystore);
    qk_endpoint_free(&it->hsm);
    qk_database_close(&it->database);
}

static inline void instance_done(instance *it)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char name[200];

    instance_close(it);
    qk_ring_free(&it->ring);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", it->path, suffixes[i]);
        unlink(name);
    }
    rmdir(it->folder);
}

#endif
