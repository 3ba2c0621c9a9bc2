/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that leave and come back under another key: the raw value of a secret key or the DER PKCS #8 PrivateKeyInfo of a
 * private one, as plain data of the cipher. Source: GREP11 protocol, section 10. */
#include "crypto/key/secret_key.h"
#include "hsm/handle/handlers.h"
#include "hsm/policy/wrap_ways.h"
#include "p11/key_type.h"

enum { BIT_COUNT_LEN = 4, NO_PADDING_NEEDED = 1 };

/* Modes that take whole blocks only. Keys of other lengths get zeros behind them: PKCS #11 3.2, wrapping with AES-CBC,
 * AES-ECB and AES key wrap. */
static size_t block_of(const qk_mech *mech)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        size_t block;
    } rows[] = {
        { CKM_AES_ECB, 16 }, { CKM_AES_CBC, 16 }, { CKM_DES3_ECB, 8 }, { CKM_DES3_CBC, 8 }, { CKM_AES_KEY_WRAP, 8 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].type == mech->type)
            return rows[i].block;
    return NO_PADDING_NEEDED;
}

/* ---- wrapping ---- */

/* The key as it goes into the cipher. */
static qk_err serialise(const qk_held_key *key, const qk_mech *mech, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    size_t block = block_of(mech), whole;

    if (key->class == CKO_PRIVATE_KEY && mech->key == CKK_RSA && mech->type != CKM_RSA_AES_KEY_WRAP)
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "a private key does not fit into RSA; wrap it with an AES key");
    QK_TRY(qk_key_write(key->key, &value));
    whole = (value.len + block - 1) / block * block;
    if (whole == value.len) {
        qk_secret_give(&value, out);
        return QK_OK;
    }
    if (key->class == CKO_PRIVATE_KEY)
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "%s cannot take a private key of %zu bytes; use CKM_AES_CBC_PAD",
                       mech->name, value.len);
    QK_TRY(qk_secret_new(whole, out));
    memcpy(qk_secret_fill(out), qk_secret_reveal(&value).data, value.len);
    return QK_OK;
}

/* CCM wants the length told beforehand. With keys it follows from them, whatever the parameter says: PKCS #11 3.2,
 * AES-CCM authenticated wrap. */
static void tell_length(qk_mech_use *use, size_t len, bool with_mac)
{
    if (use->mech->param != QK_PARAM_CCM)
        return;
    use->ccm.data_len = !with_mac ? len : len < use->ccm.mac_len ? 0 : len - use->ccm.mac_len;
}

qk_err qk_handle_wrap_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *kek = NULL, *key = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    const Grep11__WrapKeyRequest *asked = request;
    Grep11__WrapKeyResponse *answer = response;
    qk_mech_use use;
    qk_view wrapped;
    qk_err err;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_WRAP, &use));
    if (use.mech->type == CKM_IBM_ATTRIBUTEBOUND_WRAP) {
        QK_TRY(qk_wrap_bound(context, call, asked, &use, &wrapped));
        answer->wrapped = qk_message_bytes(wrapped);
        return QK_OK;
    }
    QK_TRY(qk_core_key_for(context, call, asked->kek, asked->kekv1, use.mech, QK_WRAP, &kek));
    QK_TRY(qk_core_key(context, call, qk_request_blob(asked->key, asked->keyv1), &key));
    QK_TRY(qk_policy_wrap(key, kek, use.mech, qk_core_leave_rules(context, call)));
    QK_TRY(serialise(key, use.mech, &value));
    tell_length(&use, value.len, false);
    err = qk_crypto_encrypt(kek->key, &use, qk_secret_reveal(&value), call->arena, &wrapped);
    if (err == QK_E_BAD_LENGTH || err == QK_E_DATA_INVALID)
        return qk_fail(QK_E_KEY_SIZE, "a key of %zu bytes does not fit %s with this wrapping key", value.len,
                       use.mech->name);
    QK_TRY(err);
    answer->wrapped = qk_message_bytes(wrapped);
    return QK_OK;
}

/* ---- unwrapping ---- */

