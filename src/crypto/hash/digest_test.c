/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/testing.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/hash/digest.h"
#include "crypto/engine.h"

/* "abc" in every digest of the mechanism table. FIPS 180-4 and FIPS 202, example documents. */
static const struct {
    CK_MECHANISM_TYPE type;
    const char *digest;
} abc[] = {
    { CKM_SHA_1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { CKM_SHA224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
    { CKM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { CKM_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                  "8086072ba1e7cc2358baeca134c825a7" },
    { CKM_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
    { CKM_SHA512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
    { CKM_SHA512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
    { CKM_IBM_SHA512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
    { CKM_IBM_SHA512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
    { CKM_SHA3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
    { CKM_IBM_SHA3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
    { CKM_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
    { CKM_IBM_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
    { CKM_SHA3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                    "98d88cea927ac7f539f1edf228376d25" },
    { CKM_IBM_SHA3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
                        "98d88cea927ac7f539f1edf228376d25" },
    { CKM_SHA3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                    "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0" },
    { CKM_IBM_SHA3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
                        "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0" },
};

static void every_digest_comes_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(abc); i++) {
        QK_OWNED(qk_arena_done) qk_arena arena;
        qk_mech_use use = use_of(abc[i].type);
        qk_view digest;

        qk_arena_init(&arena, 0);
        for (unsigned twice = 0; twice < 2; twice++) { /* with a fresh context, then with a kept one */
            assert_int_equal(qk_engine_digest.digest(&use, QK_VIEW_LITERAL("abc"), &arena, &digest), QK_OK);
            assert_hex(digest, abc[i].digest);
            assert_int_equal(digest.len, qk_engine_digest.output_len(NULL, &use, QK_DIGEST, 3));
        }
    }
}

static void empty_data_have_a_digest(void **state)
{
    uint8_t out[64];
    size_t len;

    (void)state;
    assert_int_equal(qk_digest_once(CKM_SHA256, QK_VIEW_NONE, out, &len), QK_OK);
    assert_hex(qk_view_of(out, len), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void what_is_no_digest_is_refused(void **state)
{
    qk_hash hash = { 0 };
    uint8_t out[64];
    size_t len;

    (void)state;
    assert_int_equal(qk_digest_once(CKM_AES_CBC, QK_VIEW_NONE, out, &len), QK_E_MECHANISM_INVALID);
    assert_int_equal(qk_hash_begin(&hash, CKM_AES_CBC, false, false), QK_E_MECHANISM_INVALID);
    assert_int_equal(qk_hash_begin(&hash, CKM_AES_CBC, true, false), QK_E_MECHANISM_INVALID);
}

/* OpenSSL has SHA-3; we have no code of our own for it yet, so its states cannot travel. */
static void *digest_by_turns(void *failed)
{
    for (unsigned round = 0; round < 3000; round++) {
        size_t i = round % COUNT(abc), len;
        uint8_t out[64];
        char hex[129];

        if (qk_digest_once(abc[i].type, QK_VIEW_LITERAL("abc"), out, &len) != QK_OK)
            return failed;
        qk_hex_write(qk_view_of(out, len), hex);
        if (strcmp(hex, abc[i].digest) != 0)
            return failed;
    }
    return NULL;
}

/* More threads than a pool has places. */
static void threads_do_not_meet_in_a_context(void **state)
{
    pthread_t threads[24];
    static char failed;
    void *result;

    (void)state;
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, digest_by_turns, &failed), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], &result);
        assert_null(result);
    }
}

/* 0: the child forgot what it inherited and computes with a context of its own. */
static int begin_anew(void)
{
    OSSL_LIB_CTX *inherited = qk_openssl();
    uint8_t out[64];
    size_t len;

    qk_crypto_abandon();
    if (qk_openssl() || qk_digest_once(CKM_SHA256, QK_VIEW_NONE, out, &len) != QK_E_MECHANISM_INVALID)
        return 1;
    if (qk_crypto_start() != QK_OK || qk_openssl() == inherited)
        return 2;
    if (qk_digest_once(CKM_SHA256, QK_VIEW_LITERAL("abc"), out, &len) != QK_OK || out[0] != 0xba)
        return 3;
    qk_crypto_stop();
    return 0;
}

static void a_forked_child_begins_anew(void **state)
{
    uint8_t out[64];
    size_t len;
    pid_t child;
    int status;

    (void)state;
    assert_int_equal(qk_digest_once(CKM_SHA256, QK_VIEW_LITERAL("abc"), out, &len), QK_OK);
    child = fork();
    if (child == 0) {
        int wrong = begin_anew();
        if (!wrong)
            raise(SIGKILL); /* what it abandoned is lost on purpose: an end without a search for leaks */
        _exit(wrong);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WIFEXITED(status) ? WEXITSTATUS(status) : 0, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_digest_comes_out),       cmocka_unit_test(empty_data_have_a_digest),
        cmocka_unit_test(what_is_no_digest_is_refused), cmocka_unit_test(threads_do_not_meet_in_a_context),
        cmocka_unit_test(a_forked_child_begins_anew),
    };
    return cmocka_run_group_tests_name("digest", tests, crypto_setup, crypto_teardown);
}
