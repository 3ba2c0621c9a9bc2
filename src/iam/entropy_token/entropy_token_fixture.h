/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of entropy_token: tokens on a database of their own, with clocks that tests move. */
#ifndef QK_IAM_ENTROPY_TOKEN_FIXTURE_H
#define QK_IAM_ENTROPY_TOKEN_FIXTURE_H

#include <time.h>
#include <unistd.h>

#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "iam/entropy_token/entropy_token_core.h"

enum { DAY = 86400 };

static atomic_llong now_s, now_ns;

static int64_t test_unix_s(void)
{
    return atomic_load(&now_s);
}

static int64_t test_monotonic_ns(void)
{
    return atomic_load(&now_ns);
}

typedef struct fixture {
    char folder[64], path[128];
    qk_database *database;
    qk_tokens *tokens;
} fixture;

static inline qk_tokens *open_tokens(qk_database *database)
{
    static const qk_token_clocks clocks = { test_unix_s, test_monotonic_ns };
    qk_tokens *tokens = NULL;

    assert_qk_ok(qk_tokens_open_with(database, &clocks, &tokens));
    return tokens;
}

static inline int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    now_s = 1800000000; /* 2027-01-15 08:00:00 */
    now_ns = 1000000000000;
    snprintf(f->folder, sizeof f->folder, "/tmp/qk-tokens-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
    assert_qk_ok(qk_database_open(f->path, &f->database));
    f->tokens = open_tokens(f->database);
    *state = f;
    return 0;
}

static inline int tear_down_fixture(void **state)
{
    fixture *f = *state;
    char command[128];

    qk_tokens_close(&f->tokens);
    qk_database_close(&f->database);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    free(f);
    return system(command);
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

#define TOKEN_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

/* A token of scope entropy without limits. */
static inline qk_token_record plain_record(const char *name)
{
    qk_token_record record = { .scopes = QK_SCOPE_ENTROPY };

    snprintf(record.name, sizeof record.name, "%s", name);
    return record;
}

static inline qk_secret make_token(qk_tokens *tokens, qk_token_record record)
{
    qk_secret text = QK_SECRET_NONE;

    assert_qk_ok(qk_tokens_create(tokens, &record, &text));
    return text;
}

/* What a caller of the API does: memory first, the database if memory says so. */
static inline qk_token_verdict verify(qk_tokens *tokens, qk_view text, qk_token_use **out_use)
{
    bool ask;
    qk_token_verdict verdict = qk_tokens_verify(tokens, text, out_use, &ask);

    return ask ? qk_tokens_look_up(tokens, text, out_use) : verdict;
}

static inline qk_token_verdict verdict_of(qk_tokens *tokens, const qk_secret *text)
{
    qk_token_use *use = NULL;
    qk_token_verdict verdict = verify(tokens, qk_secret_reveal(text), &use);

    assert_int_equal(use != NULL, verdict == QK_TOKEN_GOOD);
    qk_token_use_unref(&use);
    return verdict;
}

static inline qk_token_use *use_of(qk_tokens *tokens, const qk_secret *text)
{
    qk_token_use *use = NULL;

    assert_int_equal(verify(tokens, qk_secret_reveal(text), &use), QK_TOKEN_GOOD);
    return use;
}

/* The one with this name that was made last. */
static inline qk_token_record record_of(qk_tokens *tokens, const char *name)
{
    qk_token_record *records = NULL, found = { .name = "" };
    size_t count = 0;

    assert_qk_ok(qk_tokens_list(tokens, &records, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(records[i].name, name) == 0)
            found = records[i];
    free(records);
    assert_string_equal(found.name, name);
    return found;
}

#endif
