/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker does orders on: a PKCS #11 library with its tokens, the kernel's generator, a TPM, a file or named
 * pipe, an ESXi host. Its address says which: the absolute path of a library, or KIND:PLACE as in
 *
 *   kernel:/dev/urandom    tpm:/dev/tpmrm0    file:/run/pipe    esxi:USER@https://vcenter#/ca.pem
 *
 * All answer the same orders with the same report. What is no token has no LIST; its label in reports is its kind. */
#ifndef QK_SEEDER_SINK_H
#define QK_SEEDER_SINK_H

#include "seeder/worker/message.h"

typedef struct qk_seed_sink qk_seed_sink;

/* What cannot be used answers every order with the reason. NULL: no memory, or no kind of sink. */
qk_seed_sink *qk_seed_sink_open(const char *address);
/* Does one order; fills in the report's fields but for its head. */
void qk_seed_sink_do(qk_seed_sink *sink, const qk_seed_order *order, qk_seed_report *report);
/* Logs out and closes what is open. */
void qk_seed_sink_leave(qk_seed_sink **sink);

#endif