typedef struct unwrapping {
    qk_attrs template_, attrs;
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
    bool lax; /* the unwrapping key is, and so will be the new one */
    qk_key *key;
    qk_held_key *held;
} unwrapping;

static void unwrapping_done(unwrapping *it)
{
    qk_attrs_done(&it->template_);
    qk_attrs_done(&it->attrs);
    qk_key_unref(&it->key);
    qk_held_key_unref(&it->held);
}

/* CKA_KEY_TYPE must be given, by the template or by the unwrapping key's; CKA_CLASS follows from it. */
static qk_err judge(const qk_held_key *kek, bool lax, unwrapping *it)
{
    qk_new_key key = { .origin = QK_UNWRAPPED, .mechanism = CK_UNAVAILABLE_INFORMATION };

    QK_TRY(qk_policy_template(kek, CKA_UNWRAP_TEMPLATE, &it->template_));
    if (!qk_attrs_find(&it->template_, CKA_KEY_TYPE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "an unwrapped key needs a CKA_KEY_TYPE");
    it->type = qk_attrs_ulong(&it->template_, CKA_KEY_TYPE, 0);
    it->class = qk_key_type_is_asymmetric(it->type) ? CKO_PRIVATE_KEY : CKO_SECRET_KEY;
    QK_TRY(qk_post_quantum_check_set(it->type, &it->template_));
    it->lax = lax && qk_policy_is_lax(kek);
    key.class = it->class;
    key.type = it->type;
    key.lax = it->lax;
    return qk_policy_new(&key, &it->template_, &it->attrs);
}

/* One error for whatever is wrong inside, so that nobody learns from it what the plaintext looks like. */
static qk_err not_a_key(const unwrapping *it)
{
    return qk_fail(QK_E_WRAPPED_KEY, "the wrapped bytes do not open to a key of type %s",
                   qk_name_of_key_type(it->type));
}

/* CKA_VALUE_LEN cuts off the zeros that fill a block; elsewhere it must be the length. Zero stands for absent. */
static bool cut(const unwrapping *it, const qk_mech *mech, qk_view *plain)
{
    CK_ULONG len = qk_attrs_ulong(&it->template_, CKA_VALUE_LEN, 0);

    if (it->class != CKO_SECRET_KEY || len == 0 || len == plain->len)
        return true;
    if (mech->type == CKM_RSA_X_509 && len < plain->len) { /* the last bytes, whatever is in front of them */
        *plain = qk_view_slice(*plain, plain->len - len, len);
        return true;
    }
    if (len > plain->len || plain->len - len >= block_of(mech) ||
        !qk_view_is_zero(qk_view_slice(*plain, len, plain->len - len)))
        return false;
    *plain = qk_view_slice(*plain, 0, len);
    return true;
}

/* DES keys of others may lack it. PKCS #11 3.2 has them refused, and GREP11 mended (protocol, section 8). */
static qk_err mend_parity(const unwrapping *it, const qk_call *call, qk_view *value)
{
    uint8_t *copy;

    if (call->strict || (it->type != CKK_DES2 && it->type != CKK_DES3))
        return QK_OK;
    QK_TRY(qk_arena_bytes(call->arena, value->len, &copy));
    if (value->len > 0)
        memcpy(copy, value->data, value->len);
    qk_des_set_parity(copy, value->len);
    *value = qk_view_of(copy, value->len);
    return QK_OK;
}

static qk_err read_key(qk_view plain, const qk_mech *mech, const qk_call *call, unwrapping *it)
{
    qk_err err;

    if (!cut(it, mech, &plain))
        return not_a_key(it);
    QK_TRY(mend_parity(it, call, &plain));
    if (it->class == CKO_SECRET_KEY && !it->lax && !qk_policy_fits_blocks(mech, plain.len))
        return not_a_key(it);
    err = qk_key_read(it->class, it->type, plain, &it->key);
    return err == QK_OK || err == QK_E_NO_MEMORY ? err : not_a_key(it);
}

/* Bleichenbacher, Vaudenay, Manger: wrong padding and padding around something that is no key end in one error. */
static qk_err decrypt(const qk_held_key *kek, const qk_mech_use *use, qk_view wrapped, const qk_call *call,
                      qk_view *out_plain)
{
    qk_err err = qk_crypto_decrypt(kek->key, use, wrapped, call->arena, out_plain);

    if (err == QK_E_CIPHERTEXT_LENGTH)
        return qk_fail(QK_E_WRAPPED_LENGTH, "%zu wrapped bytes do not fit %s with this key", wrapped.len,
                       use->mech->name);
    if (err != QK_E_CIPHERTEXT_INVALID)
        return err;
    *out_plain = QK_VIEW_NONE; /* no key has this value: what follows is the same, in steps and in time */
    return QK_OK;
}

static qk_err private_checksum(qk_core *core, const qk_call *call, const qk_held_key *key, ProtobufCBinaryData *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs none = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE, blob = QK_BUF_NONE;
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL;
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    qk_new_key half = { .origin = QK_UNWRAPPED,
                        .class = CKO_PUBLIC_KEY,
                        .type = key->type,
                        .mechanism = CK_UNAVAILABLE_INFORMATION,
                        .lax = qk_policy_is_lax(key) };
    qk_view bytes;

    QK_TRY(qk_policy_new(&half, &none, &attrs));
    QK_TRY(qk_key_write_spki(key->key, false, &spki));
    QK_TRY(qk_key_read(CKO_PUBLIC_KEY, key->type, qk_buf_view(&spki), &public_key));
    QK_TRY(qk_core_make(core, call, public_key, &none, &attrs, &held));
    qk_buf_put(&blob, qk_held_key_blob(held));
    qk_buf_put_u32(&blob, qk_key_bits(key->key));
    QK_TRY(qk_buf_check(&blob));
    QK_TRY(qk_arena_copy(call->arena, qk_buf_view(&blob), &bytes));
    *out = qk_message_bytes(bytes);
    return QK_OK;
}

qk_err qk_answer_unwrapped_checksum(qk_core *core, const qk_call *call, const qk_held_key *held,
                                    ProtobufCBinaryData *out)
{
    if (held->class == CKO_PRIVATE_KEY)
        return private_checksum(core, call, held, out);
    return qk_answer_checksum(call, held, out);
}

static const struct {
    CK_MECHANISM_TYPE type;
    qk_err (*unwrap)(qk_core *core, const qk_call *call, const Grep11__UnwrapKeyRequest *asked, qk_mech_use *use,
                     Grep11__UnwrapKeyResponse *answer);
} own_ways[] = {
    { CKM_IBM_ATTRIBUTEBOUND_WRAP, qk_unwrap_bound },
    { CKM_IBM_TRANSPORTKEY, qk_unwrap_transported },
};

qk_err qk_handle_unwrap_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(unwrapping_done) unwrapping it = { 0 };
    QK_OWNED(qk_held_key_unref) qk_held_key *kek = NULL;
    const Grep11__UnwrapKeyRequest *asked = request;
    Grep11__UnwrapKeyResponse *answer = response;
    qk_mech_use use;
    qk_view plain;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_UNWRAP, &use));
    for (size_t i = 0; i < sizeof own_ways / sizeof own_ways[0]; i++)
        if (own_ways[i].type == use.mech->type)
            return own_ways[i].unwrap(context, call, asked, &use, answer);
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &it.template_));
    QK_TRY(qk_core_key_for(context, call, asked->kek, asked->kekv1, use.mech, QK_UNWRAP, &kek));
    QK_TRY(judge(kek, qk_core_is_lax(context, call), &it));
    tell_length(&use, asked->wrapped.len, true);
    QK_TRY(decrypt(kek, &use, qk_message_view(asked->wrapped), call, &plain));
    QK_TRY(read_key(plain, use.mech, call, &it));
    QK_TRY(qk_core_make(context, call, it.key, &it.template_, &it.attrs, &it.held));
    QK_TRY(qk_answer_unwrapped_checksum(context, call, it.held, &answer->checksum));
    return qk_answer_key(call, it.held, &answer->unwrappedbytes, &answer->unwrapped);
}
