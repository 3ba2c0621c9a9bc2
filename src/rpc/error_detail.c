/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/error_detail.h"

#include <stdio.h>

#include "base/encoding.h"
#include "rpc/message.h"

#include "errors.pb-c.h"
#include "status.pb-c.h"

#define TYPE_NAME "grep11.Grep11Error"
#define TYPE_URL  "type.googleapis.com/" TYPE_NAME

/* The failure of this thread may belong to another call, so words that were not handed over come from the table. */
static const char *const table_words[QK_ERROR_COUNT] = { [QK_OK] = "ok",
#define QK_ROW(name, ckr, grep11, grpc, http, words) [QK_E_##name] = words,
                                                         QK_ERRORS(QK_ROW)
#undef QK_ROW
};

/* ---- words ---- */

/* Length of the well-formed UTF-8 character at the start of `text` (RFC 3629, section 4), 0 if there is none. */
static size_t utf8_len(const uint8_t *text, size_t len)
{
    uint8_t first = text[0], low = 0x80, high = 0xbf;
    size_t need = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

    if (need == 0 || need > len)
        return 0;
    if (first == 0xe0)
        low = 0xa0;
    if (first == 0xed)
        high = 0x9f;
    if (first == 0xf0)
        low = 0x90;
    if (first == 0xf4)
        high = 0x8f;
    for (size_t i = 1; i < need; i++, low = 0x80, high = 0xbf)
        if (text[i] < low || text[i] > high)
            return 0;
    return need;
}

/* Other languages refuse a whole message for one bad character in a string. */
static qk_err clean_words(const char *words, qk_arena *arena, char **out)
{
    size_t len = strnlen(words, sizeof((qk_failure *)0)->words - 1);
    uint8_t *text = (uint8_t *)qk_arena_text(arena, qk_view_of(words, len));

    if (!text)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the words of an error");
    for (size_t at = 0; at < len;) {
        size_t character = utf8_len(text + at, len - at);

        if (character == 0 || text[at] < 0x20)
            text[at] = '?';
        at += character ? character : 1;
    }
    *out = (char *)text;
    return QK_OK;
}

/* gRPC's form of grpc-message: everything but printable ASCII, and the percent sign, as %XX. */
static qk_err percent_encode(const char *text, qk_arena *arena, qk_view *out)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t len = strlen(text);
    uint8_t *place, *end;

    QK_TRY(qk_arena_bytes(arena, 3 * len, &place));
    end = place;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)text[i];

        if (byte >= 0x20 && byte < 0x7f && byte != '%') {
            *end++ = byte;
            continue;
        }
        *end++ = '%';
        *end++ = (uint8_t)digits[byte >> 4];
        *end++ = (uint8_t)digits[byte & 15];
    }
    *out = qk_view_of(place, (size_t)(end - place));
    return QK_OK;
}

