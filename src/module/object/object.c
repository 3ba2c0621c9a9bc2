/* SPDX-License-Identifier: Apache-2.0 */
#include "module/object/object.h"

#include <stdlib.h>

#include "base/clock.h"
#include "hsm/policy/key_policy.h"

void qk_object_parts_done(qk_object_parts *parts)
{
    qk_attrs_done(&parts->attrs);
    qk_buf_done(&parts->blob);
}

bool qk_object_is_key(const qk_object *object)
{
    return object->class == CKO_PUBLIC_KEY || object->class == CKO_PRIVATE_KEY || object->class == CKO_SECRET_KEY;
}

static unsigned read_usages(const qk_attrs *attrs)
{
    static const CK_ATTRIBUTE_TYPE usages[] = {
        CKA_ENCRYPT,      CKA_DECRYPT,        CKA_SIGN,   CKA_VERIFY,      CKA_WRAP,        CKA_UNWRAP,
        CKA_SIGN_RECOVER, CKA_VERIFY_RECOVER, CKA_DERIVE, CKA_ENCAPSULATE, CKA_DECAPSULATE,
    };
    unsigned may = 0;

    for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++)
        if (qk_attrs_bool(attrs, usages[i], false))
            may |= qk_policy_function_of(usages[i]);
    return may;
}

static size_t read_part_len(CK_KEY_TYPE type, const qk_attrs *attrs)
{
    size_t post_quantum_len = qk_post_quantum_signature_len(type, attrs);
    const qk_curve *curve = qk_curve_find(qk_attrs_view(attrs, CKA_EC_PARAMS));
    size_t modulus_len = qk_attrs_view(attrs, CKA_MODULUS).len;
    size_t subprime_len = qk_attrs_view(attrs, CKA_SUBPRIME).len;

    if (post_quantum_len)
        return post_quantum_len;
    if (curve || subprime_len)
        return curve ? curve->field_len : subprime_len;
    return modulus_len ? modulus_len : (qk_attrs_ulong(attrs, CKA_MODULUS_BITS, 0) + 7) / 8;
}

static void read_attrs(qk_object *object)
{
    const qk_attrs *attrs = &object->attrs;

    object->class = qk_attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
    object->key_type = qk_attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    if (!qk_object_is_key(object))
        return;
    object->may = read_usages(attrs);
    object->part_len = read_part_len(object->key_type, attrs);
    object->ask_each_time = qk_attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false);
    object->limited = qk_attrs_view(attrs, CKA_ALLOWED_MECHANISMS).len > 0;
}

static void make_message(qk_object *object)
{
    grep11__key_blob__init(&object->message);
    object->message_blob = qk_message_bytes(qk_buf_view(&object->blob));
    object->message.keyblobs = &object->message_blob;
    object->message.n_keyblobs = 1;
}

qk_err qk_object_new(qk_object_parts *parts, qk_object **out_object)
{
    qk_object *object = calloc(1, sizeof *object);

    if (!object) {
        qk_object_parts_done(parts);
        return qk_fail(QK_E_NO_MEMORY, "no memory for an object");
    }
    atomic_init(&object->refs, 1);
    atomic_init(&object->checked_ms, qk_clock_monotonic_ms());
    object->id = parts->id;
    object->token = parts->token;
    object->is_private = parts->is_private;
    object->keystore = parts->keystore;
    object->version = parts->version;
    object->owner = parts->owner;
    object->attrs = parts->attrs;
    object->blob = parts->blob;
    parts->attrs = QK_ATTRS_NONE;
    parts->blob = QK_BUF_NONE;
    read_attrs(object);
    make_message(object);
    *out_object = object;
    return QK_OK;
}

qk_err qk_object_changed(const qk_object *object, qk_attrs *attrs, qk_buf *blob, int64_t version,
                         qk_object **out_object)
{
    qk_object_parts parts = { .id = object->id,
                              .token = object->token,
                              .is_private = object->is_private,
                              .keystore = object->keystore,
                              .version = version,
                              .owner = object->owner,
                              .attrs = *attrs,
                              .blob = *blob };

    *attrs = QK_ATTRS_NONE;
    *blob = QK_BUF_NONE;
    return qk_object_new(&parts, out_object);
}

