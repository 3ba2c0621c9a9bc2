/* SPDX-License-Identifier: Apache-2.0 */
#include "module/work/message_param.h"

#include "module/slot/random.h"
#include "module/slot/session.h"

enum {
    RANDOM_BITS_LEAST = 96,  /* SP 800-38D, 8.2.2: of a nonce whose uniqueness rests on chance */
    COUNTER_BITS_LEAST = 32, /* of one that is counted from a random start */
    CHACHA_TAG_BITS = 128,
};

static qk_err wrong(const qk_mech *mech, const char *what)
{
    return qk_fail(QK_E_MECHANISM_PARAM, "%s: %s", mech->name, what);
}

/* ---- the C structures ---- */

static bool take(qk_view parameter, void *out, size_t len)
{
    if (!parameter.data || parameter.len != len)
        return false;
    memcpy(out, parameter.data, len);
    return true;
}

static bool gcm_read(qk_view parameter, qk_message_param *out)
{
    CK_GCM_MESSAGE_PARAMS gcm;

    if (!take(parameter, &gcm, sizeof gcm))
        return false;
    *out = (qk_message_param){ .nonce = gcm.pIv,
                               .nonce_len = gcm.ulIvLen,
                               .fixed_bits = gcm.ulIvFixedBits,
                               .generator = gcm.ivGenerator,
                               .tag = gcm.pTag,
                               .tag_bits = gcm.ulTagBits };
    return true;
}

static bool ccm_read(qk_view parameter, qk_message_param *out)
{
    CK_CCM_MESSAGE_PARAMS ccm;

    if (!take(parameter, &ccm, sizeof ccm))
        return false;
    *out = (qk_message_param){ .nonce = ccm.pNonce,
                               .nonce_len = ccm.ulNonceLen,
                               .fixed_bits = ccm.ulNonceFixedBits,
                               .generator = ccm.nonceGenerator,
                               .tag = ccm.pMAC,
                               .tag_bits = ccm.ulMACLen > CHACHA_TAG_BITS ? 0 : 8 * ccm.ulMACLen, /* 0 is refused */
                               .data_len = ccm.ulDataLen };
    return true;
}

/* This one tells the nonce's length in bits, and has no generator. */
static bool chacha_read(qk_view parameter, qk_message_param *out)
{
    CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS chacha;

    if (!take(parameter, &chacha, sizeof chacha) || chacha.ulNonceLen % 8 != 0)
        return false;
    *out = (qk_message_param){ .nonce = chacha.pNonce,
                               .nonce_len = chacha.ulNonceLen / 8,
                               .generator = CKG_NO_GENERATE,
                               .tag = chacha.pTag,
                               .tag_bits = CHACHA_TAG_BITS };
    return true;
}

static bool gcm_wrap_read(qk_view parameter, qk_message_param *out)
{
    CK_GCM_WRAP_PARAMS gcm;

    if (!take(parameter, &gcm, sizeof gcm))
        return false;
    *out = (qk_message_param){ .nonce = gcm.pIv,
                               .nonce_len = gcm.ulIvLen,
                               .fixed_bits = gcm.ulIvFixedBits,
                               .generator = gcm.ivGenerator,
                               .tag_bits = gcm.ulTagBits,
                               .aad = qk_view_of(gcm.pAAD, gcm.ulAADLen) };
    return true;
}

static bool ccm_wrap_read(qk_view parameter, qk_message_param *out)
{
    CK_CCM_WRAP_PARAMS ccm;

    if (!take(parameter, &ccm, sizeof ccm))
        return false;
    *out = (qk_message_param){ .nonce = ccm.pNonce,
                               .nonce_len = ccm.ulNonceLen,
                               .fixed_bits = ccm.ulNonceFixedBits,
                               .generator = ccm.nonceGenerator,
                               .tag_bits = ccm.ulMACLen > CHACHA_TAG_BITS ? 0 : 8 * ccm.ulMACLen,
                               .aad = qk_view_of(ccm.pAAD, ccm.ulAADLen) };
    return true;
}

/* ---- the mechanism as engines want it ---- */

static void gcm_use(const qk_message_param *param, qk_view nonce, qk_view aad, size_t data_len, qk_mech_use *out)
{
    (void)data_len;
    out->gcm.iv = nonce;
    out->gcm.aad = aad;
    out->gcm.tag_bits = param->tag_bits > 128 ? 0 : (unsigned)param->tag_bits; /* 0 is refused */
}

static void ccm_use(const qk_message_param *param, qk_view nonce, qk_view aad, size_t data_len, qk_mech_use *out)
{
    out->ccm.nonce = nonce;
    out->ccm.aad = aad;
    out->ccm.data_len = data_len;
    out->ccm.mac_len = param->tag_bits / 8;
}

static void chacha_use(const qk_message_param *param, qk_view nonce, qk_view aad, size_t data_len, qk_mech_use *out)
{
    (void)param;
    (void)data_len;
    out->chacha.nonce = nonce;
    out->chacha.aad = aad;
}

static const struct kind {
    bool (*read)(qk_view parameter, qk_message_param *out);
    bool (*read_wrap)(qk_view parameter, qk_message_param *out); /* NULL: there is none */
    void (*use)(const qk_message_param *param, qk_view nonce, qk_view aad, size_t data_len, qk_mech_use *out);
} kinds[QK_PARAM_KINDS] = {
    [QK_PARAM_GCM] = { gcm_read, gcm_wrap_read, gcm_use },
    [QK_PARAM_CCM] = { ccm_read, ccm_wrap_read, ccm_use },
    [QK_PARAM_CHACHA20_POLY1305] = { chacha_read, NULL, chacha_use },
};

