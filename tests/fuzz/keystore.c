/* SPDX-License-Identifier: Apache-2.0 */
/* Every method of a keystore, on a real one. Input: method, request (fuzz_hsm.h says how it names blobs and UUIDs).
 * Commits are wrapped and roll back, so that each input finds the same objects. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz_hsm.h"
#include "hsm/codec/attribute_codec.h"
#include "keystore/keystore.h"

enum { ROOM = 16 << 20, FIRST_OBJECT = 16 };

static qk_database *database;
static qk_keystore *keystore;
static bool prepared;
static char folder[] = "/tmp/quantoki-fuzz-XXXXXX";

qk_err __real_qk_transaction_commit(qk_transaction **transaction);
qk_err __wrap_qk_transaction_commit(qk_transaction **transaction);

qk_err __wrap_qk_transaction_commit(qk_transaction **transaction)
{
    if (!prepared)
        return __real_qk_transaction_commit(transaction);
    qk_transaction_end(transaction);
    return QK_OK;
}

static void remove_folder(void)
{
    static const char *const files[] = { "store.db", "store.db-wal", "store.db-shm", "" };
    char path[64];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)remove(path);
    }
}

static ProtobufCBinaryData uuid_bytes(unsigned number, qk_arena *arena)
{
    qk_uuid uuid = fuzz_uuid(number);
    qk_view copy;

    must(qk_arena_copy(arena, qk_view_of(uuid.bytes, sizeof uuid.bytes), &copy));
    return qk_message_bytes(copy);
}

static Quantoki__V1__Object *make_object(unsigned number, qk_arena *arena)
{
    Quantoki__V1__Object *object = qk_message_new(&quantoki__v1__object__descriptor, arena);
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    promise(object);
    object->id = uuid_bytes(FIRST_OBJECT + number, arena);
    object->keystore = uuid_bytes(0, arena);
    object->txid = object->id;
    if (number < fuzz_key_count()) {
        object->blob = qk_message_bytes(fuzz_blob(number));
        must(qk_hsm_blob_attributes(fuzz_hsm(), &(qk_call){ .arena = arena }, fuzz_blob(number), &attrs));
    } else {
        must(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA));
        must(qk_attrs_set(&attrs, CKA_VALUE, QK_VIEW_LITERAL("value")));
    }
    must(qk_attrs_set(&attrs, CKA_LABEL, QK_VIEW_LITERAL("label")));
    must(qk_attrs_to_map(&attrs, &quantoki__v1__object__attributes_entry__descriptor, arena, &object->attributes,
                         &object->n_attributes));
    return object;
}

static void fill_keystore(void)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_call call = { .arena = &arena, .deadline = QK_DEADLINE_NEVER };
    Quantoki__V1__ResetKeystoresRequest reset;
    Quantoki__V1__StoreObjectsRequest store;
    Quantoki__V1__Object *objects[16];
    ProtobufCBinaryData id;
    void *response;

    qk_arena_init(&arena, 0);
    id = uuid_bytes(0, &arena);
    quantoki__v1__reset_keystores_request__init(&reset);
    reset.n_ids = 1;
    reset.ids = &id;
    must(qk_keystore_call(keystore, &call, QK_RESET_KEYSTORES, &reset.base, &response));
    quantoki__v1__store_objects_request__init(&store);
    store.objects = objects;
    for (store.n_objects = 0; store.n_objects <= fuzz_key_count(); store.n_objects++)
        objects[store.n_objects] = make_object((unsigned)store.n_objects, &arena);
    must(qk_keystore_call(keystore, &call, QK_STORE_OBJECTS, &store.base, &response));
}

void fuzz_start(void)
{
    char path[64];

    fuzz_hsm_start();
    promise(mkdtemp(folder));
    atexit(remove_folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    must(qk_database_open(path, &database));
    must(qk_keystore_local_new(database, fuzz_ring(), fuzz_hsm(), &keystore));
    fill_keystore();
    prepared = true;
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    const qk_method *method = &qk_keystore_methods[qk_read_u8(&from) % QK_KEYSTORE_METHOD_COUNT];

    qk_arena_init(&arena, ROOM);
    fuzz_call(keystore, method, fuzz_rest(&from), &arena);
}
