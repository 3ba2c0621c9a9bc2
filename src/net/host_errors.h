/* SPDX-License-Identifier: Apache-2.0 */
/* The host's OpenSSL errors, put aside while libssl works.
 *
 * libssl empties this thread's whole error queue when a handshake message arrives, marks included, and reads old
 * entries as its own. Inside somebody else's process the queue is theirs: what is in it is taken out before a call
 * into libssl and put back after it. Nothing is copied while the queue is empty, as it nearly always is. Of the marks
 * one is put back on top, which is the one that our entry points set. */
#ifndef QK_NET_HOST_ERRORS_H
#define QK_NET_HOST_ERRORS_H

typedef struct qk_host_errors qk_host_errors;

/* NULL if the queue was empty (or memory is out: then the entries are lost). Afterwards it is empty. */
qk_host_errors *qk_host_errors_take(void);
/* Drops what is in the queue now and puts the taken entries back; for QK_OWNED. */
void qk_host_errors_put_back(qk_host_errors **taken);

#endif
