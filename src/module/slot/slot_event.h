/* SPDX-License-Identifier: Apache-2.0 */
/* C_WaitForSlotEvent. Slots never change and tokens never leave, so nothing ever happens but C_Finalize. */
#ifndef QK_MODULE_SLOT_EVENT_H
#define QK_MODULE_SLOT_EVENT_H

#include <quantoki/pkcs11.h>

#include "base/error.h"

/* With CKF_DONT_BLOCK: QK_E_NO_EVENT. Else waits until C_Finalize, asleep: QK_E_NOT_INITIALIZED. */
QK_MUST_CHECK qk_err qk_slot_event_wait(CK_FLAGS flags, const CK_SLOT_ID *out_slot, const void *reserved);
/* C_Finalize has begun: wakes whoever waits. Those who are woken touch nothing of the module any more. */
void qk_slot_event_end(void);
/* In a forked child: the lock may have been held by a thread that is not here. */
void qk_slot_event_abandon(void);

#endif
