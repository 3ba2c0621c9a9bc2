/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/keystore_contract.h"

#include "keystore/keystore_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PRIVATE = 1, PUBLIC = 2, ABSENT = 99 };

typedef struct test_state {
    qk_keystore_subject subject;
    scene scene;
} test_state;

static const qk_keystore_factory *factory;

static int begin(void **state)
{
    test_state *it = calloc(1, sizeof *it);

    if (!it)
        return -1;
    assert_ok(factory->open(&it->subject));
    scene_init(&it->scene, it->subject.keystore, it->subject.hsm);
    assert_ok(reset_keystore(&it->scene, PRIVATE, "token"));
    assert_ok(reset_keystore(&it->scene, PUBLIC, "token"));
    *state = it;
    return 0;
}

static int end(void **state)
{
    test_state *it = *state;

    scene_done(&it->scene);
    factory->close(&it->subject);
    free(it);
    return 0;
}

static scene *scene_of(void **state)
{
    return &((test_state *)*state)->scene;
}

/* ---- keystores ---- */

static qk_err create_keystore(scene *s, unsigned keystore, const char *label)
{
    Quantoki__V1__CreateKeystoreRequest request = QUANTOKI__V1__CREATE_KEYSTORE_REQUEST__INIT;
    Quantoki__V1__KeystoreInfo *info = qk_message_new(&quantoki__v1__keystore_info__descriptor, &s->arena);
    void *response;

    info->id = id_bytes(s, keystore);
    info->label = qk_arena_text(&s->arena, qk_view_text(label));
    request.keystore = info;
    return qk_keystore_call(s->keystore, &s->call, QK_CREATE_KEYSTORE, &request.base, &response);
}

static qk_err delete_keystore(scene *s, unsigned keystore)
{
    Quantoki__V1__DeleteKeystoreRequest request = QUANTOKI__V1__DELETE_KEYSTORE_REQUEST__INIT;
    void *response;

    request.id = id_bytes(s, keystore);
    return qk_keystore_call(s->keystore, &s->call, QK_DELETE_KEYSTORE, &request.base, &response);
}

/* `count` 0 lists all. */
static Quantoki__V1__ListKeystoresResponse *list_keystores(scene *s, const unsigned *keystores, size_t count)
{
    Quantoki__V1__ListKeystoresRequest request = QUANTOKI__V1__LIST_KEYSTORES_REQUEST__INIT;
    void *response;

    request.n_ids = count;
    request.ids = qk_arena_alloc(&s->arena, (count + 1) * sizeof *request.ids);
    for (size_t i = 0; i < count; i++)
        request.ids[i] = id_bytes(s, keystores[i]);
    assert_ok(qk_keystore_call(s->keystore, &s->call, QK_LIST_KEYSTORES, &request.base, &response));
    return response;
}

static void a_keystore_is_made_once_and_listed(void **state)
{
    scene *s = scene_of(state);
    unsigned wanted[] = { 7, ABSENT };
    Quantoki__V1__ListKeystoresResponse *list;

    assert_ok(create_keystore(s, 7, "seventh"));
    assert_err(create_keystore(s, 7, "again"), QK_E_OBJECT_CONFLICT);
    assert_ok(store_object(s, data_object(s, 7, 1, "a")));
    list = list_keystores(s, wanted, 2);
    assert_int_equal(list->n_keystores, 1);
    assert_string_equal(list->keystores[0]->label, "seventh");
    assert_int_equal(list->keystores[0]->objects, 1);
    assert_true(qk_view_equal(qk_message_view(list->keystores[0]->id), qk_message_view(id_bytes(s, 7))));
    assert_int_equal(list_keystores(s, NULL, 0)->n_keystores, 3);
}

static void a_deleted_keystore_takes_its_objects_along(void **state)
{
    scene *s = scene_of(state);
    unsigned keystore = PRIVATE;
    Quantoki__V1__FindObjectsResponse *found = &no_objects;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(delete_keystore(s, PRIVATE));
    assert_err(delete_keystore(s, PRIVATE), QK_E_KEYSTORE_MISSING);
    assert_err(find_page(s, &keystore, 1, NULL, NULL, 0, &found), QK_E_KEYSTORE_MISSING);
    assert_ok(create_keystore(s, PRIVATE, ""));
    assert_int_equal(find_all(s, PRIVATE), 0);
}