bool qk_message_can(const qk_mech *mech, unsigned function)
{
    return mech && (mech->does & function) && (mech->flags & QK_MECH_MESSAGE) && kinds[mech->param].read;
}

static qk_err check_nonce(const qk_mech *mech, const qk_message_param *param)
{
    if (!param->nonce || param->nonce_len == 0 || param->nonce_len > QK_NONCE_MOST)
        return wrong(mech, "the nonce is NULL or has no length that is possible");
    if (param->fixed_bits > 8 * param->nonce_len)
        return wrong(mech, "more bits of the nonce are fixed than it has");
    if (param->generator > CKG_GENERATE_COUNTER_XOR)
        return wrong(mech, "there is no such generator of nonces");
    return QK_OK;
}

qk_err qk_message_param_read(const qk_mech *mech, qk_view parameter, qk_message_param *out)
{
    qk_message_param param;

    if (!kinds[mech->param].read || !kinds[mech->param].read(parameter, &param))
        return wrong(mech, "the parameter is none of a message");
    QK_TRY(check_nonce(mech, &param));
    *out = param;
    return QK_OK;
}

bool qk_wrap_param_read(const qk_mech *mech, qk_view parameter, qk_message_param *out)
{
    return kinds[mech->param].read_wrap && kinds[mech->param].read_wrap(parameter, out);
}

qk_err qk_message_use(const qk_mech *mech, const qk_message_param *param, qk_view nonce, qk_view aad, size_t data_len,
                      unsigned function, qk_mech_use *out)
{
    qk_mech_use use = { .mech = mech };

    kinds[mech->param].use(param, nonce, aad, data_len, &use);
    QK_TRY(qk_mech_use_check(&use, function));
    *out = use;
    return QK_OK;
}

/* ---- nonces ---- */

/* Keeps the first `fixed_bits` of the nonce and takes the rest from `tail`. */
static void blend(uint8_t *nonce, const uint8_t *tail, size_t len, size_t fixed_bits)
{
    for (size_t i = 0; i < len; i++) {
        size_t fixed = fixed_bits < 8 * i ? 0 : fixed_bits - 8 * i;
        unsigned keep = fixed >= 8 ? 0xff : 0xff00U >> fixed & 0xff;
        nonce[i] = (uint8_t)((nonce[i] & keep) | (tail[i] & ~keep));
    }
}

/* base + count, or base xor count, as big-endian numbers. */
static void count_from(const uint8_t *base, uint64_t count, bool xor, size_t len, uint8_t *out)
{
    unsigned carry = 0;

    for (size_t i = len; i-- > 0; count >>= 8) {
        unsigned sum = base[i] + (unsigned)(count & 0xff) + carry;
        out[i] = xor? (uint8_t)(base[i] ^ (count & 0xff)) : (uint8_t)sum;
        carry = sum >> 8;
    }
}

static qk_err set_base(qk_session *session, const qk_message_param *param, qk_nonces *nonces)
{
    if (nonces->based)
        return QK_OK;
    memset(nonces->base, 0, sizeof nonces->base);
    if (param->generator == CKG_GENERATE)
        QK_TRY(qk_session_random(session, nonces->base, param->nonce_len));
    else if (param->generator == CKG_GENERATE_COUNTER_XOR)
        memcpy(nonces->base, param->nonce, param->nonce_len);
    nonces->based = true;
    return QK_OK;
}

static qk_err next_counted(qk_session *session, const qk_mech *mech, const qk_message_param *param, qk_nonces *nonces,
                           uint8_t *out)
{
    size_t bits = 8 * param->nonce_len - param->fixed_bits;
    uint8_t tail[QK_NONCE_MOST];

    if (param->generator == CKG_GENERATE && bits < COUNTER_BITS_LEAST)
        return wrong(mech, "too few bits of the nonce are left to make it unique");
    if (bits < 64 && nonces->count >> bits != 0)
        return qk_fail(QK_E_TOKEN_RESOURCE, "%s: the counter of nonces has no number left", mech->name);
    QK_TRY(set_base(session, param, nonces));
    count_from(nonces->base, nonces->count++, param->generator == CKG_GENERATE_COUNTER_XOR, param->nonce_len, tail);
    blend(out, tail, param->nonce_len, param->fixed_bits);
    return QK_OK;
}

static qk_err next_random(qk_session *session, const qk_mech *mech, const qk_message_param *param, uint8_t *out)
{
    uint8_t tail[QK_NONCE_MOST];

    if (8 * param->nonce_len - param->fixed_bits < RANDOM_BITS_LEAST)
        return wrong(mech, "a random nonce needs 96 bits that are not fixed");
    QK_TRY(qk_session_random(session, tail, param->nonce_len));
    blend(out, tail, param->nonce_len, param->fixed_bits);
    return QK_OK;
}

/* CKG_GENERATE leaves the way to us: chance where that is enough, else a count from a random start. */
qk_err qk_message_nonce(qk_session *session, const qk_mech *mech, const qk_message_param *param, qk_nonces *nonces,
                        uint8_t out[QK_NONCE_MOST])
{
    bool roomy = 8 * param->nonce_len - param->fixed_bits >= RANDOM_BITS_LEAST;

    QK_TRY(check_nonce(mech, param));
    memcpy(out, param->nonce, param->nonce_len);
    if (param->generator == CKG_NO_GENERATE)
        return QK_OK;
    if (param->generator == CKG_GENERATE_RANDOM || (param->generator == CKG_GENERATE && roomy))
        return next_random(session, mech, param, out);
    return next_counted(session, mech, param, nonces, out);
}
