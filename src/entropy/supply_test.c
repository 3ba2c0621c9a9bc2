/* SPDX-License-Identifier: Apache-2.0 */
/* A source may fail at any moment: here it does so between any two looks at its health. */
#include "entropy/pipeline_testing.h"

#include "entropy/pipeline.h"

static unsigned looks, healthy_looks; /* 0: as it is */

bool __real_qk_source_healthy(const qk_source *source);
bool __wrap_qk_source_healthy(const qk_source *source);
bool __wrap_qk_source_healthy(const qk_source *source)
{
    if (healthy_looks > 0 && ++looks > healthy_looks)
        return false;
    return __real_qk_source_healthy(source);
}

static int clean_up(void **state)
{
    (void)state;
    healthy_looks = 0;
    stop_all();
    return 0;
}

static qk_pipeline *start_one(void)
{
    qk_source_config source = feed(0, 7, 0);
    qk_pipeline *pipeline;

    start_with(&source, 1, false);
    assert_qk_ok(qk_entropy_check());
    assert_qk_ok(qk_pipeline_get(&pipeline));
    return pipeline;
}

/* What anybody can compute: no source's bytes in it. */
static void condition_nothing(const char *use, uint64_t serial, uint8_t out[QK_BLOCK_LEN])
{
    QK_OWNED(qk_conditioner_done) qk_conditioner conditioner = { 0 };

    assert_qk_ok(qk_conditioner_init(&conditioner));
    qk_conditioner_begin(&conditioner, use, serial);
    assert_qk_ok(qk_conditioner_finish(&conditioner, out));
}

static void no_block_is_made_without_the_bytes_of_its_carrier(void **state)
{
    qk_pipeline *pipeline = start_one();
    uint8_t block[QK_BLOCK_LEN], predicted[QK_BLOCK_LEN];
    unsigned made = 0;

    (void)state;
    for (unsigned most = 1; most <= 8; most++) {
        uint64_t serial = pipeline->serial;
        bool there;

        for (unsigned i = 0; i < 64; i++)
            qk_pipeline_turn(pipeline, qk_deadline_in(0));
        looks = 0;
        healthy_looks = most;
        there = qk_supply_try(pipeline, pipeline->credited, "seed", block);
        healthy_looks = 0;
        made += there;
        condition_nothing("seed", serial, predicted);
        if (there)
            assert_memory_not_equal(block, predicted, sizeof block);
    }
    assert_true(made > 0); /* it can be made at all */
    assert_true(made < 8); /* and not if it failed */
}

#define CASE(test) cmocka_unit_test_teardown(test, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(no_block_is_made_without_the_bytes_of_its_carrier),
    };
    return cmocka_run_group_tests_name("supply", tests, make_test_folder, remove_test_folder);
}
