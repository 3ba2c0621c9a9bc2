/* SPDX-License-Identifier: Apache-2.0 */
/* An application's CK_MECHANISM. Input: row of the mechanism table (past the end: a number follows), function, whether
 * the parameter has the mechanism's own structure, then what it holds. A parameter that is taken goes over the wire and
 * back. */
#include "fuzz.h"

#include "hsm/codec/mechanism_codec.h"

/* Views in the parameters point into memory that is freed with the input, so a read beyond them is seen. */
typedef union parameter {
    CK_GCM_PARAMS gcm;
    CK_RSA_PKCS_OAEP_PARAMS oaep;
    CK_RSA_PKCS_PSS_PARAMS pss;
    CK_EDDSA_PARAMS eddsa;
    CK_ECDH1_DERIVE_PARAMS ecdh;
    CK_KEY_DERIVATION_STRING_DATA string;
    CK_HKDF_PARAMS hkdf;
    CK_PKCS5_PBKD2_PARAMS2 pbkdf2;
    CK_SP800_108_FEEDBACK_KDF_PARAMS kdf108;
    CK_TLS_KDF_PARAMS tls_kdf;
    CK_TLS_MAC_PARAMS tls_mac;
    CK_SIGN_ADDITIONAL_CONTEXT context;
    CK_HASH_SIGN_ADDITIONAL_CONTEXT hash_context;
    XCP_KYBER_KEM_PARAMS kem;
    CK_IBM_KYBER_PARAMS short_kem; /* begins as the other does */
    CK_TLS_PRF_PARAMS tls_prf;
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

static size_t make_ecdh(qk_reader *from, parameter *out)
{
    out->ecdh.kdf = number(from);
    out->ecdh.pSharedData = counted(from, &out->ecdh.ulSharedDataLen);
    out->ecdh.pPublicData = counted(from, &out->ecdh.ulPublicDataLen);
    return sizeof out->ecdh;
}

static size_t make_string(qk_reader *from, parameter *out)
{
    out->string.pData = counted(from, &out->string.ulLen);
    return sizeof out->string;
}

static size_t make_hkdf(qk_reader *from, parameter *out)
{
    uint8_t halves = qk_read_u8(from);

    out->hkdf.bExtract = halves & 1;
    out->hkdf.bExpand = halves & 2;
    out->hkdf.prfHashMechanism = number(from);
    out->hkdf.ulSaltType = number(from);
    out->hkdf.pSalt = counted(from, &out->hkdf.ulSaltLen);
    out->hkdf.hSaltKey = number(from);
    out->hkdf.pInfo = counted(from, &out->hkdf.ulInfoLen);
    return sizeof out->hkdf;
}

/* A password's length of more than 16 bits is the address of one, in the older structure. */
static size_t make_pbkdf2(qk_reader *from, parameter *out)
{
    static CK_ULONG len;

    out->pbkdf2.saltSource = number(from);
    out->pbkdf2.pSaltSourceData = counted(from, &out->pbkdf2.ulSaltSourceDataLen);
    out->pbkdf2.iterations = number(from);
    out->pbkdf2.prf = number(from);
    out->pbkdf2.pPassword = counted(from, &len);
    out->pbkdf2.ulPasswordLen = len <= UINT16_MAX && (qk_read_u8(from) & 1) ? len : (CK_ULONG)(uintptr_t)&len;
    return sizeof out->pbkdf2;
}

/* Pieces of data with counters for formats, sound or not. */
static size_t make_kdf108(qk_reader *from, parameter *out)
{
    enum { PIECES = 4 };
    static CK_SP800_108_DKM_LENGTH_FORMAT lengths[PIECES];
    static CK_SP800_108_COUNTER_FORMAT counters[PIECES];
    static CK_PRF_DATA_PARAM data[PIECES];

    out->kdf108.prfType = number(from);
    out->kdf108.ulNumberOfDataParams = qk_read_u8(from) % (PIECES + 1);
    out->kdf108.pDataParams = data;
    for (size_t i = 0; i < out->kdf108.ulNumberOfDataParams; i++) {
        data[i].type = number(from);
        counters[i] = (CK_SP800_108_COUNTER_FORMAT){ qk_read_u8(from), number(from) };
        lengths[i] =
            (CK_SP800_108_DKM_LENGTH_FORMAT){ counters[i].ulWidthInBits, counters[i].bLittleEndian, number(from) };
        if (data[i].type == CK_SP800_108_BYTE_ARRAY) {
            data[i].pValue = counted(from, &data[i].ulValueLen);
        } else {
            bool is_length = data[i].type == CK_SP800_108_DKM_LENGTH;
            data[i].pValue = is_length ? (void *)&lengths[i] : (void *)&counters[i];
            data[i].ulValueLen = is_length ? sizeof lengths[i] : sizeof counters[i];
        }
    }
    out->kdf108.pIV = counted(from, &out->kdf108.ulIVLen);
    return sizeof out->kdf108;
}

static size_t make_tls_kdf(qk_reader *from, parameter *out)
{
    CK_SSL3_RANDOM_DATA *randoms = &out->tls_kdf.RandomInfo;

    out->tls_kdf.prfMechanism = number(from);
    out->tls_kdf.pLabel = counted(from, &out->tls_kdf.ulLabelLength);
    randoms->pClientRandom = counted(from, &randoms->ulClientRandomLen);
    randoms->pServerRandom = counted(from, &randoms->ulServerRandomLen);
    out->tls_kdf.pContextData = counted(from, &out->tls_kdf.ulContextDataLength);
    return sizeof out->tls_kdf;
}

/* Of the same kind as the one above, as another structure. */
static size_t make_tls_prf(qk_reader *from, parameter *out)
{
    static CK_BYTE output[8];
    static CK_ULONG output_len;

    output_len = qk_read_u8(from);
    out->tls_prf.pSeed = counted(from, &out->tls_prf.ulSeedLen);
    out->tls_prf.pLabel = counted(from, &out->tls_prf.ulLabelLen);
    out->tls_prf.pOutput = qk_read_u8(from) & 1 ? output : NULL;
    out->tls_prf.pulOutputLen = qk_read_u8(from) & 1 ? &output_len : NULL;
    return sizeof out->tls_prf;
}

static size_t make_tls_mac(qk_reader *from, parameter *out)
{
    out->tls_mac.prfHashMechanism = number(from);
    out->tls_mac.ulMacLength = number(from);
    out->tls_mac.ulServerOrClient = number(from);
    return sizeof out->tls_mac;
}

static size_t make_context(qk_reader *from, parameter *out)
{
    out->context.hedgeVariant = number(from);
    out->context.pContext = counted(from, &out->context.ulContextLen);
    return sizeof out->context;
}

static size_t make_hash_context(qk_reader *from, parameter *out)
{
    out->hash_context.hedgeVariant = number(from);
    out->hash_context.pContext = counted(from, &out->hash_context.ulContextLen);
    out->hash_context.hash = number(from);
    return sizeof out->hash_context;
}

/* Numbers of vendors have their highest bit, of 16 or of 32. */
static CK_ULONG vendors(CK_ULONG given)
{
    return given <= UINT16_MAX && (given & 0x8000) ? 0x80000000UL | (given & 0x7fff) : given;
}

/* EP11's structure, or openCryptoki's. */
static size_t make_kem(qk_reader *from, parameter *out)
{
    out->kem.version = number(from);
    out->kem.mode = number(from);
    out->kem.kdf = vendors(number(from));
    out->kem.prepend = qk_read_u8(from);
    out->kem.pCipher = counted(from, &out->kem.ulCipherLen);
    out->kem.pSharedData = counted(from, &out->kem.ulSharedDataLen);
    if (qk_read_u8(from) & 1) {
        out->short_kem.hSecret = number(from);
        return sizeof out->short_kem;
    }
    out->kem.pBlob = counted(from, &out->kem.ulBlobLen);
    return sizeof out->kem;
}

static size_t (*const makers[QK_PARAM_KINDS])(qk_reader *from, parameter *out) = {
    [QK_PARAM_GCM] = make_gcm,
    [QK_PARAM_OAEP] = make_oaep,
    [QK_PARAM_PSS] = make_pss,
    [QK_PARAM_EDDSA] = make_eddsa,
    [QK_PARAM_ECDH] = make_ecdh,
    [QK_PARAM_STRING] = make_string,
    [QK_PARAM_HKDF] = make_hkdf,
    [QK_PARAM_PBKDF2] = make_pbkdf2,
    [QK_PARAM_KDF108_FEEDBACK] = make_kdf108,
    [QK_PARAM_TLS_KDF] = make_tls_kdf,
    [QK_PARAM_TLS_MAC] = make_tls_mac,
    [QK_PARAM_SIGN_CONTEXT] = make_context,
    [QK_PARAM_HASH_SIGN_CONTEXT] = make_hash_context,
    [QK_PARAM_KYBER_KEM] = make_kem,
};

/* Kinds whose bytes are no structure with pointers in it. */
static bool is_plain(qk_param_kind kind)
{
    return kind == QK_PARAM_NONE || kind == QK_PARAM_IV || kind == QK_PARAM_OPTIONAL_IV || kind == QK_PARAM_CTR ||
           kind == QK_PARAM_MAC_LEN || kind == QK_PARAM_DATA || kind == QK_PARAM_EXTRACT || kind == QK_PARAM_SECOND_KEY;
}

/* Bytes in place of a structure would be taken for pointers, so they are fewer than any of them has. */
static void make_parameter(qk_reader *from, bool structured, parameter *param, CK_MECHANISM *mechanism)
{
    const qk_mech *mech = qk_mech_find(mechanism->mechanism);
    size_t (*make)(qk_reader *, parameter *) = mech ? makers[mech->param] : NULL;

    if (mech && mech->type == CKM_TLS_PRF)
        make = make_tls_prf;
    if (make && structured) {
        mechanism->ulParameterLen = make(from, param) - (qk_read_u8(from) & 1) * sizeof(CK_ULONG);
        mechanism->pParameter = param;
        return;
    }
    mechanism->pParameter = counted(from, &mechanism->ulParameterLen);
    if (mech && !is_plain(mech->param) && mechanism->ulParameterLen > sizeof(CK_ULONG))
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
    if (use->second.handle != CK_INVALID_HANDLE) { /* over the wire goes the key's blob, which the module knows */
        use->second.handle = CK_INVALID_HANDLE;
        use->second.blob = QK_VIEW_LITERAL("blob");
    }
    must(qk_mech_use_to_message(use, &arena, &message));
    must(qk_message_write(&message->base, 0, &arena, &bytes));
    must(qk_message_read(&grep11__mechanism__descriptor, bytes, &arena, (void **)&message));
    must(qk_mech_use_from_message(message, function, &again));
    promise(again.mech == use->mech && qk_mech_use_equal(use, &again));
    must(qk_mech_use_keep(&again, &storage));
    must(qk_mech_use_keep(&again, &storage));
    promise(qk_mech_use_equal(use, &again));
}

/* Those of IBM's first range have their highest bit in 16. */
static CK_MECHANISM_TYPE type_of(CK_ULONG given)
{
    return given <= UINT16_MAX && (given & 0x8000) ? 0x80010000UL | (given & 0x7fff) : given;
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned row = qk_read_u8(&from), function = 1U << qk_read_u8(&from) % 14, structured = qk_read_u8(&from);
    CK_MECHANISM mechanism = { 0 };
    parameter param = { 0 };
    qk_mech_use use;

    mechanism.mechanism = row < UINT8_MAX && row < qk_mech_count ? qk_mechs[row].type : type_of(number(&from));
    make_parameter(&from, structured & 1, &param, &mechanism);
    if (qk_mech_use_read(&mechanism, function, &use) == QK_OK)
        over_the_wire(&use, function);
}
