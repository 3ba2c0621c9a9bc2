/* SPDX-License-Identifier: Apache-2.0 */
/* The processor's own noise source: RDSEED on x86-64, RNDRRS on arm64. Both say when they have nothing at the moment,
 * and are asked again a number of times, as their makers advise. RDSEED is used in its 64-bit form: on AMD's Zen 5
 * without new microcode the shorter ones give zeros for random (Linux then hides the flag in /proc/cpuinfo). Source:
 * Intel, "Digital Random Number Generator Software Implementation Guide", 5.3; Arm ARM, FEAT_RNG. */
#include "entropy/driver/driver.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

enum { ATTEMPTS = 100, EMPTY_WAIT_MS = 1, LEAST = 128 /* bytes, also when time is up: 40 us each word if shared */ };

#if defined(__x86_64__)
bool qk_driver_cpu_present(void)
{
    unsigned a, b = 0, c, d;

    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 18));
}

__attribute__((target("rdseed"))) static bool draw(uint64_t *out)
{
    unsigned long long word;
    bool there = _rdseed64_step(&word);

    *out = word;
    if (!there)
        _mm_pause();
    return there;
}
#elif defined(__aarch64__)
bool qk_driver_cpu_present(void)
{
    return getauxval(AT_HWCAP2) & (1u << 16); /* HWCAP2_RNG */
}

static bool draw(uint64_t *out)
{
    uint64_t word, there;

    /* RNDRRS by its encoding, so that assemblers without FEAT_RNG take it; NE: a value is there. */
    __asm__ volatile("mrs %0, s3_3_c2_c4_1\n\tcset %1, ne" : "=r"(word), "=r"(there) : : "cc", "memory");
    *out = word;
    return there != 0;
}
#else
bool qk_driver_cpu_present(void)
{
    return false;
}

static bool draw(uint64_t *out)
{
    *out = 0;
    return false;
}
#endif

static char nothing_to_hold;

/* Processors with faults of theirs have returned all zeros, or all ones, as random. Of true random words one in 2^63 is
 * lost. */
static bool draw_plausible(uint64_t *out)
{
    return draw(out) && *out != 0 && *out != UINT64_MAX;
}

static qk_err cpu_check(const qk_source_config *config)
{
    if (qk_driver_cpu_present())
        return QK_OK;
    return qk_fail(QK_E_CONFIG,
                   "entropy source %s: this processor has no instruction for entropy (RDSEED, RNDRRS): "
                   "remove the source",
                   config->name);
}

static qk_err cpu_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline, void **out_handle)
{
    (void)position;
    (void)deadline;
    QK_TRY(cpu_check(config));
    *out_handle = &nothing_to_hold;
    return QK_OK;
}

static qk_err cpu_read(void *handle, qk_driver_read *read)
{
    uint64_t word = 0;
    unsigned attempts = ATTEMPTS;

    (void)handle;
    while (read->len < read->room && attempts > 0 && (read->len < LEAST || qk_deadline_left(read->deadline) != 0)) {
        size_t piece = read->room - read->len < sizeof word ? read->room - read->len : sizeof word;

        if (!draw_plausible(&word)) {
            attempts--;
            continue;
        }
        memcpy(read->out + read->len, &word, piece);
        read->len += piece;
        attempts = ATTEMPTS;
    }
    explicit_bzero(&word, sizeof word);
    if (read->len == 0) { /* rather than ask in a tight loop what a neighbour on this processor drains */
        qk_driver_read pause = *read;
        if (qk_deadline_left(read->deadline) != 0) {
            pause.deadline = qk_deadline_in(EMPTY_WAIT_MS);
            qk_driver_wait(-1, &pause);
        }
    }
    return QK_OK;
}

static void cpu_close(void *handle)
{
    (void)handle;
}

const qk_driver qk_driver_cpu = {
    .name = "cpu",
    .kind = QK_SOURCE_PHYSICAL,
    .min_entropy = 7.8,
    .rate = 100000000,
    .credited = true,
    .queue = 64 * 1024,
    .no_path = "processor instruction",
    .check = cpu_check,
    .open = cpu_open,
    .read = cpu_read,
    .close = cpu_close,
    .abandon = cpu_close,
};
