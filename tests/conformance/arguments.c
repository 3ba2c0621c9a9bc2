/* SPDX-License-Identifier: Apache-2.0 */
/* Every function × every bad argument: the standard's code, and never a crash. */
#include "functions.h"

static bool is_handle_error(CK_RV rv)
{
    return rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID || rv == CKR_WRAPPING_KEY_HANDLE_INVALID ||
           rv == CKR_UNWRAPPING_KEY_HANDLE_INVALID;
}

static bool is_any_error(CK_RV rv)
{
    return rv != CKR_OK && !is_no_answer(rv);
}

static bool is_any_answer(CK_RV rv)
{
    return !is_no_answer(rv);
}

static bool is_arguments(CK_RV rv)
{
    return rv == CKR_ARGUMENTS_BAD;
}

static bool is_session(CK_RV rv)
{
    return rv == CKR_SESSION_HANDLE_INVALID;
}

static bool is_slot(CK_RV rv)
{
    return rv == CKR_SLOT_ID_INVALID;
}

static bool is_mechanism(CK_RV rv)
{
    return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_ARGUMENTS_BAD;
}

static CK_MECHANISM unknown = { 0x7ffffff0UL, NULL, 0 }, no_bytes = { CKM_AES_CBC_PAD, NULL, 16 };

static const struct bad {
    const char *kinds;
    uintptr_t value;
    const void *pointer; /* if not NULL, the value */
    bool (*wanted)(CK_RV rv);
} bads[] = {
    { "sS", 0, NULL, is_session },
    { "sS", NO_HANDLE, NULL, is_session },
    { "sS", NONE_OF_IT, NULL, is_session },
    { "lL", 99, NULL, is_slot },
    { "lL", NONE_OF_IT, NULL, is_slot },
    { "r", 1, in, is_arguments },
    { "b", 0, NULL, is_arguments },
    { "B", 0, NULL, is_arguments },
    { "n", 0, NULL, is_any_answer },
    { "nN", NONE_OF_IT, NULL, is_any_error },
    { "o", 0, NULL, is_any_answer },
    { "p", 0, NULL, is_arguments },
    { "h", 0, NULL, is_any_error },
    { "m", 0, NULL, is_arguments },
    { "m", 0, &unknown, is_mechanism },
    { "m", 0, &no_bytes, is_mechanism },
    { "kK", 0, NULL, is_handle_error },
    { "kK", NO_HANDLE, NULL, is_handle_error },
    { "kK", NONE_OF_IT, NULL, is_handle_error },
    { "t", 0, NULL, is_any_error },
    { "c", 0, NULL, is_any_answer },
    { "cd", NONE_OF_IT, NULL, is_any_error },
};

static void try(const row *r, size_t at, uintptr_t value, bool (*wanted)(CK_RV rv), const char *what)
{
    uintptr_t arguments[MOST] = { 0 };
    CK_RV rv;

    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
    r->prepare();
    for (size_t i = 0; r->kinds[i]; i++)
        arguments[i] = good(r, i);
    arguments[at] = value;
    rv = call(r, arguments);
    if (!wanted(rv) && !refuses_mechanism(r, rv))
        complain(__FILE__, __LINE__, "%s with argument %zu %s 0x%lx: 0x%lx", r->name, at, what, (unsigned long)value,
                 rv);
}

static void bad_arguments_have_their_codes(void)
{
    CHECK(COUNT(rows) == FUNCTIONS);
    make_keys();
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].index == i);
        for (size_t at = 0; rows[i].kinds[at]; at++)
            for (size_t b = 0; b < COUNT(bads); b++)
                if (strchr(bads[b].kinds, rows[i].kinds[at]))
                    try(&rows[i], at, bads[b].pointer ? (uintptr_t)bads[b].pointer : bads[b].value, bads[b].wanted,
                        "being");
    }
}

const test_case argument_cases[] = {
    { "every function meets every bad argument with the standard's code", bad_arguments_have_their_codes, true, false },
    { NULL, NULL, false, false },
};
