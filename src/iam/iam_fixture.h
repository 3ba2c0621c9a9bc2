/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of this room: an IAM on a database of its own, with clocks that tests move. */
#ifndef QK_IAM_IAM_FIXTURE_H
#define QK_IAM_IAM_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "iam/core.h"
#include "iam/iam.h"

typedef struct fixture {
    char folder[64];
    char path[128];
    qk_ring *ring;
    qk_database *database;
    qk_iam *iam;
    qk_arena arena;
} fixture;

static int64_t now_s = 1800000000;
static int64_t now_ms = 1000000;

__attribute__((unused)) static int64_t test_unix_s(void)
{
    return now_s;
}

__attribute__((unused)) static int64_t test_monotonic_ms(void)
{
    return now_ms;
}

#define assert_ok(step)                                                                                                \
    do {                                                                                                               \
        qk_err assert_err_ = (step);                                                                                   \
        if (assert_err_ != QK_OK)                                                                                      \
            fail_msg("%s: %s", #step, qk_err_words(assert_err_));                                                      \
    } while (0)

#define assert_err(step, code) assert_string_equal(qk_err_name(step), qk_err_name(code))

/* An IAM on the same database, as another replica has it. */
static inline qk_iam *open_iam(fixture *f)
{
    qk_iam *iam = NULL;

    assert_ok(qk_iam_open(f->database, f->ring, &iam));
    iam->unix_s = test_unix_s;
    iam->monotonic_ms = test_monotonic_ms;
    assert_ok(qk_rights_refresh(iam->rights, now_ms));
    return iam;
}

static inline void load_master_key(fixture *f, uint8_t value)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    assert_ok(qk_secret_new(QK_MASTER_KEY_LEN, &key));
    memset(qk_secret_fill(&key), value, QK_MASTER_KEY_LEN);
    assert_ok(qk_ring_set(f->ring, QK_UNDER_INSTANCE, &key));
}

static inline int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    if (!f)
        return -1;
    snprintf(f->folder, sizeof f->folder, "/tmp/qk-iam-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
    assert_ok(qk_ring_new(&f->ring));
    load_master_key(f, 1);
    assert_ok(qk_database_open(f->path, &f->database));
    qk_arena_init(&f->arena, 0);
    f->iam = open_iam(f);
    *state = f;
    return 0;
}

static inline int tear_down_fixture(void **state)
{
    fixture *f = *state;

    qk_iam_close(&f->iam);
    qk_database_close(&f->database);
    qk_ring_free(&f->ring);
    qk_arena_done(&f->arena);
    unlink(f->path);
    rmdir(f->folder);
    free(f);
    return 0;
}

static inline int start_crypto(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK ? 0 : -1;
}

static inline int stop_crypto(void **state)
{
    (void)state;
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static inline qk_err create_identity(qk_iam *iam, const char *name)
{
    qk_iam_identity identity = { .kind = QK_SERVICE_ID };

    snprintf(identity.name, sizeof identity.name, "%s", name);
    return qk_iam_identity_create(iam, &identity);
}

/* A role for it, on the instance or in a keystore. */
static inline qk_err grant(qk_iam *iam, const char *identity, const char *role, const qk_uuid *keystore,
                           qk_uuid *out_id)
{
    qk_iam_policy policy = { .role_count = 1, .resource = keystore ? QK_RESOURCE_KEYSTORE : QK_RESOURCE_INSTANCE };

    snprintf(policy.identity, sizeof policy.identity, "%s", identity);
    snprintf(policy.roles[0], sizeof policy.roles[0], "%s", role);
    if (keystore)
        policy.keystore = *keystore;
    return qk_iam_policy_create(iam, &policy, out_id);
}

static inline qk_err create_key(qk_iam *iam, const char *identity, const char *name, int64_t expires, qk_secret *out)
{
    qk_iam_api_key key = { .expires_unix_s = expires };

    snprintf(key.identity, sizeof key.identity, "%s", identity);
    snprintf(key.name, sizeof key.name, "%s", name);
    return qk_iam_api_key_create(iam, &key, out);
}

/* Makes the identity with the roles of the normal user, if it is not there, and a key for it; the caller frees the key.
 */
static inline qk_secret make_api_key(fixture *f, const char *identity)
{
    static unsigned number;
    qk_secret key = QK_SECRET_NONE;
    qk_err err = create_identity(f->iam, identity);
    char name[32];
    qk_uuid id;

    assert_true(err == QK_OK || err == QK_E_OBJECT_CONFLICT);
    if (err == QK_OK) {
        assert_ok(grant(f->iam, identity, "CryptoOperator", NULL, &id));
        assert_ok(grant(f->iam, identity, "Key operator", NULL, &id));
    }
    snprintf(name, sizeof name, "key %u", number++);
    assert_ok(create_key(f->iam, identity, name, 0, &key));
    return key;
}

static inline qk_view log_in(fixture *f, const qk_secret *key)
{
    qk_token_answer answer = { .expires_in_s = 0 };

    assert_ok(qk_iam_login(f->iam, qk_secret_reveal(key), &f->arena, &answer));
    return answer.access_token;
}

/* A fresh token of the identity, in the fixture's arena. */
static inline qk_view make_token(fixture *f, const char *identity)
{
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, identity);

    return log_in(f, &key);
}

/* Somebody with the database alone. */
static inline void tamper(fixture *f, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

#define IAM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

#endif
