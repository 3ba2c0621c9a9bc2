/* SPDX-License-Identifier: Apache-2.0 */
/* The system's refusals are made by the linker: mmap and mlock come through here (--wrap). */
#include "base/secret.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"

static bool no_mapping, no_locking;

/* mmap is called mmap64 where the build asks for 64-bit file offsets. */
void *__real_mmap64(void *address, size_t len, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *address, size_t len, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *address, size_t len, int protection, int flags, int fd, off_t offset)
{
    return no_mapping ? MAP_FAILED : __real_mmap64(address, len, protection, flags, fd, offset);
}

int __real_mlock(const void *address, size_t len);
int __wrap_mlock(const void *address, size_t len);
int __wrap_mlock(const void *address, size_t len)
{
    errno = ENOMEM;
    return no_locking ? -1 : __real_mlock(address, len);
}

static void a_secret_starts_as_zeros(void **state)
{
    static const size_t lens[] = { 1, 16, 31, 32, 33, 4096, 16384, 16385, 100000 };

    (void)state;
    for (int round = 0; round < 2; round++) /* the second time the places were used */
        for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
            QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;
            assert_qk_ok(qk_secret_new(lens[i], &secret));
            assert_int_equal(secret.len, lens[i]);
            assert_true(qk_view_is_zero(qk_secret_reveal(&secret)));
            memset(qk_secret_fill(&secret), 0xaa, lens[i]);
        }
}

static void a_copy_holds_the_bytes(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_secret_copy(QK_VIEW_LITERAL("hush"), &secret));
    assert_true(qk_view_equal(qk_secret_reveal(&secret), QK_VIEW_LITERAL("hush")));
}

static void an_empty_secret_is_fine(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_secret_new(0, &secret));
    assert_int_equal(secret.len, 0);
    assert_qk_ok(qk_secret_copy(QK_VIEW_NONE, &secret));
    qk_secret_free(&secret);
    qk_secret_free(&secret);
}

/* The place itself, looked at after the secret has gone; its start then links free places. */
static void freeing_wipes(void **state)
{
    qk_secret secret = QK_SECRET_NONE;
    const uint8_t *place;

    (void)state;
    assert_qk_ok(qk_secret_new(200, &secret));
    place = qk_secret_reveal(&secret).data;
    memset(qk_secret_fill(&secret), 0xaa, 200);
    qk_secret_free(&secret);
    assert_null(secret.data_);
    assert_true(qk_view_is_zero(qk_view_of(place + sizeof(void *), 200 - sizeof(void *))));
}

static void shortening_wipes_the_rest(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_secret_copy(QK_VIEW_LITERAL("0123456789"), &secret));
    qk_secret_shorten(&secret, 4);
    assert_true(qk_view_equal(qk_secret_reveal(&secret), QK_VIEW_LITERAL("0123")));
    assert_true(qk_view_is_zero(qk_view_of(qk_secret_fill(&secret) + 4, 6)));
    qk_secret_shorten(&secret, 100);
    assert_int_equal(secret.len, 4);
}

static void giving_empties_the_giver(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret from = QK_SECRET_NONE;
    QK_OWNED(qk_secret_free) qk_secret to = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_secret_copy(QK_VIEW_LITERAL("new"), &from));
    assert_qk_ok(qk_secret_copy(QK_VIEW_LITERAL("old"), &to));
    qk_secret_give(&from, &to);
    assert_null(from.data_);
    assert_true(qk_view_equal(qk_secret_reveal(&to), QK_VIEW_LITERAL("new")));
}

static void places_do_not_overlap(void **state)
{
    enum { COUNT = 3000 }; /* more than one region */
    static qk_secret secrets[COUNT];
    uint64_t noise = 3;

    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        assert_qk_ok(qk_secret_new(1 + test_noise(&noise) % 700, &secrets[i]));
        memset(qk_secret_fill(&secrets[i]), (int)(i % 251), secrets[i].len);
    }
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < secrets[i].len; j++)
            if (qk_secret_reveal(&secrets[i]).data[j] != i % 251)
                fail_msg("secret %zu was overwritten", i);
        qk_secret_free(&secrets[i]);
    }
}

/* Runs a function in a child that may crash without a core; true if it ended well. */
static bool survives(void (*function)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit none = { 0, 0 };
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGSEGV, SIG_DFL); /* cmocka and sanitizers would report the crash that is wanted */
        alarm(60);
        function();
        _exit(0);
    }
    waitpid(child, &status, 0);
    return status == 0;
}

static void touch(ptrdiff_t offset)
{
    qk_secret secret = QK_SECRET_NONE;
    volatile uint8_t *data;

    if (qk_secret_new(65536, &secret) != QK_OK)
        return;
    data = qk_secret_fill(&secret);
    data[offset] = 1;
    qk_secret_free(&secret);
}

