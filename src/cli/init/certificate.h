/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for a new instance: an authority of its own and a server certificate it signed. P-256 throughout. */
#ifndef QK_CLI_CERTIFICATE_H
#define QK_CLI_CERTIFICATE_H

#include "base/bytes.h"

typedef struct qk_certificates {
    qk_buf ca, ca_key;         /* PEM; the key signs certificates of clients and of further servers */
    qk_buf server, server_key; /* PEM */
} qk_certificates;

void qk_certificates_done(qk_certificates *certificates);
/* `hosts`: names and addresses the server certificate is valid for, `count` of them, the first one its common name.
 * The authority lasts ten years, the server certificate two. */
QK_MUST_CHECK qk_err qk_certificates_make(const char *const *hosts, size_t count, qk_certificates *out);

#endif
