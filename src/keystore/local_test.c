/* SPDX-License-Identifier: Apache-2.0 */
/* What is special about the local keystore: MACs, registers, callers' rights, processes, full disks. */
#include "keystore/local_fixture.h"
#include "entropy/entropy.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { PRIVATE = 1, PUBLIC = 2 };

typedef struct test_state {
    instance instance;
    scene scene;
} test_state;

static int begin(void **state)
{
    test_state *it = calloc(1, sizeof *it);

    if (!it)
        return -1;
    instance_init(&it->instance);
    instance_open(&it->instance);
    scene_init(&it->scene, it->instance.keystore, it->instance.hsm);
    assert_ok(reset_keystore(&it->scene, PRIVATE, "token"));
    assert_ok(reset_keystore(&it->scene, PUBLIC, "token"));
    *state = it;
    return 0;
}

static int end(void **state)
{
    test_state *it = *state;

    scene_done(&it->scene);
    instance_done(&it->instance);
    free(it);
    return 0;
}

/* Somebody with the database alone. */
static void tamper(test_state *t, const char *sql)
{
    sqlite3 *db = NULL;
    char *words = NULL;

    assert_int_equal(sqlite3_open(t->instance.path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK)
        fail_msg("%s: %s", sql, words);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

static qk_err try_find(scene *s, unsigned keystore)
{
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    return find_page(s, &keystore, 1, NULL, NULL, 0, &found);
}

static qk_err try_get(scene *s, unsigned keystore, unsigned id)
{
    Quantoki__V1__GetObjectsRequest request = QUANTOKI__V1__GET_OBJECTS_REQUEST__INIT;
    Quantoki__V1__GetObjectsRequest__Known known = QUANTOKI__V1__GET_OBJECTS_REQUEST__KNOWN__INIT, *list = &known;
    void *answer;

    known.id = id_bytes(s, id);
    known.version = -1;
    request.keystore = id_bytes(s, keystore);
    request.n_objects = 1;
    request.objects = &list;
    return qk_keystore_call(s->keystore, &s->call, QK_GET_OBJECTS, &request.base, &answer);
}

/* ---- rows that others changed ---- */

static void every_authenticated_column_is_guarded(void **state)
{
    test_state *t = *state;
    static const char *const changes[] = {
        "UPDATE objects SET version = version + 1",
        "UPDATE objects SET id = x'00000000000000000000000000000001'",
        "UPDATE objects SET txid = x'00000000000000000000000000000001'",
        "UPDATE objects SET attributes = attributes || x'00'",
        "UPDATE objects SET attributes = CAST (replace(attributes, 'value', 'vALUE') AS BLOB)",
        "UPDATE objects SET blob = x'00'",
        "UPDATE objects SET mac = zeroblob(32)",
        "UPDATE objects SET mac = x'00'",
        "UPDATE objects SET id = x'00'",
    };

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        assert_ok(reset_keystore(&t->scene, PRIVATE, "token"));
        assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
        assert_ok(try_find(&t->scene, PRIVATE));
        tamper(t, changes[i]);
        assert_err(try_find(&t->scene, PRIVATE), QK_E_STORE_BROKEN);
        assert_non_null(strstr(qk_failure_last()->words, "backup"));
    }
}

static void a_changed_index_column_shows_nothing_wrong(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "mine")));
    tamper(t, "UPDATE objects SET label = CAST ('yours' AS BLOB)");
    assert_int_equal(find_by_label(&t->scene, PRIVATE, "yours", NULL), 0);
}

static void rows_cannot_be_moved_to_another_keystore(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
    assert_ok(store_object(&t->scene, data_object(&t->scene, PUBLIC, 2, "b")));
    tamper(t, "UPDATE objects SET keystore = (SELECT max(number) + min(number) FROM keystores) - keystore");
    assert_err(try_find(&t->scene, PRIVATE), QK_E_STORE_BROKEN);
    assert_err(try_find(&t->scene, PUBLIC), QK_E_STORE_BROKEN);
    assert_err(try_get(&t->scene, PUBLIC, 1), QK_E_STORE_BROKEN);
}

