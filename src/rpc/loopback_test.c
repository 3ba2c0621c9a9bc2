/* SPDX-License-Identifier: Apache-2.0 */
/* The client against the server's session over a real socket, and against servers that misbehave. */
#include "rpc/client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loopback_server.h"
#include "rpc/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- what the server performs ---- */

static const qk_method random_method = { .path = "/t.T/Random",
                                         .request = &grep11__generate_random_request__descriptor,
                                         .response = &grep11__generate_random_response__descriptor,
                                         .flags = QK_METHOD_IDEMPOTENT };
/* Not idempotent. */
static const qk_method once_method = { .path = "/t.T/Once",
                                       .request = &grep11__generate_random_request__descriptor,
                                       .response = &grep11__generate_random_response__descriptor };
/* Fails with the row whose number is in Len. */
static const qk_method fail_method = { .path = "/t.T/Fail",
                                       .request = &grep11__generate_random_request__descriptor,
                                       .response = &grep11__generate_random_response__descriptor };
static const qk_method echo_method = { .path = "/t.T/Echo",
                                       .request = &grep11__encrypt_single_request__descriptor,
                                       .response = &grep11__encrypt_single_response__descriptor,
                                       .flags = QK_METHOD_IDEMPOTENT };
/* Answers with what the server sees as authorization. */
static const qk_method token_method = { .path = "/t.T/Token",
                                        .request = &grep11__generate_random_request__descriptor,
                                        .response = &grep11__generate_random_response__descriptor };
/* Answers with the milliseconds left until the server's deadline, as text. */
static const qk_method deadline_method = { .path = "/t.T/Deadline",
                                           .request = &grep11__generate_random_request__descriptor,
                                           .response = &grep11__generate_random_response__descriptor };
/* Answers with a message of another kind. */
static const qk_method nonsense_method = { .path = "/t.T/Nonsense",
                                           .request = &grep11__generate_random_request__descriptor,
                                           .response = &grep11__generate_random_response__descriptor };
/* Is never answered. */
static const qk_method hold_method = { .path = "/t.T/Hold",
                                       .request = &grep11__generate_random_request__descriptor,
                                       .response = &grep11__generate_random_response__descriptor };

typedef struct world {
    loopback_server server;
    qk_rpc_client *client;
    qk_endpoint *endpoint;
    qk_arena arena;
    atomic_int performed;
    qk_rpc_call *held;
    char good_token[16]; /* what the server accepts; "": anything */
    /* the client's token source */
    atomic_int asked, renewed;
    const char *first_token, *renewed_token;
} world;

static qk_err on_headers(void *context, qk_rpc_call *call)
{
    const world *w = context;

    if (!w->good_token[0] || qk_view_equal(call->authorization, qk_view_text(w->good_token)))
        return QK_OK;
    return qk_fail(QK_E_NOT_AUTHENTICATED, "the token has expired");
}

static void answer_bytes(qk_rpc_call *call, qk_view bytes)
{
    Grep11__GenerateRandomResponse response = GREP11__GENERATE_RANDOM_RESPONSE__INIT;
    qk_view message;

    response.rnd = qk_message_bytes(bytes);
    if (qk_message_write(&response.base, 0, &call->arena, &message) != QK_OK)
        abort();
    qk_rpc_call_answer(call, message);
}

static void answer_echo(qk_rpc_call *call)
{
    Grep11__EncryptSingleRequest *request;
    Grep11__EncryptSingleResponse response = GREP11__ENCRYPT_SINGLE_RESPONSE__INIT;
    qk_view message;

    if (qk_rpc_call_read(call, echo_method.request, (void **)&request) != QK_OK)
        abort();
    response.ciphered = request->plain;
    if (qk_message_write(&response.base, 0, &call->arena, &message) != QK_OK)
        abort();
    qk_rpc_call_answer(call, message);
}

