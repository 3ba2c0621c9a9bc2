/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes of a blob, read and changed. */
#include "hsm/core.h"
#include "hsm/handle/handlers.h"

enum { ASKED_MOST = 4096 };

/* A secret part of a key in clear: only of keys that may be read, only for callers who may also wrap. */
static qk_err reveal(const qk_core *core, const qk_call *call, const qk_held_key *held, const qk_attribute *attribute,
                     qk_attrs *out)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    if (core->values_hidden || !qk_policy_readable(held))
        return qk_fail(QK_E_ATTRIBUTE_SENSITIVE, "%s of this key does not leave the HSM", attribute->name);
    QK_TRY(qk_caller_may(call->caller, QK_ACTION_WRAP_KEY));
    QK_TRY(qk_key_reveal(held->key, attribute->type, &value));
    return qk_attrs_set(out, attribute->type, qk_secret_reveal(&value));
}

static qk_err get_one(const qk_core *core, const qk_call *call, const qk_held_key *held, const qk_attrs *all,
                      uint64_t key, qk_attrs *out)
{
    const qk_attribute *attribute;
    const qk_attr *have;

    QK_TRY(qk_attribute_from_key(key, &attribute));
    have = qk_attrs_find(all, attribute->type);
    if (have)
        return qk_attrs_set(out, have->type, have->value);
    if ((attribute->flags & QK_ATTRIBUTE_SECRET) && attribute->home == QK_HOME_VALUE &&
        (attribute->of & qk_attribute_kind_of(held->class)))
        return reveal(core, call, held, attribute, out);
    if (attribute->type == CKA_IBM_MACED_PUBLIC_KEY_INFO && held->class == CKO_PUBLIC_KEY && held->vouched)
        return qk_attrs_set(out, attribute->type, qk_held_key_blob(held));
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "the key has no %s", attribute->name);
}

static qk_err answer_bytes(const qk_call *call, const qk_attrs *attrs, Grep11__GetAttributeValueResponse *answer)
{
    Grep11__GetAttributeValueResponse__AttributesBytesEntry **list =
        qk_arena_alloc(call->arena, (attrs->count ? attrs->count : 1) * sizeof *list);

    for (size_t i = 0; list && i < attrs->count; i++) {
        qk_view bytes;
        list[i] =
            qk_message_new(&grep11__get_attribute_value_response__attributes_bytes_entry__descriptor, call->arena);
        if (!list[i])
            return qk_fail(QK_E_NO_MEMORY, "no memory for attributes of an answer");
        QK_TRY(qk_attr_to_bytes(&attrs->items[i], call->arena, &bytes));
        list[i]->key = attrs->items[i].type;
        list[i]->value = qk_message_bytes(bytes);
    }
    if (!list)
        return qk_fail(QK_E_NO_MEMORY, "no memory for attributes of an answer");
    answer->attributesbytes = list;
    answer->n_attributesbytes = attrs->count;
    return QK_OK;
}

static qk_err answer_map(const qk_call *call, const qk_attrs *attrs, Grep11__GetAttributeValueResponse *answer)
{
    return qk_attrs_to_map(attrs, &grep11__get_attribute_value_response__attributes_entry__descriptor, call->arena,
                           &answer->attributes, &answer->n_attributes);
}

/* The answer comes in the map that was asked in. Asked for nothing in particular, it holds all that is not secret. */
qk_err qk_handle_get_attribute_value(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs all = QK_ATTRS_NONE, in_bytes = QK_ATTRS_NONE, in_map = QK_ATTRS_NONE;
    const Grep11__GetAttributeValueRequest *asked = request;

    if (asked->n_attributes > ASKED_MOST || asked->n_attributesbytes > ASKED_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "more than %d attributes asked for", ASKED_MOST);
    QK_TRY(qk_core_key(context, call, qk_message_view(asked->object), &held));
    QK_TRY(qk_core_describe(held, &all));
    for (size_t i = 0; i < asked->n_attributesbytes; i++)
        QK_TRY(get_one(context, call, held, &all, asked->attributesbytes[i]->key, &in_bytes));
    for (size_t i = 0; i < asked->n_attributes; i++)
        QK_TRY(get_one(context, call, held, &all, asked->attributes[i]->key, &in_map));
    if (asked->n_attributes == 0 && asked->n_attributesbytes == 0)
        return answer_map(call, &all, response);
    QK_TRY(answer_bytes(call, &in_bytes, response));
    return answer_map(call, &in_map, response);
}

qk_err qk_handle_set_attribute_value(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL, *changed = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs wanted = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    const Grep11__SetAttributeValueRequest *asked = request;
    Grep11__SetAttributeValueResponse *answer = response;
    qk_core *core = context;
    qk_view blob;

    QK_TRY(qk_attrs_from_map(asked->attributes, asked->n_attributes, &wanted));
    QK_TRY(qk_core_key(core, call, qk_message_view(asked->object), &held));
    QK_TRY(qk_policy_change(held, &wanted, qk_core_is_lax(core, call), &attrs));
    if (qk_attrs_bool(&attrs, CKA_TRUSTED, false) && !qk_attrs_bool(&held->attrs, CKA_TRUSTED, false))
        QK_TRY(qk_core_may_trust(call));
    QK_TRY(qk_core_remake(core, call, held, &attrs, &changed));
    QK_TRY(qk_arena_copy(call->arena, qk_held_key_blob(changed), &blob));
    answer->object = qk_message_bytes(blob);
    return QK_OK;
}