static void keystores_cannot_be_swapped(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PUBLIC, 1, "a")));
    tamper(t, "UPDATE keystores SET id = x'00' WHERE number = (SELECT min(number) FROM keystores);"
              "UPDATE keystores SET id = CAST (x'51' || zeroblob(14) || x'01' AS BLOB)"
              " WHERE number = (SELECT max(number) FROM keystores)");
    assert_err(try_find(&t->scene, PUBLIC), QK_E_KEYSTORE_MISSING);
    assert_err(try_find(&t->scene, PRIVATE), QK_E_STORE_BROKEN);
}

static void two_objects_cannot_exchange_their_contents(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 2, "b")));
    tamper(t, "UPDATE objects SET attributes = (SELECT attributes FROM objects AS o WHERE o.number <> objects.number),"
              " mac = (SELECT mac FROM objects AS o WHERE o.number <> objects.number)");
    assert_err(try_find(&t->scene, PRIVATE), QK_E_STORE_BROKEN);
}

static void a_tampered_row_is_not_updated(void **state)
{
    test_state *t = *state;
    object *it = data_object(&t->scene, PRIVATE, 1, "b");
    int64_t version;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
    tamper(t, "UPDATE objects SET mac = zeroblob(32)");
    it->txid = id_bytes(&t->scene, 50);
    assert_err(update_object(&t->scene, it, &version), QK_E_STORE_BROKEN);
    assert_ok(delete_object(&t->scene, PRIVATE, 1)); /* but it can be removed */
}

/* ---- master keys ---- */

static void rows_of_another_master_key_are_told_from_damaged_ones(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
    load_master_key(&t->instance, QK_UNDER_INSTANCE, 9);
    assert_err(try_find(&t->scene, PRIVATE), QK_E_BLOB_MASTER_KEY);
    load_master_key(&t->instance, QK_UNDER_INSTANCE, 1);
    assert_ok(try_find(&t->scene, PRIVATE));
}

static void without_a_master_key_nothing_is_stored_or_found(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
    qk_ring_clear(t->instance.ring, QK_UNDER_INSTANCE);
    assert_err(store_object(&t->scene, data_object(&t->scene, PRIVATE, 2, "a")), QK_E_NO_MASTER_KEY);
    assert_err(try_find(&t->scene, PRIVATE), QK_E_NO_MASTER_KEY);
}

static void private_objects_of_the_user_need_the_login(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;

    s->call.seal_under = QK_UNDER_USER;
    assert_err(store_object(s, data_object(s, PRIVATE, 1, "a")), QK_E_NOT_LOGGED_IN);
    load_master_key(&t->instance, QK_UNDER_USER, 2);
    assert_ok(store_object(s, key_object(s, PRIVATE, 1, "a")));
    s->call.seal_under = QK_UNDER_INSTANCE;
    assert_ok(store_object(s, data_object(s, PUBLIC, 2, "a")));
    assert_int_equal(find_by_label(s, PRIVATE, "a", NULL), 1);
    qk_ring_clear(t->instance.ring, QK_UNDER_USER);
    assert_err(try_find(s, PRIVATE), QK_E_NOT_LOGGED_IN);
    assert_err(try_get(s, PRIVATE, 1), QK_E_NOT_LOGGED_IN);
    assert_int_equal(find_by_label(s, PUBLIC, "a", NULL), 1);
    assert_err(store_object(s, key_object(s, PRIVATE, 1, "a")), QK_E_NOT_LOGGED_IN);
    assert_ok(delete_object(s, PRIVATE, 1));
}

/* ---- callers ---- */

static const uint64_t key_operator = QK_ACTION_BIT(QK_ACTION_STORE_KEY) | QK_ACTION_BIT(QK_ACTION_UPDATE_KEY) |
                                     QK_ACTION_BIT(QK_ACTION_DELETE_KEY) | QK_ACTION_BIT(QK_ACTION_FIND_KEYS) |
                                     QK_ACTION_BIT(QK_ACTION_GET_KEYS) | QK_ACTION_BIT(QK_ACTION_LIST_KEYSTORES);

