/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of SP 800-108. */
#include "p11/kdf108.h"
#include "p11/mechanism_param.h"

enum { PIECES_MOST = 64, SEGMENTS_MOST = 4096, COUNTER_MOST = 32, LENGTH_MOST = 64, IV_MOST = 64 };

/* ---- the flat form ---- */

static void next_number(qk_reader *reader, qk_kdf108_piece *out)
{
    out->little = qk_read_u8(reader) != 0;
    out->bits = qk_read_u8(reader);
}

bool qk_kdf108_next(qk_reader *reader, qk_kdf108_piece *out)
{
    qk_reader here = *reader;

    *out = (qk_kdf108_piece){ .type = qk_read_u8(&here) };
    switch (out->type) {
    case CK_SP800_108_DKM_LENGTH:
        out->method = qk_read_u8(&here);
        next_number(&here, out);
        break;
    case CK_SP800_108_ITERATION_VARIABLE:
    case CK_SP800_108_OPTIONAL_COUNTER:
        next_number(&here, out);
        break;
    case CK_SP800_108_BYTE_ARRAY:
        out->bytes = qk_read_counted(&here);
        break;
    case CK_SP800_108_KEY_HANDLE:
        break;
    default:
        return false;
    }
    if (here.failed)
        return false;
    *reader = here;
    return true;
}

void qk_kdf108_put(qk_buf *buf, const qk_kdf108_piece *piece)
{
    qk_buf_put_u8(buf, (uint8_t)piece->type);
    if (piece->type == CK_SP800_108_BYTE_ARRAY)
        qk_buf_put_counted(buf, piece->bytes);
    if (piece->type == CK_SP800_108_DKM_LENGTH)
        qk_buf_put_u8(buf, (uint8_t)piece->method);
    if (piece->type <= CK_SP800_108_DKM_LENGTH) {
        qk_buf_put_u8(buf, piece->little);
        qk_buf_put_u8(buf, (uint8_t)piece->bits);
    }
}

/* ---- from C ---- */

static qk_err counter_of(const CK_PRF_DATA_PARAM *from, const qk_mech_use *use, qk_kdf108_piece *out)
{
    CK_SP800_108_COUNTER_FORMAT format;

    if (from->type == CK_SP800_108_ITERATION_VARIABLE && use->mech->type != CKM_SP800_108_COUNTER_KDF)
        return QK_OK; /* the last block: it has no format */
    if (!from->pValue)
        return qk_param_wrong(use->mech, "a counter has no format");
    QK_TRY(qk_param_structure(use->mech, qk_view_of(from->pValue, from->ulValueLen), &format, sizeof(format)));
    out->little = format.bLittleEndian != CK_FALSE;
    out->bits = format.ulWidthInBits > COUNTER_MOST ? 0 : (unsigned)format.ulWidthInBits; /* 0 fails the check */
    return QK_OK;
}

static qk_err length_of(const CK_PRF_DATA_PARAM *from, const qk_mech *mech, qk_kdf108_piece *out)
{
    CK_SP800_108_DKM_LENGTH_FORMAT format;

    if (!from->pValue)
        return qk_param_wrong(mech, "a length has no format");
    QK_TRY(qk_param_structure(mech, qk_view_of(from->pValue, from->ulValueLen), &format, sizeof(format)));
    out->method = format.dkmLengthMethod > UINT8_MAX ? 0 : (unsigned)format.dkmLengthMethod;
    out->little = format.bLittleEndian != CK_FALSE;
    out->bits = format.ulWidthInBits > LENGTH_MOST ? 0 : (unsigned)format.ulWidthInBits;
    return QK_OK;
}

static qk_err key_of(const CK_PRF_DATA_PARAM *from, qk_mech_use *use)
{
    CK_OBJECT_HANDLE key;

    if (!from->pValue)
        return qk_param_wrong(use->mech, "a key has no handle");
    QK_TRY(qk_param_structure(use->mech, qk_view_of(from->pValue, from->ulValueLen), &key, sizeof(key)));
    if (use->second.handle != CK_INVALID_HANDLE || key == CK_INVALID_HANDLE)
        return qk_param_wrong(use->mech, "one key can be among the data");
    use->second.handle = key;
    return QK_OK;
}

static qk_err piece_of(const CK_PRF_DATA_PARAM *from, qk_mech_use *use, qk_kdf108_piece *out)
{
    *out = (qk_kdf108_piece){ .type = from->type > UINT8_MAX ? 0 : (unsigned)from->type };
    switch (out->type) {
    case CK_SP800_108_ITERATION_VARIABLE:
    case CK_SP800_108_OPTIONAL_COUNTER:
        return counter_of(from, use, out);
    case CK_SP800_108_DKM_LENGTH:
        return length_of(from, use->mech, out);
    case CK_SP800_108_BYTE_ARRAY:
        return qk_param_bytes(use->mech, from->pValue, from->ulValueLen, &out->bytes);
    case CK_SP800_108_KEY_HANDLE:
        return key_of(from, use);
    default:
        return qk_param_wrong(use->mech, "data of an unknown type");
    }
}

/* The flat form of the last parameter that this thread read: what a reader gives out points into memory that lives
 * longer than it, and here that is nobody's. */
static _Thread_local uint8_t flat[SEGMENTS_MOST];

