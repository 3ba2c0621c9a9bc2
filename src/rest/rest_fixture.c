/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/rest_fixture.h"

#include <jansson.h>
#include <strings.h>

fake_world world;

static qk_rest *rest;
static char peer[64];
static reply last;

/* ---- the rooms below ---- */

const char *__wrap_qk_entropy_type_name(qk_entropy_type type);
unsigned __wrap_qk_entropy_types(void);
qk_entropy_state __wrap_qk_entropy_state_get(void);
const char *__wrap_qk_entropy_state_name(qk_entropy_state state);
qk_err __wrap_qk_entropy_draw(qk_entropy_type type, uint8_t *out, size_t len);
void __wrap_qk_entropy_status_get(qk_entropy_status *out_status);
size_t __wrap_qk_entropy_source_count(void);
qk_source *__wrap_qk_entropy_source(size_t index);
void __wrap_qk_source_status_get(qk_source *source, qk_source_status *out_status);
const qk_source_config *__wrap_qk_source_config_of(const qk_source *source);
bool __wrap_qk_source_healthy(const qk_source *source);
void __wrap_qk_source_restart(qk_source *source);
const char *__wrap_qk_source_state_name(qk_source_state state);
const char *__wrap_qk_source_state_badge(qk_source_state state);
qk_token_verdict __wrap_qk_tokens_verify(qk_tokens *tokens, qk_view text, qk_token_use **out_use, bool *out_ask);
qk_token_verdict __wrap_qk_tokens_look_up(qk_tokens *tokens, qk_view text, qk_token_use **out_use);
void __wrap_qk_token_use_unref(qk_token_use **use);
unsigned __wrap_qk_token_use_scopes(const qk_token_use *use);
const char *__wrap_qk_token_use_name(const qk_token_use *use);
void __wrap_qk_token_use_rate(qk_token_use *use, qk_rate_answer *out);
bool __wrap_qk_token_use_take(qk_token_use *use, uint64_t bytes);
void __wrap_qk_token_use_return(qk_token_use *use, uint64_t bytes);
const char *__wrap_qk_scope_name(qk_scope scope);
qk_err __wrap_qk_test_log_read(qk_test_log *log, qk_test_filter filter, const char *source, size_t most,
                               qk_test_run **out_runs, size_t *out_count);
qk_err __wrap_qk_test_log_bits(qk_test_log *log, qk_test_filter filter, size_t index, size_t max_len, qk_buf *out);
qk_err __wrap_qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out);

const char *__wrap_qk_entropy_type_name(qk_entropy_type type)
{
    return type == QK_ENTROPY_QUANTUM ? "quantum" : "mixed";
}

unsigned __wrap_qk_entropy_types(void)
{
    return world.types;
}

qk_entropy_state __wrap_qk_entropy_state_get(void)
{
    return world.state;
}

const char *__wrap_qk_entropy_state_name(qk_entropy_state state)
{
    static const char *const names[] = { "ready", "starting", "failed", "away" };

    return names[state];
}

/* Bytes count up, so that a test sees which went where and that none comes twice. */
qk_err __wrap_qk_entropy_draw(qk_entropy_type type, uint8_t *out, size_t len)
{
    if (!(world.types & 1u << type) || world.dry[type])
        return qk_fail(QK_E_NO_RANDOM, "nothing there");
    for (size_t i = 0; i < len; i++)
        out[i] = world.next++;
    world.drawn += len;
    return QK_OK;
}

void __wrap_qk_entropy_status_get(qk_entropy_status *out_status)
{
    *out_status = (qk_entropy_status){ .state = world.state,
                                       .types = world.types,
                                       .reserve_bytes = 1000,
                                       .reserve_capacity = 4000,
                                       .conditioned_bytes = 77,
                                       .reseeds = 3 };
}

size_t __wrap_qk_entropy_source_count(void)
{
    return world.source_count;
}

qk_source *__wrap_qk_entropy_source(size_t index)
{
    return (qk_source *)(void *)&world.sources[index];
}

void __wrap_qk_source_status_get(qk_source *source, qk_source_status *out_status)
{
    *out_status = *(qk_source_status *)(void *)source;
}

const qk_source_config *__wrap_qk_source_config_of(const qk_source *source)
{
    return &world.configs[(const qk_source_status *)(const void *)source - world.sources];
}

