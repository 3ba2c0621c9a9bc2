/* SPDX-License-Identifier: Apache-2.0 */
/* Without threads, with a service far away that takes its time, beside a source that is ready: nobody has to wait for
 * the service, and nobody fails because of it. */
#include "entropy/pipeline_testing.h"

#include <pthread.h>
#include <semaphore.h>

#include "entropy/pipeline.h"
#include "entropy/service/service.h"

static struct {
    void (*during)(void); /* what happens while a fetch is under way; NULL: nothing */
    uint64_t noise;
} service;

qk_err __wrap_qk_entropy_service_new(const qk_entropy_service_config *config, qk_entropy_service **out_service);
void __wrap_qk_entropy_service_free(qk_entropy_service **out_service);
qk_err __wrap_qk_entropy_service_fetch(qk_entropy_service *it, uint8_t *out, size_t len, qk_deadline_ms deadline,
                                       int64_t *out_retry_after_ms);

qk_err __wrap_qk_entropy_service_new(const qk_entropy_service_config *config, qk_entropy_service **out_service)
{
    (void)config;
    *out_service = (qk_entropy_service *)(void *)&service;
    return QK_OK;
}

void __wrap_qk_entropy_service_free(qk_entropy_service **out_service)
{
    *out_service = NULL;
}

qk_err __wrap_qk_entropy_service_fetch(qk_entropy_service *it, uint8_t *out, size_t len, qk_deadline_ms deadline,
                                       int64_t *out_retry_after_ms)
{
    void (*during)(void) = service.during;

    (void)it;
    (void)deadline;
    (void)out_retry_after_ms;
    service.during = NULL;
    if (during)
        during();
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((test_noise(&service.noise) * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
    return QK_OK;
}

static int clean_up(void **state)
{
    (void)state;
    stop_all();
    return 0;
}

/* The one that is ready comes first. */
static qk_pipeline *start_both(bool upstream_credited)
{
    qk_source_config sources[] = { feed(0, 1, 0), feed(1, 2, 0) };
    qk_pipeline *pipeline;

    service.noise = 88172645463325252u;
    service.during = NULL;
    sources[0].rate = sources[1].rate = 1000000; /* a turn brings more than a block takes */
    sources[1].driver = QK_DRIVER_UPSTREAM;
    sources[1].path = NULL;
    sources[1].loop = false;
    sources[1].url = "https://far.example";
    sources[1].credited = upstream_credited;
    start_with(sources, 2, false);
    assert_qk_ok(qk_entropy_check());
    assert_qk_ok(qk_pipeline_get(&pipeline));
    return pipeline;
}

static sem_t entered, released;

static void block_until_released(void)
{
    sem_post(&entered);
    sem_wait(&released);
}

/* Uses up what the service has sent, until it is asked for more: that call takes as long as the test wants. */
static void *use_up(void *argument)
{
    qk_pipeline *pipeline = argument;
    uint8_t block[QK_BLOCK_LEN];
    bool *failed = calloc(1, sizeof *failed);

    while (service.during)
        if (qk_supply_block(pipeline, pipeline->credited, "seed", qk_deadline_in(10000), block) != QK_OK)
            *failed = true;
    return failed;
}

static void a_slow_turn_of_one_thread_leaves_the_others_their_random(void **state)
{
    enum { LEN = 1 << 20 };
    qk_pipeline *pipeline = start_both(false);
    uint8_t *out = malloc(LEN);
    pthread_t thread;
    void *failed;
    qk_err err;

    (void)state;
    assert_non_null(out);
    sem_init(&entered, 0, 0);
    sem_init(&released, 0, 0);
    service.during = block_until_released;
    assert_int_equal(pthread_create(&thread, NULL, use_up, pipeline), 0);
    sem_wait(&entered);
    err = qk_random_bytes(out, LEN); /* more than any queue holds */
    sem_post(&released);
    pthread_join(thread, &failed);
    assert_qk_ok(err);
    assert_false(*(bool *)failed);
    free(failed);
    free(out);
}

static void use_up_the_ready_one(void)
{
    qk_pipeline *pipeline;
    uint8_t block[QK_BLOCK_LEN];

    if (qk_pipeline_get(&pipeline) == QK_OK)
        while (qk_supply_try(pipeline, pipeline->credited, "seed", block))
            ;
}

/* While it waited for the service, others took everything, and its time ran out. */
static void who_lost_its_time_in_a_slow_turn_asks_the_ready_source_once_more(void **state)
{
    qk_pipeline *pipeline = start_both(false);
    uint8_t block[QK_BLOCK_LEN];

    (void)state;
    service.during = use_up_the_ready_one;
    while (service.during)
        assert_qk_ok(qk_supply_block(pipeline, pipeline->credited, "seed", qk_deadline_in(0), block));
}

#define CASE(test) cmocka_unit_test_teardown(test, clean_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_slow_turn_of_one_thread_leaves_the_others_their_random),
        CASE(who_lost_its_time_in_a_slow_turn_asks_the_ready_source_once_more),
    };
    return cmocka_run_group_tests_name("pipeline_slow", tests, make_test_folder, remove_test_folder);
}
