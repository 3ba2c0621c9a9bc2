/* SPDX-License-Identifier: Apache-2.0 */
#include "net/host_errors.h"

#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENTRIES = 16 }; /* as many as OpenSSL keeps (ERR_NUM_ERRORS) */

typedef struct entry {
    unsigned long code;
    int line;
    char file[96], function[64], data[160];
} entry;

struct qk_host_errors {
    size_t count;
    entry entries[ENTRIES];
};

qk_host_errors *qk_host_errors_take(void)
{
    qk_host_errors *taken;

    if (ERR_peek_error() == 0)
        return NULL;
    taken = calloc(1, sizeof *taken);
    for (size_t i = 0; taken && i < ENTRIES; i++) {
        entry *e = &taken->entries[i];
        const char *file = "", *function = "", *data = "";
        int flags = 0;

        e->code = ERR_get_error_all(&file, &e->line, &function, &data, &flags);
        if (e->code == 0)
            break;
        snprintf(e->file, sizeof e->file, "%s", file ? file : "");
        snprintf(e->function, sizeof e->function, "%s", function ? function : "");
        snprintf(e->data, sizeof e->data, "%s", data && (flags & ERR_TXT_STRING) ? data : "");
        taken->count++;
    }
    ERR_clear_error();
    return taken;
}

void qk_host_errors_put_back(qk_host_errors **taken)
{
    if (ERR_peek_error() != 0)
        ERR_clear_error();
    if (!*taken)
        return;
    for (size_t i = 0; i < (*taken)->count; i++) {
        const entry *e = &(*taken)->entries[i];
        ERR_new();
        ERR_set_debug(e->file, e->line, e->function);
        ERR_set_error(ERR_GET_LIB(e->code), ERR_GET_REASON(e->code), e->data[0] ? "%s" : NULL, e->data);
    }
    ERR_set_mark();
    free(*taken);
    *taken = NULL;
}