static qk_err flatten(const CK_PRF_DATA_PARAM *from, CK_ULONG count, qk_mech_use *use)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    if (count > PIECES_MOST || (count > 0 && !from))
        return qk_param_wrong(use->mech, "0 to 64 pieces of data are expected");
    for (CK_ULONG i = 0; i < count; i++) {
        CK_PRF_DATA_PARAM param;
        qk_kdf108_piece piece;
        memcpy(&param, from + i, sizeof(param));
        QK_TRY(piece_of(&param, use, &piece));
        if (piece.bytes.len > SEGMENTS_MOST)
            return qk_param_wrong(use->mech, "data of more than 4 KiB");
        qk_kdf108_put(&buf, &piece);
    }
    QK_TRY(qk_buf_check(&buf));
    if (buf.len > sizeof(flat))
        return qk_param_wrong(use->mech, "data of more than 4 KiB");
    if (buf.len > 0)
        memcpy(flat, buf.data, buf.len);
    use->kdf108.segments = qk_view_of(flat, buf.len);
    return QK_OK;
}

/* Further keys are made by the module, which asks for all of them at once; here they are not looked at. */
static qk_err kdf108_read(qk_view param, qk_mech_use *use)
{
    CK_SP800_108_KDF_PARAMS kdf;

    QK_TRY(qk_param_structure(use->mech, param, &kdf, sizeof(kdf)));
    use->kdf108.prf = kdf.prfType;
    return flatten(kdf.pDataParams, kdf.ulNumberOfDataParams, use);
}

static qk_err feedback_read(qk_view param, qk_mech_use *use)
{
    CK_SP800_108_FEEDBACK_KDF_PARAMS kdf;

    QK_TRY(qk_param_structure(use->mech, param, &kdf, sizeof(kdf)));
    use->kdf108.prf = kdf.prfType;
    QK_TRY(qk_param_bytes(use->mech, kdf.pIV, kdf.ulIVLen, &use->kdf108.iv));
    return flatten(kdf.pDataParams, kdf.ulNumberOfDataParams, use);
}

/* ---- what is sound ---- */

bool qk_kdf108_is_prf(CK_MECHANISM_TYPE prf)
{
    static const CK_MECHANISM_TYPE prfs[] = { CKM_SHA_1_HMAC,    CKM_SHA224_HMAC,   CKM_SHA256_HMAC,
                                              CKM_SHA384_HMAC,   CKM_SHA512_HMAC,   CKM_SHA3_224_HMAC,
                                              CKM_SHA3_256_HMAC, CKM_SHA3_384_HMAC, CKM_SHA3_512_HMAC,
                                              CKM_AES_CMAC,      CKM_DES3_CMAC };

    for (size_t i = 0; i < sizeof(prfs) / sizeof(prfs[0]); i++)
        if (prfs[i] == prf)
            return qk_mech_find(prf) != NULL;
    return false;
}

static bool is_width(unsigned bits, unsigned most)
{
    return bits >= 8 && bits <= most && bits % 8 == 0;
}

/* Counts the pieces of each type on the way, since most may stand there once. */
static bool is_sound(const qk_mech *mech, const qk_kdf108_piece *piece, unsigned counts[CK_SP800_108_KEY_HANDLE + 1])
{
    bool counts_up = mech->type == CKM_SP800_108_COUNTER_KDF;

    if (++counts[piece->type] > 1 && piece->type != CK_SP800_108_BYTE_ARRAY)
        return false;
    switch (piece->type) {
    case CK_SP800_108_ITERATION_VARIABLE:
        return counts_up ? is_width(piece->bits, COUNTER_MOST) : piece->bits == 0;
    case CK_SP800_108_OPTIONAL_COUNTER:
        return !counts_up && is_width(piece->bits, COUNTER_MOST);
    case CK_SP800_108_DKM_LENGTH:
        return is_width(piece->bits, LENGTH_MOST) && (piece->method == CK_SP800_108_DKM_LENGTH_SUM_OF_KEYS ||
                                                      piece->method == CK_SP800_108_DKM_LENGTH_SUM_OF_SEGMENTS);
    default:
        return true;
    }
}

static qk_err kdf108_check(const qk_mech_use *use)
{
    unsigned counts[CK_SP800_108_KEY_HANDLE + 1] = { 0 };
    qk_reader reader = qk_reader_of(use->kdf108.segments);
    qk_kdf108_piece piece;

    if (!qk_kdf108_is_prf(use->kdf108.prf))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: 0x%lx is no pseudo-random function", use->mech->name,
                       use->kdf108.prf);
    if (use->kdf108.segments.len > SEGMENTS_MOST || use->kdf108.iv.len > IV_MOST)
        return qk_param_wrong(use->mech, "too much data");
    while (qk_kdf108_next(&reader, &piece))
        if (!is_sound(use->mech, &piece, counts))
            return qk_param_wrong(use->mech, "a piece of data does not belong there");
    if (!qk_reader_ended(&reader))
        return qk_param_wrong(use->mech, "the pieces of data are malformed");
    if (counts[CK_SP800_108_ITERATION_VARIABLE] != 1)
        return qk_param_wrong(use->mech, "the iteration variable is missing among the data");
    return QK_OK;
}

const qk_param_row qk_param_kdf108 = {
    kdf108_read, kdf108_check, { QK_PARAM_AT(second.blob), QK_PARAM_AT(kdf108.segments) }, 2
};
const qk_param_row qk_param_kdf108_feedback = {
    feedback_read, kdf108_check, { QK_PARAM_AT(second.blob), QK_PARAM_AT(kdf108.segments), QK_PARAM_AT(kdf108.iv) }, 3
};
