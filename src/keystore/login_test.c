/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated keystores: what needs the password, what does not open without it, and what is in the database. */
#include "keystore/local_fixture.h"

#include <sqlite3.h>

#include "base/clock.h"
#include "entropy/entropy.h"
#include "hsm/blob/blob.h"
#include "keystore/local.h"
#include "keystore/password.h"

enum { MINE = 1, PLAIN = 2, OTHER = 3 };

static const char password[] = "pass1234";

typedef struct test_state {
    instance instance;
    scene scene;
} test_state;

/* MINE's password, which costs time, is made once for all tests. */
static struct {
    qk_buf record;
    qk_login_session session;
} made_once;

static int make_once(void **state)
{
    instance it = { .ring = NULL };
    qk_uuid mine = uuid(MINE);

    (void)state;
    assert_ok(qk_ring_new(&it.ring));
    load_master_key(&it, QK_UNDER_INSTANCE, 1);
    assert_ok(qk_password_make(it.ring, &mine, qk_view_text(password), false, &made_once.record, &made_once.session));
    qk_ring_free(&it.ring);
    return 0;
}

static int forget_once(void **state)
{
    (void)state;
    qk_buf_done(&made_once.record);
    qk_login_session_done(&made_once.session);
    return 0;
}

/* ---- calls ---- */

static qk_err reset_with(scene *s, unsigned keystore, const char *with)
{
    Quantoki__V1__ResetKeystoresRequest request;
    ProtobufCBinaryData id = id_bytes(s, keystore);
    void *response;

    quantoki__v1__reset_keystores_request__init(&request);
    request.n_ids = 1;
    request.ids = &id;
    request.password = qk_message_bytes(qk_view_text(with));
    return qk_keystore_call(s->keystore, &s->call, QK_RESET_KEYSTORES, &request.base, &response);
}

/* The PIN blob comes in the scene's arena. */
static qk_err try_log_in(scene *s, unsigned keystore, const char *with, qk_view *out_blob)
{
    Grep11__LoginRequest request = GREP11__LOGIN_REQUEST__INIT;
    qk_uuid id = uuid(keystore);
    char text[QK_UUID_TEXT];
    void *response;

    qk_uuid_write(&id, text);
    request.storeid = qk_message_bytes(qk_view_text(text));
    request.pin = qk_message_bytes(qk_view_text(with));
    QK_TRY(qk_keystore_call(s->keystore, &s->call, QK_LOGIN, &request.base, &response));
    *out_blob = qk_message_view(((Grep11__LoginResponse *)response)->pinblob);
    return QK_OK;
}

/* From now on calls of the scene are logged in. */
static void log_in(scene *s, unsigned keystore)
{
    assert_ok(try_log_in(s, keystore, password, &s->call.login));
}

/* The same in MINE as `begin` made it, without the time that a password takes. */
static void log_in_until(scene *s, int64_t until_s)
{
    const qk_keystore_local *local = (qk_keystore_local *)(void *)s->keystore;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    qk_uuid mine = uuid(MINE);

    assert_ok(qk_pin_blob_make(local->ring, &made_once.session, &mine, s->call.caller, until_s, &blob));
    assert_ok(qk_arena_copy(&s->arena, qk_buf_view(&blob), &s->call.login));
}

static void log_in_quickly(scene *s)
{
    log_in_until(s, INT64_MAX);
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
    request.keystore = id_bytes(s, keystore);
    request.n_objects = 1;
    request.objects = &list;
    return qk_keystore_call(s->keystore, &s->call, QK_GET_OBJECTS, &request.base, &answer);
}

