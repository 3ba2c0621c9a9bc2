/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that come into being: generated, imported, copied. Templates are judged before anything is generated. */
#include "hsm/core.h"
#include "hsm/handle/handlers.h"
#include "hsm/handle/parameters.h"

/* GREP11 protocol, section 10: smaller exponents are refused. */
enum { EXPONENT_LEAST = 17 };

/* Of most mechanisms the key's type is one; a password becomes any. */
static CK_KEY_TYPE type_of(const qk_mech *mech, const qk_attrs *template_)
{
    return mech->key == QK_ANY_SECRET ? qk_attrs_ulong(template_, CKA_KEY_TYPE, CKK_GENERIC_SECRET) : mech->key;
}

/* GREP11 clients give CKA_VALUE_LEN where the mechanism needs none, and it is ignored (GREP11 protocol, section 8);
 * PKCS #11 has it right or absent. */
static void forget_len(const qk_call *call, const qk_mech *mech, qk_attrs *template_)
{
    if (!call->strict && (mech->type == CKM_DES2_KEY_GEN || mech->type == CKM_DES3_KEY_GEN))
        qk_attrs_remove(template_, CKA_VALUE_LEN);
}

qk_err qk_handle_generate_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Grep11__GenerateKeyRequest *asked = request;
    Grep11__GenerateKeyResponse *answer = response;
    qk_new_key new_key;
    qk_mech_use use;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_GENERATE, &use));
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &template_));
    forget_len(call, use.mech, &template_);
    if (qk_makes_parameters(use.mech))
        return qk_parameters_make(call, &use, &template_, answer);
    new_key = (qk_new_key){ .origin = QK_GENERATED,
                            .class = CKO_SECRET_KEY,
                            .type = type_of(use.mech, &template_),
                            .mechanism = use.mech->type,
                            .lax = qk_core_is_lax(context, call) };
    QK_TRY(qk_policy_new(&new_key, &template_, &attrs));
    QK_TRY(qk_key_generate(&use, &template_, &key));
    QK_TRY(qk_core_make(context, call, key, &template_, &attrs, &held));
    QK_TRY(qk_answer_checksum(call, held, &answer->checksum));
    return qk_answer_key(call, held, &answer->keybytes, &answer->key);
}

/* ---- pairs ---- */

typedef struct key_pair {
    qk_attrs public_template, private_template;
    qk_attrs public_attrs, private_attrs; /* to be sealed */
    qk_key *public_key, *private_key;
    qk_held_key *public_held, *private_held;
} key_pair;

static void pair_done(key_pair *pair)
{
    qk_attrs_done(&pair->public_template);
    qk_attrs_done(&pair->private_template);
    qk_attrs_done(&pair->public_attrs);
    qk_attrs_done(&pair->private_attrs);
    qk_key_unref(&pair->public_key);
    qk_key_unref(&pair->private_key);
    qk_held_key_unref(&pair->public_held);
    qk_held_key_unref(&pair->private_held);
}

