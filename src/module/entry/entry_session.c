/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions of sessions, logins and random numbers. */
#include "module/entry/entry.h"
#include "module/slot/session.h"
#include "module/work/work.h"

/* clang-format off */
QK_ENTRY(C_OpenSession,
         (CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify, CK_SESSION_HANDLE_PTR session),
         ((void)application, (void)notify, qk_session_open(slot, flags, session))) /* there is nothing to notify of */

QK_ENTRY(C_CloseSession, (CK_SESSION_HANDLE session), qk_session_close(session))

QK_ENTRY(C_CloseAllSessions, (CK_SLOT_ID slot), qk_session_close_all(slot))

QK_ENTRY(C_GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO_PTR info), qk_session_info(session, info))

QK_ENTRY(C_GetSessionValidationFlags,
         (CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS_PTR flags),
         qk_session_validation(session, type, flags))

QK_ENTRY(C_SessionCancel, (CK_SESSION_HANDLE session, CK_FLAGS flags), qk_work_cancel(session, flags))

QK_ENTRY(C_GetOperationState, (CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG_PTR state_len),
         qk_work_save(session, qk_out_to(state, state_len)))

QK_ENTRY(C_SetOperationState,
         (CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG state_len, CK_OBJECT_HANDLE encryption_key,
          CK_OBJECT_HANDLE authentication_key),
         qk_work_restore(session, qk_in(state, state_len), encryption_key, authentication_key))

QK_ENTRY(C_Login, (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG pin_len),
         qk_login_user(session, user, qk_in(pin, pin_len)))

QK_ENTRY(C_LoginUser,
         (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG pin_len, CK_UTF8CHAR_PTR name,
          CK_ULONG name_len),
         qk_login_named_user(session, user, qk_in(pin, pin_len), qk_in(name, name_len)))

QK_ENTRY(C_Logout, (CK_SESSION_HANDLE session), qk_logout(session))

QK_ENTRY(C_InitPIN, (CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR pin, CK_ULONG pin_len),
         qk_init_pin(session, qk_in(pin, pin_len)))

QK_ENTRY(C_SetPIN,
         (CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR old_pin, CK_ULONG old_len, CK_UTF8CHAR_PTR new_pin,
          CK_ULONG new_len),
         qk_set_pin(session, qk_in(old_pin, old_len), qk_in(new_pin, new_len)))

QK_ENTRY(C_SeedRandom, (CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG seed_len),
         qk_seed_random(session, qk_in(seed, seed_len)))

QK_ENTRY(C_GenerateRandom, (CK_SESSION_HANDLE session, CK_BYTE_PTR place, CK_ULONG len),
         qk_generate_random(session, place, len))
/* clang-format on */