static void on_call(void *context, qk_rpc_call *call)
{
    world *w = context;
    Grep11__GenerateRandomRequest *request;
    uint8_t *place;
    char text[16];

    atomic_fetch_add(&w->performed, 1);
    if (strcmp(call->path, echo_method.path) == 0) {
        answer_echo(call);
        return;
    }
    if (qk_rpc_call_read(call, random_method.request, (void **)&request) != QK_OK)
        abort();
    if (strcmp(call->path, fail_method.path) == 0) {
        qk_rpc_call_fail(call, (qk_err)request->len, NULL);
    } else if (strcmp(call->path, token_method.path) == 0) {
        answer_bytes(call, call->authorization);
    } else if (strcmp(call->path, deadline_method.path) == 0) {
        snprintf(text, sizeof text, "%d", qk_deadline_left(call->deadline));
        answer_bytes(call, qk_view_text(text));
    } else if (strcmp(call->path, nonsense_method.path) == 0) {
        qk_rpc_call_answer(call, QK_VIEW_LITERAL("\x0a\x7f..."));
    } else if (strcmp(call->path, hold_method.path) == 0) {
        w->held = call;
    } else {
        if (qk_arena_bytes(&call->arena, request->len, &place) != QK_OK)
            abort();
        memset(place, 0xa5, request->len);
        answer_bytes(call, qk_view_of(place, request->len));
    }
}

/* ---- the client's side ---- */

static qk_err give_token(void *context, bool renew, qk_arena *arena, qk_view *out_token)
{
    world *w = context;

    atomic_fetch_add(renew ? &w->renewed : &w->asked, 1);
    return qk_arena_copy(arena, qk_view_text(renew ? w->renewed_token : w->first_token), out_token);
}

static void connect_world(world *w, int64_t timeout_ms, size_t max_answer, bool with_tokens)
{
    qk_rpc_options options = { .peer = { .host = "127.0.0.1", .port = w->server.port, .connect_timeout_ms = 5000 },
                               .call_timeout_ms = timeout_ms,
                               .max_answer = max_answer };

    qk_endpoint_free(&w->endpoint);
    qk_rpc_client_free(&w->client);
    assert_int_equal(qk_rpc_client_new(&options, &w->client), QK_OK);
    assert_int_equal(qk_endpoint_remote_new(w->client, with_tokens ? give_token : NULL, w, &w->endpoint), QK_OK);
}

static int start(void **state)
{
    world *w = calloc(1, sizeof *w);

    if (!w)
        return -1;
    w->server.callbacks = (qk_rpc_callbacks){ .on_headers = on_headers, .on_call = on_call };
    w->server.context = w;
    loopback_start(&w->server);
    qk_arena_init(&w->arena, 0);
    connect_world(w, 30000, 0, false);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    world *w = *state;

    qk_endpoint_free(&w->endpoint);
    qk_rpc_client_free(&w->client);
    loopback_kill(&w->server);
    if (w->held)
        qk_rpc_call_answer(w->held, QK_VIEW_NONE);
    qk_arena_done(&w->arena);
    free(w);
    return 0;
}

static void misbehave(world *w, behaviour how, int connections)
{
    atomic_store(&w->server.behaves, how);
    atomic_store(&w->server.misbehaves, connections);
}

static qk_err ask_in(world *w, qk_arena *arena, const qk_method *method, uint64_t len, qk_view *out)
{
    qk_call call = { .arena = arena, .deadline = QK_DEADLINE_NEVER };
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;
    Grep11__GenerateRandomResponse *response;

    request.len = len;
    QK_TRY(qk_perform(w->endpoint, &call, method, &request.base, (void **)&response));
    *out = qk_message_view(response->rnd);
    return QK_OK;
}

static qk_err ask(world *w, const qk_method *method, uint64_t len, qk_view *out)
{
    return ask_in(w, &w->arena, method, len, out);
}

static void assert_works(world *w, const qk_method *method)
{
    qk_view bytes;

    assert_int_equal(ask(w, method, 32, &bytes), QK_OK);
    assert_int_equal(bytes.len, 32);
    assert_int_equal(bytes.data[31], 0xa5);
}

static void assert_words(qk_err code, const char *part)
{
    if (!strstr(qk_err_words(code), part))
        fail_msg("'%s' is not in: %s", part, qk_err_words(code));
}

/* ---- calls ---- */

static void a_call_is_answered(void **state)
{
    assert_works(*state, &random_method);
    assert_works(*state, &once_method);
}

static void one_connection_carries_many_calls(void **state)
{
    world *w = *state;

    for (int i = 0; i < 200; i++)
        assert_works(w, i % 2 ? &random_method : &once_method);
    assert_int_equal(atomic_load(&w->server.connections), 1);
}