static void a_reset_empties_labels_and_makes(void **state)
{
    scene *s = scene_of(state);
    unsigned wanted = PRIVATE;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(store_object(s, data_object(s, PUBLIC, 2, "b")));
    assert_ok(reset_keystore(s, PRIVATE, "anew"));
    assert_int_equal(find_all(s, PRIVATE), 0);
    assert_int_equal(find_all(s, PUBLIC), 1);
    assert_string_equal(list_keystores(s, &wanted, 1)->keystores[0]->label, "anew");
    assert_ok(reset_keystore(s, ABSENT, "made"));
    assert_int_equal(find_all(s, ABSENT), 0);
}

static void a_reset_with_a_bad_id_changes_nothing(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__ResetKeystoresRequest *request =
        qk_message_new(&quantoki__v1__reset_keystores_request__descriptor, &s->arena);
    ProtobufCBinaryData ids[] = { id_bytes(s, PRIVATE), bytes_in(s, "short", 5) };
    void *response;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    request->n_ids = 2;
    request->ids = ids;
    assert_err(qk_keystore_call(s->keystore, &s->call, QK_RESET_KEYSTORES, &request->base, &response),
               QK_E_BAD_ARGUMENT);
    assert_int_equal(find_all(s, PRIVATE), 1);
}

static void malformed_keystore_requests_are_refused(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__CreateKeystoreRequest empty = QUANTOKI__V1__CREATE_KEYSTORE_REQUEST__INIT;
    ProtobufCMessage *none = qk_message_new(&quantoki__v1__reset_keystores_request__descriptor, &s->arena);
    char label[400];
    void *response;

    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = 0;
    assert_err(qk_keystore_call(s->keystore, &s->call, QK_CREATE_KEYSTORE, &empty.base, &response), QK_E_BAD_ARGUMENT);
    assert_err(qk_keystore_call(s->keystore, &s->call, QK_RESET_KEYSTORES, none, &response), QK_E_BAD_ARGUMENT);
    assert_err(create_keystore(s, 8, label), QK_E_BAD_ARGUMENT);
}

/* ---- storing ---- */

static void a_stored_object_comes_back_whole(void **state)
{
    scene *s = scene_of(state);
    object *it = data_object(s, PRIVATE, 1, "a"), **found;

    assert_ok(store_object(s, it));
    assert_int_equal(find_by_label(s, PRIVATE, "a", &found), 1);
    assert_true(qk_view_equal(qk_message_view(found[0]->id), qk_message_view(it->id)));
    assert_true(qk_view_equal(qk_message_view(found[0]->keystore), qk_message_view(it->keystore)));
    assert_true(qk_view_equal(qk_message_view(found[0]->txid), qk_message_view(it->txid)));
    assert_int_equal(found[0]->version, 0);
    assert_int_equal(found[0]->n_attributes, 3);
    assert_text(found[0], CKA_VALUE, "value");
}

static void several_objects_are_stored_all_or_none(void **state)
{
    scene *s = scene_of(state);
    object *objects[] = { data_object(s, PRIVATE, 1, "new"), data_object(s, PUBLIC, 2, "new"),
                          data_object(s, PRIVATE, 3, "taken") };

    assert_ok(store_object(s, data_object(s, PRIVATE, 3, "first")));
    assert_err(store_objects(s, objects, 3), QK_E_OBJECT_REPLAY);
    assert_int_equal(find_by_label(s, PRIVATE, "new", NULL), 0);
    assert_int_equal(find_all(s, PUBLIC), 0);
    assert_ok(store_objects(s, objects, 2));
    assert_int_equal(find_by_label(s, PRIVATE, "new", NULL), 1);
    assert_int_equal(find_by_label(s, PUBLIC, "new", NULL), 1);
}

static void storing_the_same_again_is_done_once(void **state)
{
    scene *s = scene_of(state);

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_int_equal(find_all(s, PRIVATE), 1);
}

static void an_id_that_is_taken_is_refused(void **state)
{
    scene *s = scene_of(state);
    object *other = data_object(s, PRIVATE, 1, "a");

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    other->txid = id_bytes(s, 77);
    assert_err(store_object(s, other), QK_E_OBJECT_CONFLICT);
    assert_err(store_object(s, data_object(s, PRIVATE, 1, "b")), QK_E_OBJECT_REPLAY);
    assert_int_equal(find_by_label(s, PRIVATE, "a", NULL), 1);
    assert_int_equal(find_by_label(s, PRIVATE, "b", NULL), 0);
}

