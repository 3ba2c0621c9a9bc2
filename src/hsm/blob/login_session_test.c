/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, PIN blobs, and what neither database with master key nor a session alone can open. */
#include "hsm/blob/login_session.h"

#include "base/clock.h"
#include "entropy/entropy.h"
#include "hsm/blob/blob.h"
#include "hsm/testing.h"

static const qk_view plain = { (const uint8_t *)"a key that needs a password", 27 };
static const qk_view bound = { (const uint8_t *)"what it belongs to", 18 };

static const qk_uuid store = { { 7 } }, other_store = { { 8 } };

typedef struct fixture {
    qk_ring *ring;
    qk_arena arena;
    qk_login_session mine, other; /* of two salts and one password */
    qk_call call;
} fixture;

static void derive(const char *password, uint8_t salt_fill, qk_login_session *out)
{
    uint8_t salt[QK_SESSION_SALT_LEN];

    memset(salt, salt_fill, sizeof salt);
    works(qk_login_session_derive(qk_view_text(password), salt, out));
}

static int setup(void **state)
{
    static fixture it;

    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    it.ring = ring_new(1);
    derive("password", 1, &it.mine);
    derive("password", 2, &it.other);
    *state = &it;
    return 0;
}

static int teardown(void **state)
{
    fixture *it = *state;

    qk_login_session_done(&it->mine);
    qk_login_session_done(&it->other);
    qk_ring_free(&it->ring);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static int begin(void **state)
{
    fixture *it = *state;

    qk_arena_init(&it->arena, 0);
    it->call = (qk_call){ .arena = &it->arena };
    return 0;
}

static int end(void **state)
{
    qk_arena_done(&((fixture *)*state)->arena);
    return 0;
}

/* Adds a PIN blob to the call. */
static void add_login(fixture *it, const qk_login_session *session, const qk_caller *caller, int64_t until_s)
{
    QK_OWNED(qk_buf_done) qk_buf all = QK_BUF_NONE, blob = QK_BUF_NONE;

    works(qk_pin_blob_make(it->ring, session, &store, caller, until_s, &blob));
    assert_int_equal(blob.len, 209); /* FORMATS.md */
    qk_buf_put(&all, it->call.login);
    qk_buf_put(&all, qk_buf_view(&blob));
    works(qk_arena_copy(&it->arena, qk_buf_view(&all), &it->call.login));
}

static void seal_one(fixture *it, const qk_login_session *session, qk_buf *out)
{
    works(qk_blob_seal(it->ring, QK_UNDER_INSTANCE, session, QK_PURPOSE_DATA, bound, plain, out));
}

/* With what the call is logged in to. */
static qk_err open_one(const fixture *it, qk_ring *ring, qk_view blob, qk_secret *out)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    qk_seal_under which;

    QK_TRY(qk_logins_open(ring, &it->call, &logins));
    return qk_blob_open(ring, &logins, QK_PURPOSE_DATA, bound, blob, out, &which);
}

static bool contains(qk_view haystack, qk_view needle)
{
    return memmem(haystack.data, haystack.len, needle.data, needle.len) != NULL;
}

/* ---- sessions ---- */

static void a_session_follows_from_password_and_salt(void **state)
{
    const fixture *it = *state;
    QK_OWNED(qk_login_session_done) qk_login_session again = { .secret = QK_SECRET_NONE };

    derive("password", 1, &again);
    assert_memory_equal(again.id, it->mine.id, sizeof again.id);
    assert_view_equal(qk_secret_reveal(&again.secret), qk_secret_reveal(&it->mine.secret));
    derive("passwore", 1, &again);
    assert_memory_not_equal(again.id, it->mine.id, sizeof again.id);
    assert_memory_not_equal(it->other.id, it->mine.id, sizeof again.id);
}

/* FORMATS.md, with nothing of login_session.c. */
static void a_reader_made_from_the_document_derives_it(void **state)
{
    const fixture *it = *state;
    uint8_t salt[32], secret[32], id[16];

    memset(salt, 1, sizeof salt);
    works(qk_scrypt(QK_VIEW_LITERAL("password"), qk_view_of(salt, 32), 15, secret, sizeof secret));
    works(qk_hkdf_sha256(qk_view_of(secret, 32), QK_VIEW_NONE, QK_VIEW_LITERAL("quantoki session id\x01"), id, 16));
    assert_view_equal(qk_secret_reveal(&it->mine.secret), qk_view_of(secret, 32));
    assert_memory_equal(it->mine.id, id, sizeof id);
}

/* ---- sealing ---- */

