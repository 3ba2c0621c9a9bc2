/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS #11 library in a worker process: it is loaded, and does the supervisor's orders on its tokens. */
#ifndef QK_SEEDER_LIBRARY_H
#define QK_SEEDER_LIBRARY_H

#include "seeder/worker/message.h"

typedef struct qk_seed_library qk_seed_library;

/* Loads and initialises `path`. A library that cannot be used answers every order with the reason. NULL: no memory. */
qk_seed_library *qk_seed_library_open(const char *path);
/* Does one order; fills in the report's fields but for its head. */
void qk_seed_library_do(qk_seed_library *library, const qk_seed_order *order, qk_seed_report *report);
/* Logs out, closes sessions, finalises. */
void qk_seed_library_leave(qk_seed_library **library);

#endif