static void nothing_is_stored_in_a_keystore_that_does_not_exist(void **state)
{
    scene *s = scene_of(state);
    object *objects[] = { data_object(s, PRIVATE, 1, "a"), data_object(s, ABSENT, 2, "b") };

    assert_err(store_objects(s, objects, 2), QK_E_KEYSTORE_MISSING);
    assert_int_equal(find_all(s, PRIVATE), 0);
}

static void malformed_objects_are_refused(void **state)
{
    scene *s = scene_of(state);
    object *it = data_object(s, PRIVATE, 1, "a");

    it->id = bytes_in(s, "short", 5);
    assert_err(store_object(s, it), QK_E_BAD_ARGUMENT);
    it = data_object(s, PRIVATE, 1, "a");
    it->txid = bytes_in(s, "", 0);
    assert_err(store_object(s, it), QK_E_BAD_ARGUMENT);
    it = data_object(s, PRIVATE, 1, "a");
    it->version = 3;
    assert_err(store_object(s, it), QK_E_BAD_ARGUMENT);
    it = data_object(s, PRIVATE, 1, "a");
    it->n_attributes = 0;
    assert_err(store_object(s, it), QK_E_TEMPLATE_INCOMPLETE);
    assert_err(store_objects(s, NULL, 0), QK_E_BAD_ARGUMENT);
    assert_int_equal(find_all(s, PRIVATE), 0);
}

static void attributes_of_other_kinds_of_objects_are_refused(void **state)
{
    scene *s = scene_of(state);
    object *it = data_object(s, PRIVATE, 1, "a");
    CK_OBJECT_CLASS unknown = 0x123456;

    assert_err(store_object(s, with_attribute(s, it, CKA_MODULUS, QK_VIEW_LITERAL("\x07"))), QK_E_ATTRIBUTE_TYPE);
    assert_err(store_object(s, with_attribute(s, it, CKA_CLASS, qk_view_of(&unknown, sizeof unknown))),
               QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(find_all(s, PRIVATE), 0);
}

static void a_sealed_value_does_not_stand_beside_in_clear(void **state)
{
    scene *s = scene_of(state);
    object *it = data_object(s, PRIVATE, 1, "a");

    it->blob = bytes_in(s, "sealed", 6);
    assert_err(store_object(s, it), QK_E_ATTRIBUTE_SENSITIVE);
}

static void place_and_unique_id_are_not_stored(void **state)
{
    scene *s = scene_of(state);
    object *it = data_object(s, PRIVATE, 1, "a");
    qk_uuid id = uuid(1);
    char text[QK_UUID_TEXT];

    qk_uuid_write(&id, text);
    it = with_attribute(s, it, CKA_TOKEN, QK_VIEW_LITERAL("\x01"));
    it = with_attribute(s, it, CKA_PRIVATE, QK_VIEW_LITERAL("\x01"));
    assert_err(store_object(s, with_attribute(s, it, CKA_UNIQUE_ID, QK_VIEW_LITERAL("other"))), QK_E_ATTRIBUTE_VALUE);
    assert_ok(store_object(s, with_attribute(s, it, CKA_UNIQUE_ID, qk_view_text(text))));
    assert_int_equal(get_object(s, PRIVATE, 1, -1)->n_attributes, 3);
}

/* ---- keys ---- */

static void a_key_is_stored_with_what_its_blob_says(void **state)
{
    scene *s = scene_of(state);
    object *it = key_object(s, PRIVATE, 1, "key"), *bare = qk_message_new(it->base.descriptor, &s->arena), **found;
    qk_attrs attrs = QK_ATTRS_NONE;

    /* The client names class and label alone; the rest comes from the blob. */
    *bare = *it;
    assert_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY));
    set_text(&attrs, CKA_LABEL, "key");
    give_attributes(s, bare, &attrs);
    qk_attrs_done(&attrs);
    assert_ok(store_object(s, bare));
    assert_int_equal(find_by_label(s, PRIVATE, "key", &found), 1);
    assert_true(qk_view_equal(qk_message_view(found[0]->blob), qk_message_view(it->blob)));
    attrs = attributes_of(found[0]);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_KEY_TYPE, 0), CKK_AES);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_VALUE_LEN, 0), 32);
    assert_true(qk_attrs_bool(&attrs, CKA_ENCRYPT, false));
    assert_true(qk_attrs_bool(&attrs, CKA_SENSITIVE, false));
    assert_null(qk_attrs_find(&attrs, CKA_VALUE));
    qk_attrs_done(&attrs);
}

