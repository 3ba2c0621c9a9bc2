/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: one convention inside, translated at the edges.
 *
 * Every function that can fail returns qk_err and every caller looks. An error is described once, where it is born
 * (qk_fail keeps file, line and words for this thread), passed on by QK_TRY, and logged or translated once, where it
 * leaves: CK_RV in C_ entry points, gRPC status in the RPC layer, HTTP status in the HTTP layer. One table knows all
 * translations. */
#ifndef QK_BASE_ERROR_H
#define QK_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

/* Numbers of gRPC status codes. Source: gRPC, "Status codes and their use in gRPC". */
typedef enum qk_grpc_status {
    QK_GRPC_OK = 0,
    QK_GRPC_CANCELLED = 1,
    QK_GRPC_UNKNOWN = 2,
    QK_GRPC_INVALID_ARGUMENT = 3,
    QK_GRPC_DEADLINE_EXCEEDED = 4,
    QK_GRPC_NOT_FOUND = 5,
    QK_GRPC_ALREADY_EXISTS = 6,
    QK_GRPC_PERMISSION_DENIED = 7,
    QK_GRPC_RESOURCE_EXHAUSTED = 8,
    QK_GRPC_FAILED_PRECONDITION = 9,
    QK_GRPC_ABORTED = 10,
    QK_GRPC_OUT_OF_RANGE = 11,
    QK_GRPC_UNIMPLEMENTED = 12,
    QK_GRPC_INTERNAL = 13,
    QK_GRPC_UNAVAILABLE = 14,
    QK_GRPC_DATA_LOSS = 15,
    QK_GRPC_UNAUTHENTICATED = 16,
} qk_grpc_status;

/* The rows are in error_table.h: name, PKCS #11 value for applications, value in Grep11Error, gRPC, HTTP, words. */
#include "base/error_table.h"

typedef enum qk_err {
    QK_OK = 0,
#define QK_ROW(name, ckr, grep11, grpc, http, words) QK_E_##name,
    QK_ERRORS(QK_ROW)
#undef QK_ROW
        QK_ERROR_COUNT
} qk_err;

#define QK_MUST_CHECK        __attribute__((warn_unused_result))
#define QK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
/* Rarely called: the compiler moves the way there out of the way of what usually happens. */
#define QK_COLD __attribute__((cold))

/* The last failure born on this thread. `words` says what happened, to what, and what to do. Never holds secrets. */
typedef struct qk_failure {
    qk_err code;
    const char *file;
    int line;
    char words[320];
} qk_failure;

/* Records a failure and returns its code: `return qk_fail(QK_E_BAD_LENGTH, "ciphertext of %zu bytes", len);` */
#define qk_fail(code, ...) (qk_fail_at(__FILE__, __LINE__, (code), __VA_ARGS__), (qk_err)(code))
void qk_fail_at(const char *file, int line, qk_err code, const char *format, ...) QK_COLD QK_PRINTF(4, 5);

/* Puts words in front of the failure that is under way ("keystore 11…: ") and returns `code` unchanged. */
#define qk_fail_context(code, ...) (qk_fail_context_at((code), __VA_ARGS__), (qk_err)(code))
void qk_fail_context_at(qk_err code, const char *format, ...) QK_PRINTF(2, 3);

/* The failure of this thread; `code` tells whether it belongs to the error in hand. */
const qk_failure *qk_failure_last(void);

/* Words for an error in hand: the recorded ones if they belong to it, else the table's. */
const char *qk_err_words(qk_err code);
/* The table's name, as in logs: "BAD_LENGTH". */
const char *qk_err_name(qk_err code);

/* Translations, all from the table. qk_err_from_grep11 of a number no row has gives QK_E_GENERAL. */
unsigned long qk_err_to_ckr(qk_err code);
uint64_t qk_err_to_grep11(qk_err code);
qk_grpc_status qk_err_to_grpc(qk_err code);
int qk_err_to_http(qk_err code);
qk_err qk_err_from_grep11(uint64_t grep11);
/* True if the same call may succeed later (Grep11Error.Retry). */
bool qk_err_retryable(qk_err code);

/* Passes a failed step's error on. */
#define QK_TRY(step)                                                                                                   \
    do {                                                                                                               \
        qk_err qk_try_err_ = (step);                                                                                   \
        if (__builtin_expect(qk_try_err_ != QK_OK, 0))                                                                 \
            return qk_try_err_;                                                                                        \
    } while (0)

/* Runs `destructor` on the variable when it leaves scope. Destructors take a pointer to the variable and accept its
 * empty value: `QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;` */
#define QK_OWNED(destructor) __attribute__((cleanup(destructor)))

#endif
