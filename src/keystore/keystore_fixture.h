/* SPDX-License-Identifier: Apache-2.0 */
/* For tests with keystores: short ways to say the calls. Memory comes from one arena per test. */
#ifndef QK_KEYSTORE_KEYSTORE_FIXTURE_H
#define QK_KEYSTORE_KEYSTORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hsm/codec/attribute_codec.h"
#include "hsm/hsm.h"
#include "keystore/keystore.h"

typedef Quantoki__V1__Object object;

/* What variables for answers start with, for the sake of a compiler that does not know that assertions do not return.
 */
static Quantoki__V1__FindObjectsResponse no_objects __attribute__((unused));

typedef struct scene {
    qk_keystore *keystore;
    qk_hsm *hsm;
    qk_arena arena;
    qk_call call;
} scene;

static inline void scene_init(scene *s, qk_keystore *keystore, qk_hsm *hsm)
{
    s->keystore = keystore;
    s->hsm = hsm;
    qk_arena_init(&s->arena, 0);
    s->call = (qk_call){ .arena = &s->arena, .strict = true, .deadline = QK_DEADLINE_NEVER };
}

static inline void scene_done(scene *s)
{
    qk_arena_done(&s->arena);
}

#define assert_ok(step)                                                                                                \
    do {                                                                                                               \
        qk_err assert_err_ = (step);                                                                                   \
        if (assert_err_ != QK_OK)                                                                                      \
            fail_msg("%s: %s", #step, qk_err_words(assert_err_));                                                      \
    } while (0)

#define assert_err(step, code) assert_string_equal(qk_err_name(step), qk_err_name(code))

/* ---- bytes and ids ---- */

static inline qk_uuid uuid(unsigned number)
{
    qk_uuid id = { { 0x51 } };

    for (size_t i = 0; i < 4; i++)
        id.bytes[15 - i] = (uint8_t)(number >> (8 * i));
    return id;
}

static inline ProtobufCBinaryData bytes_in(scene *s, const void *data, size_t len)
{
    qk_view copy;

    assert_ok(qk_arena_copy(&s->arena, qk_view_of(data, len), &copy));
    return qk_message_bytes(copy);
}

static inline ProtobufCBinaryData id_bytes(scene *s, unsigned number)
{
    qk_uuid id = uuid(number);
    return bytes_in(s, id.bytes, sizeof id.bytes);
}

/* ---- attributes ---- */

static inline void set_text(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, const char *text)
{
    assert_ok(qk_attrs_set(attrs, type, qk_view_text(text)));
}

static inline void give_attributes(scene *s, object *it, const qk_attrs *attrs)
{
    assert_ok(qk_attrs_to_map(attrs, &quantoki__v1__object__attributes_entry__descriptor, &s->arena, &it->attributes,
                              &it->n_attributes));
}

/* The attributes of an object; the caller frees. */
static inline qk_attrs attributes_of(const object *it)
{
    qk_attrs attrs = QK_ATTRS_NONE;

    assert_ok(qk_attrs_from_map(it->attributes, it->n_attributes, &attrs));
    return attrs;
}

static inline void assert_text(const object *it, CK_ATTRIBUTE_TYPE type, const char *text)
{
    qk_attrs attrs = attributes_of(it);
    bool equal = qk_view_equal(qk_attrs_view(&attrs, type), qk_view_text(text));

    qk_attrs_done(&attrs);
    assert_true(equal);
}

/* ---- objects ---- */

static inline object *bare_object(scene *s, unsigned keystore, unsigned id)
{
    object *it = qk_message_new(&quantoki__v1__object__descriptor, &s->arena);

    assert_non_null(it);
    it->id = id_bytes(s, id);
    it->keystore = id_bytes(s, keystore);
    it->txid = id_bytes(s, id);
    return it;
}

/* A public data object with a label. */
static inline object *data_object(scene *s, unsigned keystore, unsigned id, const char *label)
{
    object *it = bare_object(s, keystore, id);
    qk_attrs attrs = QK_ATTRS_NONE;

    assert_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA));
    set_text(&attrs, CKA_LABEL, label);
    set_text(&attrs, CKA_VALUE, "value");
    give_attributes(s, it, &attrs);
    qk_attrs_done(&attrs);
    return it;
}

