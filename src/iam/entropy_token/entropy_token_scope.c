/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/entropy_token/entropy_token.h"

static const struct scope_row {
    qk_scope scope;
    const char *name;
} rows[] = {
    { QK_SCOPE_ENTROPY, "entropy" },
    { QK_SCOPE_KEYGEN, "keygen" },
    { QK_SCOPE_METRICS, "metrics" },
    { QK_SCOPE_ADMIN, "admin" },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

const char *qk_scope_name(qk_scope scope)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].scope == scope)
            return rows[i].name;
    return "unknown";
}

static unsigned scope_of(const char *name, size_t len)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0)
            return rows[i].scope;
    return 0;
}

qk_err qk_scopes_parse(const char *text, unsigned *out_scopes)
{
    unsigned scopes = 0;

    for (const char *name = text;; name++) {
        size_t len = strcspn(name, ",");
        unsigned scope = scope_of(name, len);
        if (!scope)
            return qk_fail(QK_E_BAD_ARGUMENT, "'%.*s' is no scope: there are entropy, keygen, metrics and admin",
                           len < 40 ? (int)len : 40, name);
        scopes |= scope;
        name += len;
        if (!*name)
            break;
    }
    *out_scopes = scopes;
    return QK_OK;
}