bool __wrap_qk_source_healthy(const qk_source *source)
{
    qk_source_state state = ((const qk_source_status *)(const void *)source)->state;

    return state == QK_SOURCE_ACTIVE || state == QK_SOURCE_SUSPECT;
}

void __wrap_qk_source_restart(qk_source *source)
{
    (void)source;
    world.restarts++;
}

const char *__wrap_qk_source_state_name(qk_source_state state)
{
    static const char *const names[] = { "off", "starting", "active", "suspect", "error", "failed" };

    return names[state];
}

const char *__wrap_qk_source_state_badge(qk_source_state state)
{
    static const char *const names[] = { "Off", "Pending", "Active", "Active", "Error", "Error" };

    return names[state];
}

static fake_token *find_token(qk_view text)
{
    for (size_t i = 0; i < sizeof world.tokens / sizeof world.tokens[0]; i++)
        if (world.tokens[i].name && qk_view_equal(text, qk_view_text(world.tokens[i].name)))
            return &world.tokens[i];
    return NULL;
}

static qk_token_verdict use_token(fake_token *token, qk_token_use **out_use)
{
    if (!token || token->verdict != QK_TOKEN_GOOD)
        return token ? token->verdict : QK_TOKEN_INVALID;
    token->uses++;
    *out_use = (qk_token_use *)(void *)token;
    return QK_TOKEN_GOOD;
}

qk_token_verdict __wrap_qk_tokens_verify(qk_tokens *tokens, qk_view text, qk_token_use **out_use, bool *out_ask)
{
    fake_token *token = find_token(text);

    (void)tokens;
    world.verified++;
    *out_ask = token && token->asks;
    if (token && world.forgets)
        token->asks = true;
    return *out_ask ? QK_TOKEN_INVALID : use_token(token, out_use);
}

qk_token_verdict __wrap_qk_tokens_look_up(qk_tokens *tokens, qk_view text, qk_token_use **out_use)
{
    fake_token *token = find_token(text);

    (void)tokens;
    world.looked_up++;
    return use_token(token, out_use);
}

void __wrap_qk_token_use_unref(qk_token_use **use)
{
    if (*use)
        ((fake_token *)(void *)*use)->uses--;
    *use = NULL;
}

unsigned __wrap_qk_token_use_scopes(const qk_token_use *use)
{
    return ((const fake_token *)(const void *)use)->scopes;
}

const char *__wrap_qk_token_use_name(const qk_token_use *use)
{
    return ((const fake_token *)(const void *)use)->name;
}

void __wrap_qk_token_use_rate(qk_token_use *use, qk_rate_answer *out)
{
    fake_token *token = (fake_token *)(void *)use;

    *out =
        (qk_rate_answer){ .allowed = !token->limited || token->rate_left > 0, .limited = token->limited, .limit = 30 };
    if (token->limited && token->rate_left)
        token->rate_left--;
    out->remaining = token->rate_left;
    out->reset_s = 10;
    out->retry_after_s = out->allowed ? 0 : 4;
}

bool __wrap_qk_token_use_take(qk_token_use *use, uint64_t bytes)
{
    fake_token *token = (fake_token *)(void *)use;

    if (token->left < bytes)
        return false;
    token->left -= bytes;
    return true;
}

void __wrap_qk_token_use_return(qk_token_use *use, uint64_t bytes)
{
    ((fake_token *)(void *)use)->left += bytes;
}

const char *__wrap_qk_scope_name(qk_scope scope)
{
    return scope == QK_SCOPE_ENTROPY ? "entropy" : scope == QK_SCOPE_METRICS ? "metrics" : "admin";
}

static bool fits(size_t run, qk_test_filter filter, const char *source)
{
    const qk_sp80022_verdict *verdict = &world.runs[run].verdict;

    if (source && strcmp(world.runs[run].source, source) != 0)
        return false;
    return filter == QK_TEST_ALL ||
           (filter == QK_TEST_FAILED_BOTH ? !verdict->tests_passed
                                          : !verdict->nist_all_passed || !verdict->uniformity_all_passed);
}

qk_err __wrap_qk_test_log_read(qk_test_log *log, qk_test_filter filter, const char *source, size_t most,
                               qk_test_run **out_runs, size_t *out_count)
{
    size_t count = 0;

    (void)log;
    if (world.log_err != QK_OK)
        return qk_fail(world.log_err, "the log does not answer");
    *out_runs = calloc(FAKE_RUNS, sizeof **out_runs);
    for (size_t i = 0; i < world.run_count && count < most; i++)
        if (fits(i, filter, source))
            (*out_runs)[count++] = world.runs[i];
    *out_count = count;
    return QK_OK;
}

