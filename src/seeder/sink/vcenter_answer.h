/* SPDX-License-Identifier: Apache-2.0 */
/* What a vCenter answers, read from JSON. Source: vSphere Automation API 8.0.1 (CIS Session, vcenter Host, Host Entropy
 * External Pool). */
#ifndef QK_SEEDER_VCENTER_ANSWER_H
#define QK_SEEDER_VCENTER_ANSWER_H

#include "base/secret.h"

enum { QK_VCENTER_MOST_ID = 64 };

typedef struct qk_vcenter_pool {
    bool enabled;
    uint64_t missing; /* bytes up to its capacity */
} qk_vcenter_pool;

/* POST /api/session: a text, which goes into a header. All three: QK_E_PROTOCOL. */
QK_MUST_CHECK qk_err qk_vcenter_session_read(qk_view json, qk_secret *out_session);
/* GET /api/vcenter/host/{host}/entropy/external-pool. */
QK_MUST_CHECK qk_err qk_vcenter_pool_read(qk_view json, qk_vcenter_pool *out);
/* GET /api/vcenter/host?names=...: the one host in it. QK_E_OBJECT_MISSING if there is none. */
QK_MUST_CHECK qk_err qk_vcenter_host_read(qk_view json, char out_id[QK_VCENTER_MOST_ID]);
/* True for what can stand in a path as it is. */
bool qk_vcenter_is_id(const char *text);

#endif
