/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/method.h"

#include "entropy/entropy.h"
#include "rpc/message.h"

static qk_err refuse(const qk_caller *caller, qk_action action)
{
    return qk_fail(QK_E_NOT_AUTHORIZED,
                   "%s lacks the action %s; a manager of the instance can grant a role that has it",
                   caller->identity[0] ? caller->identity : "the caller", qk_action_name(action));
}

qk_err qk_caller_may(const qk_caller *caller, qk_action action)
{
    if (!caller || action == QK_ACTION_NONE)
        return QK_OK;
    if ((caller->actions | caller->keystore_actions) & QK_ACTION_BIT(action))
        return QK_OK;
    return refuse(caller, action);
}

bool qk_caller_can_in(const qk_caller *caller, qk_action action, const qk_uuid *keystore)
{
    if (!caller || action == QK_ACTION_NONE || (caller->actions & QK_ACTION_BIT(action)))
        return true;
    for (size_t i = 0; i < caller->keystore_count; i++)
        if ((caller->keystores[i].actions & QK_ACTION_BIT(action)) &&
            qk_uuid_equal(&caller->keystores[i].keystore, keystore))
            return true;
    return false;
}

qk_err qk_caller_may_in(const qk_caller *caller, qk_action action, const qk_uuid *keystore)
{
    char text[QK_UUID_TEXT];

    if (qk_caller_can_in(caller, action, keystore))
        return QK_OK;
    if (!(caller->keystore_actions & QK_ACTION_BIT(action)))
        return refuse(caller, action);
    qk_uuid_write(keystore, text);
    return qk_fail(QK_E_NOT_AUTHORIZED, "%s has the action %s on other keystores, not on %s", caller->identity,
                   qk_action_name(action), text);
}

void qk_endpoint_free(qk_endpoint **endpoint)
{
    if (*endpoint)
        (*endpoint)->free(*endpoint);
    *endpoint = NULL;
}

qk_err qk_method_run(const qk_method *method, void *context, const qk_call *call, const void *request,
                     void **out_response)
{
    void *response;

    QK_TRY(qk_caller_may(call->caller, method->action));
    QK_TRY(qk_caller_may(call->caller, method->second_action));
    if (!method->handler)
        return qk_fail(QK_E_NOT_SUPPORTED, "%s is not implemented here", method->path);
    if (method->flags & QK_METHOD_NEEDS_RANDOM)
        QK_TRY(qk_entropy_check()); /* a key is refused at the next call after the sources failed */
    response = qk_message_new(method->response, call->arena);
    if (!response)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the answer of %s", method->path);
    QK_TRY(method->handler(context, call, request, response));
    *out_response = response;
    return QK_OK;
}