/* An AES key from the HSM, with label and CKA_ID. The attributes are those of the HSM's answer. */
static inline object *key_object(scene *s, unsigned keystore, unsigned id, const char *label)
{
    Grep11__GenerateKeyRequest request = GREP11__GENERATE_KEY_REQUEST__INIT;
    Grep11__Mechanism mechanism = GREP11__MECHANISM__INIT;
    Grep11__GenerateKeyResponse *response;
    object *it = bare_object(s, keystore, id);
    qk_attrs attrs = QK_ATTRS_NONE;
    void *answer;

    mechanism.mechanism = CKM_AES_KEY_GEN;
    request.mech = &mechanism;
    assert_ok(qk_attrs_set_ulong(&attrs, CKA_VALUE_LEN, 32));
    assert_ok(qk_attrs_set_bool(&attrs, CKA_ENCRYPT, true));
    assert_ok(qk_attrs_to_map(&attrs, &grep11__generate_key_request__template_entry__descriptor, &s->arena,
                              &request.template_, &request.n_template_));
    qk_attrs_done(&attrs);
    assert_ok(qk_hsm_call(s->hsm, &s->call, QK_GENERATE_KEY, &request.base, &answer));
    response = answer;
    assert_int_equal(response->key->n_keyblobs, 1);
    it->blob = response->key->keyblobs[0];
    assert_ok(qk_attrs_from_map(response->key->attributes, response->key->n_attributes, &attrs));
    set_text(&attrs, CKA_LABEL, label);
    set_text(&attrs, CKA_ID, label);
    give_attributes(s, it, &attrs);
    qk_attrs_done(&attrs);
    return it;
}

/* The same object with one attribute changed. */
static inline object *with_attribute(scene *s, const object *it, CK_ATTRIBUTE_TYPE type, qk_view value)
{
    object *changed = qk_message_new(&quantoki__v1__object__descriptor, &s->arena);
    qk_attrs attrs = attributes_of(it);

    *changed = *it;
    assert_ok(qk_attrs_set(&attrs, type, value));
    give_attributes(s, changed, &attrs);
    qk_attrs_done(&attrs);
    return changed;
}

/* ---- calls ---- */

static inline qk_err reset_keystore(scene *s, unsigned keystore, const char *label)
{
    Quantoki__V1__ResetKeystoresRequest *request =
        qk_message_new(&quantoki__v1__reset_keystores_request__descriptor, &s->arena);
    ProtobufCBinaryData id = id_bytes(s, keystore);
    void *response;

    request->n_ids = 1;
    request->ids = &id;
    request->label = qk_arena_text(&s->arena, qk_view_text(label));
    return qk_keystore_call(s->keystore, &s->call, QK_RESET_KEYSTORES, &request->base, &response);
}

static inline qk_err store_objects(scene *s, object *const *objects, size_t count)
{
    Quantoki__V1__StoreObjectsRequest request = QUANTOKI__V1__STORE_OBJECTS_REQUEST__INIT;
    void *response;

    request.n_objects = count;
    request.objects = (object **)(uintptr_t)objects;
    return qk_keystore_call(s->keystore, &s->call, QK_STORE_OBJECTS, &request.base, &response);
}

static inline qk_err store_object(scene *s, object *it)
{
    return store_objects(s, &it, 1);
}

/* Takes the object's version as the expected one. */
static inline qk_err update_object(scene *s, object *it, int64_t *out_version)
{
    Quantoki__V1__UpdateObjectRequest request = QUANTOKI__V1__UPDATE_OBJECT_REQUEST__INIT;
    void *response;

    request.object = it;
    QK_TRY(qk_keystore_call(s->keystore, &s->call, QK_UPDATE_OBJECT, &request.base, &response));
    *out_version = ((Quantoki__V1__UpdateObjectResponse *)response)->version;
    return QK_OK;
}

