/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes: admission, counters and the OpenAPI document all come from it. Another name for the same thing
 * is another row. */
#include "rest/document/page.h"
#include "rest/parts.h"

#define READ  (QK_HTTP_GET | QK_HTTP_HEAD)
#define WRITE QK_HTTP_POST
#define JSON  "application/json"
#define BYTES "application/octet-stream"

/* clang-format off */
static const qk_rest_parameter size_query[] = {
    { "size", "integer", 1, 512, "1", "How many KiB, each a string of its own." },
    { NULL },
};
static const qk_rest_parameter blocks_body[] = {
    { "block_size", "integer", 1, 1024, NULL, "Bytes in each block.", .needed = true },
    { "block_count", "integer", 1, 512, "1", "How many blocks." },
    { "entropy_type", "string", 0, 0, NULL, "quantum or mixed; the first of the capabilities if it is not given." },
    { NULL },
};
static const qk_rest_parameter raw_query[] = {
    { "bytes", "integer", 1, 1048576, NULL, "How many bytes.", .needed = true },
    { NULL },
};

#define NUM    { "num", "integer", 1, 100, "5", "How many runs at most, the newest first." }
#define SIMPLE { "simple", "boolean", 0, 0, "false", "Three members of each run alone." }
#define BITS   { "randsize", "integer", 1, 5242880, "1024", "How many of the bits under test." }
static const qk_rest_parameter logs_query[] = { NUM, SIMPLE, { NULL } };
static const qk_rest_parameter failing_logs_query[] = {
    NUM, SIMPLE,
    { "strict", "boolean", 0, 0, "true", "Runs that missed both verdicts; false: either." },
    { "include_random", "boolean", 0, 0, "false", "With the bits under test; only with strict=true." },
    BITS,
    { NULL },
};
static const qk_rest_parameter failing_random_query[] = { NUM, BITS, { NULL } };

static const qk_rest_parameter token_body[] = {
    { "grant_type", "string", 0, 0, NULL, "urn:ibm:params:oauth:grant-type:apikey", .needed = true },
    { "apikey", "string", 0, 0, NULL, "An API key of a service ID.", .needed = true },
    { NULL },
};

static const qk_rest_parameter random_answer[] = {
    { "random", "strings", .help = "Base64, 1024 bytes each." },
    { "size", "integer", .help = "How many there are." },
    { NULL },
};
static const qk_rest_parameter blocks_answer[] = {
    { "entropy", "strings", .help = "Base64, block_size bytes each." },
    { "extensions", "objects", .help = "Empty." },
    { NULL },
};
static const qk_rest_parameter capabilities_answer[] = {
    { "entropy", "object", .help = "Bounds of block_size and block_count; entropy_types." },
    { "healthtest", "object", .help = "test_threshold of each test; source_count." },
    { "source_count", "integer", .help = "How many sources there are." },
    { NULL },
};
static const qk_rest_parameter healthtest_answer[] = {
    { "test_result", "objects", .help = "test_type, test_result, time_stamp, report_link." },
    { "extensions", "objects", .help = "Empty." },
    { NULL },
};
#define RUN \
    { "tests_passed", "boolean", .help = "Either of the two verdicts." }, \
    { "time_of_completion", "number", .help = "Unix seconds." }, \
    { "time_of_completion_string", "string", .help = "MM/DD/YYYY HH:MM, UTC." }, \
    { "nist_all_passed", "boolean", .help = "Enough single tests passed." }, \
    { "nist_passes", "integer", .help = "Single tests that passed." }, \
    { "nist_fails", "integer", .help = "Single tests that failed." }, \
    { "nist_success_rate", "number", .help = "Mean of the pass rates of the fifteen tests." }, \
    { "uniformity_all_passed", "boolean", .help = "The P-values of all fifteen are uniform." }, \
    { "uniformity_passes", "integer", .help = "Tests whose P-values are uniform." }, \
    { "uniformity_fails", "integer", .help = "Tests whose P-values are not." }, \
    { "uniformity_success_rate", "number", .help = "Their share." }, \
    { "source", "string", .help = "output, or the name of a source." }
