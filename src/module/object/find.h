/* SPDX-License-Identifier: Apache-2.0 */
/* C_FindObjects: session objects from memory, token objects from the keystore, which is asked at each C_FindObjectsInit
 * and then page by page as the application goes on. */
#ifndef QK_MODULE_FIND_H
#define QK_MODULE_FIND_H

#include "base/bytes.h"
#include "p11/attribute.h"

typedef struct qk_find {
    bool active;
    CK_OBJECT_HANDLE *handles; /* found and not yet given */
    size_t count, next, cap;
    qk_attrs wanted; /* for the next page; CKA_VALUE apart */
    bool wants_value;
    qk_buf value; /* what CKA_VALUE must be: compared here, since private objects have theirs sealed */
    bool public_store, private_store; /* which are searched */
    bool nothing;                     /* the template has an attribute that nobody knows: no object has it */
    qk_buf page_token;                /* empty: there is no further page */
} qk_find;

void qk_find_done(qk_find *find);

QK_MUST_CHECK qk_err qk_find_init(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *template_, CK_ULONG count);
QK_MUST_CHECK qk_err qk_find_next(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *out_handles, CK_ULONG most,
                                  CK_ULONG *out_count);
QK_MUST_CHECK qk_err qk_find_final(CK_SESSION_HANDLE session);

#endif