static void what_the_hsm_answers_can_be_stored_as_it_is(void **state)
{
    scene *s = scene_of(state);

    assert_ok(store_object(s, key_object(s, PRIVATE, 1, "key")));
    assert_int_equal(find_by(s, PRIVATE, CKA_ID, qk_view_text("key"), NULL), 1);
}

static void a_row_that_contradicts_its_blob_is_refused(void **state)
{
    scene *s = scene_of(state);
    object *it = key_object(s, PRIVATE, 1, "key");
    CK_ULONG len = 16;

    assert_err(store_object(s, with_attribute(s, it, CKA_EXTRACTABLE, QK_VIEW_LITERAL("\x01"))), QK_E_ATTRIBUTE_VALUE);
    assert_err(store_object(s, with_attribute(s, it, CKA_SENSITIVE, QK_VIEW_LITERAL("\x00"))), QK_E_ATTRIBUTE_VALUE);
    assert_err(store_object(s, with_attribute(s, it, CKA_VALUE_LEN, qk_view_of(&len, sizeof len))),
               QK_E_ATTRIBUTE_VALUE);
    assert_int_equal(find_all(s, PRIVATE), 0);
}

/* The HSM lets GREP11 clients, who are not strict, off the rules for keys' uses (hsm/policy/key_policy.h). */
static void a_key_made_where_the_rules_do_not_hold_is_refused(void **state)
{
    scene *s = scene_of(state);
    object *lax, *stored;
    int64_t version;

    s->call.strict = false;
    lax = key_object(s, PRIVATE, 1, "lax");
    s->call.strict = true;
    assert_err(store_object(s, lax), QK_E_TEMPLATE_INCONSISTENT);
    stored = key_object(s, PRIVATE, 2, "stored");
    assert_ok(store_object(s, stored));
    stored->blob = lax->blob;
    stored->txid = id_bytes(s, 50);
    assert_err(update_object(s, stored, &version), QK_E_TEMPLATE_INCONSISTENT);
    assert_int_equal(find_all(s, PRIVATE), 1);
}

static void a_key_without_a_whole_blob_is_refused(void **state)
{
    scene *s = scene_of(state);
    object *it = key_object(s, PRIVATE, 1, "key");
    qk_view blob = qk_message_view(it->blob);

    it->blob = bytes_in(s, blob.data, blob.len);
    it->blob.data[blob.len / 2] ^= 1;
    assert_err(store_object(s, it), QK_E_BLOB_DAMAGED);
    it->blob = bytes_in(s, "", 0);
    assert_err(store_object(s, it), QK_E_TEMPLATE_INCOMPLETE);
    assert_int_equal(find_all(s, PRIVATE), 0);
}

static void the_value_of_a_key_is_never_taken(void **state)
{
    scene *s = scene_of(state);
    object *it = key_object(s, PRIVATE, 1, "key");

    assert_err(store_object(s, with_attribute(s, it, CKA_VALUE, QK_VIEW_LITERAL("0123456789abcdef"))),
               QK_E_ATTRIBUTE_SENSITIVE);
}

/* ---- updating ---- */

static object *changed_object(scene *s, unsigned id, int64_t version, unsigned txid, const char *label)
{
    object *it = data_object(s, PRIVATE, id, label);

    it->version = version;
    it->txid = id_bytes(s, txid);
    return it;
}

static void an_update_counts_the_version_up(void **state)
{
    scene *s = scene_of(state);
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(update_object(s, changed_object(s, 1, 0, 50, "b"), &version));
    assert_int_equal(version, 1);
    assert_ok(update_object(s, changed_object(s, 1, 1, 51, "c"), &version));
    assert_int_equal(version, 2);
    assert_int_equal(find_by_label(s, PRIVATE, "b", NULL), 0);
    assert_int_equal(find_by_label(s, PRIVATE, "c", NULL), 1);
    assert_int_equal(get_object(s, PRIVATE, 1, -1)->version, 2);
}