static inline qk_err delete_objects(scene *s, unsigned keystore, const unsigned *ids, size_t count)
{
    Quantoki__V1__DeleteObjectsRequest request = QUANTOKI__V1__DELETE_OBJECTS_REQUEST__INIT;
    void *response;

    request.keystore = id_bytes(s, keystore);
    request.n_ids = count;
    request.ids = qk_arena_alloc(&s->arena, (count + 1) * sizeof *request.ids);
    for (size_t i = 0; i < count; i++)
        request.ids[i] = id_bytes(s, ids[i]);
    return qk_keystore_call(s->keystore, &s->call, QK_DELETE_OBJECTS, &request.base, &response);
}

static inline qk_err delete_object(scene *s, unsigned keystore, unsigned id)
{
    return delete_objects(s, keystore, &id, 1);
}

/* One page. `wanted` may be NULL; `token` too. */
static inline qk_err find_page(scene *s, const unsigned *keystores, size_t count, const qk_attrs *wanted,
                               const ProtobufCBinaryData *token, uint32_t page_size,
                               Quantoki__V1__FindObjectsResponse **out)
{
    Quantoki__V1__FindObjectsRequest request = QUANTOKI__V1__FIND_OBJECTS_REQUEST__INIT;
    void *response;

    request.n_keystores = count;
    request.keystores = qk_arena_alloc(&s->arena, (count + 1) * sizeof *request.keystores);
    for (size_t i = 0; i < count; i++)
        request.keystores[i] = id_bytes(s, keystores[i]);
    if (wanted)
        QK_TRY(qk_attrs_to_map(wanted, &quantoki__v1__find_objects_request__template_entry__descriptor, &s->arena,
                               &request.template_, &request.n_template_));
    if (token)
        request.pagetoken = *token;
    request.pagesize = page_size;
    QK_TRY(qk_keystore_call(s->keystore, &s->call, QK_FIND_OBJECTS, &request.base, &response));
    *out = response;
    return QK_OK;
}

/* All matches of one attribute in one keystore, in one page. */
static inline size_t find_by(scene *s, unsigned keystore, CK_ATTRIBUTE_TYPE type, qk_view value, object ***out_objects)
{
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    qk_attrs wanted = QK_ATTRS_NONE;

    assert_ok(qk_attrs_set(&wanted, type, value));
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    qk_attrs_done(&wanted);
    assert_int_equal(found->nextpagetoken.len, 0);
    if (out_objects)
        *out_objects = found->objects;
    return found->n_objects;
}

static inline size_t find_by_label(scene *s, unsigned keystore, const char *label, object ***out_objects)
{
    return find_by(s, keystore, CKA_LABEL, qk_view_text(label), out_objects);
}

static inline size_t find_all(scene *s, unsigned keystore)
{
    Quantoki__V1__FindObjectsResponse *found = &no_objects;

    assert_ok(find_page(s, &keystore, 1, NULL, NULL, 0, &found));
    return found->n_objects;
}

/* NULL if the keystore has no such object. */
static inline object *get_object(scene *s, unsigned keystore, unsigned id, int64_t known_version)
{
    Quantoki__V1__GetObjectsRequest request = QUANTOKI__V1__GET_OBJECTS_REQUEST__INIT;
    Quantoki__V1__GetObjectsRequest__Known known = QUANTOKI__V1__GET_OBJECTS_REQUEST__KNOWN__INIT, *list = &known;
    Quantoki__V1__GetObjectsResponse *response;
    void *answer;

    known.id = id_bytes(s, id);
    known.version = known_version;
    request.keystore = id_bytes(s, keystore);
    request.n_objects = 1;
    request.objects = &list;
    assert_ok(qk_keystore_call(s->keystore, &s->call, QK_GET_OBJECTS, &request.base, &answer));
    response = answer;
    return response->n_objects ? response->objects[0] : NULL;
}

#endif
