/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in login sessions, by every way in which a key can be used: with the PIN blob, without it, with another. */
#include <stdlib.h>

#include "entropy/entropy.h"
#include "hsm/blob/blob.h"
#include "hsm/contract/contract.h"

typedef struct fixture {
    contract it;
    qk_ring *ring;
    qk_view mine, other; /* PIN blobs, in the arena */
    uint8_t id[QK_SESSION_ID_LEN];
} fixture;

static const qk_view block = { (const uint8_t *)"sixteen bytes of", 16 };

static qk_view pin_blob(fixture *made, uint8_t salt_fill, uint8_t *out_id)
{
    QK_OWNED(qk_login_session_done) qk_login_session session = { .secret = QK_SECRET_NONE };
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    uint8_t salt[QK_SESSION_SALT_LEN];
    qk_view copy = QK_VIEW_NONE;

    memset(salt, salt_fill, sizeof salt);
    works(qk_login_session_derive(QK_VIEW_LITERAL("password"), salt, &session));
    works(qk_pin_blob_make(made->ring, &session, &(qk_uuid){ { 7 } }, NULL, INT64_MAX, &blob));
    works(qk_arena_copy(&made->it.shared, qk_buf_view(&blob), &copy));
    if (out_id)
        memcpy(out_id, session.id, QK_SESSION_ID_LEN);
    return copy;
}

static int setup(void **state)
{
    fixture *made = calloc(1, sizeof *made);

    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    made->ring = ring_new(1);
    qk_arena_init(&made->it.shared, 0);
    works(qk_hsm_local_new(made->ring, &(qk_hsm_options){ .cache_keys = 64, .lax_keys = true }, &made->it.hsm));
    made->mine = pin_blob(made, 1, made->id);
    made->other = pin_blob(made, 2, NULL);
    *state = made;
    return 0;
}

static int teardown(void **state)
{
    fixture *made = *state;

    qk_endpoint_free(&made->it.hsm);
    qk_arena_done(&made->it.shared);
    qk_ring_free(&made->ring);
    free(made);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static int begin(void **state)
{
    fixture *made = *state;

    qk_arena_init(&made->it.arena, 0);
    made->it.call = (qk_call){ .arena = &made->it.arena, .login = made->mine, .deadline = QK_DEADLINE_NEVER };
    return 0;
}

static int end(void **state)
{
    qk_arena_done(&((fixture *)*state)->it.arena);
    return 0;
}

static bool is_in(const fixture *made, const client_key *key)
{
    const uint8_t *id = qk_blob_session(key->bytes);
    return id && memcmp(id, made->id, sizeof made->id) == 0;
}

/* Runs `step` as somebody who is not logged in, and as one who is logged in elsewhere. */
#define needs_login(made, step)                                                                                        \
    do {                                                                                                               \
        qk_view needs_login_ = (made)->it.call.login;                                                                  \
        (made)->it.call.login = QK_VIEW_NONE;                                                                          \
        refuses(step, QK_E_NO_SESSION);                                                                                \
        (made)->it.call.login = (made)->other;                                                                         \
        refuses(step, QK_E_NO_SESSION);                                                                                \
        (made)->it.call.login = needs_login_;                                                                          \
    } while (0)

static void every_new_secret_is_in_the_session(void **state)
{
    fixture *made = *state;
    contract *it = &made->it;
    client_key key = aes_key(it), imported, copied;
    key_pair pair = ec_pair(it, "P-256");

    works(import(it,
                 ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES), BYTES(CKA_VALUE, block),
                       YES(CKA_ENCRYPT)),
                 &imported));
    works(copy(it, &key, NO_ITEMS, &copied));
    assert_true(is_in(made, &key) && is_in(made, &imported) && is_in(made, &copied) && is_in(made, &pair.private_key));
    assert_null(qk_blob_session(pair.public_key.bytes)); /* anybody may verify */
}

static void a_key_tells_its_session(void **state)
{
    fixture *made = *state;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key key = aes_key(&made->it), plain;

    attrs = attrs_of(&key);
    assert_view_equal(qk_attrs_view(&attrs, CKA_IBM_LOGIN_SESSION), qk_view_of(made->id, sizeof made->id));
    qk_attrs_done(&attrs);
    made->it.call.login = QK_VIEW_NONE;
    plain = aes_key(&made->it);
    attrs = attrs_of(&plain);
    assert_null(qk_attrs_find(&attrs, CKA_IBM_LOGIN_SESSION));
}

