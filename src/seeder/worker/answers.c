/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/answers.h"

#include <stdio.h>

#include "seeder/worker/message.h"

/* clang-format off */
static const struct answer_row {
    CK_RV rv;
    const char *name;
    qk_seed_class class;
    const char *advice;
} rows[] = {
#define ROW(code, class, advice) { CKR_##code, "CKR_" #code, QK_SEED_##class, advice },
    ROW(OK,                          DONE,          "")
    ROW(USER_ANOTHER_ALREADY_LOGGED_IN, CONFIGURATION, "another kind of user is logged in through this library: change `login`")
    ROW(USER_TOO_MANY_TYPES,         CONFIGURATION, "the token allows no further kind of user: change `login`")
    ROW(SESSION_READ_ONLY_EXISTS,    CONFIGURATION, "a Security Officer needs this library alone: give it targets of one `login`")
    ROW(SESSION_READ_WRITE_SO_EXISTS, CONFIGURATION, "a Security Officer is logged in through this library: give it targets of one `login`")
    ROW(SLOT_ID_INVALID,             TRANSIENT,     "there is no such slot: name the token by its label or serial number")
    ROW(PIN_INCORRECT,               CREDENTIAL,    "the PIN is wrong: correct it where it is kept; it will not be tried before, unless its note is removed")
    ROW(PIN_INVALID,                 CREDENTIAL,    "the PIN is not acceptable: correct it where it is kept")
    ROW(PIN_LEN_RANGE,               CREDENTIAL,    "the PIN is too short or too long: correct it where it is kept")
    ROW(PIN_EXPIRED,                 CREDENTIAL,    "the PIN has expired: change it at the token, then where it is kept")
    ROW(PIN_LOCKED,                  CREDENTIAL,    "the PIN is locked: unlock it at the token, then remove the note or use --retry-login")
    ROW(USER_PIN_NOT_INITIALIZED,    CREDENTIAL,    "the user PIN was never set: set it at the token, then remove the note or use --retry-login")
    ROW(USER_TYPE_INVALID,           CREDENTIAL,    "the token has no such kind of user: change `login`")
    ROW(RANDOM_SEED_NOT_SUPPORTED,   IMPOSSIBLE,    "this token takes no seeds; nothing can be done here")
    ROW(RANDOM_NO_RNG,               IMPOSSIBLE,    "this token has no random generator")
    ROW(FUNCTION_NOT_SUPPORTED,      IMPOSSIBLE,    "this library has no C_SeedRandom")
    ROW(USER_NOT_LOGGED_IN,          LOGIN_NEEDED,  "the token wants a login for this: give `login` and a PIN")
    ROW(SESSION_HANDLE_INVALID,      SESSION_LOST,  "")
    ROW(SESSION_CLOSED,              SESSION_LOST,  "")
    ROW(OPERATION_ACTIVE,            BUSY,          "")
    ROW(SESSION_COUNT,               BUSY,          "the token has no session left")
    ROW(TOKEN_RESOURCE_EXCEEDED,     BUSY,          "")
    ROW(DEVICE_ERROR,                TRANSIENT,     "")
    ROW(DEVICE_MEMORY,               TRANSIENT,     "")
    ROW(DEVICE_REMOVED,              TRANSIENT,     "the token was removed")
    ROW(TOKEN_NOT_PRESENT,           TRANSIENT,     "no such token in any slot: insert it, or correct its name")
    ROW(TOKEN_NOT_RECOGNIZED,        TRANSIENT,     "another token is there than before: SIGHUP accepts it")
    ROW(FUNCTION_FAILED,             TRANSIENT,     "")
    ROW(GENERAL_ERROR,               TRANSIENT,     "")
    ROW(HOST_MEMORY,                 TRANSIENT,     "")
#undef ROW
    { QK_SEED_PIN_UNREADABLE, "PIN_UNREADABLE", QK_SEED_TRANSIENT, "the PIN cannot be read from where it is kept; no login was tried" },
    { QK_SEED_PIN_WANTED, "PIN_WANTED", QK_SEED_BUSY, "" },
    { QK_SEED_PIN_NOT_TRIED, "PIN_NOT_TRIED", QK_SEED_CREDENTIAL, "not tried: the token says that wrong PINs were tried; log in there once with the right one by another program, or have the PIN unlocked; it is looked at again" },
    { QK_SEED_PIN_REFUSED, "PIN_REFUSED", QK_SEED_CREDENTIAL, "a note says that the PIN was refused, not how: correct the PIN where it is kept, or remove the note" },
    { QK_SEED_NO_GENERATOR, "NO_GENERATOR", QK_SEED_IMPOSSIBLE, "the token says of itself that it has no random generator (no CKF_RNG): what it takes goes nowhere" },
    { QK_SEED_NO_TOKENS, "NO_TOKENS", QK_SEED_BUSY, "the library has no initialised token: insert or initialise one; it is looked for every minute" },
    { QK_SEED_MORE_TOKENS, "MORE_TOKENS", QK_SEED_BUSY, "the library has more tokens than all_tokens can take (1024): name the others as targets of their own" },
};
/* clang-format on */

static const struct answer_row *find(CK_RV rv)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].rv == rv)
            return &rows[i];
    return NULL;
}

qk_seed_class qk_seed_classify(CK_RV rv)
{
    const struct answer_row *row = find(rv);
    return row ? row->class : QK_SEED_TRANSIENT;
}

const char *qk_seed_code_name(CK_RV rv)
{
    static _Thread_local char number[24];
    const struct answer_row *row = find(rv);

    if (row)
        return row->name;
    snprintf(number, sizeof number, "0x%lx", rv);
    return number;
}

const char *qk_seed_advice(CK_RV rv)
{
    const struct answer_row *row = find(rv);
    return row ? row->advice : "";
}

const char *qk_seed_class_name(qk_seed_class class)
{
    static const char *const names[] = { [QK_SEED_DONE] = "done",
                                         [QK_SEED_CONFIGURATION] = "configuration",
                                         [QK_SEED_CREDENTIAL] = "credential",
                                         [QK_SEED_IMPOSSIBLE] = "not-possible",
                                         [QK_SEED_LOGIN_NEEDED] = "login-needed",
                                         [QK_SEED_SESSION_LOST] = "session-lost",
                                         [QK_SEED_BUSY] = "busy",
                                         [QK_SEED_TRANSIENT] = "transient" };
    return names[class];
}

bool qk_seed_code_at(size_t index, CK_RV *out_rv)
{
    if (index >= sizeof rows / sizeof rows[0])
        return false;
    *out_rv = rows[index].rv;
    return true;
}