static void what_is_sealed_in_a_session_opens_in_it(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    seal_one(it, &it->mine, &blob);
    add_login(it, &it->mine, NULL, INT64_MAX);
    works(open_one(it, it->ring, qk_buf_view(&blob), &out));
    assert_view_equal(qk_secret_reveal(&out), plain);
    assert_memory_equal(qk_blob_session(qk_buf_view(&blob)), it->mine.id, QK_SESSION_ID_LEN);
}

/* Somebody has stolen the database and the master key, and has read FORMATS.md. */
static void the_master_key_alone_opens_the_outer_layer_only(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE, authenticated = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;
    uint8_t master[32], key[32], inside[200];
    size_t len;

    seal_one(it, &it->mine, &blob);
    refuses(open_one(it, it->ring, qk_buf_view(&blob), &out), QK_E_NO_SESSION);
    refuses(qk_unseal(it->ring, QK_PURPOSE_DATA, bound, qk_buf_view(&blob), &out), QK_E_NO_SESSION);

    memset(master, 1, sizeof master);
    len = blob.len - 72 - 16;
    assert_int_equal(len, 32 + plain.len + 16);
    works(qk_hkdf_sha256(qk_view_of(master, 32), qk_view_of(blob.data + 24, 32),
                         QK_VIEW_LITERAL("quantoki seal\x01\x03"), key, sizeof key));
    qk_buf_put(&authenticated, qk_view_of(blob.data, 72));
    qk_buf_put(&authenticated, bound);
    works(
        qk_aead_open(key, qk_buf_view(&authenticated), qk_view_of(blob.data + 72, len), blob.data + 72 + len, inside));
    assert_false(contains(qk_view_of(inside, len), plain));
    /* The one key at hand opens no inner layer, nor does another password's. */
    refuses(qk_session_layer_open(&it->other, QK_PURPOSE_DATA, bound, qk_view_of(inside, len), &out),
            QK_E_BLOB_DAMAGED);
    works(qk_session_layer_open(&it->mine, QK_PURPOSE_DATA, bound, qk_view_of(inside, len), &out));
    assert_view_equal(qk_secret_reveal(&out), plain);
}

static void a_session_without_the_master_key_opens_nothing(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;
    QK_OWNED(qk_ring_free) qk_ring *elsewhere = ring_new(2);
    qk_logins logins = { .count = 1, .items = { it->mine } };
    qk_seal_under which;

    seal_one(it, &it->mine, &blob);
    refuses(qk_blob_open(elsewhere, &logins, QK_PURPOSE_DATA, bound, qk_buf_view(&blob), &out, &which),
            QK_E_BLOB_MASTER_KEY);
    refuses(qk_session_layer_open(&it->mine, QK_PURPOSE_DATA, bound, qk_view_of(blob.data + 72, blob.len - 88), &out),
            QK_E_BLOB_DAMAGED);
}

static void another_keystores_session_does_not_open_it(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    seal_one(it, &it->mine, &blob);
    add_login(it, &it->other, NULL, INT64_MAX);
    refuses(open_one(it, it->ring, qk_buf_view(&blob), &out), QK_E_NO_SESSION);
    memcpy(blob.data + QK_BLOB_HEADER_LEN, it->other.id, QK_SESSION_ID_LEN); /* forged */
    refuses(open_one(it, it->ring, qk_buf_view(&blob), &out), QK_E_BLOB_DAMAGED);
    add_login(it, &it->mine, NULL, INT64_MAX);
    memcpy(blob.data + QK_BLOB_HEADER_LEN, it->mine.id, QK_SESSION_ID_LEN);
    works(open_one(it, it->ring, qk_buf_view(&blob), &out));
}

static void no_bit_of_it_can_be_changed(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_secret_free) qk_secret out = QK_SECRET_NONE;

    seal_one(it, &it->mine, &blob);
    add_login(it, &it->mine, NULL, INT64_MAX);
    for (size_t bit = 0; bit < 8 * blob.len; bit++) {
        blob.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(open_one(it, it->ring, qk_buf_view(&blob), &out), QK_OK);
        blob.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < blob.len; len++)
        assert_int_not_equal(open_one(it, it->ring, qk_view_of(blob.data, len), &out), QK_OK);
    works(open_one(it, it->ring, qk_buf_view(&blob), &out));
}

/* ---- PIN blobs ---- */

static void without_a_login_there_are_no_sessions(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;

    works(qk_logins_open(it->ring, &it->call, &logins));
    assert_int_equal(logins.count, 0);
    assert_null(qk_logins_for(&logins, true));
}