#define RANDOM { "random", "string", .help = "Bits under test, as characters." }
static const qk_rest_parameter run_answer[] = { RUN, { NULL } };
static const qk_rest_parameter failing_run_answer[] = { RUN, RANDOM, { NULL } };
static const qk_rest_parameter failing_random_answer[] = {
    { "createdAt", "string", .help = "HTTP date." },
    { "time_of_completion", "number", .help = "Unix seconds." },
    RANDOM,
    { NULL },
};
static const qk_rest_parameter status_answer[] = {
    { "version", "string", .help = "Of quantokid." },
    { "time", "string", .help = "RFC 3339, UTC." },
    { "state", "string", .help = "ready, starting, failed or away." },
    { "entropy_types", "strings", .help = "What can be had now." },
    { "uptime_seconds", "integer", .help = "Since the start of the process." },
    { "sources", "objects", .help = "State, rates, health tests, messages and last run of each." },
    { "reserve", "object", .help = "In memory and on disk." },
    { "served", "object", .help = "Bytes by type; requests." },
    { "generators", "object", .help = "Conditioned bytes; reseeds." },
    { "last_run", "object", .help = "Of the output; null if there was none." },
    { NULL },
};
static const qk_rest_parameter history_answer[] = {
    { "interval_seconds", "integer", .help = "Between two points." },
    { "time", "integers", .help = "Unix seconds, the oldest first." },
    { "reserve_bytes", "integers", .help = "At that time." },
    { "served_bytes", "integers", .help = "In the interval." },
    { "requests", "integers", .help = "Answered with entropy in the interval." },
    { "sources", "object", .help = "Bits per second of each." },
    { NULL },
};
static const qk_rest_parameter health_answer[] = { { "status", "string", .help = "ok or ready." }, { NULL } };
static const qk_rest_parameter token_answer[] = {
    { "access_token", "string", .help = "For the header Authorization: Bearer of GREP11 calls." },
    { "refresh_token", "string", .help = "Of no use." },
    { "token_type", "string", .help = "Bearer." },
    { "expires_in", "integer", .help = "Seconds." },
    { "expiration", "integer", .help = "Unix seconds." },
    { "scope", "string", .help = "ibm openid." },
    { NULL },
};

/* The page comes last: its other files share its row. */
const qk_rest_route qk_rest_routes[] = {
    { "/api/v1/quantum-entropy", READ, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .give = qk_rest_give_quantum_entropy,
      .summary = "Fresh entropy, 1 to 512 KiB", .produces = JSON, .query = size_query,
      .answer = random_answer },
    { "/api/v1/entropy", WRITE, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .give = qk_rest_give_entropy,
      .summary = "Fresh entropy in blocks", .produces = JSON, .body = blocks_body,
      .answer = blocks_answer },
    { "/api/v1/get_entropy", WRITE, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .give = qk_rest_give_entropy,
      .summary = "Former name of /api/v1/entropy", .produces = JSON, .body = blocks_body,
      .answer = blocks_answer },
    { "/v1/entropy", WRITE, QK_ACCESS_ENTROPY, QK_STYLE_OPEN_API, .give = qk_rest_give_entropy,
      .summary = "Fresh entropy in blocks (QRNG Open API)", .produces = JSON, .body = blocks_body,
      .answer = blocks_answer },
    { "/api/v1/random/raw", READ, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .give = qk_rest_give_raw,
      .summary = "Fresh entropy as bytes, up to 1 MiB", .produces = BYTES, .query = raw_query },

    { "/api/v1/capabilities", READ, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_capabilities,
      .summary = "What can be asked for", .produces = JSON,
      .answer = capabilities_answer },
    { "/api/v1/get_capabilities", READ, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .slow = true,
      .make = qk_rest_make_capabilities, .summary = "Former name of /api/v1/capabilities", .produces = JSON,
      .answer = capabilities_answer },
    { "/v1/capabilities", READ, QK_ACCESS_ENTROPY, QK_STYLE_OPEN_API, .slow = true, .make = qk_rest_make_capabilities,
      .summary = "What can be asked for (QRNG Open API)", .produces = JSON,
      .answer = capabilities_answer },
    { "/api/v1/healthtest", READ, QK_ACCESS_ENTROPY, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_healthtest,
      .summary = "How the sources and the output stand in tests", .produces = JSON,
      .answer = healthtest_answer },
    { "/v1/healthtest", READ, QK_ACCESS_ENTROPY, QK_STYLE_OPEN_API, .slow = true, .make = qk_rest_make_healthtest,
      .summary = "How the sources and the output stand in tests (QRNG Open API)", .produces = JSON,
      .answer = healthtest_answer },

    { "/api/v1/logs", READ, QK_ACCESS_LOGS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_logs,
      .summary = "Runs of the statistical tests", .produces = JSON, .query = logs_query,
      .answer = run_answer, .answers_array = true },
    { "/api/v1/failing_logs", READ, QK_ACCESS_LOGS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_failing_logs,
      .summary = "Runs that failed", .produces = JSON, .query = failing_logs_query,
      .answer = failing_run_answer, .answers_array = true },
    { "/api/v1/failing_random", READ, QK_ACCESS_LOGS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_failing_random,
      .summary = "Bits of runs that failed, never given to anybody", .produces = JSON, .query = failing_random_query,
      .answer = failing_random_answer, .answers_array = true },
    { "/api/v1/logs/bundle", READ, QK_ACCESS_LOGS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_bundle,
      .summary = "Status and test results in one archive; for tokens of scope metrics also the end of the log", .produces = "application/gzip" },
    { "/api/v1/status", READ, QK_ACCESS_LOGS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_status,
      .summary = "Sources, reserve, what was served", .produces = JSON,
      .answer = status_answer },
    { "/api/v1/history", READ, QK_ACCESS_LOGS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_history,
      .summary = "Rates and reserve of the last 24 hours", .produces = JSON,
      .answer = history_answer },

    { "/api/v1/sources/{name}/restart", WRITE, QK_ACCESS_ADMIN, QK_STYLE_OURS, .make = qk_rest_make_restart,
      .summary = "Start-up tests of a source, also of one that failed for good" },
    { "/healthz", READ, QK_ACCESS_NONE, QK_STYLE_OURS, .make = qk_rest_make_health,
      .summary = "The process works", .produces = JSON,
      .answer = health_answer },
    { "/readyz", READ, QK_ACCESS_NONE, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_readiness,
      .summary = "A source is healthy and the database answers", .produces = JSON,
      .answer = health_answer },
    { "/metrics", READ, QK_ACCESS_METRICS, QK_STYLE_OURS, .slow = true, .make = qk_rest_make_metrics,
      .summary = "Counters in the text format of Prometheus", .produces = "text/plain" },
    { "/api/v1/openapi.json", READ, QK_ACCESS_NONE, QK_STYLE_OURS, .make = qk_rest_make_openapi,
      .summary = "This document", .produces = JSON },
    { "/identity/token", WRITE, QK_ACCESS_NONE, QK_STYLE_IBM, .slow = true, .make = qk_rest_make_token,
      .summary = "A bearer token of the HSM for an API key", .produces = JSON, .body = token_body,
      .answer = token_answer },
    { "/", READ, QK_ACCESS_NONE, QK_STYLE_OURS, .give = qk_rest_give_page,
      .summary = "The status page", .produces = "text/html" },
};
/* clang-format on */

