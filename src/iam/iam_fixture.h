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
    assert_ok(qk_epochs_refresh(iam->epochs, now_ms));
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

/* Makes the identity "app" with all roles, if it is not there, and a key for it; the caller frees the key. */
static inline qk_secret make_api_key(fixture *f, const char *identity)
{
    qk_secret key = QK_SECRET_NONE;
    qk_err err = qk_iam_create_identity(f->iam, identity, QK_ROLE_CRYPTO_OPERATOR | QK_ROLE_KEY_OPERATOR, 0, NULL, 0);

    assert_true(err == QK_OK || err == QK_E_OBJECT_CONFLICT);
    assert_ok(qk_iam_create_api_key(f->iam, identity, "for tests", &key));
    return key;
}

/* A fresh token of the identity, in the fixture's arena. */
static inline qk_view make_token(fixture *f, const char *identity)
{
    QK_OWNED(qk_secret_free) qk_secret key = make_api_key(f, identity);
    qk_token_answer answer = { .expires_in_s = 0 };

    assert_ok(qk_iam_login(f->iam, qk_secret_reveal(&key), &f->arena, &answer));
    return answer.access_token;
}

#define IAM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

#endif