static void the_first_is_for_what_is_private_the_last_for_the_rest(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;

    add_login(it, &it->mine, NULL, INT64_MAX);
    add_login(it, &it->other, NULL, INT64_MAX);
    works(qk_logins_open(it->ring, &it->call, &logins));
    assert_int_equal(logins.count, 2);
    assert_memory_equal(qk_logins_for(&logins, true)->id, it->mine.id, QK_SESSION_ID_LEN);
    assert_memory_equal(qk_logins_for(&logins, false)->id, it->other.id, QK_SESSION_ID_LEN);
}

static void it_tells_of_which_keystore_it_is(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;

    assert_false(qk_logins_name(&logins, &store));
    add_login(it, &it->mine, NULL, INT64_MAX);
    works(qk_logins_open(it->ring, &it->call, &logins));
    assert_true(qk_logins_name(&logins, &store));
    assert_false(qk_logins_name(&logins, &other_store));
}

static void refuse_logins(fixture *it)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;

    refuses(qk_logins_open(it->ring, &it->call, &logins), QK_E_NO_SESSION);
    it->call.login = QK_VIEW_NONE;
}

static void a_pin_blob_ends_with_its_time(void **state)
{
    fixture *it = *state;

    add_login(it, &it->mine, NULL, qk_clock_unix_s());
    refuse_logins(it);
}

static void a_pin_blob_is_its_callers_alone(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    qk_caller alice = { .identity = "alice" }, alicia = { .identity = "alicia" };

    add_login(it, &it->mine, &alice, INT64_MAX);
    it->call.caller = &alice;
    works(qk_logins_open(it->ring, &it->call, &logins));
    it->call.caller = &alicia;
    refuse_logins(it);
    add_login(it, &it->mine, &alice, INT64_MAX);
    it->call.caller = NULL;
    refuse_logins(it);
    add_login(it, &it->mine, NULL, INT64_MAX);
    it->call.caller = &alice;
    refuse_logins(it);
}

static void a_changed_or_foreign_pin_blob_is_refused(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_ring_free) qk_ring *elsewhere = ring_new(2);
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    qk_view whole;

    add_login(it, &it->mine, NULL, INT64_MAX);
    whole = it->call.login;
    refuses(qk_logins_open(elsewhere, &it->call, &logins), QK_E_NO_SESSION);
    for (size_t i = 0; i < whole.len; i += 7) {
        ((uint8_t *)(uintptr_t)whole.data)[i] ^= 1;
        refuse_logins(it);
        it->call.login = whole;
        ((uint8_t *)(uintptr_t)whole.data)[i] ^= 1;
    }
    it->call.login = qk_view_slice(whole, 0, whole.len - 1);
    refuse_logins(it);
    for (int i = 0; i <= QK_LOGINS_MOST; i++)
        add_login(it, &it->mine, NULL, INT64_MAX);
    refuse_logins(it);
}

/* What a keystore keeps of its password is sealed for the same purpose. */
static void nothing_else_is_taken_for_a_pin_blob(void **state)
{
    fixture *it = *state;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    uint8_t content[137] = { 1, 0x7f };

    works(qk_seal(it->ring, QK_UNDER_INSTANCE, QK_PURPOSE_LOGIN, bound, qk_view_of(content, sizeof content), &blob));
    it->call.login = qk_buf_view(&blob);
    refuse_logins(it);
    works(qk_seal(it->ring, QK_UNDER_INSTANCE, QK_PURPOSE_DATA, QK_VIEW_LITERAL("PIN blob"),
                  qk_view_of(content, sizeof content), &blob));
    it->call.login = qk_buf_view(&blob);
    refuse_logins(it);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_follows_from_password_and_salt),
        TEST(a_reader_made_from_the_document_derives_it),
        TEST(what_is_sealed_in_a_session_opens_in_it),
        TEST(the_master_key_alone_opens_the_outer_layer_only),
        TEST(a_session_without_the_master_key_opens_nothing),
        TEST(another_keystores_session_does_not_open_it),
        TEST(no_bit_of_it_can_be_changed),
        TEST(without_a_login_there_are_no_sessions),
        TEST(the_first_is_for_what_is_private_the_last_for_the_rest),
        TEST(it_tells_of_which_keystore_it_is),
        TEST(a_pin_blob_ends_with_its_time),
        TEST(a_pin_blob_is_its_callers_alone),
        TEST(a_changed_or_foreign_pin_blob_is_refused),
        TEST(nothing_else_is_taken_for_a_pin_blob),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