static bool grep11_is_unique(qk_err code)
{
    for (qk_err other = QK_OK + 1; other < QK_ERROR_COUNT; other++)
        if (other != code && qk_err_to_grep11(other) == qk_err_to_grep11(code))
            return false;
    return true;
}

static void every_error_arrives_as_it_was_sent(void **state)
{
    world *w = *state;
    qk_view bytes;

    for (qk_err code = QK_OK + 1; code < QK_ERROR_COUNT; code++) {
        qk_err got = ask(w, &fail_method, code, &bytes);

        assert_int_equal(qk_err_to_grep11(got), qk_err_to_grep11(code));
        if (grep11_is_unique(code))
            assert_int_equal(qk_err_to_ckr(got), qk_err_to_ckr(code));
    }
    assert_int_equal(atomic_load(&w->server.connections), 1);
}

static qk_err echo(world *w, size_t len)
{
    QK_OWNED(qk_buf_done) qk_buf plain = QK_BUF_NONE;
    qk_call call = { .arena = &w->arena, .deadline = QK_DEADLINE_NEVER };
    Grep11__EncryptSingleRequest request = GREP11__ENCRYPT_SINGLE_REQUEST__INIT;
    Grep11__EncryptSingleResponse *response;
    uint8_t *place = qk_buf_grow(&plain, len);

    for (size_t i = 0; i < len; i++)
        place[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
    request.plain = qk_message_bytes(qk_buf_view(&plain));
    QK_TRY(qk_perform(w->endpoint, &call, &echo_method, &request.base, (void **)&response));
    assert_true(qk_view_equal(qk_message_view(response->ciphered), qk_buf_view(&plain)));
    return QK_OK;
}

static void large_messages_go_both_ways(void **state)
{
    assert_int_equal(echo(*state, 100000), QK_OK);
    assert_int_equal(echo(*state, (64 << 20) - 100), QK_OK);
}

static void a_message_that_is_too_large_is_the_servers_to_refuse(void **state)
{
    world *w = *state;

    assert_int_equal(echo(w, 65 << 20), QK_E_MESSAGE_SIZE);
    assert_int_equal(atomic_load(&w->performed), 0);
    assert_works(w, &once_method);
}

static void an_answer_may_be_bounded(void **state)
{
    world *w = *state;

    connect_world(w, 30000, 50000, false);
    assert_int_equal(echo(w, 40000), QK_OK);
    assert_int_equal(echo(w, 60000), QK_E_MESSAGE_SIZE);
    assert_int_equal(echo(w, 40000), QK_OK);
}

static void an_answer_of_another_kind_is_a_protocol_error(void **state)
{
    qk_view bytes;

    assert_int_equal(ask(*state, &nonsense_method, 1, &bytes), QK_E_PROTOCOL);
}

static void *call_many_times(void *argument)
{
    world *w = argument;

    for (int i = 0; i < 300; i++) {
        qk_arena arena;
        qk_view bytes;
        qk_err err;

        qk_arena_init(&arena, 0);
        err = ask_in(w, &arena, i % 2 ? &random_method : &once_method, (uint64_t)i, &bytes);
        if (err == QK_OK && bytes.len != (size_t)i)
            err = QK_E_GENERAL;
        qk_arena_done(&arena);
        if (err != QK_OK)
            return argument;
    }
    return NULL;
}

static void threads_share_a_client(void **state)
{
    world *w = *state;
    pthread_t threads[8];

    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_many_times, w), 0);
    for (size_t i = 0; i < 8; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_in_range(atomic_load(&w->server.connections), 1, 8);
    assert_int_equal(atomic_load(&w->performed), 2400);
}

/* ---- tokens and deadlines ---- */

static void a_token_travels_as_bearer(void **state)
{
    world *w = *state;
    qk_view seen;

    w->first_token = "abc";
    connect_world(w, 30000, 0, true);
    assert_int_equal(ask(w, &token_method, 0, &seen), QK_OK);
    assert_true(qk_view_equal(seen, QK_VIEW_LITERAL("Bearer abc")));
    assert_int_equal(atomic_load(&w->renewed), 0);
}

