/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests alone: cmocka, the two assertions for qk_err, a folder that goes away, and reproducible noise. */
#ifndef QK_BASE_TESTING_H
#define QK_BASE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

/* Says what went wrong, not only that something did. */
#define assert_qk_ok(step)                                                                                             \
    do {                                                                                                               \
        qk_err assert_err_ = (step);                                                                                   \
        if (assert_err_ != QK_OK)                                                                                      \
            fail_msg("%s: %s: %s", #step, qk_err_name(assert_err_), qk_err_words(assert_err_));                        \
    } while (0)

#define assert_qk_err(step, wanted)                                                                                    \
    do {                                                                                                               \
        qk_err assert_err_ = (step);                                                                                   \
        if (assert_err_ != (wanted))                                                                                   \
            fail_msg("%s: %s instead of %s", #step, qk_err_name(assert_err_), qk_err_name(wanted));                    \
    } while (0)

/* The words of the last failure contain `part`. */
static inline void assert_words(const char *part)
{
    if (!strstr(qk_failure_last()->words, part))
        fail_msg("\"%s\" does not say \"%s\"", qk_failure_last()->words, part);
}

/* A folder of the test's own: `int main` group setup and teardown. */
static char test_folder[64] __attribute__((unused));

static inline int make_test_folder(void **state)
{
    (void)state;
    snprintf(test_folder, sizeof test_folder, "/tmp/quantoki-test-XXXXXX");
    return mkdtemp(test_folder) ? 0 : -1;
}

static inline int remove_test_folder(void **state)
{
    char command[96];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", test_folder);
    return system(command);
}

/* A path in the test's folder; four of them live at a time. */
static inline const char *test_path(const char *name)
{
    static char paths[4][192];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    return path;
}

/* xorshift64: the same numbers in every run. `state` starts at anything but 0. */
static inline uint64_t test_noise(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

#endif
