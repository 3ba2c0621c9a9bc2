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
#define ROW(code, class, advice) { QK_SEED_##code, #code, QK_SEED_##class, advice },
    ROW(PIN_UNREADABLE,      TRANSIENT,     "the PIN or password cannot be read from where it is kept; no login was tried")
    ROW(PIN_WANTED,          BUSY,          "")
    ROW(PIN_NOT_TRIED,       CREDENTIAL,    "not tried: the token says that wrong PINs were tried; log in there once with the right one by another program, or have the PIN unlocked; it is looked at again")
    ROW(PIN_REFUSED,         CREDENTIAL,    "the PIN was refused, and it is not known how: correct it where it is kept, or remove the note")
    ROW(LOGIN_UNFINISHED,    CREDENTIAL,    "the library or the daemon died during a login, so whether the PIN is right is not known: see to it, then remove the note or use --retry-login")
    ROW(STATE_UNWRITABLE,    TRANSIENT,     "state_folder cannot be written: a wrong PIN could not be remembered, so no login is tried")
    ROW(NO_GENERATOR,        IMPOSSIBLE,    "the token says of itself that it has no random generator (no CKF_RNG): what it takes goes nowhere")
    ROW(NO_TOKENS,           BUSY,          "the library has no initialised token: insert or initialise one; it is looked for every minute")
    ROW(MORE_TOKENS,         BUSY,          "the library has more tokens than all_tokens can take (1024): name the others as targets of their own")
    ROW(SINK_MISSING,        TRANSIENT,     "no such device, file or folder: correct its path, or load what makes it")
    ROW(SINK_FORBIDDEN,      CONFIGURATION, "not permitted: give the seeder's user access, e.g. to a TPM by SupplementaryGroups=tss, to a file by ReadWritePaths=")
    ROW(SINK_WRONG_KIND,     CONFIGURATION, "what is there is of another kind than this sink wants: correct its path")
    ROW(SINK_FULL,           TRANSIENT,     "no space is left there")
    ROW(SINK_BUSY,           BUSY,          "another program uses it alone")
    ROW(SINK_FAILED,         TRANSIENT,     "")
    ROW(CREDIT_FORBIDDEN,    CONFIGURATION, "crediting entropy needs CAP_SYS_ADMIN: give it to the unit (AmbientCapabilities= and CapabilityBoundingSet=), or leave credit_bits out")
    ROW(PIPE_NO_READER,      BUSY,          "nobody reads from the pipe")
    ROW(PIPE_FULL,           BUSY,          "the pipe's reader does not take what is in it")
    ROW(TPM_BUSY,            TRANSIENT,     "the TPM asks for another try")
    ROW(TPM_NOT_STARTED,     TRANSIENT,     "the TPM was not started (TPM2_Startup): the firmware does it; swtpm with --flags startup-clear")
    ROW(TPM_UNSUPPORTED,     IMPOSSIBLE,    "this TPM has no TPM2_StirRandom: is it a TPM 1.2?")
    ROW(TPM_REFUSED,         TRANSIENT,     "the TPM failed")
    ROW(TPM_ANSWER,          TRANSIENT,     "what answers there is no TPM 2.0")
    ROW(VCENTER_AWAY,        TRANSIENT,     "vCenter cannot be reached")
    ROW(VCENTER_UNTRUSTED,   TRANSIENT,     "vCenter's certificate is not trusted: name its authority in ca_file")
    ROW(VCENTER_CONFIG,      CONFIGURATION, "ca_file cannot be used")
    ROW(VCENTER_LOGIN,       CREDENTIAL,    "vCenter refuses user or password: correct them where they are kept; they will not be tried before")
    ROW(VCENTER_NO_SESSION,  SESSION_LOST,  "")
    ROW(VCENTER_FORBIDDEN,   CONFIGURATION, "the user needs the privileges Host.Entropy.Read and Host.Entropy.Write on the host")
    ROW(VCENTER_NO_HOST,     TRANSIENT,     "vCenter knows no such host, or is older than 8.0 U1: correct host")
    ROW(VCENTER_ANSWER,      TRANSIENT,     "what answers there is no vCenter of 8.0 U1 or later")
    ROW(ESXI_POOL_OFF,       IMPOSSIBLE,    "external entropy is off on this host: set its kernel option entropySources")
#undef ROW
};
/* clang-format on */

static const struct answer_row *find(CK_RV rv)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].rv == rv)
            return &rows[i];
    return NULL;
}

bool qk_seed_code_is_known(CK_RV rv)
{
    return find(rv) != NULL;
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
