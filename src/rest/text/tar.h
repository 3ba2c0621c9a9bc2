/* SPDX-License-Identifier: Apache-2.0 */
/* A tar archive in memory, and its compression. Source: POSIX.1-2017, pax, "ustar Interchange Format". */
#ifndef QK_REST_TAR_H
#define QK_REST_TAR_H

#include "base/bytes.h"

/* Appends a file; `name` under 100 characters. */
void qk_tar_put(qk_buf *tar, const char *name, int64_t unix_s, qk_view content);
/* Appends the end. */
void qk_tar_end(qk_buf *tar);
/* Appends `in` as a gzip member. QK_E_NO_MEMORY. Source: RFC 1952. */
QK_MUST_CHECK qk_err qk_gzip(qk_view in, qk_buf *out);

#endif
