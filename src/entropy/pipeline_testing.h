/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the pipeline: sources whose bytes are a file that the test wrote. */
#ifndef QK_ENTROPY_PIPELINE_TESTING_H
#define QK_ENTROPY_PIPELINE_TESTING_H

#include "base/testing.h"

#include <openssl/ec.h>

#include "base/file.h"
#include "crypto/crypto.h"
#include "crypto/openssl.h"
#include "entropy/driver/driver.h"
#include "entropy/entropy.h"
#include "entropy/random.h"

enum { FEED_LEN = 512 * 1024, FAULT_LEN = 12 };

static char feed_paths[4][192];

/* Noise of a seed; from `fault_at` on FAULT_LEN zeros (0: none). */
static inline void write_feed(const char *path, uint64_t seed, size_t fault_at)
{
    uint8_t *feed = malloc(FEED_LEN);

    assert_non_null(feed);
    for (size_t i = 0; i < FEED_LEN; i++)
        feed[i] = (uint8_t)((test_noise(&seed) * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
    if (fault_at > 0)
        memset(feed + fault_at, 0, FAULT_LEN);
    assert_qk_ok(qk_file_write(path, 0600, qk_view_of(feed, FEED_LEN)));
    free(feed);
}

/* Source number `index`, named after it, credited. Its configuration may be changed before the start. */
static inline qk_source_config feed(unsigned index, uint64_t seed, size_t fault_at)
{
    static const char *const names[] = { "first", "second", "third", "fourth" };

    snprintf(feed_paths[index], sizeof feed_paths[0], "%s/%s", test_folder, names[index]);
    write_feed(feed_paths[index], seed, fault_at);
    return (qk_source_config){ .name = names[index],
                               .driver = QK_DRIVER_FILE,
                               .kind = QK_SOURCE_OTHER,
                               .enabled = true,
                               .path = feed_paths[index],
                               .sample_bits = 8,
                               .min_entropy = 7.8,
                               .rate = 1,
                               .priority = index + 1,
                               .credited = true,
                               .timeout_ms = 10000,
                               .loop = true,
                               .statistics = 2 };
}

static inline void start_with(const qk_source_config *sources, size_t count, bool threads)
{
    qk_entropy_config config = { .sources = sources, .source_count = count, .threads = threads };

    assert_qk_ok(qk_crypto_start());
    assert_qk_ok(qk_entropy_start(&config));
}

static inline void stop_all(void)
{
    qk_entropy_stop();
    qk_crypto_stop();
}

/* As every key of ours is made: OpenSSL draws, from the private context. NULL if it cannot. */
static inline EVP_PKEY *new_key(void)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), "EC", NULL);
    EVP_PKEY *key = NULL;

    assert_non_null(context);
    assert_int_equal(EVP_PKEY_keygen_init(context), 1);
    assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1), 1);
    if (EVP_PKEY_generate(context, &key) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* True if 16 bytes at a multiple of 16 come twice in `len` bytes. */
static inline int compare_16(const void *a, const void *b)
{
    return memcmp(a, b, 16); /* public */
}

static inline bool repeats_16(uint8_t *bytes, size_t len)
{
    qsort(bytes, len / 16, 16, compare_16);
    for (size_t i = 16; i + 16 <= len; i += 16)
        if (compare_16(bytes + i - 16, bytes + i) == 0)
            return true;
    return false;
}

#endif