static void a_caller_without_actions_may_nothing(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_caller nobody = { .identity = "nobody" };
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    s->call.caller = &nobody;
    assert_err(store_object(s, data_object(s, PRIVATE, 2, "a")), QK_E_NOT_AUTHORIZED);
    assert_err(update_object(s, data_object(s, PRIVATE, 1, "b"), &version), QK_E_NOT_AUTHORIZED);
    assert_err(delete_object(s, PRIVATE, 1), QK_E_NOT_AUTHORIZED);
    assert_err(try_find(s, PRIVATE), QK_E_NOT_AUTHORIZED);
    assert_err(try_get(s, PRIVATE, 1), QK_E_NOT_AUTHORIZED);
    assert_err(reset_keystore(s, PRIVATE, "mine"), QK_E_NOT_AUTHORIZED);
    s->call.caller = NULL;
    assert_int_equal(find_by_label(s, PRIVATE, "a", NULL), 1);
}

/* The anonymous user: key operator on the public keystore alone. */
static void a_caller_limited_to_one_keystore_stays_in_it(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_caller anonymous = { .identity = "anonymous",
                            .keystore_actions = key_operator,
                            .keystores = { { uuid(PUBLIC), key_operator } },
                            .keystore_count = 1 };
    object *both[] = { data_object(s, PUBLIC, 3, "a"), data_object(s, PRIVATE, 4, "a") };
    unsigned keystores[] = { PUBLIC, PRIVATE };
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    int64_t version;

    assert_ok(store_object(s, data_object(s, PRIVATE, 1, "a")));
    s->call.caller = &anonymous;
    assert_ok(store_object(s, data_object(s, PUBLIC, 2, "a")));
    assert_int_equal(find_by_label(s, PUBLIC, "a", NULL), 1);
    assert_err(store_objects(s, both, 2), QK_E_NOT_AUTHORIZED);
    assert_err(find_page(s, keystores, 2, NULL, NULL, 0, &found), QK_E_NOT_AUTHORIZED);
    assert_err(try_get(s, PRIVATE, 1), QK_E_NOT_AUTHORIZED);
    assert_err(update_object(s, data_object(s, PRIVATE, 1, "b"), &version), QK_E_NOT_AUTHORIZED);
    assert_err(delete_object(s, PRIVATE, 1), QK_E_NOT_AUTHORIZED);
    assert_int_equal(find_by_label(s, PUBLIC, "a", NULL), 1);
}

static void a_limited_caller_sees_only_its_keystores(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_caller anonymous = { .identity = "anonymous",
                            .keystore_actions = key_operator,
                            .keystores = { { uuid(PUBLIC), key_operator } },
                            .keystore_count = 1 };
    Quantoki__V1__ListKeystoresRequest request = QUANTOKI__V1__LIST_KEYSTORES_REQUEST__INIT;
    Quantoki__V1__ListKeystoresResponse *list;
    ProtobufCBinaryData other = id_bytes(s, PRIVATE);
    void *response;

    s->call.caller = &anonymous;
    assert_ok(qk_keystore_call(s->keystore, &s->call, QK_LIST_KEYSTORES, &request.base, &response));
    list = response;
    assert_int_equal(list->n_keystores, 1);
    assert_true(qk_view_equal(qk_message_view(list->keystores[0]->id), qk_message_view(id_bytes(s, PUBLIC))));
    request.n_ids = 1;
    request.ids = &other;
    assert_err(qk_keystore_call(s->keystore, &s->call, QK_LIST_KEYSTORES, &request.base, &response),
               QK_E_NOT_AUTHORIZED);
}

static object *certificate(scene *s, unsigned id, bool trusted)
{
    const CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    const CK_BBOOL yes = CK_TRUE;
    object *it = with_attribute(s, data_object(s, PUBLIC, id, "a"), CKA_CLASS, qk_view_of(&class, sizeof class));

    return trusted ? with_attribute(s, it, CKA_TRUSTED, qk_view_of(&yes, 1)) : it;
}

/* A certificate has no blob that would say whether it is trusted: PKCS #11 3.2, CKA_TRUSTED. */
static void only_who_may_initialise_tokens_trusts_a_certificate(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_caller user = { .identity = "user", .actions = key_operator };
    qk_caller so = { .identity = "so", .actions = key_operator | QK_ACTION_BIT(QK_ACTION_CREATE_KEYSTORE) };
    object *changed = certificate(s, 1, true), *again = certificate(s, 1, true);
    int64_t version = 0;

    s->call.caller = &user;
    assert_err(store_object(s, certificate(s, 1, true)), QK_E_ATTRIBUTE_READ_ONLY);
    assert_ok(store_object(s, certificate(s, 1, false)));
    changed->txid = id_bytes(s, 1001);
    assert_err(update_object(s, changed, &version), QK_E_ATTRIBUTE_READ_ONLY);
    s->call.caller = &so;
    assert_ok(update_object(s, changed, &version));
    assert_ok(store_object(s, certificate(s, 2, true)));
    s->call.caller = &user;
    again->version = version;
    again->txid = id_bytes(s, 1002);
    assert_ok(update_object(s, with_attribute(s, again, CKA_LABEL, QK_VIEW_LITERAL("b")), &version));
}

