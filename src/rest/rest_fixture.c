/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/rest_fixture.h"

#include <jansson.h>
#include <strings.h>

fake_world world;

static qk_rest *rest;
static char peer[64];
static const char *host_name;
static reply last;
json_t *document;

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
    fixture_set_host("qrng.example");
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
    json_decref(document);
    document = NULL;
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

void fixture_set_host(const char *host)
{
    host_name = host;
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
    if (world.busy)
        qk_rest_turn_away(exchange);
    else
        qk_rest_compute(rest, exchange);
    qk_rest_answer(rest, exchange);
}

static void on_refusal(void *context, int status, const char *words, qk_buf *out_json)
{
    (void)context;
    qk_rest_refusal(rest, status, words, out_json);
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

static bool on_body(void *context, size_t more)
{
    (void)context;
    (void)more;
    return !world.full;
}

static void on_body_released(void *context, size_t bytes)
{
    (void)context;
    (void)bytes;
}

static const qk_http_callbacks callbacks = { .on_headers = on_headers,
                                             .on_request = on_request,
                                             .on_refusal = on_refusal,
                                             .on_body = on_body,
                                             .on_body_released = on_body_released };
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

    qk_buf_printf(&request, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, target, host_name);
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
    static char values[4][512];
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

/* ---- documents ---- */

json_t *parse(const reply *answer)
{
    json_error_t error;

    json_decref(document);
    document = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        fail_msg("%d %s: %s", answer->status, error.text, answer->body);
    return document;
}

json_t *fetch(const char *target)
{
    const reply *answer = get(target);

    if (answer->status != 200)
        fail_msg("%s: %d %s", target, answer->status, answer->body);
    assert_string_equal(header(answer, "Content-Type"), "application/json");
    return parse(answer);
}

const char *at(json_t *value, const char *path)
{
    static char texts[4][1024];
    static unsigned next;
    char copy[128], *save = NULL, *text = texts[next++ % 4];
    size_t len;

    snprintf(copy, sizeof copy, "%s", path);
    for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save))
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part)) : json_object_get(value, part);
    len = value ? json_dumpb(value, text, 1023, JSON_ENCODE_ANY | JSON_COMPACT) : 0;
    text[len <= 1023 ? len : 0] = '\0';
    return text;
}

void add_runs(void)
{
    static const qk_sp80022_verdict good = { true, true, 18611, 189, 0.98996, true, 15, 0, 1.0, { 0 }, { 0 } };
    static const qk_sp80022_verdict half = { true, true, 18600, 200, 0.9893, false, 13, 2, 13.0 / 15, { 0 }, { 0 } };
    static const qk_sp80022_verdict bad = { false, false, 9000, 9800, 0.47, false, 1, 14, 1.0 / 15, { 0 }, { 0 } };

    world.runs[0] = (qk_test_run){ "output", 1793610840.25, 100, good, 0.3 };
    world.runs[1] = (qk_test_run){ "quantis0", 1793610600, 100, half, 0.00001 };
    world.runs[2] = (qk_test_run){ "output", 1793610240, 100, bad, 0 };
    world.run_count = 3;
}