static void a_stale_update_is_refused(void **state)
{
    scene *s = scene_of(state);
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(update_object(s, changed_object(s, 1, 0, 50, "b"), &version));
    assert_err(update_object(s, changed_object(s, 1, 0, 51, "c"), &version), QK_E_OBJECT_CONFLICT);
    assert_err(update_object(s, changed_object(s, 1, 5, 51, "c"), &version), QK_E_OBJECT_CONFLICT);
    assert_int_equal(find_by_label(s, PRIVATE, "b", NULL), 1);
}

static void an_update_that_is_sent_again_succeeds_once(void **state)
{
    scene *s = scene_of(state);
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(update_object(s, changed_object(s, 1, 0, 50, "b"), &version));
    assert_ok(update_object(s, changed_object(s, 1, 0, 50, "b"), &version));
    assert_int_equal(version, 1);
    assert_int_equal(get_object(s, PRIVATE, 1, -1)->version, 1);
}

static void a_txid_is_not_used_for_two_changes(void **state)
{
    scene *s = scene_of(state);
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(update_object(s, changed_object(s, 1, 0, 50, "b"), &version));
    assert_err(update_object(s, changed_object(s, 1, 0, 50, "c"), &version), QK_E_OBJECT_REPLAY);
    assert_err(update_object(s, changed_object(s, 1, 1, 50, "c"), &version), QK_E_OBJECT_REPLAY);
}

static void what_is_gone_cannot_be_updated(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__UpdateObjectRequest empty = QUANTOKI__V1__UPDATE_OBJECT_REQUEST__INIT;
    object *elsewhere = changed_object(s, 1, 0, 50, "b");
    int64_t version;
    void *response;

    assert_err(update_object(s, changed_object(s, 1, 0, 50, "b"), &version), QK_E_OBJECT_MISSING);
    elsewhere->keystore = id_bytes(s, ABSENT);
    assert_err(update_object(s, elsewhere, &version), QK_E_KEYSTORE_MISSING);
    assert_err(update_object(s, changed_object(s, 1, -1, 50, "b"), &version), QK_E_BAD_ARGUMENT);
    assert_err(qk_keystore_call(s->keystore, &s->call, QK_UPDATE_OBJECT, &empty.base, &response), QK_E_BAD_ARGUMENT);
}

static void an_object_keeps_its_class(void **state)
{
    scene *s = scene_of(state);
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    object *it = changed_object(s, 1, 0, 50, "b");
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_err(update_object(s, with_attribute(s, it, CKA_CLASS, qk_view_of(&class, sizeof class)), &version),
               QK_E_ATTRIBUTE_READ_ONLY);
}

/* ---- deleting ---- */

static void deleted_objects_are_gone(void **state)
{
    scene *s = scene_of(state);
    unsigned both[] = { 1, ABSENT };

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(store_object(s, data_object(s, PRIVATE, 2, "b")));
    assert_ok(delete_objects(s, PRIVATE, both, 2));
    assert_int_equal(find_all(s, PRIVATE), 1);
    assert_null(get_object(s, PRIVATE, 1, -1));
    assert_err(delete_objects(s, PRIVATE, both, 2), QK_E_OBJECT_MISSING);
}

static void objects_are_deleted_in_their_own_keystore_only(void **state)
{
    scene *s = scene_of(state);

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_err(delete_object(s, PUBLIC, 1), QK_E_OBJECT_MISSING);
    assert_err(delete_object(s, ABSENT, 1), QK_E_KEYSTORE_MISSING);
    assert_err(delete_objects(s, PRIVATE, NULL, 0), QK_E_BAD_ARGUMENT);
    assert_int_equal(find_all(s, PRIVATE), 1);
}

/* ---- finding ---- */

static void store_many(scene *s, unsigned keystore, unsigned first, unsigned count, const char *label)
{
    for (unsigned i = 0; i < count; i++)
        assert_ok(store_object(s, data_object(s, keystore, first + i, label)));
}

static void every_attribute_of_a_template_must_match(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    qk_attrs wanted = QK_ATTRS_NONE;
    unsigned keystore = PRIVATE;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(
        store_object(s, with_attribute(s, data_object(s, PRIVATE, 2, "a"), CKA_APPLICATION, QK_VIEW_LITERAL("mail"))));
    assert_ok(store_object(s, key_object(s, PRIVATE, 3, "a")));
    set_text(&wanted, CKA_LABEL, "a");
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    assert_int_equal(found->n_objects, 3);
    assert_ok(qk_attrs_set_ulong(&wanted, CKA_CLASS, CKO_DATA));
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    assert_int_equal(found->n_objects, 2);
    set_text(&wanted, CKA_APPLICATION, "mail");
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    assert_int_equal(found->n_objects, 1);
    set_text(&wanted, CKA_ID, "a");
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    assert_int_equal(found->n_objects, 0);
    qk_attrs_done(&wanted);
}

