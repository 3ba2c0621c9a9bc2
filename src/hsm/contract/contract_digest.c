/* SPDX-License-Identifier: Apache-2.0 */
/* Random and digests. */
#include "hsm/contract/contract.h"

static const char sha256_of_abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char sha256_of_nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static qk_err random_bytes(contract *it, uint64_t len, qk_view *out)
{
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;
    Grep11__GenerateRandomResponse *answer;

    request.len = len;
    QK_TRY(perform(it, QK_GENERATE_RANDOM, &request, &answer));
    *out = qk_message_view(answer->rnd);
    return QK_OK;
}

static void random_has_the_length_asked_for(contract *it)
{
    static const uint64_t lengths[] = { 1, 16, 4096, 1000000 };
    qk_view bytes, again;

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        works(random_bytes(it, lengths[i], &bytes));
        assert_int_equal(bytes.len, lengths[i]);
    }
    works(random_bytes(it, 32, &bytes));
    works(random_bytes(it, 32, &again));
    assert_view_not_equal(bytes, again);
}

static void no_random_and_too_much_random_are_refused(contract *it)
{
    qk_view bytes;

    refuses(random_bytes(it, 0, &bytes), QK_E_BAD_ARGUMENT);
    refuses(random_bytes(it, 1000001, &bytes), QK_E_BAD_ARGUMENT);
    refuses(random_bytes(it, UINT64_MAX, &bytes), QK_E_BAD_ARGUMENT);
}

static qk_err seed(contract *it, qk_view bytes)
{
    Quantoki__V1__SeedRandomRequest request = QUANTOKI__V1__SEED_RANDOM_REQUEST__INIT;
    void *answer;

    request.seed = qk_message_bytes(bytes);
    return perform(it, QK_SEED_RANDOM, &request, &answer);
}

static void the_random_generator_takes_a_seed(contract *it)
{
    static uint8_t big[65537];
    qk_view bytes;

    works(seed(it, QK_VIEW_LITERAL("some bytes from elsewhere")));
    works(random_bytes(it, 32, &bytes));
    refuses(seed(it, qk_view_of(big, sizeof big)), QK_E_BAD_ARGUMENT);
}

static void a_digest_in_one_call_is_the_known_one(contract *it)
{
    qk_view out;

    works(digest(it, CKM_SHA256, QK_VIEW_LITERAL("abc"), &out));
    assert_view_equal(out, hex(&it->arena, sha256_of_abc));
    works(digest(it, CKM_SHA_1, QK_VIEW_LITERAL("abc"), &out));
    assert_view_equal(out, hex(&it->arena, "a9993e364706816aba3e25717850c26c9cd0d89d"));
    works(digest(it, CKM_SHA256, QK_VIEW_NONE, &out));
    assert_view_equal(out, hex(&it->arena, sha256_of_nothing));
}

static qk_err digest_whole(contract *it, qk_view state, qk_view data, qk_view *out)
{
    Grep11__DigestRequest request = GREP11__DIGEST_REQUEST__INIT;
    Grep11__DigestResponse *answer;

    request.state = qk_message_bytes(state);
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_DIGEST_WHOLE, &request, &answer));
    *out = qk_message_view(answer->digest);
    return QK_OK;
}

static void a_digest_after_init_is_the_known_one(contract *it)
{
    qk_view state, out;

    works(digest_init(it, CKM_SHA256, &state));
    works(digest_whole(it, state, QK_VIEW_LITERAL("abc"), &out));
    assert_view_equal(out, hex(&it->arena, sha256_of_abc));
    works(digest_final(it, state, &out)); /* an old state stays usable */
    assert_view_equal(out, hex(&it->arena, sha256_of_nothing));
}

static void a_digest_in_parts_is_that_of_the_whole(contract *it)
{
    static const CK_MECHANISM_TYPE all[] = { CKM_SHA_1,      CKM_SHA224,         CKM_SHA256,
                                             CKM_SHA384,     CKM_SHA512,         CKM_SHA512_224,
                                             CKM_SHA512_256, CKM_IBM_SHA512_224, CKM_IBM_SHA512_256 };
    static uint8_t data[500];
    qk_view state, parts, whole;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        works(digest_init(it, all[i], &state));
        works(digest_update(it, state, qk_view_of(data, 1), &state));
        works(digest_update(it, state, qk_view_of(data + 1, 127), &state));
        works(digest_update(it, state, qk_view_of(data + 128, 372), &state));
        works(digest_final(it, state, &parts));
        works(digest(it, all[i], qk_view_of(data, sizeof data), &whole));
        assert_view_equal(parts, whole);
    }
}

static void digesting_no_data_is_refused(contract *it)
{
    qk_view state, out;

    works(digest_init(it, CKM_SHA256, &state));
    refuses(digest_whole(it, state, QK_VIEW_NONE, &out), QK_E_BAD_ARGUMENT);
    refuses(digest_update(it, state, QK_VIEW_NONE, &state), QK_E_BAD_ARGUMENT);
}