static void without_a_source_nothing_is_sent(void **state)
{
    qk_view seen;

    assert_int_equal(ask(*state, &token_method, 0, &seen), QK_OK);
    assert_int_equal(seen.len, 0);
}

static void a_refused_token_is_renewed_once(void **state)
{
    world *w = *state;
    qk_view seen;

    snprintf(w->good_token, sizeof w->good_token, "Bearer new");
    w->first_token = "old";
    w->renewed_token = "new";
    connect_world(w, 30000, 0, true);
    assert_int_equal(ask(w, &token_method, 0, &seen), QK_OK);
    assert_true(qk_view_equal(seen, QK_VIEW_LITERAL("Bearer new")));
    assert_int_equal(atomic_load(&w->renewed), 1);
    w->renewed_token = "also old";
    assert_int_equal(ask(w, &token_method, 0, &seen), QK_E_NOT_AUTHENTICATED);
    assert_words(QK_E_NOT_AUTHENTICATED, "the token has expired");
    assert_int_equal(atomic_load(&w->renewed), 2);
    assert_int_equal(atomic_load(&w->performed), 1);
}

static void a_call_can_bring_its_own_token(void **state)
{
    world *w = *state;
    qk_call call = { .arena = &w->arena, .deadline = QK_DEADLINE_NEVER, .token = QK_VIEW_LITERAL("mine") };
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;
    Grep11__GenerateRandomResponse *response;

    w->first_token = "source";
    connect_world(w, 30000, 0, true);
    assert_int_equal(qk_perform(w->endpoint, &call, &token_method, &request.base, (void **)&response), QK_OK);
    assert_true(qk_view_equal(qk_message_view(response->rnd), QK_VIEW_LITERAL("Bearer mine")));
    snprintf(w->good_token, sizeof w->good_token, "Bearer other");
    assert_int_equal(qk_perform(w->endpoint, &call, &token_method, &request.base, (void **)&response),
                     QK_E_NOT_AUTHENTICATED);
    assert_int_equal(atomic_load(&w->asked) + atomic_load(&w->renewed), 0);
}

static void the_server_learns_the_deadline(void **state)
{
    world *w = *state;
    qk_call call = { .arena = &w->arena, .deadline = qk_deadline_in(20000) };
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;
    Grep11__GenerateRandomResponse *response;
    qk_view text;

    assert_int_equal(qk_perform(w->endpoint, &call, &deadline_method, &request.base, (void **)&response), QK_OK);
    text = qk_message_view(response->rnd);
    assert_in_range(atoi(qk_arena_text(&w->arena, text)), 1, 20000);
    assert_int_equal(ask(w, &deadline_method, 0, &text), QK_OK); /* the client's default */
    assert_in_range(atoi(qk_arena_text(&w->arena, text)), 20001, 30000);
}

static void a_passed_deadline_sends_nothing(void **state)
{
    world *w = *state;
    qk_call call = { .arena = &w->arena, .deadline = 1 };
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;
    void *response;

    assert_int_equal(qk_perform(w->endpoint, &call, &random_method, &request.base, &response), QK_E_TIMEOUT);
    assert_int_equal(atomic_load(&w->server.connections), 0);
}

static void a_call_without_an_answer_times_out(void **state)
{
    world *w = *state;
    qk_view bytes;

    connect_world(w, 100, 0, false);
    assert_int_equal(ask(w, &hold_method, 0, &bytes), QK_E_TIMEOUT);
    assert_int_equal(atomic_load(&w->performed), 1);
    connect_world(w, 30000, 0, false);
    assert_works(w, &once_method);
}

static void a_silent_server_times_out(void **state)
{
    world *w = *state;
    qk_view bytes;

    misbehave(w, IS_SILENT, -1);
    connect_world(w, 100, 0, false);
    assert_int_equal(ask(w, &random_method, 1, &bytes), QK_E_TIMEOUT);
    assert_int_equal(atomic_load(&w->server.connections), 1); /* not tried again */
}

/* ---- servers that go away ---- */

static void a_restarted_server_is_not_noticed(void **state)
{
    world *w = *state;

    for (int i = 0; i < 3; i++) {
        assert_works(w, &random_method);
        loopback_kill(&w->server);
        loopback_start(&w->server);
        assert_works(w, &random_method);
        loopback_kill(&w->server);
        loopback_start(&w->server);
        assert_works(w, &once_method);
    }
}