static void a_reset_needs_all_three_actions(void **state)
{
    test_state *t = *state;
    static const qk_action needed[] = { QK_ACTION_CREATE_KEYSTORE, QK_ACTION_DELETE_KEYSTORE, QK_ACTION_DELETE_KEY };
    qk_caller caller = { .identity = "so" };

    assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, 1, "a")));
    t->scene.call.caller = &caller;
    for (size_t missing = 0; missing < 3; missing++) {
        caller.actions = 0;
        for (size_t i = 0; i < 3; i++)
            caller.actions |= i == missing ? 0 : QK_ACTION_BIT(needed[i]);
        assert_err(reset_keystore(&t->scene, PRIVATE, "anew"), QK_E_NOT_AUTHORIZED);
    }
    t->scene.call.caller = NULL;
    assert_int_equal(find_all(&t->scene, PRIVATE), 1);
    t->scene.call.caller = &caller;
    for (size_t i = 0; i < 3; i++)
        caller.actions |= QK_ACTION_BIT(needed[i]);
    assert_ok(reset_keystore(&t->scene, PRIVATE, "anew"));
}

static void each_method_has_a_row_with_its_action(void **state)
{
    (void)state;
    for (size_t i = 0; i < QK_KEYSTORE_METHOD_COUNT; i++) {
        const qk_method *method = &qk_keystore_methods[i];
        assert_ptr_equal(qk_keystore_method_find(method->path), method);
        assert_non_null(method->handler);
        assert_int_not_equal(method->action, QK_ACTION_NONE);
        assert_true(method->flags & QK_METHOD_SLOW);
    }
    assert_null(qk_keystore_method_find("/quantoki.v1.Keystore/Burn"));
}

/* ---- pages and memory ---- */

static void a_page_fits_the_arena_of_its_call(void **state)
{
    test_state *t = *state;
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_call call = { .arena = &arena, .deadline = QK_DEADLINE_NEVER };
    Quantoki__V1__FindObjectsRequest request = QUANTOKI__V1__FIND_OBJECTS_REQUEST__INIT;
    Quantoki__V1__FindObjectsResponse *found = &no_objects;
    ProtobufCBinaryData keystore = id_bytes(&t->scene, PRIVATE);
    unsigned pages = 0, count = 0;
    qk_view encoded;
    void *response;

    for (unsigned i = 1; i <= 400; i++)
        assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, i, "a label of some length, many times")));
    request.n_keystores = 1;
    request.keystores = &keystore;
    do {
        qk_arena_init(&arena, 64 * 1024);
        assert_ok(qk_keystore_call(t->scene.keystore, &call, QK_FIND_OBJECTS, &request.base, &response));
        found = response;
        assert_ok(qk_message_write(&found->base, 0, &arena, &encoded)); /* as a server does */
        assert_true(found->n_objects > 0);
        pages++;
        count += (unsigned)found->n_objects;
        request.pagetoken = bytes_in(&t->scene, found->nextpagetoken.data, found->nextpagetoken.len);
        qk_arena_done(&arena);
    } while (request.pagetoken.len > 0);
    assert_int_equal(count, 400);
    assert_true(pages > 1);
}

/* ---- files, disks, processes ---- */

static int exit_of(pid_t child)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void objects_are_there_after_a_restart(void **state)
{
    test_state *t = *state;

    assert_ok(store_object(&t->scene, key_object(&t->scene, PRIVATE, 1, "a")));
    instance_close(&t->instance);
    instance_open(&t->instance);
    scene_done(&t->scene);
    scene_init(&t->scene, t->instance.keystore, t->instance.hsm);
    assert_int_equal(find_by_label(&t->scene, PRIVATE, "a", NULL), 1);
}

