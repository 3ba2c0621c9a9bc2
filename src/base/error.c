/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <quantoki/pkcs11.h>
#include <quantoki/pkcs11-entropy.h>
#include <quantoki/pkcs11-ibm.h>

typedef struct error_row {
    const char *name;
    unsigned long ckr;
    uint64_t grep11;
    qk_grpc_status grpc;
    int http;
    const char *words;
} error_row;

static const error_row rows[QK_ERROR_COUNT] = { [QK_OK] = { "OK", CKR_OK, CKR_OK, QK_GRPC_OK, 200, "ok" },
#define QK_ROW(name, ckr, grep11, grpc, http, words)                                                                   \
    [QK_E_##name] = { #name, ckr, grep11, QK_GRPC_##grpc, http, words },
                                                QK_ERRORS(QK_ROW)
#undef QK_ROW
};

static _Thread_local qk_failure last;

static const error_row *row_of(qk_err code)
{
    return &rows[code < QK_ERROR_COUNT ? code : QK_E_GENERAL];
}

void qk_fail_at(const char *file, int line, qk_err code, const char *format, ...)
{
    char words[sizeof last.words]; /* the arguments may be the old words themselves */
    va_list args;

    assert(code != QK_OK && code < QK_ERROR_COUNT);
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    last.code = code;
    last.file = file;
    last.line = line;
    memcpy(last.words, words, sizeof words);
}

void qk_fail_context_at(qk_err code, const char *format, ...)
{
    char before[sizeof last.words], after[sizeof last.words];
    va_list args;
    size_t len;

    snprintf(after, sizeof after, "%s", qk_err_words(code));
    va_start(args, format);
    vsnprintf(before, sizeof before, format, args);
    va_end(args);
    if (last.code != code) /* born elsewhere, without words of its own */
        last.file = NULL;
    last.code = code;
    snprintf(last.words, sizeof last.words, "%s", before);
    len = strlen(last.words);
    snprintf(last.words + len, sizeof last.words - len, "%s", after);
}

const qk_failure *qk_failure_last(void)
{
    return &last;
}

const char *qk_err_words(qk_err code)
{
    return last.code == code && last.words[0] ? last.words : row_of(code)->words;
}

const char *qk_err_name(qk_err code)
{
    return row_of(code)->name;
}

unsigned long qk_err_to_ckr(qk_err code)
{
    return row_of(code)->ckr;
}

uint64_t qk_err_to_grep11(qk_err code)
{
    return row_of(code)->grep11;
}

qk_grpc_status qk_err_to_grpc(qk_err code)
{
    return row_of(code)->grpc;
}

int qk_err_to_http(qk_err code)
{
    return row_of(code)->http;
}

qk_err qk_err_from_grep11(uint64_t grep11)
{
    for (qk_err code = QK_OK; code < QK_ERROR_COUNT; code++)
        if (rows[code].grep11 == grep11)
            return code;
    return QK_E_GENERAL;
}

/* What HTTP calls "too many", "not now" and "took too long"; a message that is too large stays too large. */
bool qk_err_retryable(qk_err code)
{
    int http = row_of(code)->http;
    return http == 429 || http == 503 || http == 504;
}