static void a_server_that_is_down_is_named(void **state)
{
    world *w = *state;
    char where[32];
    qk_view bytes;

    snprintf(where, sizeof where, "127.0.0.1:%u", w->server.port);
    assert_works(w, &random_method);
    loopback_kill(&w->server);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask(w, i ? &random_method : &once_method, 1, &bytes), QK_E_SERVER_AWAY);
        assert_words(QK_E_SERVER_AWAY, where);
        assert_words(QK_E_SERVER_AWAY, "check");
    }
    loopback_start(&w->server);
    assert_works(w, &once_method);
}

static void a_stopping_server_loses_no_call(void **state)
{
    world *w = *state;

    assert_works(w, &once_method);
    atomic_store(&w->server.shutdown, true);
    while (atomic_load(&w->server.open))
        usleep(1000);
    atomic_store(&w->server.shutdown, false);
    assert_works(w, &once_method);
    assert_works(w, &random_method);
    assert_int_equal(atomic_load(&w->performed), 3);
    assert_int_equal(atomic_load(&w->server.connections), 2);
}

static void what_may_have_been_performed_is_not_repeated(void **state)
{
    world *w = *state;
    qk_view bytes;

    misbehave(w, PERFORMS_AND_DIES, 1);
    assert_int_equal(ask(w, &once_method, 1, &bytes), QK_E_SERVER_AWAY);
    assert_words(QK_E_SERVER_AWAY, "127.0.0.1");
    assert_int_equal(atomic_load(&w->performed), 1);
    assert_works(w, &once_method);
}

static void what_does_no_harm_is_repeated_once(void **state)
{
    world *w = *state;
    qk_view bytes;

    misbehave(w, PERFORMS_AND_DIES, 1);
    assert_works(w, &random_method);
    assert_int_equal(atomic_load(&w->performed), 2);
    qk_endpoint_free(&w->endpoint);
    qk_rpc_client_free(&w->client);
    connect_world(w, 30000, 0, false);
    misbehave(w, HANGS_UP, -1);
    assert_int_equal(ask(w, &random_method, 1, &bytes), QK_E_SERVER_AWAY);
    assert_int_equal(atomic_load(&w->server.connections), 4);
}

#define SETTINGS_FRAME "\0\0\0\4\0\0\0\0\0"

/* GOAWAY with last stream 0: nothing was performed, so even what is not idempotent is sent again. */
static void a_call_refused_by_goaway_is_repeated(void **state)
{
    world *w = *state;

    w->server.script = QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\x8\7\0\0\0\0\0"
                                                      "\0\0\0\0"
                                                      "\0\0\0\0");
    misbehave(w, SAYS, 1);
    assert_works(w, &once_method);
    assert_int_equal(atomic_load(&w->server.connections), 2);
    assert_int_equal(atomic_load(&w->performed), 1);
}

static void a_refused_stream_is_repeated(void **state)
{
    world *w = *state;

    w->server.script = QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\4\3\0\0\0\0\1"
                                                      "\0\0\0\7");
    misbehave(w, SAYS, 1);
    assert_works(w, &once_method);
    assert_int_equal(atomic_load(&w->performed), 1);
}

/* ---- servers that say something else ---- */

static void assert_script(world *w, qk_view script, qk_err expected)
{
    qk_view bytes;

    w->server.script = script;
    misbehave(w, SAYS, -1);
    connect_world(w, 10000, 0, false);
    assert_int_equal(ask(w, &once_method, 1, &bytes), expected);
    assert_words(expected, "127.0.0.1");
}