const size_t qk_rest_route_count = sizeof qk_rest_routes / sizeof qk_rest_routes[0];

static const char placeholder[] = "{name}";

static bool is_name(const char *text, size_t len)
{
    if (len == 0 || len > 63)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(text[i] >= '0' && text[i] <= '9') && !((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') &&
            text[i] != '-' && text[i] != '_' && text[i] != '.')
            return false;
    return true;
}

static bool fits(const char *pattern, const char *path, char out_name[64])
{
    const char *hole = strchr(pattern, placeholder[0]);
    size_t before = hole ? (size_t)(hole - pattern) : 0, len = strlen(path), after;

    if (!hole)
        return strcmp(pattern, path) == 0;
    after = strlen(hole) - (sizeof placeholder - 1);
    if (len <= before + after || strncmp(pattern, path, before) != 0 ||
        strcmp(hole + sizeof placeholder - 1, path + len - after) != 0 || !is_name(path + before, len - before - after))
        return false;
    memcpy(out_name, path + before, len - before - after);
    out_name[len - before - after] = '\0';
    return true;
}

const qk_rest_route *qk_rest_route_find(const char *path, char out_name[64])
{
    const qk_rest_route *page = &qk_rest_routes[qk_rest_route_count - 1];
    const char *content_type;
    qk_view bytes, gzipped;

    for (size_t i = 0; i < qk_rest_route_count; i++)
        if (fits(qk_rest_routes[i].path, path, out_name))
            return &qk_rest_routes[i];
    return qk_rest_page_find(path, &content_type, &bytes, &gzipped) ? page : NULL;
}

void qk_rest_route_allow(const qk_rest_route *route, char out[64])
{
    static const struct {
        unsigned method;
        const char *name;
    } names[] = { { QK_HTTP_GET, "GET" }, { QK_HTTP_HEAD, "HEAD" }, { QK_HTTP_POST, "POST" } };

    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (route->methods & names[i].method)
            strcat(strcat(out, out[0] ? ", " : ""), names[i].name);
}