/* The bytes 1011 0000, 1011 0001, ... */
qk_err __wrap_qk_test_log_bits(qk_test_log *log, qk_test_filter filter, size_t index, size_t max_len, qk_buf *out)
{
    (void)log;
    (void)filter;
    for (size_t i = 0; i < max_len; i++)
        qk_buf_put_u8(out, (uint8_t)(0xb0 + index));
    return qk_buf_check(out);
}

qk_err __wrap_qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out)
{
    (void)iam;
    if (!qk_view_equal(api_key, QK_VIEW_LITERAL("key one")))
        return qk_fail(QK_E_PIN_INCORRECT, "no such API key");
    *out = (qk_token_answer){ .expires_in_s = 3600, .expiration_unix_s = 1800003600 };
    return qk_arena_copy(arena, QK_VIEW_LITERAL("a.b.c"), &out->access_token);
}

static qk_err check_database(void *context)
{
    (void)context;
    return world.database_away ? qk_fail(QK_E_STORE_BUSY, "busy") : QK_OK;
}

static size_t open_connections(void *context)
{
    (void)context;
    return 5;
}

/* ---- the world ---- */

static void add_source(const char *name, qk_source_kind kind)
{
    qk_source_status *source = &world.sources[world.source_count];

    *source = (qk_source_status){ .driver = "device",
                                  .kind = kind,
                                  .state = QK_SOURCE_ACTIVE,
                                  .credited = true,
                                  .min_entropy = 7.5,
                                  .sample_bits = 8,
                                  .priority = 1,
                                  .bits_per_second = 4000000,
                                  .samples = 123456,
                                  .startups = 1,
                                  .rct_cutoff = 7,
                                  .apt_cutoff = 27,
                                  .window = 512,
                                  .message_count = 1 };
    snprintf(source->name, sizeof source->name, "%s", name);
    snprintf(source->path, sizeof source->path, "/dev/%s", name);
    snprintf(source->messages[0].words, sizeof source->messages[0].words, "says \"%s\"", name);
    source->messages[0].unix_s = 1800000000;
    world.configs[world.source_count++] = (qk_source_config){ .name = source->name, .enabled = true, .credited = true };
}

static void make_world(void)
{
    static const fake_token tokens[] = {
        { .name = "good", .scopes = QK_SCOPE_ENTROPY, .left = UINT64_MAX / 2 },
        { .name = "admin", .scopes = QK_SCOPE_ADMIN },
        { .name = "metrics", .scopes = QK_SCOPE_METRICS },
        { .name = "keys", .scopes = QK_SCOPE_KEYGEN },
        { .name = "expired", .verdict = QK_TOKEN_EXPIRED },
        { .name = "revoked", .verdict = QK_TOKEN_REVOKED },
        { .name = "unknowable", .verdict = QK_TOKEN_UNKNOWABLE },
        { .name = "limited", .scopes = QK_SCOPE_ENTROPY, .limited = true, .rate_left = 30, .left = 3072 },
    };

    memset(&world, 0, sizeof world);
    world.types = 1u << QK_ENTROPY_QUANTUM | 1u << QK_ENTROPY_MIXED;
    world.state = QK_ENTROPY_READY;
    memcpy(world.tokens, tokens, sizeof tokens);
    add_source("quantis0", QK_SOURCE_QUANTUM);
    add_source("kernel", QK_SOURCE_OTHER);
}

void fixture_new(const qk_rest_config *config)
{
    static const qk_rest_host host = { .check_database = check_database, .open_connections = open_connections };

    fixture_free();
    make_world();
    fixture_set_peer("192.0.2.7:4711");
    assert_qk_ok(qk_rest_new(config, NULL, NULL, NULL, &host, &rest));
}

static void free_answer(void)
{
    free(last.head);
    free(last.body);
    last = (reply){ 0 };
}

/* Every reference to a token was given back. */
void fixture_free(void)
{
    for (size_t i = 0; i < sizeof world.tokens / sizeof world.tokens[0]; i++)
        assert_int_equal(world.tokens[i].uses, 0);
    qk_rest_free(&rest);
    free_answer();
}

int fixture_setup(void **state)
{
    (void)state;
    fixture_new(&(qk_rest_config){ 0 });
    return 0;
}