static void an_answer_without_status_is_a_protocol_error(void **state)
{
    /* HEADERS with END_STREAM: :status 200 */
    assert_script(*state, QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\1\1\5\0\0\0\1\x88"), QK_E_PROTOCOL);
    /* RST_STREAM: INTERNAL_ERROR */
    assert_script(*state, QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\4\3\0\0\0\0\1\0\0\0\2"), QK_E_PROTOCOL);
    /* RST_STREAM: ENHANCE_YOUR_CALM */
    assert_script(*state, QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\4\3\0\0\0\0\1\0\0\0\x0b"), QK_E_RATE);
}

static void a_proxys_error_page_is_understood(void **state)
{
    /* HEADERS with END_STREAM: :status as a literal */
    assert_script(*state,
                  QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\5\1\5\0\0\0\1\x08\x03"
                                                 "503"),
                  QK_E_SERVER_AWAY);
    assert_script(*state,
                  QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\5\1\5\0\0\0\1\x08\x03"
                                                 "403"),
                  QK_E_NOT_AUTHORIZED);
    assert_script(*state,
                  QK_VIEW_LITERAL(SETTINGS_FRAME "\0\0\5\1\5\0\0\0\1\x08\x03"
                                                 "302"),
                  QK_E_PROTOCOL);
}

static void a_server_of_another_protocol_is_refused(void **state)
{
    world *w = *state;

    assert_script(w, QK_VIEW_LITERAL("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), QK_E_PROTOCOL);
    assert_script(w, QK_VIEW_LITERAL("220 mail.example.org ESMTP ready, who are you?\r\n"), QK_E_PROTOCOL);
    assert_script(w, QK_VIEW_LITERAL(SETTINGS_FRAME "\xff\xff\xff\0\0\0\0\0\1"), QK_E_PROTOCOL);
}

static void garbage_is_refused(void **state)
{
    world *w = *state;
    qk_view bytes;
    qk_err err;

    misbehave(w, SPEAKS_GARBAGE, -1);
    for (int i = 0; i < 20; i++) {
        err = ask(w, i % 2 ? &random_method : &once_method, 1, &bytes);
        assert_true(err == QK_E_PROTOCOL || err == QK_E_SERVER_AWAY);
        assert_words(err, "127.0.0.1");
    }
    misbehave(w, SERVES, 0);
    assert_works(w, &once_method);
}

/* ---- fork ---- */

static int child(world *w)
{
    qk_view bytes;
    qk_rpc_options options = { .peer = { .host = "127.0.0.1", .port = w->server.port }, .call_timeout_ms = 10000 };

    qk_rpc_client_abandon(&w->client);
    if (w->client || qk_rpc_client_new(&options, &w->client) != QK_OK)
        return 1;
    if (qk_endpoint_remote_new(w->client, NULL, NULL, &w->endpoint) != QK_OK)
        return 2;
    return ask(w, &once_method, 7, &bytes) == QK_OK && bytes.len == 7 ? 0 : 3;
}

static void parent_and_child_go_on_apart(void **state)
{
    world *w = *state;
    int status;
    pid_t pid;

    assert_works(w, &once_method);
    pid = fork();
    if (pid == 0)
        _exit(child(w));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_works(w, &once_method);
    assert_int_equal(atomic_load(&w->server.connections), 2); /* the parent's is still the first one */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_answered),
        TEST(one_connection_carries_many_calls),
        TEST(every_error_arrives_as_it_was_sent),
        TEST(large_messages_go_both_ways),
        TEST(a_message_that_is_too_large_is_the_servers_to_refuse),
        TEST(an_answer_may_be_bounded),
        TEST(an_answer_of_another_kind_is_a_protocol_error),
        TEST(threads_share_a_client),
        TEST(a_token_travels_as_bearer),
        TEST(without_a_source_nothing_is_sent),
        TEST(a_refused_token_is_renewed_once),
        TEST(a_call_can_bring_its_own_token),
        TEST(the_server_learns_the_deadline),
        TEST(a_passed_deadline_sends_nothing),
        TEST(a_call_without_an_answer_times_out),
        TEST(a_silent_server_times_out),
        TEST(a_restarted_server_is_not_noticed),
        TEST(a_server_that_is_down_is_named),
        TEST(a_stopping_server_loses_no_call),
        TEST(what_may_have_been_performed_is_not_repeated),
        TEST(what_does_no_harm_is_repeated_once),
        TEST(a_call_refused_by_goaway_is_repeated),
        TEST(a_refused_stream_is_repeated),
        TEST(an_answer_without_status_is_a_protocol_error),
        TEST(a_proxys_error_page_is_understood),
        TEST(a_server_of_another_protocol_is_refused),
        TEST(garbage_is_refused),
        TEST(parent_and_child_go_on_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
