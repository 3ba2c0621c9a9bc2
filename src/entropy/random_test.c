/* SPDX-License-Identifier: Apache-2.0 */
/* That bytes are random no test of this size can tell; these tell that they come, differ, and that failures are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "crypto/crypto.h"
#include "crypto/openssl.h"
#include "entropy/entropy.h"
#include "entropy/random.h"

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

static void every_byte_is_drawn(void **state)
{
    uint8_t all[300] = { 0 }, once[300];

    (void)state;
    /* A byte that stays zero 20 times in a row is not being written (once in 2^152). */
    for (unsigned times = 0; times < 20; times++) {
        assert_int_equal(qk_random_bytes(once, sizeof once), QK_OK);
        for (size_t i = 0; i < sizeof once; i++)
            all[i] |= once[i];
    }
    for (size_t i = 0; i < sizeof all; i++)
        assert_int_not_equal(all[i], 0);
}

static void two_draws_differ(void **state)
{
    uint8_t a[32], b[32];

    (void)state;
    assert_int_equal(qk_random_bytes(a, sizeof a), QK_OK);
    assert_int_equal(qk_random_bytes(b, sizeof b), QK_OK);
    assert_memory_not_equal(a, b, sizeof a);
}

static void no_bytes_can_be_drawn_too(void **state)
{
    uint8_t none;
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    assert_int_equal(qk_random_bytes(&none, 0), QK_OK);
    assert_int_equal(qk_random_secret(0, &secret), QK_OK);
    assert_int_equal(secret.len, 0);
}

static void a_megabyte_can_be_drawn(void **state)
{
    size_t len = 1 << 20;
    uint8_t *data = calloc(1, len);

    (void)state;
    assert_non_null(data);
    assert_int_equal(qk_random_bytes(data, len), QK_OK);
    assert_false(qk_view_is_zero(qk_view_of(data + len - 32, 32)));
    free(data);
}

static void secrets_have_the_length_asked_for(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret a = QK_SECRET_NONE;
    QK_OWNED(qk_secret_free) qk_secret b = QK_SECRET_NONE;

    (void)state;
    assert_int_equal(qk_random_secret(32, &a), QK_OK);
    assert_int_equal(qk_random_secret(32, &b), QK_OK);
    assert_int_equal(a.len, 32);
    assert_false(qk_ct_equal(qk_secret_reveal(&a), qk_secret_reveal(&b)));
}

static void uuids_are_of_version_4(void **state)
{
    qk_uuid a, b;

    (void)state;
    assert_int_equal(qk_random_uuid(&a), QK_OK);
    assert_int_equal(qk_random_uuid(&b), QK_OK);
    assert_int_equal(a.bytes[6] >> 4, 4);
    assert_int_equal(a.bytes[8] >> 6, 2);
    assert_false(qk_uuid_equal(&a, &b));
}

static void *draw_elsewhere(void *out)
{
    return qk_random_bytes(out, 32) == QK_OK ? out : NULL;
}

static void threads_draw_different_bytes(void **state)
{
    uint8_t drawn[4][32];
    pthread_t threads[4];
    void *result;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_elsewhere, drawn[i]), 0);
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    for (unsigned i = 1; i < 4; i++)
        assert_memory_not_equal(drawn[0], drawn[i], 32);
}

/* The reseed of the primary generator reaches this thread's: its count of reseeds moves with the next draw. */
static void what_is_mixed_in_reaches_the_generators(void **state)
{
    unsigned before, after;
    uint8_t out[32];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, &before),
                            OSSL_PARAM_construct_end() };

    (void)state;
    assert_int_equal(qk_random_bytes(out, sizeof out), QK_OK);
    assert_int_equal(EVP_RAND_CTX_get_params(RAND_get0_public(qk_openssl()), params), 1);
    assert_int_equal(qk_random_mix(QK_VIEW_LITERAL("dice thrown by hand")), QK_OK);
    assert_int_equal(qk_random_bytes(out, sizeof out), QK_OK);
    params[0] = OSSL_PARAM_construct_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, &after);
    assert_int_equal(EVP_RAND_CTX_get_params(RAND_get0_public(qk_openssl()), params), 1);
    assert_int_not_equal(before, after);
}

static void mixing_in_nothing_is_no_error(void **state)
{
    (void)state;
    assert_int_equal(qk_random_mix(QK_VIEW_NONE), QK_OK);
}

/* ---- refusals ---- */

static void nothing_is_drawn_before_the_start(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
    uint8_t out[4] = { 1, 2, 3, 4 };
    qk_uuid uuid;

    (void)state;
    assert_null(qk_openssl());
    assert_int_equal(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_memory_equal(out, ((uint8_t[]){ 1, 2, 3, 4 }), sizeof out);
    assert_int_equal(qk_random_secret(16, &secret), QK_E_NO_RANDOM);
    assert_int_equal(qk_random_uuid(&uuid), QK_E_NO_RANDOM);
    assert_int_equal(qk_random_mix(QK_VIEW_LITERAL("seed")), QK_E_NO_RANDOM);
}

/* The pipeline is gone, and OpenSSL's generators with it: they do not fall back to the system's. */
static void nothing_is_drawn_after_the_stop(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
    uint8_t out[16];

    (void)state;
    qk_entropy_stop();
    assert_int_equal(qk_random_bytes(out, sizeof out), QK_E_NO_RANDOM);
    assert_int_equal(qk_random_secret(16, &secret), QK_E_NO_RANDOM);
    assert_null(secret.data_);
    assert_int_equal(RAND_priv_bytes_ex(qk_openssl(), out, sizeof out, 256), 0);
}

#define STARTED(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STARTED(every_byte_is_drawn),
        STARTED(two_draws_differ),
        STARTED(no_bytes_can_be_drawn_too),
        STARTED(a_megabyte_can_be_drawn),
        STARTED(secrets_have_the_length_asked_for),
        STARTED(uuids_are_of_version_4),
        STARTED(threads_draw_different_bytes),
        STARTED(what_is_mixed_in_reaches_the_generators),
        STARTED(mixing_in_nothing_is_no_error),
        cmocka_unit_test(nothing_is_drawn_before_the_start),
        STARTED(nothing_is_drawn_after_the_stop),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
