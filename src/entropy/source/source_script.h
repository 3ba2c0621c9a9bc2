/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests alone: a source that plays a script, and a clock that stands still until it is told. */
#ifndef QK_ENTROPY_SOURCE_SCRIPT_H
#define QK_ENTROPY_SOURCE_SCRIPT_H

#include "base/testing.h"
#include "entropy/source/source_testing.h"

typedef struct script script;

/* Sample number `at` of the source's life. */
typedef uint8_t (*script_sample)(uint64_t at, uint8_t noise);

struct script {
    script_sample sample; /* NULL: perfect noise */
    uint64_t fault_at;    /* perfect before this sample, `sample` from it */
    size_t most;          /* bytes per read; 0: as many as asked for */
    bool silent, gone, for_good;
    int64_t retry_after_ms;
    /* what happened */
    uint64_t given, noise;
    unsigned opens, closes;
};

static script the_script;
static int64_t script_now_ms;

static int64_t script_clock(void)
{
    return __atomic_load_n(&script_now_ms, __ATOMIC_SEQ_CST);
}

static qk_err script_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline,
                          void **out_handle)
{
    (void)config;
    (void)position;
    (void)deadline;
    if (the_script.gone)
        return qk_fail(QK_E_SYSTEM, "unplugged");
    the_script.opens++;
    *out_handle = &the_script;
    return QK_OK;
}

static qk_err script_read(void *handle, qk_driver_read *read)
{
    script *s = (script *)handle;
    size_t len = s->most && s->most < read->room ? s->most : read->room;

    read->retry_after_ms = s->retry_after_ms;
    read->for_good = s->for_good;
    if (s->gone)
        return qk_fail(QK_E_SYSTEM, "unplugged");
    if (s->silent)
        return QK_OK;
    for (size_t i = 0; i < len; i++, s->given++) {
        uint8_t noise = (uint8_t)((test_noise(&s->noise) * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
        read->out[i] = s->sample && s->given >= s->fault_at ? s->sample(s->given, noise) : noise;
    }
    read->len = len;
    return QK_OK;
}

static void script_close(void *handle)
{
    ((script *)handle)->closes++;
}

static qk_driver script_driver = {
    .name = "script",
    .open = script_open,
    .read = script_read,
    .close = script_close,
    .abandon = script_close,
};

static qk_source_config script_config(unsigned sample_bits, double min_entropy)
{
    return (qk_source_config){ .name = "script",
                               .kind = QK_SOURCE_QUANTUM,
                               .enabled = true,
                               .sample_bits = sample_bits,
                               .min_entropy = min_entropy,
                               .rate = 1000000,
                               .priority = 1,
                               .credited = true,
                               .timeout_ms = 10000 };
}

static inline qk_source *script_source(unsigned sample_bits, double min_entropy)
{
    qk_source_config config = script_config(sample_bits, min_entropy);
    qk_source *source = NULL;

    the_script = (script){ .noise = 88172645463325252u };
    script_now_ms = 1000000;
    script_driver.patient = script_driver.costly = false;
    script_driver.queue = 16 * 1024;
    assert_qk_ok(qk_source_new_with_driver(&config, &script_driver, script_clock, &source));
    return source;
}

static inline qk_source_state state_of(qk_source *source)
{
    qk_source_status status;

    qk_source_status_get(source, &status);
    return status.state;
}

/* Turns until the source is active; no more than `most` times. */
static inline void turn_to_active(qk_source *source)
{
    for (unsigned i = 0; i < 100 && !qk_source_healthy(source); i++)
        qk_source_turn(source, 0);
    assert_true(qk_source_healthy(source));
}

#endif
