/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/content.h"

#include "base/encoding.h"
#include "hsm/codec/attribute_codec.h"
#include "p11/attribute_bytes.h"

#include <strings.h>

void qk_content_done(qk_content *content)
{
    qk_attrs_done(&content->attrs);
    qk_buf_done(&content->packed);
}

static qk_err refuse(qk_err code, const qk_attribute *attribute, const char *why)
{
    return qk_fail(code, "%s %s", attribute->name, why);
}

/* CKA_UNIQUE_ID is the object's id as text; it is computed, not stored. */
static qk_err check_unique_id(const qk_attrs *given, const qk_uuid *id)
{
    qk_view value = qk_attrs_view(given, CKA_UNIQUE_ID);
    char text[QK_UUID_TEXT];

    if (value.len == 0)
        return QK_OK;
    qk_uuid_write(id, text);
    if (value.len == QK_UUID_TEXT - 1 && strncasecmp((const char *)value.data, text, value.len) == 0)
        return QK_OK;
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_UNIQUE_ID is not the object's id %s", text);
}

/* Public keys, certificates and data have a CKA_VALUE that is no secret. */
static bool is_secret(const qk_attribute *attribute, unsigned kind)
{
    return (attribute->flags & QK_ATTRIBUTE_SECRET) != 0 && (kind & (QK_OF_PRIVATE | QK_OF_SECRET)) != 0;
}

static qk_err check_kind(const qk_attrs *given, unsigned kind)
{
    for (size_t i = 0; i < given->count; i++) {
        const qk_attribute *attribute = qk_attribute_find(given->items[i].type);
        if (!attribute || !(attribute->of & kind))
            return qk_fail(QK_E_ATTRIBUTE_TYPE, "%s does not belong to an object of this class",
                           attribute ? attribute->name : "an unknown attribute");
        if (is_secret(attribute, kind))
            return refuse(QK_E_ATTRIBUTE_SENSITIVE, attribute, "is secret and is never stored beside a blob");
    }
    return QK_OK;
}

/* ---- keys ---- */

/* What the client says of the key must be what the blob says. An absent flag and FALSE are the same. */
static qk_err compare(const qk_attr *given, const qk_attribute *attribute, const qk_attrs *held)
{
    const qk_attr *have = qk_attrs_find(held, given->type);

    if (have)
        return qk_view_equal(have->value, given->value)
                   ? QK_OK
                   : refuse(QK_E_ATTRIBUTE_VALUE, attribute, "is not what the key's blob says");
    if (attribute->home == QK_HOME_COMPUTED)
        return QK_OK;
    if (attribute->form == QK_FORM_BOOL && given->value.len == 1 && given->value.data[0] == CK_FALSE)
        return QK_OK;
    return refuse(QK_E_ATTRIBUTE_VALUE, attribute, "is not among what the key's blob says");
}

static qk_err read_key(qk_hsm *hsm, const qk_call *call, qk_view blob, const qk_attrs *given, qk_attrs *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs held = QK_ATTRS_NONE;

    if (blob.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a key object comes with its blob");
    QK_TRY(qk_hsm_blob_storable(hsm, call, blob));
    QK_TRY(qk_hsm_blob_attributes(hsm, call, blob, &held));
    for (size_t i = 0; i < held.count; i++) {
        const qk_attribute *attribute = qk_attribute_find(held.items[i].type);
        if (attribute && (attribute->home == QK_HOME_KEY || attribute->home == QK_HOME_VALUE ||
                          (attribute->home == QK_HOME_COMPUTED && attribute->type != CKA_UNIQUE_ID)))
            QK_TRY(qk_attrs_set(out, attribute->type, held.items[i].value));
    }
    for (size_t i = 0; i < given->count; i++) {
        const qk_attr *attr = &given->items[i];
        const qk_attribute *attribute = qk_attribute_find(attr->type);
        if (attribute->home == QK_HOME_OBJECT)
            QK_TRY(qk_attrs_set(out, attr->type, attr->value));
        else if (attribute->home != QK_HOME_PLACE && attr->type != CKA_UNIQUE_ID)
            QK_TRY(compare(attr, attribute, out));
    }
    return QK_OK;
}

/* ---- all others ---- */

static qk_err read_other(qk_view blob, const qk_attrs *given, qk_attrs *out)
{
    if (blob.len > 0 && qk_attrs_find(given, CKA_VALUE))
        return qk_fail(QK_E_ATTRIBUTE_SENSITIVE, "CKA_VALUE is sealed already and must not stand beside in clear");
    for (size_t i = 0; i < given->count; i++) {
        const qk_attr *attr = &given->items[i];
        if (qk_attribute_find(attr->type)->home != QK_HOME_PLACE && attr->type != CKA_UNIQUE_ID)
            QK_TRY(qk_attrs_set(out, attr->type, attr->value));
    }
    return QK_OK;
}

qk_err qk_content_read(qk_hsm *hsm, const qk_call *call, const qk_uuid *id, const Quantoki__V1__Object *object,
                       qk_content *out_content)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;
    QK_OWNED(qk_content_done) qk_content content = QK_CONTENT_NONE;
    qk_view blob = qk_message_view(object->blob);
    unsigned kind;

    QK_TRY(qk_attrs_from_map(object->attributes, object->n_attributes, &given));
    if (!qk_attrs_find(&given, CKA_CLASS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "an object has a CKA_CLASS");
    kind = qk_attribute_kind_of(qk_attrs_ulong(&given, CKA_CLASS, CK_UNAVAILABLE_INFORMATION));
    if (kind == 0)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "objects of this CKA_CLASS are not kept");
    QK_TRY(check_kind(&given, kind));
    QK_TRY(check_unique_id(&given, id));
    QK_TRY(kind & QK_OF_KEYS ? read_key(hsm, call, blob, &given, &content.attrs)
                             : read_other(blob, &given, &content.attrs));
    QK_TRY(qk_attrs_write(&content.attrs, &content.packed));
    content.is_public = !qk_attrs_bool(&given, CKA_PRIVATE, true);
    *out_content = content;
    content = QK_CONTENT_NONE;
    return QK_OK;
}
