/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "rest/rest.h"

static const char *const metrics_choices[] = { "loopback", "token", "open", NULL };
static const char *const logs_choices[] = { "open", "token", NULL };
static const char *const sign_choices[] = { "asked", "always", NULL }; /* qk_rest_sign */

#define AT(member) offsetof(qk_rest_config, member)

/* clang-format off */
const qk_config_row qk_rest_config_rows[] = {
    { .key = "open", .type = QK_CONFIG_BOOL, .offset = AT(open), .fallback = "false",
      .help = "Entropy and capabilities without a token, as an appliance on a network of its own." },
    { .key = "strict_types", .type = QK_CONFIG_BOOL, .offset = AT(strict_types), .fallback = "false",
      .help = "Refuse a POST (415) whose Content-Type is not application/json. Known clients send others." },
    { .key = "metrics", .type = QK_CONFIG_CHOICE, .offset = AT(metrics), .fallback = "loopback",
      .choices = metrics_choices,
      .help = "Who may read /metrics without a token of scope metrics: loopback (programs on this machine, so also "
              "whoever comes through a proxy on it), token (nobody) or open (everybody)." },
    { .key = "logs", .type = QK_CONFIG_CHOICE, .offset = AT(logs), .fallback = "open", .choices = logs_choices,
      .help = "Status page, status and test logs: open, or token (scope metrics)." },
    { .key = "public_url", .type = QK_CONFIG_TEXT, .offset = AT(public_url),
      .help = "How clients reach this server (https://host:port), for links in answers; the request's Host if empty." },
    { .key = "signing_key", .type = QK_CONFIG_TEXT, .offset = AT(signing_key),
      .help = "PEM file with the Ed25519 key that signs answers with entropy (RFC 9421); they are not signed if empty." },
    { .key = "sign", .type = QK_CONFIG_CHOICE, .offset = AT(sign), .fallback = "asked", .choices = sign_choices,
      .help = "Which of them are signed: asked (those to requests with Accept-Signature) or always (all)." },
};
/* clang-format on */

const size_t qk_rest_config_row_count = sizeof qk_rest_config_rows / sizeof qk_rest_config_rows[0];
