/* SPDX-License-Identifier: Apache-2.0 */
/* The status document of a server (GET /api/v1/status) as text for people. What is missing in it is left out; texts
 * from the server lose what a terminal would obey. */
#ifndef QK_CLI_ENTROPY_REPORT_H
#define QK_CLI_ENTROPY_REPORT_H

#include "base/bytes.h"

/* The whole at a glance, with a line for each source. QK_E_PROTOCOL if it is no such document; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_entropy_report_status(qk_view json, const char *address, qk_buf *out);
/* Each source in full. */
QK_MUST_CHECK qk_err qk_entropy_report_sources(qk_view json, qk_buf *out);

#endif
