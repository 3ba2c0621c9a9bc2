/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of this room: a REST API behind a real HTTP session, with entropy, tokens and test results that a test
 * sets as it likes. The functions of those rooms are replaced at link time (--wrap), so nothing here draws real random,
 * waits for a database, or depends on time. */
#ifndef QK_REST_FIXTURE_H
#define QK_REST_FIXTURE_H

#include <jansson.h>

#include "base/testing.h"
#include "entropy/entropy.h"
#include "rest/parts.h"

enum { FAKE_SOURCES = 4, FAKE_RUNS = 8 };

/* A token as the fakes know it; its text is its name. */
typedef struct fake_token {
    const char *name;
    unsigned scopes;
    qk_token_verdict verdict;
    bool asks; /* only the database knows it */
    bool limited;
    uint64_t rate_left; /* requests, if limited */
    uint64_t left;      /* bytes of the allotment */
    unsigned takes;     /* from it */
    unsigned uses;      /* references given and not given back */
} fake_token;

typedef struct fake_world {
    unsigned types; /* as of qk_entropy_types */
    qk_entropy_state state;
    bool dry[QK_ENTROPY_TYPES]; /* draws fail though the type is there */
    uint64_t drawn;             /* bytes */
    uint8_t next;               /* the next byte that is drawn */
    qk_source_status sources[FAKE_SOURCES];
    qk_source_config configs[FAKE_SOURCES];
    size_t source_count;
    unsigned restarts;
    fake_token tokens[8];
    qk_test_run runs[FAKE_RUNS]; /* newest first */
    bool failed_both[FAKE_RUNS];
    size_t run_count;
    qk_err log_err;
    bool database_away;
    bool full;             /* the server holds too much already: no large answer finds room */
    bool forgets;          /* tokens are known from memory once */
    bool busy;             /* no thread for slow requests */
    bool answered_on_loop; /* the last request was not slow */
    uint64_t verified, looked_up;
} fake_world;

extern fake_world world;

typedef struct reply {
    int status;
    char *head; /* line and headers, each line ended by CRLF */
    char *body; /* with a terminator */
    size_t len;
} reply;

/* A fresh world: one healthy source of each kind, tokens "good" (entropy), "admin", "metrics", "keys" (keygen alone),
 * "expired", "revoked", "unknowable" and "limited"; and an API with this configuration. */
void fixture_new(const qk_rest_config *config);
void fixture_free(void);
int fixture_setup(void **state); /* default configuration */
int fixture_teardown(void **state);
qk_rest *fixture_rest(void);
void fixture_set_peer(const char *peer);
void fixture_set_host(const char *host); /* of the header */

/* One request on a connection of its own. `headers`: lines ended by CRLF. The answer lives until the next one. */
const reply *ask(const char *method, const char *target, const char *headers, const char *body);
const reply *get(const char *target); /* with token "good" */
const reply *post(const char *target, const char *body);
/* Feeds these bytes and hangs up. */
void send_part(const char *bytes);
/* The value of a header; NULL if it is absent. Four live at a time. */
const char *header(const reply *answer, const char *name);
/* Status and `code` of an error of ours. */
void assert_refused(const reply *answer, int status, const char *code);

/* The last answer that was read as JSON; freed with the fixture. */
extern json_t *document;
json_t *parse(const reply *answer);
json_t *fetch(const char *target); /* with token "good"; must be 200 */
/* "a.b.0" of a document, as JSON; "" if it is not there. Four live at a time. */
const char *at(json_t *value, const char *path);
/* A run that passed at 2026-11-02 09:14:00.25 UTC, one that missed uniformity before it, and one that missed both. */
void add_runs(void);

#define GOOD "Authorization: Bearer good\r\n"

#endif