static qk_err check_exponent(const qk_attrs *template_)
{
    qk_view exponent = qk_attrs_view(template_, CKA_PUBLIC_EXPONENT);

    if (qk_attrs_find(template_, CKA_PUBLIC_EXPONENT) &&
        (exponent.len == 0 || (exponent.len == 1 && exponent.data[0] < EXPONENT_LEAST)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a public exponent below %d is refused", EXPONENT_LEAST);
    return QK_OK;
}

/* The public half of a bound RSA pair wraps bound keys, and its private half must open nothing else. */
static qk_err check_bound(const qk_mech *mech, const key_pair *pair)
{
    if (mech->key == CKK_RSA && qk_attrs_bool(&pair->public_attrs, CKA_IBM_ATTRBOUND, false) !=
                                    qk_attrs_bool(&pair->private_attrs, CKA_IBM_ATTRBOUND, false))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_IBM_ATTRBOUND is the same for both halves of an RSA pair");
    return QK_OK;
}

static qk_err judge_pair(const qk_mech *mech, bool lax, key_pair *pair)
{
    qk_new_key half = { .origin = QK_GENERATED, .type = mech->key, .mechanism = mech->type, .lax = lax };

    half.class = CKO_PUBLIC_KEY;
    QK_TRY(qk_policy_new(&half, &pair->public_template, &pair->public_attrs));
    half.class = CKO_PRIVATE_KEY;
    QK_TRY(qk_policy_new(&half, &pair->private_template, &pair->private_attrs));
    QK_TRY(check_bound(mech, pair));
    if (qk_policy_opens(mech->key, &pair->private_attrs))
        QK_TRY(qk_attrs_set_bool(&pair->public_attrs, QK_MARK_DECRYPTS, true));
    if (mech->key == CKK_RSA && qk_policy_opens_whole(&pair->private_attrs))
        QK_TRY(qk_attrs_set_bool(&pair->public_attrs, QK_MARK_WHOLE, true));
    return QK_OK;
}

static qk_err pair_templates(const Grep11__GenerateKeyPairRequest *asked, key_pair *pair)
{
    static const CK_ATTRIBUTE_TYPE sets[] = { CKA_IBM_PQC_PARAMS,    CKA_IBM_DILITHIUM_MODE, CKA_IBM_DILITHIUM_KEYFORM,
                                              CKA_IBM_PARAMETER_SET, CKA_IBM_KYBER_MODE,     CKA_IBM_KYBER_KEYFORM };
    const qk_attr *curve, *value_bits, *set;

    QK_TRY(qk_attrs_from_map(asked->pubkeytemplate, asked->n_pubkeytemplate, &pair->public_template));
    QK_TRY(qk_attrs_from_map(asked->privkeytemplate, asked->n_privkeytemplate, &pair->private_template));
    QK_TRY(check_exponent(&pair->public_template));
    /* One name of the curve for both halves, as it was given. */
    curve = qk_attrs_find(&pair->public_template, CKA_EC_PARAMS);
    if (curve)
        QK_TRY(qk_attrs_set(&pair->private_template, CKA_EC_PARAMS, curve->value));
    /* The length of a private value of DH is said where the value will be; what makes the pair reads one template. */
    value_bits = qk_attrs_find(&pair->private_template, CKA_VALUE_BITS);
    if (value_bits)
        QK_TRY(qk_attrs_set(&pair->public_template, CKA_VALUE_BITS, value_bits->value));
    /* IBM's parameter sets may be named in either template. */
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        set = qk_attrs_find(&pair->private_template, sets[i]);
        if (set && !qk_attrs_find(&pair->public_template, sets[i]))
            QK_TRY(qk_attrs_set(&pair->public_template, sets[i], set->value));
    }
    return QK_OK;
}

qk_err qk_handle_generate_key_pair(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(pair_done) key_pair pair = { 0 };
    const Grep11__GenerateKeyPairRequest *asked = request;
    Grep11__GenerateKeyPairResponse *answer = response;
    qk_mech_use use;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_GENERATE_PAIR, &use));
    QK_TRY(pair_templates(asked, &pair));
    QK_TRY(judge_pair(use.mech, qk_core_is_lax(context, call), &pair));
    QK_TRY(qk_key_generate_pair(&use, &pair.public_template, &pair.public_key, &pair.private_key));
    QK_TRY(qk_core_make(context, call, pair.public_key, &pair.public_template, &pair.public_attrs, &pair.public_held));
    QK_TRY(
        qk_core_make(context, call, pair.private_key, &pair.private_template, &pair.private_attrs, &pair.private_held));
    QK_TRY(qk_answer_key(call, pair.public_held, &answer->pubkeybytes, &answer->pubkey));
    return qk_answer_key(call, pair.private_held, &answer->privkeybytes, &answer->privkey);
}

/* ---- from outside, and again ---- */

qk_err qk_handle_import_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Quantoki__V1__ImportKeyRequest *asked = request;
    Quantoki__V1__ImportKeyResponse *answer = response;
    qk_new_key new_key;

    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &template_));
    QK_TRY(qk_key_from_attrs(&template_, &key));
    new_key = (qk_new_key){ .origin = QK_IMPORTED,
                            .class = qk_key_class(key),
                            .type = qk_key_type(key),
                            .mechanism = CK_UNAVAILABLE_INFORMATION,
                            .lax = qk_core_is_lax(context, call) };
    QK_TRY(qk_policy_new(&new_key, &template_, &attrs));
    QK_TRY(qk_core_make(context, call, key, &template_, &attrs, &held));
    return qk_answer_key(call, held, NULL, &answer->key);
}

qk_err qk_handle_copy_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL, *copy = NULL;
    const Quantoki__V1__CopyKeyRequest *asked = request;
    Quantoki__V1__CopyKeyResponse *answer = response;

    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &template_));
    QK_TRY(qk_core_key(context, call, qk_request_blob(asked->key, (ProtobufCBinaryData){ 0, NULL }), &held));
    QK_TRY(qk_policy_copy(held, &template_, qk_core_is_lax(context, call), &attrs));
    QK_TRY(qk_core_make(context, call, held->key, &template_, &attrs, &copy));
    return qk_answer_key(call, copy, NULL, &answer->key);
}