int fixture_teardown(void **state)
{
    (void)state;
    fixture_free();
    return 0;
}

qk_rest *fixture_rest(void)
{
    return rest;
}

void fixture_set_peer(const char *text)
{
    snprintf(peer, sizeof peer, "%s", text);
}

/* ---- a connection ---- */

static bool on_headers(void *context, qk_http_exchange *exchange)
{
    (void)context;
    return qk_rest_admit(rest, exchange);
}

static void on_request(void *context, qk_http_exchange *exchange)
{
    (void)context;
    world.answered_on_loop = !qk_rest_is_slow(exchange);
    if (world.answered_on_loop) {
        qk_rest_serve(rest, exchange);
        return;
    }
    qk_rest_compute(rest, exchange);
    qk_rest_answer(rest, exchange);
}

static void on_refusal(void *context, int status, const char *words, qk_buf *out_json)
{
    (void)context;
    qk_rest_refusal(status, words, out_json);
}

static void read_answer(qk_buf *bytes)
{
    const char *text = qk_buf_text(bytes);
    const char *end = text ? strstr(text, "\r\n\r\n") : NULL;

    free_answer();
    assert_non_null(end);
    assert_int_equal(sscanf(text, "HTTP/1.1 %d", &last.status), 1);
    last.head = strndup(text, (size_t)(end - text) + 2);
    last.len = bytes->len - (size_t)(end + 4 - text);
    last.body = calloc(1, last.len + 1);
    memcpy(last.body, end + 4, last.len);
}

static const qk_http_callbacks callbacks = { .on_headers = on_headers,
                                             .on_request = on_request,
                                             .on_refusal = on_refusal };
static const qk_http_limits limits = { .max_headers = 32768, .max_body = 65536 };

void send_part(const char *bytes)
{
    QK_OWNED(qk_http_session_free) qk_http_session *session = NULL;

    assert_qk_ok(qk_http_session_new(&callbacks, NULL, &limits, peer, &session));
    assert_qk_ok(qk_http_session_feed(session, qk_view_text(bytes)));
}

const reply *ask(const char *method, const char *target, const char *headers, const char *body)
{
    QK_OWNED(qk_http_session_free) qk_http_session *session = NULL;
    QK_OWNED(qk_buf_done) qk_buf request = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    qk_buf_printf(&request, "%s %s HTTP/1.1\r\nHost: qrng.example\r\n", method, target);
    qk_buf_put_text(&request, headers);
    if (body)
        qk_buf_printf(&request, "Content-Length: %zu\r\n\r\n", strlen(body));
    else
        qk_buf_put_text(&request, "\r\n");
    qk_buf_put_text(&request, body ? body : "");
    assert_qk_ok(qk_http_session_new(&callbacks, NULL, &limits, peer, &session));
    assert_qk_ok(qk_http_session_feed(session, qk_buf_view(&request)));
    assert_qk_ok(qk_http_session_drain(session, SIZE_MAX, &bytes));
    read_answer(&bytes);
    return &last;
}

const reply *get(const char *target)
{
    return ask("GET", target, GOOD, NULL);
}

const reply *post(const char *target, const char *body)
{
    return ask("POST", target, GOOD, body);
}

const char *header(const reply *answer, const char *name)
{
    static char values[4][256];
    static unsigned next;
    size_t len = strlen(name);

    for (const char *line = answer->head; line && *line; line = strstr(line, "\r\n") + 2) {
        char *value = values[next % 4];
        if (strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        next++;
        snprintf(value, sizeof values[0], "%.*s", (int)strcspn(line + len + 2, "\r"), line + len + 2);
        return value;
    }
    return NULL;
}

void assert_refused(const reply *answer, int status, const char *code)
{
    json_t *root = json_loads(answer->body, 0, NULL);
    const char *is = json_string_value(json_object_get(json_object_get(root, "error"), "code"));

    if (answer->status != status || !is || strcmp(is, code) != 0)
        fail_msg("%d %s instead of %d %s", answer->status, answer->body, status, code);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "error"), "status")), status);
    assert_string_equal(header(answer, "Content-Type"), "application/json");
    assert_string_equal(header(answer, "Cache-Control"), "no-store");
    if (status == 401)
        assert_string_equal(header(answer, "WWW-Authenticate"), "Bearer");
    if (status == 429 || status == 503)
        assert_non_null(header(answer, "Retry-After"));
    json_decref(root);
}