static void give_password(test_state *t)
{
    sqlite3_stmt *statement;
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(t->instance.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "UPDATE keystores SET login = ?1 WHERE number = 1", -1, &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_blob(statement, 1, made_once.record.data, (int)made_once.record.len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static int begin(void **state)
{
    test_state *it = calloc(1, sizeof *it);

    if (!it)
        return -1;
    instance_init(&it->instance);
    instance_open(&it->instance);
    scene_init(&it->scene, it->instance.keystore, it->instance.hsm);
    assert_ok(reset_keystore(&it->scene, MINE, "mine"));
    assert_ok(reset_keystore(&it->scene, PLAIN, "plain"));
    give_password(it);
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

/* Somebody with the database alone: the bytes of the first column of the first row, in the arena. */
static qk_view steal(test_state *t, const char *sql)
{
    qk_view stolen = QK_VIEW_NONE;
    sqlite3_stmt *statement;
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(t->instance.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        assert_ok(qk_arena_copy(
            &t->scene.arena, qk_view_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0)),
            &stolen));
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return stolen;
}

static bool contains(qk_view haystack, const char *needle)
{
    return haystack.len && memmem(haystack.data, haystack.len, needle, strlen(needle)) != NULL;
}

/* ---- with the password and without it ---- */

static void with_the_password_it_is_a_keystore_like_any(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    object *key, *changed, **found = NULL;
    int64_t version;

    log_in_quickly(s);
    key = key_object(s, MINE, 7, "lady");
    assert_ok(store_object(s, key));
    assert_ok(store_object(s, data_object(s, MINE, 8, "other")));
    assert_int_equal(find_all(s, MINE), 2);
    assert_int_equal(find_by_label(s, MINE, "lady", &found), 1);
    assert_text(found[0], CKA_ID, "lady");
    assert_int_equal(find_by_label(s, MINE, "lad", NULL), 0);
    changed = with_attribute(s, key, CKA_LABEL, QK_VIEW_LITERAL("gentleman"));
    changed->txid = id_bytes(s, 99);
    assert_ok(update_object(s, changed, &version));
    assert_int_equal(version, 1);
    assert_int_equal(find_by_label(s, MINE, "gentleman", NULL), 1);
    assert_ok(try_get(s, MINE, 7));
    assert_ok(delete_object(s, MINE, 7));
    assert_int_equal(find_all(s, MINE), 1);
}

static void a_repeated_store_is_recognised(void **state)
{
    test_state *t = *state;
    object *key;

    log_in_quickly(&t->scene);
    key = key_object(&t->scene, MINE, 7, "once");
    assert_ok(store_object(&t->scene, key));
    assert_ok(store_object(&t->scene, key));
    assert_int_equal(find_all(&t->scene, MINE), 1);
    assert_err(store_object(&t->scene, with_attribute(&t->scene, key, CKA_LABEL, QK_VIEW_LITERAL("twice"))),
               QK_E_OBJECT_REPLAY);
}

static void pages_of_a_search_neither_repeat_nor_skip(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    Quantoki__V1__FindObjectsResponse *page = &no_objects;
    const unsigned keystore = MINE;

    log_in_quickly(s);
    for (unsigned i = 0; i < 5; i++)
        assert_ok(store_object(s, data_object(s, MINE, 10 + i, "x")));
    assert_ok(find_page(s, &keystore, 1, NULL, NULL, 3, &page));
    assert_int_equal(page->n_objects, 3);
    assert_ok(find_page(s, &keystore, 1, NULL, &page->nextpagetoken, 3, &page));
    assert_int_equal(page->n_objects, 2);
}

static void without_a_login_objects_are_out_of_reach(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    object *data = data_object(s, MINE, 7, "mine");
    int64_t version;

    log_in_quickly(s);
    assert_ok(store_object(s, data));
    s->call.login = QK_VIEW_NONE;
    assert_err(try_find(s, MINE), QK_E_NO_SESSION);
    assert_err(try_get(s, MINE, 7), QK_E_NO_SESSION);
    assert_err(store_object(s, data_object(s, MINE, 8, "new")), QK_E_NO_SESSION);
    assert_err(update_object(s, data, &version), QK_E_NO_SESSION);
    assert_err(delete_object(s, MINE, 7), QK_E_NO_SESSION);
    assert_non_null(strstr(qk_err_words(QK_E_NO_SESSION), "is authenticated"));
    log_in_quickly(s);
    assert_int_equal(find_all(s, MINE), 1);
}

static void the_login_of_one_keystore_is_none_of_another(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view mine;

    assert_ok(reset_with(s, OTHER, password));
    log_in_quickly(s);
    mine = s->call.login;
    assert_err(try_find(s, OTHER), QK_E_NO_SESSION);
    log_in(s, OTHER);
    assert_err(try_find(s, MINE), QK_E_NO_SESSION);
    s->call.login = mine;
    assert_ok(try_find(s, MINE));
}

static void a_wrong_password_is_refused(void **state)
{
    test_state *t = *state;
    qk_view blob = QK_VIEW_NONE;

    assert_err(try_log_in(&t->scene, MINE, "pass1235", &blob), QK_E_PIN_INCORRECT);
    assert_err(try_log_in(&t->scene, MINE, "pass12345", &blob), QK_E_PIN_INCORRECT);
    assert_err(try_log_in(&t->scene, MINE, "short", &blob), QK_E_PIN_LENGTH);
    assert_err(try_log_in(&t->scene, MINE, "", &blob), QK_E_PIN_LENGTH);
    assert_err(reset_with(&t->scene, OTHER, "short"), QK_E_PIN_LENGTH);
    assert_err(try_log_in(&t->scene, OTHER, password, &blob), QK_E_KEYSTORE_MISSING);
    assert_ok(try_log_in(&t->scene, MINE, password, &blob));
}

static void guessing_is_slowed_down(void **state)
{
    test_state *t = *state;
    qk_keystore_local *local = (qk_keystore_local *)(void *)t->scene.keystore;
    qk_caller alice = { .identity = "alice", .actions = ~UINT64_C(0) };
    qk_view blob = QK_VIEW_NONE;
    qk_uuid mine = uuid(MINE);
    unsigned counted = 0;

    assert_err(try_log_in(&t->scene, OTHER, "guesses!", &blob), QK_E_KEYSTORE_MISSING); /* is none */
    assert_err(try_log_in(&t->scene, MINE, "guesses!", &blob), QK_E_PIN_INCORRECT);
    for (size_t i = 0; i < QK_GUESS_PLACES; i++)
        counted += local->guesses.places[i].wrong + local->guesses.places[i].trying;
    assert_int_equal(counted, 1);
    for (int i = 0; i < 20; i++) /* as many more, without the time they take */
        qk_guesses_count(&local->guesses, &mine, NULL, QK_E_PIN_INCORRECT, qk_clock_monotonic_ms());
    assert_err(try_log_in(&t->scene, MINE, password, &blob), QK_E_PIN_LOCKED);
    t->scene.call.caller = &alice;
    assert_ok(try_log_in(&t->scene, MINE, password, &blob));
}

static void bad_store_ids_are_refused(void **state)
{
    test_state *t = *state;
    Grep11__LoginRequest request = GREP11__LOGIN_REQUEST__INIT;
    void *response;

    request.pin = qk_message_bytes(qk_view_text(password));
    request.storeid = qk_message_bytes(QK_VIEW_LITERAL("not a UUID"));
    assert_err(qk_keystore_call(t->scene.keystore, &t->scene.call, QK_LOGIN, &request.base, &response),
               QK_E_BAD_ARGUMENT);
    request.storeid = id_bytes(&t->scene, MINE); /* as 16 bytes */
    assert_ok(qk_keystore_call(t->scene.keystore, &t->scene.call, QK_LOGIN, &request.base, &response));
}

static void logout_tells_whether_the_login_was_good(void **state)
{
    test_state *t = *state;
    Grep11__LogoutRequest request = GREP11__LOGOUT_REQUEST__INIT;
    void *response;

    assert_ok(qk_keystore_call(t->scene.keystore, &t->scene.call, QK_LOGOUT, &request.base, &response));
    log_in_quickly(&t->scene);
    assert_ok(qk_keystore_call(t->scene.keystore, &t->scene.call, QK_LOGOUT, &request.base, &response));
    t->scene.call.login.len--;
    assert_err(qk_keystore_call(t->scene.keystore, &t->scene.call, QK_LOGOUT, &request.base, &response),
               QK_E_NO_SESSION);
}

static void there_is_no_limit_of_five(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    enum { MANY = 6, FIRST = 100 };
    qk_view logins[MANY];

    for (unsigned i = 0; i < MANY; i++) {
        assert_ok(reset_keystore(s, FIRST + i, "one of many"));
        log_in(s, FIRST + i);
        logins[i] = s->call.login;
        assert_ok(store_object(s, key_object(s, FIRST + i, 7, "key")));
    }
    for (unsigned i = 0; i < MANY; i++) {
        s->call.login = logins[i];
        assert_int_equal(find_all(s, FIRST + i), 1);
    }
}

/* ---- rights ---- */

static void a_login_needs_a_right_in_the_keystore(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_caller caller = { .identity = "alice",
                         .actions = QK_ACTION_BIT(QK_ACTION_EP11_USE),
                         .keystores = { { uuid(OTHER), QK_ACTION_BIT(QK_ACTION_GET_KEYS) } },
                         .keystore_count = 1,
                         .keystore_actions = QK_ACTION_BIT(QK_ACTION_GET_KEYS) };
    qk_view blob = QK_VIEW_NONE;

    assert_ok(reset_keystore(s, OTHER, "empty"));
    s->call.caller = &caller;
    assert_err(try_log_in(s, MINE, password, &blob), QK_E_NOT_AUTHORIZED);
    /* Who may only read gives no empty keystore its password. */
    assert_err(try_log_in(s, OTHER, password, &blob), QK_E_NOT_AUTHORIZED);
    caller.keystores[0].actions |= QK_ACTION_BIT(QK_ACTION_STORE_KEY);
    caller.keystore_actions |= QK_ACTION_BIT(QK_ACTION_STORE_KEY);
    assert_ok(try_log_in(s, OTHER, password, &blob));
}

static void a_stolen_pin_blob_is_of_no_use_to_another(void **state)
{
    test_state *t = *state;
    qk_caller alice = { .identity = "alice", .actions = ~UINT64_C(0) }, bob = alice;

    snprintf(bob.identity, sizeof bob.identity, "bob");
    t->scene.call.caller = &alice;
    log_in_quickly(&t->scene);
    assert_ok(try_find(&t->scene, MINE));
    t->scene.call.caller = &bob;
    assert_err(try_find(&t->scene, MINE), QK_E_NO_SESSION);
}

/* ---- becoming authenticated, and ceasing to be ---- */

static void an_empty_keystore_takes_the_first_password(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view blob = QK_VIEW_NONE;

    assert_ok(try_find(s, PLAIN));
    log_in(s, PLAIN);
    assert_ok(store_object(s, key_object(s, PLAIN, 7, "key")));
    assert_err(try_log_in(s, PLAIN, "another one", &blob), QK_E_PIN_INCORRECT);
    s->call.login = QK_VIEW_NONE;
    assert_err(try_find(s, PLAIN), QK_E_NO_SESSION);
}

/* Whoever enables sessionauth by mistake, or mistypes, has changed nothing. */
static void a_first_password_is_settled_by_what_is_stored_with_it(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    object *mine;

    assert_ok(try_log_in(s, PLAIN, "mistyped", &s->call.login));
    log_in(s, PLAIN);
    mine = key_object(s, PLAIN, 7, "mine");
    s->call.login = QK_VIEW_NONE;
    assert_int_equal(find_all(s, PLAIN), 0);
    assert_ok(store_object(s, key_object(s, PLAIN, 8, "plain")));
    assert_ok(store_object(s, key_object(s, PLAIN, 9, "plain")));
    assert_int_equal(find_all(s, PLAIN), 2);
    assert_err(store_object(s, mine), QK_E_NO_SESSION);
    /* a password that was set by the operator is no such thing */
    assert_err(try_find(s, MINE), QK_E_NO_SESSION);
    assert_err(store_object(s, key_object(s, MINE, 8, "plain")), QK_E_NO_SESSION);
}

/* Its keys would be stored in clear, and its password forgotten. */
static void a_client_whose_login_has_ended_is_not_taken_for_one_without(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view good;

    log_in(s, PLAIN);
    good = s->call.login;
    log_in_until(s, qk_clock_unix_s());
    assert_err(try_find(s, PLAIN), QK_E_NO_SESSION);
    assert_err(store_object(s, data_object(s, PLAIN, 7, "in clear")), QK_E_NO_SESSION);
    log_in_quickly(s); /* of another keystore */
    assert_err(store_object(s, data_object(s, PLAIN, 7, "in clear")), QK_E_NO_SESSION);
    s->call.login = good;
    assert_ok(store_object(s, key_object(s, PLAIN, 7, "key")));
    s->call.login = QK_VIEW_NONE;
    assert_err(try_find(s, PLAIN), QK_E_NO_SESSION);
}

/* Not only as long as it lies there. */
static void what_is_settled_stays_so_when_the_last_object_goes(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view blob = QK_VIEW_NONE, good;

    log_in(s, PLAIN);
    assert_ok(store_object(s, key_object(s, PLAIN, 7, "key")));
    assert_ok(delete_object(s, PLAIN, 7));
    assert_err(try_log_in(s, PLAIN, "another one", &blob), QK_E_PIN_INCORRECT);
    good = s->call.login;
    s->call.login = QK_VIEW_NONE;
    assert_err(store_object(s, data_object(s, PLAIN, 8, "in clear")), QK_E_NO_SESSION);
    s->call.login = good; /* the session is the one it was */
    assert_ok(store_object(s, key_object(s, PLAIN, 8, "key")));
    log_in(s, PLAIN);
    assert_int_equal(find_all(s, PLAIN), 1);
}

/* GREP11 clients keep blobs themselves: the keystore is empty, and there are keys of its session nevertheless. */
static void forgetting_a_first_password_loses_no_keys(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view key;

    log_in(s, PLAIN);
    key = qk_message_view(key_object(s, PLAIN, 7, "kept by the client")->blob);
    assert_ok(try_log_in(s, PLAIN, "another one", &s->call.login));
    assert_err(qk_hsm_blob_attributes(s->hsm, &s->call, key, &attrs), QK_E_NO_SESSION);
    s->call.login = QK_VIEW_NONE;
    assert_ok(store_object(s, data_object(s, PLAIN, 8, "in clear")));
    assert_ok(delete_object(s, PLAIN, 8));
    log_in(s, PLAIN);
    assert_ok(qk_hsm_blob_attributes(s->hsm, &s->call, key, &attrs));
}

static void salts_tell_keystores_and_instances_apart(void **state)
{
    test_state *t = *state;
    const qk_keystore_local *local = (qk_keystore_local *)(void *)t->scene.keystore;
    QK_OWNED(qk_buf_done) qk_buf record = QK_BUF_NONE;
    QK_OWNED(qk_login_session_done) qk_login_session session = { .secret = QK_SECRET_NONE };
    instance elsewhere = { .ring = NULL };
    qk_ring *rings[] = { local->ring, local->ring, local->ring, local->ring, NULL };
    const bool provisional[] = { true, true, false, false, true };
    qk_uuid stores[] = { uuid(MINE), uuid(PLAIN), uuid(MINE), uuid(MINE), uuid(MINE) };
    qk_password known[5];

    assert_ok(qk_ring_new(&elsewhere.ring));
    load_master_key(&elsewhere, QK_UNDER_INSTANCE, 2);
    rings[4] = elsewhere.ring;
    for (size_t i = 0; i < 5; i++) {
        qk_buf_done(&record);
        qk_login_session_done(&session);
        assert_ok(qk_password_make(rings[i], &stores[i], qk_view_text(password), provisional[i], &record, &session));
        assert_ok(qk_password_read(rings[i], &stores[i], qk_buf_view(&record), &known[i]));
        assert_int_equal(known[i].provisional, provisional[i]);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(known[i].salt, known[j].salt, sizeof known[i].salt);
    }
    qk_ring_free(&elsewhere.ring);
}

/* Or it would go on without a word, and store in clear. */
static void who_is_logged_in_hears_that_the_password_is_gone(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view good;

    log_in_quickly(s);
    good = s->call.login;
    s->call.login = QK_VIEW_NONE;
    assert_ok(reset_keystore(s, MINE, "ordinary"));
    assert_ok(store_object(s, data_object(s, MINE, 7, "in clear")));
    s->call.login = good;
    assert_err(try_find(s, MINE), QK_E_NO_SESSION);
    assert_err(store_object(s, data_object(s, MINE, 8, "in clear")), QK_E_NO_SESSION);
    assert_ok(store_object(s, data_object(s, PLAIN, 8, "in clear"))); /* never had one */
    log_in_until(s, qk_clock_unix_s());
    assert_err(store_object(s, data_object(s, MINE, 8, "in clear")), QK_E_NO_SESSION);
}

static void one_with_objects_takes_none_and_keeps_them(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view blob = QK_VIEW_NONE;

    assert_ok(store_object(s, key_object(s, PLAIN, 7, "key")));
    assert_err(try_log_in(s, PLAIN, password, &blob), QK_E_PIN_NOT_SET);
    assert_non_null(strstr(qk_err_words(QK_E_PIN_NOT_SET), "switch sessionauth off"));
    assert_int_equal(find_all(s, PLAIN), 1);
}

static void a_reset_gives_another_password_and_takes_everything(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    object *key;

    log_in_quickly(s);
    key = key_object(s, MINE, 7, "lost");
    assert_ok(store_object(s, key));
    assert_ok(reset_with(s, MINE, password)); /* the same, with another salt */
    assert_err(try_find(s, MINE), QK_E_NO_SESSION);
    log_in(s, MINE);
    assert_int_equal(find_all(s, MINE), 0);
    assert_err(store_object(s, key), QK_E_NO_SESSION);
    assert_ok(reset_keystore(s, MINE, "without"));
    s->call.login = QK_VIEW_NONE;
    assert_int_equal(find_all(s, MINE), 0);
}

static void the_list_tells_which_are_authenticated(void **state)
{
    test_state *t = *state;
    Quantoki__V1__ListKeystoresRequest request = QUANTOKI__V1__LIST_KEYSTORES_REQUEST__INIT;
    Quantoki__V1__ListKeystoresResponse *list;
    void *answer;

    assert_ok(qk_keystore_call(t->scene.keystore, &t->scene.call, QK_LIST_KEYSTORES, &request.base, &answer));
    list = answer;
    assert_int_equal(list->n_keystores, 2);
    assert_true(list->keystores[0]->authenticated);
    assert_false(list->keystores[1]->authenticated);
}

/* ---- what lies where ---- */

static object *public_key_object(scene *s, unsigned keystore, unsigned id)
{
    Grep11__GenerateKeyPairRequest request = GREP11__GENERATE_KEY_PAIR_REQUEST__INIT;
    Grep11__Mechanism mechanism = GREP11__MECHANISM__INIT;
    object *it = bare_object(s, keystore, id);
    qk_attrs attrs = QK_ATTRS_NONE;
    Grep11__KeyBlob *key;
    void *answer;

    mechanism.mechanism = CKM_EC_KEY_PAIR_GEN;
    request.mech = &mechanism;
    set_text(&attrs, CKA_EC_PARAMS, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07");
    assert_ok(qk_attrs_to_map(&attrs, &grep11__generate_key_pair_request__pub_key_template_entry__descriptor, &s->arena,
                              &request.pubkeytemplate, &request.n_pubkeytemplate));
    qk_attrs_done(&attrs);
    assert_ok(qk_hsm_call(s->hsm, &s->call, QK_GENERATE_KEY_PAIR, &request.base, &answer));
    key = ((Grep11__GenerateKeyPairResponse *)answer)->pubkey;
    it->blob = key->keyblobs[0];
    assert_ok(qk_attrs_from_map(key->attributes, key->n_attributes, &attrs));
    give_attributes(s, it, &attrs);
    qk_attrs_done(&attrs);
    return it;
}

static void secrets_of_a_session_do_not_mix_with_others(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    object *plain = key_object(s, MINE, 7, "made without a login"), *mine;

    log_in_quickly(s);
    mine = key_object(s, PLAIN, 8, "made with one");
    assert_err(store_object(s, plain), QK_E_TEMPLATE_INCONSISTENT);
    assert_err(store_object(s, mine), QK_E_TEMPLATE_INCONSISTENT);
    assert_int_equal(find_all(s, MINE) + find_all(s, PLAIN), 0);
}

/* A data object whose value is a blob that the client has made up. */
static object *made_up(scene *s, unsigned id, qk_purpose purpose)
{
    object *it = bare_object(s, MINE, id);
    qk_attrs attrs = QK_ATTRS_NONE;
    uint8_t blob[200] = { 'Q', 'K', 'B', 1, (uint8_t)purpose, 1 };
    qk_view copy;

    memcpy(blob + QK_BLOB_HEADER_LEN, made_once.session.id, QK_SESSION_ID_LEN);
    assert_ok(qk_arena_copy(&s->arena, qk_view_of(blob, sizeof blob), &copy));
    it->blob = qk_message_bytes(copy);
    assert_ok(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_DATA));
    give_attributes(s, it, &attrs);
    qk_attrs_done(&attrs);
    return it;
}

static void a_made_up_blob_does_not_break_the_keystore(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;

    log_in_quickly(s);
    assert_ok(store_object(s, key_object(s, MINE, 7, "key")));
    for (qk_purpose purpose = QK_PURPOSE_KEY; purpose <= QK_PURPOSE_LOGIN; purpose++)
        assert_err(store_object(s, made_up(s, 10 + purpose, purpose)),
                   purpose == QK_PURPOSE_DATA ? QK_OK : QK_E_BLOB_PURPOSE);
    assert_int_equal(find_all(s, MINE), 2); /* what a client seals in data is its own affair */
}

static void the_database_shows_neither_labels_nor_public_keys(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;

    log_in_quickly(s);
    assert_ok(store_object(s, key_object(s, MINE, 7, "a telling label")));
    assert_ok(store_object(s, key_object(s, MINE, 8, "a telling label")));
    assert_ok(store_object(s, public_key_object(s, MINE, 10)));
    assert_false(contains(steal(t, "SELECT attributes FROM objects"), "telling"));
    assert_int_equal(steal(t, "SELECT blob FROM objects ORDER BY number DESC").data[0], 'Q');
    assert_int_equal(find_all(s, MINE), 3);
    assert_int_equal(steal(t, "SELECT label FROM objects WHERE label IS NOT NULL").len, 0);
    assert_int_equal(steal(t, "SELECT cka_id FROM objects WHERE cka_id IS NOT NULL").len, 0);
    assert_int_equal(steal(t, "SELECT class FROM objects WHERE class IS NOT NULL").len, 0);
    /* and an ordinary keystore does, or this test could not fail */
    s->call.login = QK_VIEW_NONE;
    assert_ok(store_object(s, key_object(s, PLAIN, 9, "a telling label")));
    assert_true(contains(steal(t, "SELECT attributes FROM objects ORDER BY number DESC"), "telling"));
}

/* The thief has database and master key, all programs, and does not know the password. */
static void database_and_master_key_alone_do_not_open_a_key(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    instance thief = t->instance;
    qk_view blob, attributes;
    scene theirs;

    log_in_quickly(s);
    assert_ok(store_object(s, key_object(s, MINE, 7, "mine")));
    blob = steal(t, "SELECT blob FROM objects");
    attributes = steal(t, "SELECT attributes FROM objects");

    assert_ok(qk_ring_new(&thief.ring));
    load_master_key(&thief, QK_UNDER_INSTANCE, 1);
    instance_open(&thief);
    scene_init(&theirs, thief.keystore, thief.hsm);
    assert_err(try_find(&theirs, MINE), QK_E_NO_SESSION);
    assert_err(qk_hsm_blob_attributes(thief.hsm, &theirs.call, blob, &attrs), QK_E_NO_SESSION);
    assert_err(qk_unseal(thief.ring, QK_PURPOSE_KEY, QK_VIEW_NONE, blob, &out), QK_E_NO_SESSION);
    assert_err(qk_unseal(thief.ring, QK_PURPOSE_ROW, qk_view_of(uuid(7).bytes, 16), attributes, &out), QK_E_NO_SESSION);
    log_in_quickly(&theirs); /* with the password it is all there */
    assert_int_equal(find_all(&theirs, MINE), 1);
    assert_ok(qk_hsm_blob_attributes(thief.hsm, &theirs.call, blob, &attrs));
    scene_done(&theirs);
    instance_close(&thief);
    qk_ring_free(&thief.ring);
}

static void tamper(test_state *t, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(t->instance.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_true(sqlite3_changes(db) > 0);
    sqlite3_close(db);
}

static void other_hands_in_the_database_are_noticed(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view blob = QK_VIEW_NONE;

    assert_ok(reset_with(s, OTHER, "theirs 1"));
    log_in_quickly(s);
    assert_ok(store_object(s, data_object(s, MINE, 7, "mine")));
    tamper(t, "UPDATE objects SET attributes = zeroblob(150)");
    assert_err(try_find(s, MINE), QK_E_STORE_BROKEN);
    /* a password that the thief knows, from another keystore */
    tamper(t, "UPDATE keystores SET login = (SELECT b.login FROM keystores b WHERE b.number = 3) WHERE number = 1");
    assert_err(try_log_in(s, MINE, "theirs 1", &blob), QK_E_STORE_BROKEN);
    assert_err(try_find(s, MINE), QK_E_STORE_BROKEN);
}

static void taking_the_password_away_opens_nothing(void **state)
{
    test_state *t = *state;
    scene *s = &t->scene;
    qk_view blob = QK_VIEW_NONE;

    log_in_quickly(s);
    assert_ok(store_object(s, data_object(s, MINE, 7, "mine")));
    tamper(t, "UPDATE keystores SET login = NULL WHERE number = 1");
    assert_err(try_find(s, MINE), QK_E_NO_SESSION);
    assert_err(try_log_in(s, MINE, password, &blob), QK_E_PIN_NOT_SET);
    s->call.login = QK_VIEW_NONE;
    assert_err(try_find(s, MINE), QK_E_STORE_BROKEN);
}

/* ---- over time ---- */

static void everything_is_there_after_a_restart(void **state)
{
    test_state *t = *state;

    log_in_quickly(&t->scene);
    assert_ok(store_object(&t->scene, key_object(&t->scene, MINE, 7, "stays")));
    instance_close(&t->instance);
    instance_open(&t->instance);
    t->scene.keystore = t->instance.keystore;
    t->scene.hsm = t->instance.hsm;
    assert_int_equal(find_by_label(&t->scene, MINE, "stays", NULL), 1); /* the PIN blob is still good */
    log_in(&t->scene, MINE);
    assert_int_equal(find_by_label(&t->scene, MINE, "stays", NULL), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(with_the_password_it_is_a_keystore_like_any),
        TEST(a_repeated_store_is_recognised),
        TEST(pages_of_a_search_neither_repeat_nor_skip),
        TEST(without_a_login_objects_are_out_of_reach),
        TEST(the_login_of_one_keystore_is_none_of_another),
        TEST(a_wrong_password_is_refused),
        TEST(guessing_is_slowed_down),
        TEST(bad_store_ids_are_refused),
        TEST(logout_tells_whether_the_login_was_good),
        TEST(there_is_no_limit_of_five),
        TEST(a_login_needs_a_right_in_the_keystore),
        TEST(a_stolen_pin_blob_is_of_no_use_to_another),
        TEST(an_empty_keystore_takes_the_first_password),
        TEST(a_first_password_is_settled_by_what_is_stored_with_it),
        TEST(a_client_whose_login_has_ended_is_not_taken_for_one_without),
        TEST(what_is_settled_stays_so_when_the_last_object_goes),
        TEST(forgetting_a_first_password_loses_no_keys),
        TEST(salts_tell_keystores_and_instances_apart),
        TEST(who_is_logged_in_hears_that_the_password_is_gone),
        TEST(one_with_objects_takes_none_and_keeps_them),
        TEST(a_reset_gives_another_password_and_takes_everything),
        TEST(the_list_tells_which_are_authenticated),
        TEST(secrets_of_a_session_do_not_mix_with_others),
        TEST(a_made_up_blob_does_not_break_the_keystore),
        TEST(the_database_shows_neither_labels_nor_public_keys),
        TEST(database_and_master_key_alone_do_not_open_a_key),
        TEST(other_hands_in_the_database_are_noticed),
        TEST(taking_the_password_away_opens_nothing),
        TEST(everything_is_there_after_a_restart),
    };
    int failed;

    if (qk_crypto_start() != QK_OK || qk_entropy_start(NULL) != QK_OK)
        return 99;
    failed = cmocka_run_group_tests(tests, make_once, forget_once);
    qk_entropy_stop();
    qk_crypto_stop();
    return failed;
}
