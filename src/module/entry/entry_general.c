/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions of the library, its slots and tokens. */
#include "module/entry/entry.h"
#include "module/entry/interface.h"
#include "module/library/module.h"
#include "module/slot/slot_event.h"

/* clang-format off */
QK_ENTRY(C_Initialize, (CK_VOID_PTR arguments), qk_module_initialize(arguments))

QK_ENTRY(C_Finalize, (CK_VOID_PTR reserved), qk_module_finalize(reserved))

QK_ENTRY(C_GetInfo, (CK_INFO_PTR info), qk_module_info(info))

QK_ENTRY(C_GetFunctionList, (CK_FUNCTION_LIST_PTR_PTR list), qk_interface_function_list(list))

QK_ENTRY(C_GetInterfaceList, (CK_INTERFACE_PTR interfaces, CK_ULONG_PTR count),
         qk_interface_list(interfaces, count))

QK_ENTRY(C_GetInterface,
         (CK_UTF8CHAR_PTR name, CK_VERSION_PTR version, CK_INTERFACE_PTR_PTR interface, CK_FLAGS flags),
         qk_interface_find(name, version, flags, interface))

QK_ENTRY(C_GetSlotList, (CK_BBOOL token_present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count),
         ((void)token_present, qk_slot_list(slots, count)))

QK_ENTRY(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO_PTR info), qk_slot_info(slot, info))

QK_ENTRY(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved),
         qk_slot_event_wait(flags, slot, reserved))

QK_ENTRY(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info), qk_slot_token_info(slot, info))

QK_ENTRY(C_GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE_PTR mechanisms, CK_ULONG_PTR count),
         qk_slot_mechanism_list(slot, mechanisms, count))

QK_ENTRY(C_GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO_PTR info),
         qk_slot_mechanism_info(slot, type, info))

QK_ENTRY(C_InitToken, (CK_SLOT_ID slot, CK_UTF8CHAR_PTR pin, CK_ULONG pin_len, CK_UTF8CHAR_PTR label),
         qk_slot_init_token(slot, qk_in(pin, pin_len), label))
/* clang-format on */
