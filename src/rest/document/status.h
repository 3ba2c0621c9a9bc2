/* SPDX-License-Identifier: Apache-2.0 */
#ifndef QK_REST_STATUS_H
#define QK_REST_STATUS_H

#include "rest/parts.h"

/* The document of /api/v1/status. */
void qk_status_write(qk_rest *rest, qk_buf *out);
/* ["quantum","mixed"]: what can be had now. */
void qk_status_write_types(qk_json *json, const char *key);

#endif