/* In a child: stores pairs until the disk is full; afterwards no pair may be halved. */
static int fill_disk(scene *s)
{
    struct rlimit limit = { 300 * 1024, RLIM_INFINITY };
    qk_err err = QK_OK;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (unsigned i = 0; err == QK_OK && i < 10000; i++) {
        object *pair[] = { data_object(s, PRIVATE, 2 * i + 1, "a"), data_object(s, PUBLIC, 2 * i + 2, "a") };
        err = store_objects(s, pair, 2);
    }
    if (err != QK_E_DEVICE_FULL)
        return 1;
    return find_all(s, PRIVATE) == find_all(s, PUBLIC) && find_all(s, PRIVATE) > 0 ? 0 : 2;
}

static void a_full_disk_halves_no_pair(void **state)
{
    test_state *t = *state;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        instance other = { .ring = NULL };
        scene s;
        qk_endpoint_free(&t->instance.keystore);
        qk_database_abandon(&t->instance.database);
        instance_init(&other);
        instance_open(&other);
        scene_init(&s, other.keystore, other.hsm);
        if (reset_keystore(&s, PRIVATE, "t") != QK_OK || reset_keystore(&s, PUBLIC, "t") != QK_OK)
            _exit(3);
        int code = fill_disk(&s);
        scene_done(&s);
        instance_done(&other);
        _exit(code);
    }
    assert_int_equal(exit_of(child), 0);
    assert_int_equal(find_all(&t->scene, PRIVATE), 0);
}

/* A child with a keystore of its own on the same file; it does not inherit the master key. */
static pid_t store_in_child(test_state *t, unsigned first, unsigned count)
{
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child != 0)
        return child;
    qk_endpoint_free(&t->instance.keystore);
    qk_database_abandon(&t->instance.database);
    load_master_key(&t->instance, QK_UNDER_INSTANCE, 1);
    if (qk_database_open(t->instance.path, &t->instance.database) != QK_OK ||
        qk_keystore_local_new(t->instance.database, t->instance.ring, t->instance.hsm, &t->instance.keystore) != QK_OK)
        _exit(1);
    t->scene.keystore = t->instance.keystore;
    for (unsigned i = 0; i < count; i++)
        if (store_object(&t->scene, data_object(&t->scene, PRIVATE, first + i, "a")) != QK_OK)
            _exit(2);
    qk_endpoint_free(&t->instance.keystore);
    qk_database_close(&t->instance.database);
    _exit(0);
}

static void processes_share_a_keystore(void **state)
{
    test_state *t = *state;
    pid_t first = store_in_child(t, 1000, 40), second = store_in_child(t, 2000, 40);

    for (unsigned i = 1; i <= 40; i++)
        assert_ok(store_object(&t->scene, data_object(&t->scene, PRIVATE, i, "a")));
    assert_int_equal(exit_of(first), 0);
    assert_int_equal(exit_of(second), 0);
    assert_int_equal(find_by_label(&t->scene, PRIVATE, "a", NULL), 120);
}

static int start(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

#define LOCAL_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOCAL_TEST(every_authenticated_column_is_guarded),
        LOCAL_TEST(a_changed_index_column_shows_nothing_wrong),
        LOCAL_TEST(rows_cannot_be_moved_to_another_keystore),
        LOCAL_TEST(keystores_cannot_be_swapped),
        LOCAL_TEST(two_objects_cannot_exchange_their_contents),
        LOCAL_TEST(a_tampered_row_is_not_updated),
        LOCAL_TEST(rows_of_another_master_key_are_told_from_damaged_ones),
        LOCAL_TEST(without_a_master_key_nothing_is_stored_or_found),
        LOCAL_TEST(private_objects_of_the_user_need_the_login),
        LOCAL_TEST(a_caller_without_actions_may_nothing),
        LOCAL_TEST(a_caller_limited_to_one_keystore_stays_in_it),
        LOCAL_TEST(a_limited_caller_sees_only_its_keystores),
        LOCAL_TEST(only_who_may_initialise_tokens_trusts_a_certificate),
        LOCAL_TEST(a_reset_needs_all_three_actions),
        LOCAL_TEST(each_method_has_a_row_with_its_action),
        LOCAL_TEST(a_page_fits_the_arena_of_its_call),
        LOCAL_TEST(objects_are_there_after_a_restart),
        LOCAL_TEST(a_full_disk_halves_no_pair),
        LOCAL_TEST(processes_share_a_keystore),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