static void class_and_key_type_find_their_objects(void **state)
{
    scene *s = scene_of(state);
    CK_OBJECT_CLASS data = CKO_DATA, secret = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES;
    qk_attrs wanted = QK_ATTRS_NONE;
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    unsigned keystore = PRIVATE;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    assert_ok(store_object(s, key_object(s, PRIVATE, 2, "b")));
    assert_int_equal(find_by(s, PRIVATE, CKA_CLASS, qk_view_of(&data, sizeof data), NULL), 1);
    assert_int_equal(find_by(s, PRIVATE, CKA_CLASS, qk_view_of(&secret, sizeof secret), NULL), 1);
    assert_int_equal(find_by(s, PRIVATE, CKA_KEY_TYPE, qk_view_of(&aes, sizeof aes), NULL), 1);
    assert_ok(qk_attrs_set_ulong(&wanted, CKA_CLASS, CKO_SECRET_KEY));
    assert_ok(qk_attrs_set_ulong(&wanted, CKA_KEY_TYPE, CKK_AES));
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    assert_int_equal(found->n_objects, 1);
    assert_ok(qk_attrs_set_ulong(&wanted, CKA_KEY_TYPE, CKK_RSA));
    assert_ok(find_page(s, &keystore, 1, &wanted, NULL, 0, &found));
    assert_int_equal(found->n_objects, 0);
    qk_attrs_done(&wanted);
}

static void an_empty_label_is_not_an_absent_one(void **state)
{
    scene *s = scene_of(state);
    object *bare = bare_object(s, PRIVATE, 2);
    qk_attrs attrs = QK_ATTRS_NONE;

    assert_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA));
    give_attributes(s, bare, &attrs);
    qk_attrs_done(&attrs);
    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "")));
    assert_ok(store_object(s, bare));
    assert_int_equal(find_by_label(s, PRIVATE, "", NULL), 1);
    assert_int_equal(find_all(s, PRIVATE), 2);
}

static void the_unique_id_finds_one_object(void **state)
{
    scene *s = scene_of(state);
    qk_uuid id = uuid(2);
    char text[QK_UUID_TEXT];

    qk_uuid_write(&id, text);
    store_many(s, PRIVATE, 1, 3, "a");
    assert_int_equal(find_by(s, PRIVATE, CKA_UNIQUE_ID, qk_view_text(text), NULL), 1);
    assert_int_equal(find_by(s, PUBLIC, CKA_UNIQUE_ID, qk_view_text(text), NULL), 0);
    assert_int_equal(find_by(s, PRIVATE, CKA_UNIQUE_ID, qk_view_text("nonsense"), NULL), 0);
}

static void token_objects_are_token_objects(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    qk_attrs wanted = QK_ATTRS_NONE;
    unsigned keystore = PRIVATE;

    store_many(s, PRIVATE, 1, 1, "a");
    assert_int_equal(find_by(s, PRIVATE, CKA_TOKEN, QK_VIEW_LITERAL("\x01"), NULL), 1);
    assert_int_equal(find_by(s, PRIVATE, CKA_TOKEN, QK_VIEW_LITERAL("\x00"), NULL), 0);
    assert_ok(qk_attrs_set_bool(&wanted, CKA_PRIVATE, true));
    assert_err(find_page(s, &keystore, 1, &wanted, NULL, 0, &found), QK_E_ATTRIBUTE_TYPE);
    qk_attrs_done(&wanted);
}

/* Follows the pages of a search in both keystores; checks that each id from 1 up to the count comes exactly once, in
 * order, and returns the count. */
static unsigned follow_pages(scene *s, uint32_t page_size, const qk_attrs *wanted)
{
    static const unsigned keystores[] = { PRIVATE, PUBLIC };
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    ProtobufCBinaryData token = { 0, NULL };
    unsigned count = 0;

    do {
        assert_ok(find_page(s, keystores, 2, wanted, &token, page_size, &found));
        assert_true(found->n_objects <= page_size);
        for (size_t i = 0; i < found->n_objects; i++) {
            count++;
            assert_true(qk_view_equal(qk_message_view(found->objects[i]->id), qk_message_view(id_bytes(s, count))));
        }
        token = found->nextpagetoken;
    } while (token.len > 0);
    return count;
}

