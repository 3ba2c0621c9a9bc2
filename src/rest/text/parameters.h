/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a query. A bad one makes a refusal in the call and returns false. Other names are ignored. */
#ifndef QK_REST_PARAMETERS_H
#define QK_REST_PARAMETERS_H

#include "rest/parts.h"

/* One to nine decimal digits and nothing else, given at most once. */
bool qk_parameter_uint(qk_rest_call *call, const char *name, uint64_t least, uint64_t most, uint64_t fallback,
                       uint64_t *out_value);
/* "true" or "false". out_given may be NULL. */
bool qk_parameter_bool(qk_rest_call *call, const char *name, bool fallback, bool *out_value);
bool qk_parameter_given(qk_rest_call *call, const char *name);

/* True if the request asks for bytes (application/octet-stream), and not for JSON too. Source: RFC 9110, 12.5.1. */
bool qk_accepts_bytes(const qk_http_exchange *exchange);
/* True if a comma-separated header holds the item, in any case, whatever its parameters, unless they say q=0. */
bool qk_header_lists(const qk_http_exchange *exchange, const char *name, const char *item);

#endif
