/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_status.h"

#include "entropy/service/service_answer.h"

enum { MAX_MESSAGE = 120 };

static const struct status_row {
    int status;
    qk_err err;
    const char *words;
} statuses[] = {
    { 400, QK_E_REQUEST_REFUSED, "takes no such request: do its limits fit the sizes that are asked for?" },
    { 422, QK_E_REQUEST_REFUSED, "takes no such request: do its limits fit the sizes that are asked for?" },
    { 401, QK_E_NOT_AUTHENTICATED, "does not accept the token (it is missing, wrong, expired or revoked)" },
    { 404, QK_E_METHOD_UNKNOWN, "has nothing at this path: is it an entropy service, and the address right?" },
    { 405, QK_E_METHOD_UNKNOWN, "takes other requests at this path" },
    { 403, QK_E_NOT_AUTHORIZED, "refuses this token: its allotment is used up, or it lacks the scope" },
    { 408, QK_E_NO_RANDOM, "waited too long for the request" },
    { 429, QK_E_RATE, "asks for fewer requests" },
    { 502, QK_E_NO_RANDOM, "cannot be reached through its proxy" },
    { 503, QK_E_NO_RANDOM, "has no entropy to give now" },
    { 504, QK_E_NO_RANDOM, "cannot be reached through its proxy" },
};

/* Of all others that tell of a failure on the other side: it may pass. */
static const struct status_row failed = { 500, QK_E_NO_RANDOM, "failed" };

static const struct status_row *row_of(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == status)
            return &statuses[i];
    return status >= 500 && status <= 599 ? &failed : NULL;
}

qk_err qk_service_status_check(const char *host, int status, qk_view body)
{
    const struct status_row *row = row_of(status);
    char message[MAX_MESSAGE];

    if (status == 200)
        return QK_OK;
    qk_service_answer_message(body, message, sizeof message);
    if (row)
        return qk_fail(row->err, "the entropy service at %.80s %s (HTTP %d%s%s)", host, row->words, status,
                       *message ? ": " : "", message);
    return qk_fail(QK_E_PROTOCOL, "%.80s answered with HTTP %d%s%s: is it an entropy service, and the address right?",
                   host, status, *message ? ", " : "", message);
}