static int hex_digit(uint8_t character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    character |= 0x20;
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* Reading is lenient, as gRPC asks: what is no %XX stands for itself. */
static char *percent_decode(qk_view text, qk_arena *arena)
{
    char *place = qk_arena_text(arena, text), *end = place;

    for (size_t i = 0; place && i < text.len; i++) {
        int high = i + 2 < text.len ? hex_digit(text.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.data[i + 2]) : -1;

        if (text.data[i] == '%' && low >= 0) {
            *end++ = (char)(high << 4 | low);
            i += 2;
        } else {
            *end++ = (char)text.data[i];
        }
    }
    if (place)
        *end = 0;
    return place;
}

/* ---- writing ---- */

static qk_err write_details(qk_err code, char *words, qk_arena *arena, qk_view *out)
{
    QK_OWNED(qk_buf_done) qk_buf base64 = QK_BUF_NONE;
    Grep11__Grep11Error detail;
    Quantoki__Rpc__Any any, *details[] = { &any };
    Quantoki__Rpc__Status status;
    char type_url[] = TYPE_URL;
    qk_view bytes;

    /* The ...__INIT macros cast away const, which clang reports. */
    grep11__grep11_error__init(&detail);
    quantoki__rpc__any__init(&any);
    quantoki__rpc__status__init(&status);
    detail.code = qk_err_to_grep11(code);
    detail.detail = words;
    detail.retry = qk_err_retryable(code);
    QK_TRY(qk_message_write(&detail.base, 0, arena, &bytes));
    any.type_url = type_url;
    any.value = qk_message_bytes(bytes);
    status.code = (int32_t)qk_err_to_grpc(code);
    status.message = words;
    status.n_details = 1;
    status.details = details;
    QK_TRY(qk_message_write(&status.base, 0, arena, &bytes));
    qk_base64_write(bytes, &base64);
    QK_TRY(qk_buf_check(&base64));
    while (base64.len && base64.data[base64.len - 1] == '=')
        base64.len--;
    return qk_arena_copy(arena, qk_buf_view(&base64), out);
}

qk_err qk_error_detail_write(qk_err code, const char *words, qk_arena *arena, qk_error_trailers *out)
{
    qk_error_trailers made;
    char *clean, status[4];

    if (code >= QK_ERROR_COUNT)
        code = QK_E_GENERAL;
    QK_TRY(clean_words(words ? words : table_words[code], arena, &clean));
    snprintf(status, sizeof status, "%u", (unsigned)qk_err_to_grpc(code) % 100);
    QK_TRY(qk_arena_copy(arena, qk_view_text(status), &made.status));
    QK_TRY(percent_encode(clean, arena, &made.message));
    QK_TRY(write_details(code, clean, arena, &made.details));
    *out = made;
    return QK_OK;
}

/* ---- reading ---- */

/* For peers that send no Grep11Error: proxies, load balancers, other servers. */
static const qk_err of_grpc[] = {
    [QK_GRPC_CANCELLED] = QK_E_FUNCTION_CANCELED,
    [QK_GRPC_UNKNOWN] = QK_E_GENERAL,
    [QK_GRPC_INVALID_ARGUMENT] = QK_E_BAD_ARGUMENT,
    [QK_GRPC_DEADLINE_EXCEEDED] = QK_E_TIMEOUT,
    [QK_GRPC_NOT_FOUND] = QK_E_OBJECT_MISSING,
    [QK_GRPC_ALREADY_EXISTS] = QK_E_OBJECT_CONFLICT,
    [QK_GRPC_PERMISSION_DENIED] = QK_E_NOT_AUTHORIZED,
    [QK_GRPC_RESOURCE_EXHAUSTED] = QK_E_RATE,
    [QK_GRPC_FAILED_PRECONDITION] = QK_E_FUNCTION_FAILED,
    [QK_GRPC_ABORTED] = QK_E_OBJECT_CONFLICT,
    [QK_GRPC_OUT_OF_RANGE] = QK_E_BAD_LENGTH,
    [QK_GRPC_UNIMPLEMENTED] = QK_E_NOT_SUPPORTED,
    [QK_GRPC_INTERNAL] = QK_E_GENERAL,
    [QK_GRPC_UNAVAILABLE] = QK_E_SERVER_AWAY,
    [QK_GRPC_DATA_LOSS] = QK_E_DEVICE,
    [QK_GRPC_UNAUTHENTICATED] = QK_E_NOT_AUTHENTICATED,
};

/* Several rows share a Grep11Error value; the gRPC status tells some of them apart. */
static qk_err row_of(uint64_t grep11, unsigned grpc)
{
    for (qk_err code = QK_OK + 1; code < QK_ERROR_COUNT; code++)
        if (qk_err_to_grep11(code) == grep11 && (unsigned)qk_err_to_grpc(code) == grpc)
            return code;
    return qk_err_from_grep11(grep11);
}

/* The one Grep11Error of a google.rpc.Status, or NULL. */
static Grep11__Grep11Error *find_detail(qk_view base64, qk_arena *arena)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    Quantoki__Rpc__Status *status;
    Grep11__Grep11Error *detail;
    const char *type;

    if (!base64.len || qk_base64_read(base64, &bytes) != QK_OK ||
        qk_message_read(&quantoki__rpc__status__descriptor, qk_buf_view(&bytes), arena, (void **)&status) != QK_OK ||
        status->n_details != 1)
        return NULL;
    type = strrchr(status->details[0]->type_url, '/');
    if (!type || strcmp(type + 1, TYPE_NAME) != 0 ||
        qk_message_read(&grep11__grep11_error__descriptor, qk_message_view(status->details[0]->value), arena,
                        (void **)&detail) != QK_OK)
        return NULL;
    return detail;
}

static bool read_status(qk_view text, unsigned *out_status)
{
    unsigned status = 0;

    if (text.len == 0 || text.len > 3)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        status = 10 * status + (unsigned)(text.data[i] - '0');
    }
    *out_status = status;
    return true;
}

qk_err qk_error_detail_read(const qk_error_trailers *trailers, qk_arena *arena)
{
    Grep11__Grep11Error *detail;
    const char *message;
    unsigned status;
    qk_err code = QK_E_GENERAL;

    if (!read_status(trailers->status, &status))
        return qk_fail(QK_E_PROTOCOL, "the server's grpc-status is not a number");
    if (status == QK_GRPC_OK)
        return QK_OK;
    detail = find_detail(trailers->details, arena);
    if (detail && detail->code) {
        code = row_of(detail->code, status);
        return qk_fail(code, "%s", detail->detail[0] ? detail->detail : table_words[code]);
    }
    if (status < sizeof of_grpc / sizeof of_grpc[0])
        code = of_grpc[status];
    message = percent_decode(trailers->message, arena);
    return qk_fail(code, "the server answered gRPC status %u: %s", status, message ? message : "");
}
