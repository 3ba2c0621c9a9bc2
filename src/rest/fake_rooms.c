/* SPDX-License-Identifier: Apache-2.0 */
/* The rooms below, as a test wants them (--wrap at link time): entropy, tokens, results of runs, API keys. */
#include "rest/rest_fixture.h"

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
bool __wrap_qk_token_use_has(qk_token_use *use, uint64_t bytes);
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
    token->takes++;
    return true;
}

bool __wrap_qk_token_use_has(qk_token_use *use, uint64_t bytes)
{
    return ((fake_token *)(void *)use)->left >= bytes;
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
