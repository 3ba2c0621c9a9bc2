/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/state.h"
#include "entropy/entropy.h"

#include <stdlib.h>

#include "hsm/testing.h"

typedef struct fixture {
    qk_ring *ring;
    qk_hsm *hsm;
    qk_arena arena;
    qk_call call;
} fixture;

static fixture it;

static int setup(void **state)
{
    (void)state;
    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    it.ring = ring_new(1);
    works(qk_hsm_local_new(it.ring, &(qk_hsm_options){ .cache_keys = 8 }, &it.hsm));
    qk_arena_init(&it.arena, 0);
    it.call = (qk_call){ .arena = &it.arena, .deadline = QK_DEADLINE_NEVER };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qk_arena_done(&it.arena);
    qk_endpoint_free(&it.hsm);
    qk_ring_free(&it.ring);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

static const qk_state example = { .function = QK_SIGN,
                                  .underway = true,
                                  .mechanism = { (const uint8_t *)"mechanism", 9 },
                                  .key_blob = { (const uint8_t *)"key", 3 },
                                  .progress = { (const uint8_t *)"progress", 8 } };

static void a_state_opens_as_it_was_sealed(void **state)
{
    static const unsigned functions[] = { QK_ENCRYPT, QK_DECRYPT, QK_DIGEST, QK_SIGN, QK_VERIFY };

    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
        qk_state sealed = example, opened;
        qk_view blob;
        sealed.function = functions[i];
        works(qk_state_seal(it.ring, QK_UNDER_INSTANCE, NULL, &sealed, &it.arena, &blob));
        works(qk_state_open(it.ring, NULL, functions[i], blob, &content, &opened));
        assert_int_equal(opened.function, functions[i]);
        assert_true(opened.underway);
        assert_view_equal(opened.mechanism, sealed.mechanism);
        assert_view_equal(opened.key_blob, sealed.key_blob);
        assert_view_equal(opened.progress, sealed.progress);
        for (size_t j = 0; j < sizeof functions / sizeof functions[0]; j++)
            if (i != j)
                refuses(qk_state_open(it.ring, NULL, functions[j], blob, &content, &opened), QK_E_BLOB_PURPOSE);
    }
}

static void only_a_digests_state_may_be_clear(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    qk_state clear = { .function = QK_DIGEST, .mechanism = example.mechanism, .progress = example.progress }, opened;
    qk_view blob;

    (void)state;
    refuses(qk_state_clear(&example, &it.arena, &blob), QK_E_BAD_ARGUMENT);
    works(qk_state_clear(&clear, &it.arena, &blob));
    assert_memory_equal(blob.data, "QKS\x01", 4);
    works(qk_state_open(it.ring, NULL, QK_DIGEST, blob, &content, &opened));
    assert_view_equal(opened.progress, clear.progress);
    refuses(qk_state_open(it.ring, NULL, QK_SIGN, blob, &content, &opened), QK_E_BLOB_DAMAGED);
}

/* Nobody vouches for a clear state: one that claims to be something else is refused. */
static void a_clear_state_of_another_function_is_refused(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    qk_state opened;
    qk_view sign = hex(&it.arena, "514b5301010400000000000000000000000000"), key;

    (void)state;
    refuses(qk_state_open(it.ring, NULL, QK_DIGEST, qk_view_slice(sign, 0, 19), &content, &opened), QK_E_BLOB_DAMAGED);
    key = hex(&it.arena, "514b5301010300000000000000000141"
                         "00000000");
    refuses(qk_state_open(it.ring, NULL, QK_DIGEST, key, &content, &opened), QK_E_BLOB_DAMAGED);
}

/* Progress that an attacker wrote reaches the digest's loader: refused, or a digest like any other. */
static void hostile_clear_states_do_no_harm(void **state)
{
    static const CK_MECHANISM_TYPE digests[] = { CKM_SHA_1, CKM_SHA256, CKM_SHA512, CKM_SHA512_224 };

    (void)state;
    srandom(5);
    for (int round = 0; round < 20000; round++) {
        QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;
        qk_mech_use use = { .mech = qk_mech_find(digests[round % 4]) };
        Grep11__DigestUpdateRequest request = GREP11__DIGEST_UPDATE_REQUEST__INIT;
        qk_operation *operation;
        qk_view nothing, blob, changed;
        uint8_t *place;
        void *answer;
        qk_arena_reset(&it.arena);
        works(qk_operation_begin(QK_DIGEST, NULL, &use, true, &operation));
        works(qk_operation_update(operation, QK_VIEW_LITERAL("abc"), &it.arena, &nothing));
        works(qk_operation_save(operation, &progress));
        qk_operation_free(&operation);
        works(qk_hsm_digest_state(&use, qk_secret_reveal(&progress), &it.arena, &blob));
        works(qk_arena_copy(&it.arena, blob, &changed));
        place = (uint8_t *)(uintptr_t)changed.data;
        for (int i = 0; i < 1 + round % 6; i++)
            place[4 + (size_t)random() % (blob.len - 4)] = (uint8_t)random();
        request.state = qk_message_bytes(qk_view_slice(changed, 0, blob.len - (round % 8 == 0)));
        request.data = qk_message_bytes(QK_VIEW_LITERAL("more"));
        (void)(qk_hsm_call(it.hsm, &it.call, QK_DIGEST_UPDATE, &request.base, &answer) == QK_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_state_opens_as_it_was_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_digests_state_may_be_clear, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clear_state_of_another_function_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(hostile_clear_states_do_no_harm, setup, teardown),
    };
    return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