static void touch_inside(void)
{
    touch(65535);
}

static void touch_behind(void)
{
    touch(65536);
}

static void touch_before(void)
{
    touch(-1);
}

static void guard_pages_stop_overruns(void **state)
{
    (void)state;
    assert_true(survives(touch_inside));
    assert_false(survives(touch_behind));
    assert_false(survives(touch_before));
}

static atomic_bool stop;

static void *churn(void *argument)
{
    while (!stop) {
        qk_secret secret = QK_SECRET_NONE;
        if (qk_secret_new(64, &secret) != QK_OK)
            abort();
        memset(qk_secret_fill(&secret), 1, 64);
        qk_secret_free(&secret);
    }
    return argument;
}

static qk_secret inherited;

static void use_the_pool(void)
{
    for (int i = 0; i < 100; i++) {
        qk_secret secret = QK_SECRET_NONE;
        if (qk_secret_copy(qk_secret_reveal(&inherited), &secret) != QK_OK)
            abort();
        qk_secret_free(&secret);
    }
    qk_secret_free(&inherited);
}

static void a_child_does_not_inherit_secrets(void **state)
{
    qk_secret secret = QK_SECRET_NONE;
    int status = 0;
    pid_t child;

    (void)state;
    assert_qk_ok(qk_secret_copy(QK_VIEW_LITERAL("parents' key"), &secret));
    child = fork();
    if (child == 0)
        _exit(qk_view_is_zero(qk_secret_reveal(&secret)) ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_false(qk_view_is_zero(qk_secret_reveal(&secret)));
    qk_secret_free(&secret);
}

/* At the moment of the fork another thread may hold the pool's lock, which nobody would open in the child. */
static void a_child_forked_while_others_allocate_can_use_secrets(void **state)
{
    pthread_t threads[2];
    bool fine = true;

    (void)state;
    assert_qk_ok(qk_secret_copy(QK_VIEW_LITERAL("inherited"), &inherited));
    stop = false;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    for (int i = 0; i < 100 && fine; i++)
        fine = survives(use_the_pool);
    stop = true;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(fine);
    assert_true(qk_view_equal(qk_secret_reveal(&inherited), QK_VIEW_LITERAL("inherited")));
    qk_secret_free(&inherited);
}

static void without_memory_nothing_is_made(void **state)
{
    qk_secret secret = QK_SECRET_NONE;

    (void)state;
    no_mapping = true;
    assert_qk_err(qk_secret_new(1 << 20, &secret), QK_E_NO_MEMORY);
    no_mapping = false;
    assert_qk_err(qk_secret_new(SIZE_MAX, &secret), QK_E_NO_MEMORY);
    assert_qk_err(qk_secret_new(SIZE_MAX / 2, &secret), QK_E_NO_MEMORY);
    assert_null(secret.data_);
}

static void memory_that_cannot_be_locked_is_used_and_told(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret secret = QK_SECRET_NONE;

    (void)state;
    no_locking = true;
    assert_qk_ok(qk_secret_new(1 << 20, &secret));
    no_locking = false;
    assert_false(qk_secret_memory_locked());
}

static void comparison_looks_at_every_byte_and_the_length(void **state)
{
    uint8_t a[64], b[64];

    (void)state;
    memset(a, 7, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(b, a, sizeof b);
            assert_true(qk_ct_equal(qk_view_of(a, sizeof a), qk_view_of(b, sizeof b)));
            b[i] = (uint8_t)(b[i] ^ 1 << bit);
            assert_false(qk_ct_equal(qk_view_of(a, sizeof a), qk_view_of(b, sizeof b)));
        }
    assert_false(qk_ct_equal(qk_view_of(a, 63), qk_view_of(a, 64)));
    assert_true(qk_ct_equal(QK_VIEW_NONE, qk_view_of(a, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_starts_as_zeros),
        cmocka_unit_test(a_copy_holds_the_bytes),
        cmocka_unit_test(an_empty_secret_is_fine),
        cmocka_unit_test(freeing_wipes),
        cmocka_unit_test(shortening_wipes_the_rest),
        cmocka_unit_test(giving_empties_the_giver),
        cmocka_unit_test(places_do_not_overlap),
        cmocka_unit_test(guard_pages_stop_overruns),
        cmocka_unit_test(a_child_does_not_inherit_secrets),
        cmocka_unit_test(a_child_forked_while_others_allocate_can_use_secrets),
        cmocka_unit_test(without_memory_nothing_is_made),
        cmocka_unit_test(memory_that_cannot_be_locked_is_used_and_told),
        cmocka_unit_test(comparison_looks_at_every_byte_and_the_length),
    };
    return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
