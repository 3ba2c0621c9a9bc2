/* SPDX-License-Identifier: Apache-2.0 */
/* The library between C_Initialize and C_Finalize: its slots and sessions. Made and freed as a whole. */
#ifndef QK_MODULE_MODULE_H
#define QK_MODULE_MODULE_H

#include "module/slot/session_table.h"
#include "module/slot/slot.h"

typedef struct qk_module {
    qk_client_config config;
    qk_slot *slots;
    size_t slot_count;
    qk_session_table *sessions;
} qk_module;

/* Reads the configuration and makes the slots; connects to nothing. A configuration that is named and cannot be used is
 * also told on standard error, since no log is open yet and CKR_GENERAL_ERROR says nothing. `arguments` may be NULL or
 * point to a CK_C_INITIALIZE_ARGS. QK_E_CONFIG, QK_E_BAD_ARGUMENT, QK_E_CANT_LOCK, QK_E_ALREADY_INITIALIZED. */
QK_MUST_CHECK qk_err qk_module_initialize(const void *arguments);
QK_MUST_CHECK qk_err qk_module_finalize(const void *reserved);
QK_MUST_CHECK qk_err qk_module_info(CK_INFO *out_info);

/* QK_E_NOT_INITIALIZED, also in a child that has not called C_Initialize. */
QK_MUST_CHECK qk_err qk_module_get(qk_module **out_module);
/* QK_E_NOT_INITIALIZED, QK_E_SLOT_INVALID. */
QK_MUST_CHECK qk_err qk_module_slot(CK_SLOT_ID id, qk_slot **out_slot);

/* Writes `text` into a field of blanks, as PKCS #11 wants its texts. */
void qk_pad(CK_UTF8CHAR *field, size_t field_len, const char *text);

#endif
