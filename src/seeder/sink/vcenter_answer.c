/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/sink/vcenter_answer.h"

#include <jansson.h>
#include <stdio.h>

enum { MOST_SESSION = 1024 };

static void release(json_t **value)
{
    json_decref(*value);
}

static qk_err load(qk_view text, json_t **out)
{
    *out = json_loadb((const char *)text.data, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    return *out ? QK_OK : qk_fail(QK_E_PROTOCOL, "vCenter's answer is no JSON");
}

/* A session is as good as a password; jansson frees its texts as they are. */
static void wipe_text(json_t *text)
{
    explicit_bzero((char *)(uintptr_t)json_string_value(text), json_string_length(text));
}

/* Visible ASCII alone: it goes into a header. */
static qk_err take_session(const json_t *root, qk_secret *out_session)
{
    const char *text = json_string_value(root);

    if (!text || json_string_length(root) == 0 || json_string_length(root) > MOST_SESSION)
        return qk_fail(QK_E_PROTOCOL, "vCenter's answer to a login is no text");
    for (size_t i = 0; i < json_string_length(root); i++)
        if (text[i] <= 0x20 || text[i] >= 0x7f)
            return qk_fail(QK_E_PROTOCOL, "vCenter's session has a character that no header may have");
    return qk_secret_copy(qk_view_of(text, json_string_length(root)), out_session);
}

qk_err qk_vcenter_session_read(qk_view json, qk_secret *out_session)
{
    QK_OWNED(release) json_t *root = NULL;
    qk_err err;

    QK_TRY(load(json, &root));
    err = take_session(root, out_session);
    if (json_is_string(root))
        wipe_text(root);
    return err;
}

qk_err qk_vcenter_pool_read(qk_view json, qk_vcenter_pool *out)
{
    QK_OWNED(release) json_t *root = NULL;
    const json_t *capacity, *available;
    const char *status;

    QK_TRY(load(json, &root));
    status = json_string_value(json_object_get(root, "status"));
    capacity = json_object_get(root, "capacity");
    available = json_object_get(root, "currently_available");
    if (status && strcmp(status, "DISABLED") == 0) {
        *out = (qk_vcenter_pool){ .enabled = false };
        return QK_OK;
    }
    if (!status || strcmp(status, "ENABLED") != 0 || !json_is_integer(capacity) || !json_is_integer(available) ||
        json_integer_value(capacity) < 0 || json_integer_value(available) < 0)
        return qk_fail(QK_E_PROTOCOL, "vCenter's answer says nothing of a pool");
    *out = (qk_vcenter_pool){ .enabled = true };
    if (json_integer_value(capacity) > json_integer_value(available))
        out->missing = (uint64_t)(json_integer_value(capacity) - json_integer_value(available));
    return QK_OK;
}

bool qk_vcenter_is_id(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && len < QK_VCENTER_MOST_ID &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:") == len;
}

qk_err qk_vcenter_host_read(qk_view json, char out_id[QK_VCENTER_MOST_ID])
{
    QK_OWNED(release) json_t *root = NULL;
    const char *id;

    QK_TRY(load(json, &root));
    if (!json_is_array(root))
        return qk_fail(QK_E_PROTOCOL, "vCenter's answer is no list of hosts");
    if (json_array_size(root) != 1)
        return qk_fail(QK_E_OBJECT_MISSING, "vCenter knows %zu hosts of this name", json_array_size(root));
    id = json_string_value(json_object_get(json_array_get(root, 0), "host"));
    if (!id || !qk_vcenter_is_id(id))
        return qk_fail(QK_E_PROTOCOL, "vCenter's list has a host without an identifier");
    snprintf(out_id, QK_VCENTER_MOST_ID, "%s", id);
    return QK_OK;
}
