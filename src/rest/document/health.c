/* SPDX-License-Identifier: Apache-2.0 */
/* For orchestrators and load balancers: alive, and ready to serve. */
#include "entropy/entropy.h"
#include "rest/parts.h"

void qk_rest_make_health(qk_rest *rest, qk_rest_call *call)
{
    qk_json json = qk_json_to(&call->body);

    (void)rest;
    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "status", "ok");
    qk_json_text(&json, "version", QK_VERSION);
    qk_json_close(&json, '}');
    qk_rest_reply_json(call);
}

void qk_rest_make_readiness(qk_rest *rest, qk_rest_call *call)
{
    qk_json json = qk_json_to(&call->body);

    if (!qk_entropy_types()) {
        qk_rest_refuse_supply(call);
        return;
    }
    if (rest->host.check_database && rest->host.check_database(rest->host.context) != QK_OK) {
        qk_rest_refuse(call, QK_REFUSE_UNAVAILABLE, "the database does not answer");
        return;
    }
    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "status", "ready");
    qk_json_close(&json, '}');
    qk_rest_reply_json(call);
}