qk_object *qk_object_ref(qk_object *object)
{
    atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
    return object;
}

void qk_object_unref(qk_object **object)
{
    qk_object *gone = *object;
    qk_key *public_key;

    *object = NULL;
    if (!gone || atomic_fetch_sub_explicit(&gone->refs, 1, memory_order_acq_rel) != 1)
        return;
    public_key = atomic_load(&gone->public_key);
    qk_key_unref(&public_key);
    qk_attrs_done(&gone->attrs);
    qk_buf_done(&gone->blob);
    free(gone);
}

qk_seal_under qk_object_seal(const qk_object *object)
{
    return object->is_private ? QK_UNDER_USER : QK_UNDER_INSTANCE;
}

/* Length of the DER element at the start of `der`, header included; 0 if it is malformed or longer than `der`. */
static size_t der_element_len(qk_view der)
{
    size_t len, header = 2;

    if (der.len < 2)
        return 0;
    len = der.data[1];
    if (len & 0x80) {
        size_t count = len & 0x7f;
        if (count == 0 || count > 4 || der.len < 2 + count)
            return 0;
        len = 0;
        for (size_t i = 0; i < count; i++)
            len = len << 8 | der.data[2 + i];
        header += count;
    }
    return len <= der.len - header ? header + len : 0;
}

qk_err qk_object_spki(const qk_object *object, qk_view *out_spki)
{
    qk_view blob = qk_buf_view(&object->blob);
    size_t len = blob.len && blob.data[0] == 0x30 ? der_element_len(blob) : 0;

    if (!len)
        return qk_fail(QK_E_BLOB_DAMAGED, "the blob of a public key does not begin with a SubjectPublicKeyInfo");
    *out_spki = qk_view_slice(blob, 0, len);
    return QK_OK;
}

qk_err qk_object_public_key(qk_object *object, qk_key **out_key)
{
    qk_key *key = atomic_load_explicit(&object->public_key, memory_order_acquire), *other = NULL;
    qk_view spki;

    if (!key) {
        QK_TRY(qk_object_spki(object, &spki));
        QK_TRY(qk_key_read(CKO_PUBLIC_KEY, object->key_type, spki, &key));
        if (!atomic_compare_exchange_strong(&object->public_key, &other, key)) { /* another thread was faster */
            qk_key_unref(&key);
            key = other;
        }
    }
    *out_key = key;
    return QK_OK;
}

bool qk_object_place_attribute(const qk_object *object, CK_ATTRIBUTE_TYPE type, uint8_t out[QK_UUID_TEXT],
                               size_t *out_len)
{
    if (type == CKA_UNIQUE_ID) {
        qk_uuid_write(&object->id, (char *)out);
        *out_len = QK_UUID_TEXT - 1;
        return true;
    }
    if (type != CKA_TOKEN && type != CKA_PRIVATE)
        return false;
    out[0] = (type == CKA_TOKEN ? object->token : object->is_private) ? CK_TRUE : CK_FALSE;
    *out_len = sizeof(CK_BBOOL);
    return true;
}

static bool matches_one(const qk_object *object, const qk_attr *wanted)
{
    uint8_t place[QK_UUID_TEXT];
    size_t len;
    const qk_attr *have;

    if (qk_object_place_attribute(object, wanted->type, place, &len))
        return qk_view_equal(qk_view_of(place, len), wanted->value);
    have = qk_attrs_find(&object->attrs, wanted->type);
    return have && qk_view_equal(have->value, wanted->value);
}

bool qk_object_matches(const qk_object *object, const qk_attrs *wanted)
{
    for (size_t i = 0; i < wanted->count; i++)
        if (!matches_one(object, &wanted->items[i]))
            return false;
    return true;
}
