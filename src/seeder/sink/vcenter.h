/* SPDX-License-Identifier: Apache-2.0 */
/* A user's session with a vCenter: made by a login, given up when vCenter forgets it, ended by a logout. Source:
 * vSphere Automation API, CIS Session. */
#ifndef QK_SEEDER_VCENTER_H
#define QK_SEEDER_VCENTER_H

#include <quantoki/pkcs11.h>

#include "base/arena.h"
#include "net/http.h"

typedef struct qk_vcenter qk_vcenter;

/* "USER@https://host[:port]#[CA-FILE]". Files are read with the first request. NULL: no memory, or no such address. */
qk_vcenter *qk_vcenter_new(const char *place);
/* Logs out. */
void qk_vcenter_free(qk_vcenter **vcenter);

/* All of these: CKR_OK or a QK_SEED_VCENTER_... code; what went wrong is told on standard error. */

/* Is it there, and trusted? No login. */
CK_RV qk_vcenter_reach(qk_vcenter *vcenter);
/* vCenter locks users after a few wrong passwords: one that was refused for one target is not sent for another. A
 * target that knows of the refusal and asks again has the operator's word. */
CK_RV qk_vcenter_login(qk_vcenter *vcenter, qk_view password, uint32_t target);
bool qk_vcenter_has_session(const qk_vcenter *vcenter);
/* One request in the session. `json`: its body, may be empty; the answer's body is in the arena. The session is gone
 * after QK_SEED_VCENTER_NO_SESSION. */
CK_RV qk_vcenter_ask(qk_vcenter *vcenter, const char *method, const char *path, qk_view json, qk_arena *arena,
                     qk_view *out_body);
/* A failure of what reads answers. */
CK_RV qk_vcenter_failed(const qk_vcenter *vcenter, qk_err err);

#endif
