/* SPDX-License-Identifier: Apache-2.0 */
/* An application's CK_MECHANISM. Input: row of the mechanism table (past the end: a number follows), function, whether
 * the parameter has the mechanism's own structure, then what it holds. A parameter that is taken goes over the wire and
 * back. */
#include "fuzz.h"

#include "hsm/mechanism_codec.h"

/* Views in the parameters point into memory that is freed with the input, so a read beyond them is seen. */
typedef union parameter {
    CK_GCM_PARAMS gcm;
    CK_RSA_PKCS_OAEP_PARAMS oaep;
    CK_RSA_PKCS_PSS_PARAMS pss;
    CK_EDDSA_PARAMS eddsa;
} parameter;

enum { ABSURD_LEN = 0xff };

/* Bytes with their length in front; the odd length without bytes, too. */
static CK_BYTE_PTR counted(qk_reader *from, CK_ULONG *out_len)
{
    unsigned len = qk_read_u8(from);
    qk_view bytes = qk_read(from, len == ABSURD_LEN ? 0 : len);

    *out_len = len == ABSURD_LEN ? 1UL << 40 : bytes.len;
    return len == ABSURD_LEN ? NULL : (CK_BYTE_PTR)(uintptr_t)bytes.data;
}

/* A number as 16 bits; the highest stand for what does not fit. */
static CK_ULONG number(qk_reader *from)
{
    uint16_t value = qk_read_u16(from);
    return value < 0xff00 ? value : ~0UL - (0xffffUL - value);
}

static size_t make_gcm(qk_reader *from, parameter *out)
{
    out->gcm.pIv = counted(from, &out->gcm.ulIvLen);
    out->gcm.pAAD = counted(from, &out->gcm.ulAADLen);
    out->gcm.ulTagBits = number(from);
    out->gcm.ulIvBits = number(from);
    return sizeof out->gcm;
}

static size_t make_oaep(qk_reader *from, parameter *out)
{
    out->oaep.hashAlg = number(from);
    out->oaep.mgf = number(from);
    out->oaep.source = number(from);
    out->oaep.pSourceData = counted(from, &out->oaep.ulSourceDataLen);
    return sizeof out->oaep;
}

static size_t make_pss(qk_reader *from, parameter *out)
{
    out->pss.hashAlg = number(from);
    out->pss.mgf = number(from);
    out->pss.sLen = number(from);
    return sizeof out->pss;
}

static size_t make_eddsa(qk_reader *from, parameter *out)
{
    out->eddsa.phFlag = qk_read_u8(from);
    out->eddsa.pContextData = counted(from, &out->eddsa.ulContextDataLen);
    return sizeof out->eddsa;
}

static size_t (*const makers[])(qk_reader *from, parameter *out) = {
    [QK_PARAM_GCM] = make_gcm,
    [QK_PARAM_OAEP] = make_oaep,
    [QK_PARAM_PSS] = make_pss,
    [QK_PARAM_EDDSA] = make_eddsa,
};

/* Bytes in place of a structure would be taken for pointers, so they are fewer than any of them has. */
static void make_parameter(qk_reader *from, bool structured, parameter *param, CK_MECHANISM *mechanism)
{
    const qk_mech *mech = qk_mech_find(mechanism->mechanism);
    bool has_structure = mech && mech->param < sizeof makers / sizeof makers[0] && makers[mech->param];

    if (has_structure && structured) {
        mechanism->ulParameterLen = makers[mech->param](from, param) - (qk_read_u8(from) & 1) * sizeof(CK_ULONG);
        mechanism->pParameter = param;
        return;
    }
    mechanism->pParameter = counted(from, &mechanism->ulParameterLen);
    if (has_structure && mechanism->ulParameterLen > sizeof(CK_ULONG))
        mechanism->ulParameterLen = sizeof(CK_ULONG);
}

static void over_the_wire(qk_mech_use *use, unsigned function)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_buf_done) qk_buf storage = QK_BUF_NONE;
    Grep11__Mechanism *message;
    qk_mech_use again;
    qk_view bytes;

    qk_arena_init(&arena, 0);
    must(qk_mech_use_to_message(use, &arena, &message));
    must(qk_message_write(&message->base, 0, &arena, &bytes));
    must(qk_message_read(&grep11__mechanism__descriptor, bytes, &arena, (void **)&message));
    must(qk_mech_use_from_message(message, function, &again));
    promise(again.mech == use->mech && qk_mech_use_equal(use, &again));
    must(qk_mech_use_keep(&again, &storage));
    must(qk_mech_use_keep(&again, &storage));
    promise(qk_mech_use_equal(use, &again));
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned row = qk_read_u8(&from), function = 1U << qk_read_u8(&from) % 14, structured = qk_read_u8(&from);
    CK_MECHANISM mechanism = { 0 };
    parameter param = { 0 };
    qk_mech_use use;

    mechanism.mechanism = row < qk_mech_count ? qk_mechs[row].type : number(&from);
    make_parameter(&from, structured & 1, &param, &mechanism);
    if (qk_mech_use_read(&mechanism, function, &use) == QK_OK)
        over_the_wire(&use, function);
}
