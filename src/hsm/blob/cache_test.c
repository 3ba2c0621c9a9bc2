/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/cache.h"
#include "entropy/entropy.h"

#include <pthread.h>

#include "hsm/testing.h"

enum { KEYS = 200 };

typedef struct fixture {
    qk_ring *ring;
    qk_cache *cache;
} fixture;

static fixture it;

static void start(size_t keys)
{
    works(qk_crypto_start());
    works(qk_entropy_start(NULL));
    it.ring = ring_new(1);
    works(qk_cache_new(it.ring, keys, &it.cache));
}

static int setup(void **state)
{
    (void)state;
    start(64);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qk_cache_free(&it.cache);
    qk_ring_free(&it.ring);
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

/* An AES key whose value is 16 times `fill`. */
static qk_held_key *held_of(uint8_t fill)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_held_key *held;
    uint8_t value[16];

    memset(value, fill, sizeof value);
    works(qk_key_read(CKO_SECRET_KEY, CKK_AES, qk_view_of(value, sizeof value), &key));
    attrs_fill(&attrs, ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES), YES(CKA_SIGN)));
    works(qk_held_key_make(it.ring, QK_UNDER_INSTANCE, NULL, key, &attrs, &held));
    return held;
}

static bool is_kept(const qk_held_key *held)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *found = qk_cache_find(it.cache, qk_held_key_blob(held));
    return found == held;
}

static void a_kept_key_is_found(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of(1);

    (void)state;
    assert_false(is_kept(held));
    qk_cache_keep(it.cache, held);
    assert_true(is_kept(held));
}

static void only_the_very_same_bytes_find_it(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of(1);

    (void)state;
    qk_cache_keep(it.cache, held);
    for (size_t i = 0; i < held->blob_len; i++) {
        uint8_t changed[512];
        memcpy(changed, held->blob, held->blob_len);
        changed[i] ^= 1;
        assert_null(qk_cache_find(it.cache, qk_view_of(changed, held->blob_len)));
    }
    for (size_t len = 0; len < held->blob_len; len++)
        assert_null(qk_cache_find(it.cache, qk_view_of(held->blob, len)));
}

static void it_holds_no_more_than_it_may(void **state)
{
    (void)state;
    for (int i = 0; i < KEYS; i++) {
        QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of((uint8_t)i);
        qk_cache_keep(it.cache, held);
        assert_true(is_kept(held));
    }
    assert_in_range(qk_cache_count(it.cache), 32, 64);
}

static void the_one_used_longest_ago_makes_room(void **state)
{
    qk_held_key *held[9];

    (void)state;
    teardown(NULL);
    start(8);
    for (int i = 0; i < 8; i++) {
        held[i] = held_of((uint8_t)i);
        qk_cache_keep(it.cache, held[i]);
    }
    assert_true(is_kept(held[0])); /* and is now the newest */
    held[8] = held_of(8);
    qk_cache_keep(it.cache, held[8]);
    assert_false(is_kept(held[1]));
    for (int i = 0; i < 9; i++) {
        assert_int_equal(is_kept(held[i]), i != 1);
        qk_held_key_unref(&held[i]);
    }
}

static void an_evicted_key_lives_as_long_as_its_user(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of(1);
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    (void)state;
    qk_cache_keep(it.cache, held);
    qk_cache_flush(it.cache);
    assert_int_equal(qk_cache_count(it.cache), 0);
    works(qk_key_write(held->key, &value));
    assert_int_equal(value.len, 16);
}

static void keeping_twice_takes_one_place(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of(1), *again = NULL;

    (void)state;
    works(qk_held_key_open(it.ring, NULL, qk_held_key_blob(held), &again));
    qk_cache_keep(it.cache, held);
    qk_cache_keep(it.cache, again);
    qk_cache_keep(it.cache, again);
    assert_int_equal(qk_cache_count(it.cache), 1);
    assert_true(is_kept(again));
}

static void a_key_of_an_older_epoch_is_not_found(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of(1);

    (void)state;
    qk_cache_keep(it.cache, held);
    ring_set(it.ring, QK_UNDER_USER, 5);
    assert_false(is_kept(held));
}

static void a_key_opened_before_a_change_is_not_kept_after_it(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = held_of(1);

    (void)state;
    ring_set(it.ring, QK_UNDER_USER, 5);
    qk_cache_keep(it.cache, held);
    assert_int_equal(qk_cache_count(it.cache), 0);
}

static void a_cache_of_no_keys_keeps_none(void **state)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;

    (void)state;
    teardown(NULL);
    start(0);
    held = held_of(1);
    qk_cache_keep(it.cache, held);
    assert_false(is_kept(held));
    assert_int_equal(qk_cache_count(it.cache), 0);
}

static void *hammer(void *held_keys)
{
    qk_held_key **held = held_keys;

    for (int round = 0; round < 20000; round++) {
        qk_held_key *wanted = held[round % 16];
        QK_OWNED(qk_held_key_unref) qk_held_key *found = qk_cache_find(it.cache, qk_held_key_blob(wanted));
        if (!found)
            qk_cache_keep(it.cache, wanted);
        else if (found != wanted)
            return held_keys;
        if (round % 1000 == 0)
            qk_cache_flush(it.cache);
    }
    return NULL;
}

static void threads_share_it(void **state)
{
    pthread_t threads[4];
    qk_held_key *held[16];

    (void)state;
    for (int i = 0; i < 16; i++)
        held[i] = held_of((uint8_t)i);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, held), 0);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    for (int i = 0; i < 16; i++)
        qk_held_key_unref(&held[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_kept_key_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_very_same_bytes_find_it, setup, teardown),
        cmocka_unit_test_setup_teardown(it_holds_no_more_than_it_may, setup, teardown),
        cmocka_unit_test_setup_teardown(the_one_used_longest_ago_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(an_evicted_key_lives_as_long_as_its_user, setup, teardown),
        cmocka_unit_test_setup_teardown(keeping_twice_takes_one_place, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_of_an_older_epoch_is_not_found, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_opened_before_a_change_is_not_kept_after_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cache_of_no_keys_keeps_none, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_share_it, setup, teardown),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
