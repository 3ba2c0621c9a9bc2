/* SPDX-License-Identifier: Apache-2.0 */
#include "module/entry/entry.h"

#include <errno.h>

#include <openssl/err.h>

#include "base/log.h"
#include "module/library/tell.h"

qk_visit qk_visit_begin(const char *name)
{
    qk_visit visit = { .name = name, .saved_errno = errno };

    visit.marked = ERR_set_mark() != 0;
    return visit;
}

/* Answers that are part of normal life; whoever debugs wants them, nobody else does. */
static bool is_everyday(qk_err err)
{
    return err == QK_E_BUFFER_SMALL || err == QK_E_SIGNATURE_INVALID || err == QK_E_ATTRIBUTE_TYPE ||
           err == QK_E_ATTRIBUTE_SENSITIVE || err == QK_E_ALREADY_INITIALIZED || err == QK_E_NOT_SUPPORTED ||
           err == QK_E_NOT_PARALLEL || err == QK_E_NO_EVENT;
}

static void note_failure(const qk_visit *visit, qk_err err)
{
    qk_log_failure(is_everyday(err) ? QK_LOG_DEBUG : QK_LOG_WARNING, err, "op=%s", visit->name);
    qk_tell_at_terminal(err);
}

CK_RV qk_visit_end(const qk_visit *visit, qk_err err)
{
    if (__builtin_expect(err != QK_OK, 0))
        note_failure(visit, err);
    else
        qk_log(QK_LOG_TRACE, "op=%s", visit->name);
    if (visit->marked || err != QK_OK)
        ERR_pop_to_mark();
    errno = visit->saved_errno;
    return qk_err_to_ckr(err);
}

qk_err qk_in_check(qk_view in)
{
    if (!in.data && in.len)
        return qk_fail(QK_E_BAD_ARGUMENT, "%zu bytes at NULL", in.len);
    if (in.len > PTRDIFF_MAX) /* what a failed C_GetAttributeValue leaves */
        return qk_fail(QK_E_BAD_ARGUMENT, "nothing has %zu bytes", in.len);
    return QK_OK;
}

qk_err qk_out_check(qk_out out)
{
    if (!out.len)
        return qk_fail(QK_E_BAD_ARGUMENT, "the pointer to the length is NULL");
    return QK_OK;
}

qk_err qk_out_give(qk_out out, qk_view result)
{
    CK_ULONG room = *out.len;

    *out.len = result.len;
    if (!out.place)
        return QK_OK;
    if (room < result.len)
        return qk_fail(QK_E_BUFFER_SMALL, "%zu bytes do not fit into %lu", result.len, room);
    if (result.len)
        memcpy(out.place, result.data, result.len);
    return QK_OK;
}
