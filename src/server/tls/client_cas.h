/* SPDX-License-Identifier: Apache-2.0 */
/* The second layer while the server runs: which client authorities the gRPC listener trusts, as the database says. */
#ifndef QK_SERVER_CLIENT_CAS_H
#define QK_SERVER_CLIENT_CAS_H

#include "base/error.h"

struct qk_server;

/* Looks whether they have changed. If so, new connections go by the new ones, and standing ones are asked to end: their
 * calls are answered, then their clients come again under the new rules. On an error all stays as it is. Before the
 * listeners open, and then by one thread at a time that may wait for the database. */
QK_MUST_CHECK qk_err qk_client_cas_refresh(struct qk_server *server);

#endif
