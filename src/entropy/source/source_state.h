/* SPDX-License-Identifier: Apache-2.0 */
/* The states of a source and what moves it between them, apart from devices, samples and clocks: every function is told
 * the time (monotonic milliseconds). No lock of its own.
 *
 * off; starting -> active <-> suspect; any of these -> error -> starting; any -> failed, until a restart.
 * 1. A start-up test is 4096 samples. The first start and a restart need one, a return from error three in a row.
 * 2. An error waits 1, 2, 4 ... 60 s before the next attempt; being active again sets that back to 1 s.
 * 3. Failed, for good: a permanent cut-off, the fifth failure within an hour, or no sample since a failure 5 minutes
 * ago. Attempts that find a missing device still missing are one failure. Source: the project's entropy rules, sections
 * 4, 5 and 10.5. */
#ifndef QK_ENTROPY_SOURCE_STATE_H
#define QK_ENTROPY_SOURCE_STATE_H

#include "entropy/source/source.h"

enum { QK_SOURCE_STARTUP_SAMPLES = 4096, QK_SOURCE_FAILURES_PER_HOUR = 5 };

typedef enum qk_source_fault {
    QK_FAULT_WEAK,      /* bad samples */
    QK_FAULT_AWAY,      /* no samples: gone, silent, cannot be read */
    QK_FAULT_PERMANENT, /* bad beyond doubt, or nothing that time could mend */
} qk_source_fault;

typedef struct qk_source_machine {
    qk_source_state state;
    bool strict;  /* after the start-up test one statistical run must pass */
    bool patient; /* a source over the network: being away is never permanent */
    unsigned startups_left;
    uint64_t startup_samples; /* of the start-up test under way */
    int64_t backoff_ms, retry_at;
    int64_t silent_since, gone_since; /* -1: not */
    int64_t failed_at[QK_SOURCE_FAILURES_PER_HOUR];
    size_t failed_count;
    uint64_t errors, startups;
    size_t message_count;
    qk_source_message messages[QK_SOURCE_MESSAGES];
} qk_source_machine;

void qk_source_machine_init(qk_source_machine *machine, bool enabled);
/* Milliseconds until something is to be done: 0 now, -1 not before a restart. An error whose time has come turns into
 * starting. */
int qk_source_machine_due(qk_source_machine *machine, int64_t now);
/* `count` samples passed the tests. True if they may be queued: they were not part of a start-up test. */
bool qk_source_machine_good(qk_source_machine *machine, uint64_t count, int64_t now);
/* A read that began then brought nothing. True if that has been so for `timeout_ms`: a failure. */
bool qk_source_machine_silent(qk_source_machine *machine, int64_t began, int64_t now, uint64_t timeout_ms);
void qk_source_machine_fail(qk_source_machine *machine, qk_source_fault fault, int64_t now, const char *words);
/* True if the run made it fail. */
bool qk_source_machine_judge(qk_source_machine *machine, bool proportion, bool uniformity, int64_t now,
                             const char *words);
void qk_source_machine_restart(qk_source_machine *machine);
void qk_source_machine_say(qk_source_machine *machine, const char *format, ...) QK_PRINTF(2, 3);

#endif
