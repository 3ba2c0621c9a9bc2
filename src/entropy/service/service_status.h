/* SPDX-License-Identifier: Apache-2.0 */
/* What the statuses of an entropy service mean. For service.c. */
#ifndef QK_ENTROPY_SERVICE_STATUS_H
#define QK_ENTROPY_SERVICE_STATUS_H

#include "base/bytes.h"

/* QK_OK for 200; for any other a row's error, with words of ours and the message that the body may have. */
QK_MUST_CHECK qk_err qk_service_status_check(const char *host, int status, qk_view body);

#endif