static void pages_show_each_object_once_and_in_order(void **state)
{
    scene *s = scene_of(state);
    qk_attrs wanted = QK_ATTRS_NONE;

    store_many(s, PRIVATE, 1, 7, "a");
    store_many(s, PUBLIC, 8, 5, "a");
    for (uint32_t size = 1; size <= 13; size++)
        assert_int_equal(follow_pages(s, size, NULL), 12);
    assert_ok(qk_attrs_set_ulong(&wanted, CKA_CLASS, CKO_DATA));
    assert_int_equal(follow_pages(s, 5, &wanted), 12);
    set_text(&wanted, CKA_LABEL, "a");
    assert_int_equal(follow_pages(s, 5, &wanted), 12);
    qk_attrs_done(&wanted);
}

static void the_last_page_says_so(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    unsigned keystore = PRIVATE;

    store_many(s, PRIVATE, 1, 4, "a");
    assert_ok(find_page(s, &keystore, 1, NULL, NULL, 4, &found));
    assert_int_equal(found->n_objects, 4);
    assert_int_equal(found->nextpagetoken.len, 0);
}

static void pages_go_on_while_objects_come_and_go(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    ProtobufCBinaryData token;
    unsigned keystore = PRIVATE;

    store_many(s, PRIVATE, 1, 6, "a");
    assert_ok(find_page(s, &keystore, 1, NULL, NULL, 3, &found));
    token = found->nextpagetoken;
    assert_ok(delete_object(s, PRIVATE, 3));
    assert_ok(delete_object(s, PRIVATE, 4));
    assert_ok(store_object(s, data_object(s, PRIVATE, 7, "a")));
    assert_ok(find_page(s, &keystore, 1, NULL, &token, 3, &found));
    assert_int_equal(found->n_objects, 3);
    assert_true(qk_view_equal(qk_message_view(found->objects[0]->id), qk_message_view(id_bytes(s, 5))));
}

