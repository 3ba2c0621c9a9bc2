/* SPDX-License-Identifier: Apache-2.0 */
/* What a new instance is to be, and the files of it. */
#ifndef QK_CLI_INIT_PLAN_H
#define QK_CLI_INIT_PLAN_H

#include <limits.h>

#include "base/bytes.h"
#include "base/encoding.h"

#define QK_INIT_TOKEN_LABEL "quantoki"

enum { QK_INIT_HOSTS = 32 };

typedef struct qk_init_plan {
    const char *dir;
    unsigned grpc_port, https_port;
    const char *listen;
    const char *hosts[QK_INIT_HOSTS];
    size_t host_count;
    char root[PATH_MAX]; /* dir, absolute */
    char host_name[HOST_NAME_MAX + 1];
    qk_uuid private_keystore, public_keystore;
} qk_init_plan;

/* QK_E_BAD_ARGUMENT: the path is too long. */
QK_MUST_CHECK qk_err qk_init_path(const qk_init_plan *plan, const char *name, char out[PATH_MAX]);
/* A file that must not be there yet. */
QK_MUST_CHECK qk_err qk_init_create(const qk_init_plan *plan, const char *name, unsigned mode, qk_view content);

/* Authority and certificate of the server, with every name by which clients may call it. */
QK_MUST_CHECK qk_err qk_init_write_certificates(qk_init_plan *plan);
QK_MUST_CHECK qk_err qk_init_write_server_config(const qk_init_plan *plan);
QK_MUST_CHECK qk_err qk_init_write_client_config(const qk_init_plan *plan, qk_view anonymous_key);
/* What was made, and what to do with it. */
void qk_init_tell(const qk_init_plan *plan);

#endif
