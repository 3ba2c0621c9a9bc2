/* SPDX-License-Identifier: Apache-2.0 */
/* The HSM makes the numbers; the object is then one as C_CreateObject would make it of them, but local. */
#include "module/key/parameters.h"

#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"
#include "module/object/sealed.h"
#include "module/slot/session.h"
#include "module/object/template.h"

/* What the HSM is told, and what it makes. */
static const CK_ATTRIBUTE_TYPE lengths[] = { CKA_CLASS, CKA_KEY_TYPE, CKA_PRIME_BITS, CKA_SUBPRIME_BITS };
static const CK_ATTRIBUTE_TYPE sizes[] = { CKA_PRIME_BITS, CKA_SUBPRIME_BITS };
static const CK_ATTRIBUTE_TYPE numbers[] = { CKA_CLASS, CKA_KEY_TYPE, CKA_PRIME, CKA_SUBPRIME, CKA_BASE };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static qk_err pick(const qk_attrs *from, const CK_ATTRIBUTE_TYPE *types, size_t count, qk_attrs *out)
{
    for (size_t i = 0; i < count; i++)
        if (qk_attrs_find(from, types[i]))
            QK_TRY(qk_attrs_set(out, types[i], qk_attrs_view(from, types[i])));
    return QK_OK;
}

static qk_err ask(qk_session *session, const qk_mech_use *use, const qk_attrs *given, bool is_private, qk_attrs *out)
{
    Grep11__GenerateKeyRequest request = GREP11__GENERATE_KEY_REQUEST__INIT;
    QK_OWNED(qk_attrs_done) qk_attrs wanted = QK_ATTRS_NONE;
    qk_call call = qk_session_call(session, is_private);
    const Grep11__KeyBlob *made;
    void *answer;

    QK_TRY(pick(given, lengths, COUNT(lengths), &wanted));
    QK_TRY(qk_mech_use_to_message(use, &session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&wanted, &grep11__generate_key_request__template_entry__descriptor, &session->arena,
                           &request.template_, &request.n_template_));
    QK_TRY(qk_session_hsm(session, &call, QK_GENERATE_KEY, &request.base, &answer));
    made = ((Grep11__GenerateKeyResponse *)answer)->key;
    if (!made)
        return qk_fail(QK_E_PROTOCOL, "the HSM's answer has no domain parameters");
    return qk_attrs_from_map(made->attributes, made->n_attributes, out);
}

static qk_err check_given(const qk_attrs *given)
{
    for (size_t i = 2; i < COUNT(numbers); i++)
        if (qk_attrs_find(given, numbers[i]))
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s is made, not given", qk_attribute_find(numbers[i])->name);
    return QK_OK;
}

/* All attributes of the object: the template's but for the lengths, which come of the numbers. */
static qk_err attributes_of(const qk_session *session, qk_attrs *given, const qk_attrs *made, qk_attrs *out)
{
    qk_attrs_remove(given, CKA_PRIME_BITS);
    qk_attrs_remove(given, CKA_SUBPRIME_BITS);
    QK_TRY(pick(made, numbers, COUNT(numbers), given));
    QK_TRY(qk_other_template_read(given, CKO_DOMAIN_PARAMETERS, qk_slot_user(session->slot), out));
    QK_TRY(pick(made, sizes, COUNT(sizes), out));
    return qk_attrs_set_bool(out, CKA_LOCAL, true);
}

qk_err qk_parameters_create(qk_session *session, const qk_mech_use *use, qk_template template_,
                            CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE, made = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_object_unref) qk_object *object = NULL;
    qk_place place;

    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &given));
    QK_TRY(check_given(&given));
    QK_TRY(qk_slot_objects_place(session, &given, &place));
    QK_TRY(ask(session, use, &given, place.is_private, &made));
    QK_TRY(attributes_of(session, &given, &made, &attrs));
    QK_TRY(qk_value_object(session, &place, &attrs, &object));
    QK_TRY(qk_slot_objects_store(session, &object, 1));
    *out_handle = object->handle;
    return QK_OK;
}
