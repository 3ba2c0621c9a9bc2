/* SPDX-License-Identifier: Apache-2.0 */
/* Templates and mechanism parameters that nobody should give. */
#include "functions.h"

static CK_BYTE out[4096];

/* ---- templates ---- */

static CK_ATTRIBUTE nested_items[2];
static CK_OBJECT_CLASS class = CKO_SECRET_KEY;
static CK_KEY_TYPE type = CKK_AES;
static CK_ULONG value_len;

static void fill(CK_ATTRIBUTE_TYPE wanted_type, CK_BYTE *value, CK_ULONG len)
{
    for (size_t i = 0; i < HUGE_COUNT; i++)
        items[i] = (CK_ATTRIBUTE){ wanted_type, value, len };
}

/* Strange templates of `count` attributes; 0 past the last. C_GetAttributeValue writes into them, so they are made anew
 * each time. */
static CK_ULONG strange(size_t which)
{
    static CK_BYTE byte, zeros[16];
    static CK_BBOOL truth, lie;

    byte = 7;
    truth = CK_TRUE;
    lie = CK_FALSE;
    class = CKO_SECRET_KEY;
    type = CKK_AES;
    value_len = 32;
    memset(zeros, 0, sizeof zeros);
    items[0] = (CK_ATTRIBUTE)VALUE(CKA_CLASS, class);
    items[1] = (CK_ATTRIBUTE)VALUE(CKA_KEY_TYPE, type);
    items[2] = (CK_ATTRIBUTE)VALUE(CKA_VALUE_LEN, value_len);
    switch (which) {
    case 0:
        fill(CKA_LABEL, zeros, 16);
        return HUGE_COUNT;
    case 1:
        fill(0x7ffffff3UL, zeros, 16);
        return HUGE_COUNT;
    case 2: /* twice, and not the same */
        items[3] = (CK_ATTRIBUTE)VALUE(CKA_ENCRYPT, truth);
        items[4] = (CK_ATTRIBUTE)VALUE(CKA_ENCRYPT, lie);
        return 5;
    case 3: /* sensitive and never to be so */
        items[3] = (CK_ATTRIBUTE)VALUE(CKA_ALWAYS_SENSITIVE, truth);
        items[4] = (CK_ATTRIBUTE)VALUE(CKA_SENSITIVE, lie);
        return 5;
    case 4:
        items[3] = (CK_ATTRIBUTE){ CKA_TOKEN, &byte, 0 };
        return 4;
    case 5:
        items[3] = (CK_ATTRIBUTE){ CKA_TOKEN, zeros, 8 };
        return 4;
    case 6:
        items[2] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, zeros, 3 };
        return 3;
    case 7:
        items[3] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 5 };
        return 4;
    case 8:
        items[3] = (CK_ATTRIBUTE){ CKA_LABEL, zeros, NONE_OF_IT };
        return 4;
    case 9:
        nested_items[0] = (CK_ATTRIBUTE)VALUE(CKA_ENCRYPT, truth);
        nested_items[1] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 9 };
        items[3] = (CK_ATTRIBUTE){ CKA_UNWRAP_TEMPLATE, nested_items, sizeof nested_items };
        return 4;
    case 10: /* a template within itself */
        nested_items[0] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, nested_items, sizeof nested_items[0] };
        items[3] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, nested_items, sizeof nested_items[0] };
        return 4;
    case 11:
        items[3] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, nested_items, sizeof nested_items[0] - 1 };
        return 4;
    case 12: /* another class */
        items[0] = (CK_ATTRIBUTE){ CKA_CLASS, zeros, sizeof class };
        return 3;
    default:
        return 0;
    }
}

static void strange_templates_break_nothing(void)
{
    CK_ULONG count, state_len = sizeof out;

    make_keys();
    for (size_t which = 0; (count = strange(which)) != 0; which++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            const char *place = strchr(rows[i].kinds, 't');
            uintptr_t arguments[MOST] = { 0 };
            CK_RV rv;
            if (!place)
                continue;
            OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
            rows[i].prepare();
            for (size_t at = 0; rows[i].kinds[at]; at++)
                arguments[at] = good(&rows[i], at);
            arguments[place - rows[i].kinds + 1] = strange(which);
            rv = call(&rows[i], arguments);
            if (is_no_answer(rv) || (rv == CKR_OK && which > 1 && strncmp(rows[i].name, "C_Get", 5) != 0 &&
                                     strncmp(rows[i].name, "C_Find", 6) != 0))
                complain(__FILE__, __LINE__, "%s with strange template %zu: 0x%lx", rows[i].name, which, rv);
        }
    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
    RV(p11->C_GetOperationState(session, out, &state_len), CKR_OPERATION_NOT_INITIALIZED);
}

/* ---- mechanism parameters ---- */

static void try_parameter(const row *r, CK_MECHANISM_TYPE mechanism_type, CK_ULONG len)
{
    static CK_BYTE zeros[512];
    CK_MECHANISM strange_one = { mechanism_type, len ? zeros : NULL, len };
    uintptr_t arguments[MOST] = { 0 };
    CK_RV rv;

    for (size_t at = 0; r->kinds[at]; at++)
        arguments[at] = good(r, at);
    arguments[1] = (uintptr_t)&strange_one;
    rv = call(r, arguments);
    if (is_no_answer(rv))
        complain(__FILE__, __LINE__, "%s with mechanism 0x%lx and a parameter of %lu zeros: 0x%lx", r->name,
                 mechanism_type, len, rv);
    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
}

static bool takes_long(CK_MECHANISM_TYPE mechanism_type)
{
    CK_MECHANISM_INFO info;

    return p11->C_GetMechanismInfo(0, mechanism_type, &info) == CKR_OK &&
           (info.flags & (CKF_GENERATE | CKF_GENERATE_KEY_PAIR));
}

static void parameters_of_any_length_break_nothing(void)
{
    static const CK_ULONG lens[] = { 0, 1, 7, 8, 12, 16, 17, 24, 32, 40, 48, 49, 56, 64, 72, 80, 96, 128, 256, 512 };
    CK_MECHANISM_TYPE types[512];
    CK_ULONG count = COUNT(types);

    make_keys();
    OK(p11->C_GetMechanismList(0, types, &count));
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].kinds[1] != 'm')
            continue;
        rows[i].prepare();
        for (CK_ULONG t = 0; t < count; t++)
            for (size_t l = 0; l < COUNT(lens) && !takes_long(types[t]); l++)
                try_parameter(&rows[i], types[t], lens[l]);
    }
}

const test_case strange_cases[] = {
    { "strange templates break nothing", strange_templates_break_nothing, true, false },
    { "mechanism parameters of any length break nothing", parameters_of_any_length_break_nothing, true, false },
    { NULL, NULL, false, false },
};