static void malformed_searches_are_refused(void **state)
{
    scene *s = scene_of(state);
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    ProtobufCBinaryData token = bytes_in(s, "garbage", 7);
    unsigned keystores[] = { PRIVATE, ABSENT };

    assert_err(find_page(s, keystores, 1, NULL, &token, 0, &found), QK_E_BAD_ARGUMENT);
    token = bytes_in(s, "\0\0\0\x05\0\0\0\0\0\0\0\0", 12); /* the sixth of one keystore */
    assert_err(find_page(s, keystores, 1, NULL, &token, 0, &found), QK_E_BAD_ARGUMENT);
    token = bytes_in(s, "\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    assert_err(find_page(s, keystores, 1, NULL, &token, 0, &found), QK_E_BAD_ARGUMENT);
    assert_err(find_page(s, keystores, 0, NULL, NULL, 0, &found), QK_E_BAD_ARGUMENT);
    assert_err(find_page(s, keystores, 2, NULL, NULL, 0, &found), QK_E_KEYSTORE_MISSING);
}

/* ---- getting ---- */

static void an_object_whose_version_is_known_comes_without_content(void **state)
{
    scene *s = scene_of(state);
    object *it;
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    it = get_object(s, PRIVATE, 1, 0);
    assert_int_equal(it->version, 0);
    assert_int_equal(it->n_attributes, 0);
    assert_true(qk_view_equal(qk_message_view(it->id), qk_message_view(id_bytes(s, 1))));
    assert_ok(update_object(s, changed_object(s, 1, 0, 50, "b"), &version));
    it = get_object(s, PRIVATE, 1, 0);
    assert_int_equal(it->version, 1);
    assert_text(it, CKA_LABEL, "b");
    assert_null(get_object(s, PRIVATE, ABSENT, -1));
    assert_null(get_object(s, PUBLIC, 1, -1));
}

/* ---- many at once ---- */

enum { THREADS = 4, EACH = 25 };

typedef struct worker {
    test_state *state;
    unsigned first;
    atomic_int *failures;
} worker;

static void *store_and_find(void *context)
{
    worker *w = context;
    scene s;

    scene_init(&s, w->state->subject.keystore, w->state->subject.hsm);
    for (unsigned i = 0; i < EACH; i++) {
        object *objects[] = { data_object(&s, PRIVATE, w->first + 2 * i, "a"),
                              data_object(&s, PUBLIC, w->first + 2 * i + 1, "a") };
        int64_t version;
        objects[0]->version = 0;
        if (store_objects(&s, objects, 2) != QK_OK || !get_object(&s, PRIVATE, w->first + 2 * i, -1) ||
            update_object(&s, changed_object(&s, w->first + 2 * i, 0, 1000000 + w->first + i, "b"), &version) != QK_OK)
            atomic_fetch_add(w->failures, 1);
        qk_arena_reset(&s.arena);
    }
    scene_done(&s);
    return NULL;
}

static void threads_use_a_keystore_together(void **state)
{
    scene *s = scene_of(state);
    pthread_t threads[THREADS];
    worker workers[THREADS];
    atomic_int failures = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (worker){ *state, 1 + i * 1000, &failures };
        assert_int_equal(pthread_create(&threads[i], NULL, store_and_find, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&failures), 0);
    assert_int_equal(find_by_label(s, PRIVATE, "b", NULL), THREADS * EACH);
    assert_int_equal(find_by_label(s, PUBLIC, "a", NULL), THREADS * EACH);
}

#define CONTRACT_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int qk_keystore_contract_run(const qk_keystore_factory *which)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TEST(a_keystore_is_made_once_and_listed),
        CONTRACT_TEST(a_deleted_keystore_takes_its_objects_along),
        CONTRACT_TEST(a_reset_empties_labels_and_makes),
        CONTRACT_TEST(a_reset_with_a_bad_id_changes_nothing),
        CONTRACT_TEST(malformed_keystore_requests_are_refused),
        CONTRACT_TEST(a_stored_object_comes_back_whole),
        CONTRACT_TEST(several_objects_are_stored_all_or_none),
        CONTRACT_TEST(storing_the_same_again_is_done_once),
        CONTRACT_TEST(an_id_that_is_taken_is_refused),
        CONTRACT_TEST(nothing_is_stored_in_a_keystore_that_does_not_exist),
        CONTRACT_TEST(malformed_objects_are_refused),
        CONTRACT_TEST(attributes_of_other_kinds_of_objects_are_refused),
        CONTRACT_TEST(a_sealed_value_does_not_stand_beside_in_clear),
        CONTRACT_TEST(place_and_unique_id_are_not_stored),
        CONTRACT_TEST(a_key_is_stored_with_what_its_blob_says),
        CONTRACT_TEST(what_the_hsm_answers_can_be_stored_as_it_is),
        CONTRACT_TEST(a_row_that_contradicts_its_blob_is_refused),
        CONTRACT_TEST(a_key_made_where_the_rules_do_not_hold_is_refused),
        CONTRACT_TEST(a_key_without_a_whole_blob_is_refused),
        CONTRACT_TEST(the_value_of_a_key_is_never_taken),
        CONTRACT_TEST(an_update_counts_the_version_up),
        CONTRACT_TEST(a_stale_update_is_refused),
        CONTRACT_TEST(an_update_that_is_sent_again_succeeds_once),
        CONTRACT_TEST(a_txid_is_not_used_for_two_changes),
        CONTRACT_TEST(what_is_gone_cannot_be_updated),
        CONTRACT_TEST(an_object_keeps_its_class),
        CONTRACT_TEST(deleted_objects_are_gone),
        CONTRACT_TEST(objects_are_deleted_in_their_own_keystore_only),
        CONTRACT_TEST(every_attribute_of_a_template_must_match),
        CONTRACT_TEST(class_and_key_type_find_their_objects),
        CONTRACT_TEST(an_empty_label_is_not_an_absent_one),
        CONTRACT_TEST(the_unique_id_finds_one_object),
        CONTRACT_TEST(token_objects_are_token_objects),
        CONTRACT_TEST(pages_show_each_object_once_and_in_order),
        CONTRACT_TEST(the_last_page_says_so),
        CONTRACT_TEST(pages_go_on_while_objects_come_and_go),
        CONTRACT_TEST(malformed_searches_are_refused),
        CONTRACT_TEST(an_object_whose_version_is_known_comes_without_content),
        CONTRACT_TEST(threads_use_a_keystore_together),
    };
    factory = which;
    return cmocka_run_group_tests_name(which->name, tests, NULL, NULL);
}