static void a_whole_digest_after_parts_is_refused(contract *it)
{
    qk_view state, out;

    works(digest_init(it, CKM_SHA256, &state));
    works(digest_update(it, state, QK_VIEW_LITERAL("a"), &state));
    refuses(digest_whole(it, state, QK_VIEW_LITERAL("bc"), &out), QK_E_OPERATION_ACTIVE);
}

static void only_digest_mechanisms_digest(contract *it)
{
    qk_view out;

    refuses(digest_init(it, CKM_SHA256_HMAC, &out), QK_E_MECHANISM_INVALID);
    refuses(digest(it, CKM_AES_CBC, QK_VIEW_LITERAL("abc"), &out), QK_E_MECHANISM_INVALID);
    refuses(digest(it, 0x12345678, QK_VIEW_LITERAL("abc"), &out), QK_E_MECHANISM_INVALID);
}

static qk_err digest_key(contract *it, qk_view state, const client_key *key, qk_view *out_state)
{
    Grep11__DigestKeyRequest request = GREP11__DIGEST_KEY_REQUEST__INIT;
    Grep11__DigestKeyResponse *answer;

    request.state = qk_message_bytes(state);
    give(it, key, &request.key, &request.keyv1);
    QK_TRY(perform(it, QK_DIGEST_KEY, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

static void a_keys_value_can_be_digested(contract *it)
{
    qk_view state, out;
    client_key made;

    works(import(
        it, ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET), TEXT(CKA_VALUE, "b")),
        &made));
    works(digest_init(it, CKM_SHA256, &state));
    works(digest_update(it, state, QK_VIEW_LITERAL("a"), &state));
    works(digest_key(it, state, &made, &state));
    works(digest_update(it, state, QK_VIEW_LITERAL("c"), &state));
    works(digest_final(it, state, &out));
    assert_view_equal(out, hex(&it->arena, sha256_of_abc));
}

static void only_secret_keys_can_be_digested(contract *it)
{
    key_pair pair = ec_pair(it, "P-256");
    qk_view state;

    works(digest_init(it, CKM_SHA256, &state));
    refuses(digest_key(it, state, &pair.private_key, &state), QK_E_KEY_INDIGESTIBLE);
    refuses(digest_key(it, state, &pair.public_key, &state), QK_E_KEY_INDIGESTIBLE);
}

/* What a module does that digests by itself until a key must be digested. */
static void a_digest_begun_elsewhere_goes_on_here(contract *it)
{
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
    qk_operation *operation;
    qk_mech_use use = { .mech = qk_mech_find(CKM_SHA256) };
    qk_view nothing, state, out;

    works(qk_operation_begin(QK_DIGEST, NULL, &use, true, &operation));
    works(qk_operation_update(operation, QK_VIEW_LITERAL("ab"), &it->arena, &nothing));
    works(qk_operation_save(operation, &progress));
    qk_operation_free(&operation);
    works(qk_hsm_digest_state(&use, qk_secret_reveal(&progress), &it->arena, &state));
    works(digest_update(it, state, QK_VIEW_LITERAL("c"), &state));
    assert_memory_equal(state.data, "QKB", 3); /* sealed from here on */
    works(digest_final(it, state, &out));
    assert_view_equal(out, hex(&it->arena, sha256_of_abc));
}

static void states_of_other_functions_are_refused(contract *it)
{
    qk_view digesting, signing, out;
    client_key made = aes_key(it);
    qk_buf sink = QK_BUF_NONE;

    works(digest_init(it, CKM_SHA256, &digesting));
    works(sign_init(it, mech(it, CKM_SHA256_HMAC), &made, &signing));
    refuses(sign_final(it, digesting, &out), QK_E_BLOB_PURPOSE);
    refuses(encrypt_update(it, signing, QK_VIEW_LITERAL("data"), &out, &sink), QK_E_BLOB_PURPOSE);
    refuses(digest_final(it, signing, &out), QK_E_BLOB_PURPOSE);
    refuses(digest_final(it, made.bytes, &out), QK_E_BLOB_PURPOSE);
    refuses(digest_final(it, QK_VIEW_LITERAL("no state"), &out), QK_E_BLOB_DAMAGED);
    refuses(digest_final(it, QK_VIEW_NONE, &out), QK_E_BAD_ARGUMENT);
}

const contract_case contract_digest[] = {
    CASE(random_has_the_length_asked_for),       CASE(no_random_and_too_much_random_are_refused),
    CASE(the_random_generator_takes_a_seed),     CASE(a_digest_in_one_call_is_the_known_one),
    CASE(a_digest_after_init_is_the_known_one),  CASE(a_digest_in_parts_is_that_of_the_whole),
    CASE(digesting_no_data_is_refused),          CASE(a_whole_digest_after_parts_is_refused),
    CASE(only_digest_mechanisms_digest),         CASE(a_keys_value_can_be_digested),
    CASE(only_secret_keys_can_be_digested),      CASE(a_digest_begun_elsewhere_goes_on_here),
    CASE(states_of_other_functions_are_refused), { NULL, NULL },
};
