/* SPDX-License-Identifier: Apache-2.0 */
/* For contract tests: endpoints of a running quantokid, as an application has them. The environment says where it is
 * and who we are (tests/contract/on-remote.sh):
 *
 *     QUANTOKI_TEST_GRPC_PORT, QUANTOKI_TEST_HTTPS_PORT   on 127.0.0.1
 *     QUANTOKI_TEST_CA                                    PEM file that its certificates are of
 *     QUANTOKI_TEST_SO_PIN                                API key of the security officer, who may do everything */
#ifndef QK_TESTS_CONTRACT_REMOTE_H
#define QK_TESTS_CONTRACT_REMOTE_H

#include "base/secret.h"
#include "rpc/client.h"

typedef struct remote {
    qk_rpc_client *client;
    qk_secret token;
} remote;

/* Exchanges the API key for a token; the client connects with the first call. Ends the program with words if it
 * cannot. */
void remote_open(remote *it);
void remote_close(remote *it);
/* An endpoint of its own; both services of the server are reached through it. */
qk_err remote_endpoint(remote *it, qk_endpoint **out_endpoint);

#endif