/* The cache holds all of these keys: it must not open doors. */
static void nothing_can_be_done_with_a_key_without_the_login(void **state)
{
    fixture *made = *state;
    contract *it = &made->it;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key key = aes_key(it), new_key;
    key_pair pair = ec_pair(it, "P-256");
    qk_view out = QK_VIEW_NONE, wrapped = QK_VIEW_NONE;

    works(wrap(it, mech(it, CKM_AES_KEY_WRAP), &key, &key, &wrapped));
    needs_login(made, encrypt(it, mech(it, CKM_AES_ECB), &key, block, &out));
    needs_login(made, decrypt(it, mech(it, CKM_AES_ECB), &key, block, &out));
    needs_login(made, sign(it, mech(it, CKM_ECDSA), &pair.private_key, block, &out));
    needs_login(made, wrap(it, mech(it, CKM_AES_KEY_WRAP), &key, &key, &out));
    needs_login(made, unwrap(it, mech(it, CKM_AES_KEY_WRAP), &key, wrapped,
                             ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES)), &new_key));
    needs_login(made, copy(it, &key, NO_ITEMS, &new_key));
    needs_login(made, get_attribute(it, &key, CKA_KEY_TYPE, &attrs));
    needs_login(made, set_attribute(it, &key, CKA_DECRYPT, false));
    needs_login(made, encrypt_init(it, mech(it, CKM_AES_ECB), &key, &out));
    needs_login(made, sign_init(it, mech(it, CKM_ECDSA), &pair.private_key, &out));
    works(encrypt(it, mech(it, CKM_AES_ECB), &key, block, &out));
}

static void a_changed_key_stays_in_its_session(void **state)
{
    fixture *made = *state;
    client_key key = aes_key(&made->it);

    works(set_attribute(&made->it, &key, CKA_DECRYPT, false));
    assert_true(is_in(made, &key));
}

static void a_state_is_in_the_session_of_its_key(void **state)
{
    fixture *made = *state;
    contract *it = &made->it;
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    client_key key = aes_key(it);
    qk_view begun = QK_VIEW_NONE, later = QK_VIEW_NONE;

    works(encrypt_init(it, mech(it, CKM_AES_ECB), &key, &begun));
    assert_non_null(qk_blob_session(begun));
    needs_login(made, encrypt_update(it, begun, block, &later, &out));
    works(encrypt_update(it, begun, block, &later, &out));
    needs_login(made, encrypt_final(it, later, &out));
    works(encrypt_final(it, later, &out));
    assert_int_equal(out.len, 16);
}

static void two_logins_open_the_keys_of_both(void **state)
{
    fixture *made = *state;
    contract *it = &made->it;
    QK_OWNED(qk_buf_done) qk_buf both = QK_BUF_NONE;
    client_key mine = aes_key(it), others, made_private, made_public;
    qk_view out;

    it->call.login = made->other;
    others = aes_key(it);
    refuses(wrap(it, mech(it, CKM_AES_KEY_WRAP), &mine, &others, &out), QK_E_NO_SESSION);
    qk_buf_put(&both, made->mine);
    qk_buf_put(&both, made->other);
    it->call.login = qk_buf_view(&both);
    works(wrap(it, mech(it, CKM_AES_KEY_WRAP), &mine, &others, &out));
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_PRIVATE)), &made_private));
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_PRIVATE)), &made_public));
    assert_true(is_in(made, &made_private));
    assert_false(is_in(made, &made_public));
    it->call.login = made->other;
    works(set_attribute(it, &made_public, CKA_DECRYPT, false));
}

static void a_bad_login_does_not_matter_to_keys_without_session(void **state)
{
    fixture *made = *state;
    contract *it = &made->it;
    client_key key, bound;
    qk_view out;

    it->call.login = QK_VIEW_NONE;
    key = aes_key(it);
    it->call.login = qk_view_slice(made->mine, 0, 100);
    works(encrypt(it, mech(it, CKM_AES_ECB), &key, block, &out));
    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &bound), QK_E_NO_SESSION);
}

/* ---- data ---- */

static qk_err open_data(contract *it, ProtobufCBinaryData sealed)
{
    Quantoki__V1__OpenDataRequest request = QUANTOKI__V1__OPEN_DATA_REQUEST__INIT;
    Quantoki__V1__OpenDataResponse *response;

    request.sealed = sealed;
    return perform(it, QK_OPEN_DATA, &request, &response);
}

static void data_is_sealed_in_the_session(void **state)
{
    fixture *made = *state;
    Quantoki__V1__SealDataRequest request = QUANTOKI__V1__SEAL_DATA_REQUEST__INIT;
    Quantoki__V1__SealDataResponse *response;

    request.data = qk_message_bytes(block);
    works(perform(&made->it, QK_SEAL_DATA, &request, &response));
    works(open_data(&made->it, response->sealed));
    needs_login(made, open_data(&made->it, response->sealed));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_new_secret_is_in_the_session),
        TEST(a_key_tells_its_session),
        TEST(nothing_can_be_done_with_a_key_without_the_login),
        TEST(a_changed_key_stays_in_its_session),
        TEST(a_state_is_in_the_session_of_its_key),
        TEST(two_logins_open_the_keys_of_both),
        TEST(a_bad_login_does_not_matter_to_keys_without_session),
        TEST(data_is_sealed_in_the_session),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
