/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/source/source_state.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    BACKOFF_FIRST_MS = 1000,
    BACKOFF_MOST_MS = 60 * 1000,
    HOUR_MS = 3600 * 1000,
    GONE_FOR_GOOD_MS = 5 * 60 * 1000,
    STARTUPS_AFTER_ERROR = 3,
    NEVER = -1,
};

typedef struct state_name {
    const char *name, *badge;
} state_name;

static const state_name state_names[] = {
    [QK_SOURCE_OFF] = { "off", "Off" },          [QK_SOURCE_STARTING] = { "starting", "Pending" },
    [QK_SOURCE_ACTIVE] = { "active", "Active" }, [QK_SOURCE_SUSPECT] = { "suspect", "Active" },
    [QK_SOURCE_ERROR] = { "error", "Error" },    [QK_SOURCE_FAILED] = { "failed", "Error" },
};

const char *qk_source_state_name(qk_source_state state)
{
    return state_names[state].name;
}

const char *qk_source_state_badge(qk_source_state state)
{
    return state_names[state].badge;
}

static void start(qk_source_machine *machine, unsigned startups)
{
    machine->state = QK_SOURCE_STARTING;
    machine->startups_left = startups;
    machine->startup_samples = 0;
    machine->silent_since = NEVER;
}

void qk_source_machine_init(qk_source_machine *machine, bool enabled)
{
    *machine = (qk_source_machine){ .backoff_ms = BACKOFF_FIRST_MS, .gone_since = NEVER };
    start(machine, 1);
    if (!enabled)
        machine->state = QK_SOURCE_OFF;
}

void qk_source_machine_say(qk_source_machine *machine, const char *format, ...)
{
    qk_source_message *newest = &machine->messages[0];
    va_list args;

    memmove(newest + 1, newest, (QK_SOURCE_MESSAGES - 1) * sizeof *newest);
    if (machine->message_count < QK_SOURCE_MESSAGES)
        machine->message_count++;
    newest->unix_s = qk_clock_unix_s();
    va_start(args, format);
    vsnprintf(newest->words, sizeof newest->words, format, args);
    va_end(args);
}

int qk_source_machine_due(qk_source_machine *machine, int64_t now)
{
    if (machine->state == QK_SOURCE_OFF || machine->state == QK_SOURCE_FAILED)
        return -1;
    if (machine->state != QK_SOURCE_ERROR)
        return 0;
    if (now < machine->retry_at)
        return machine->retry_at - now > INT_MAX ? INT_MAX : (int)(machine->retry_at - now);
    start(machine, STARTUPS_AFTER_ERROR);
    return 0;
}

static void become_active(qk_source_machine *machine)
{
    machine->state = QK_SOURCE_ACTIVE;
    machine->backoff_ms = BACKOFF_FIRST_MS;
    if (machine->errors > 0)
        qk_source_machine_say(machine, "passed its start-up tests and serves again");
}

bool qk_source_machine_good(qk_source_machine *machine, uint64_t count, int64_t now)
{
    (void)now;
    machine->silent_since = NEVER;
    machine->gone_since = NEVER;
    if (machine->state != QK_SOURCE_STARTING || machine->startups_left == 0)
        return true;
    machine->startup_samples += count;
    if (machine->startup_samples < QK_SOURCE_STARTUP_SAMPLES)
        return false;
    machine->startup_samples = 0;
    machine->startups++;
    machine->startups_left--;
    if (machine->startups_left > 0)
        return false;
    if (!machine->strict)
        become_active(machine);
    return false;
}

bool qk_source_machine_silent(qk_source_machine *machine, int64_t began, int64_t now, uint64_t timeout_ms)
{
    if (machine->silent_since == NEVER)
        machine->silent_since = began;
    return (uint64_t)(now - machine->silent_since) >= timeout_ms;
}

/* The fifth failure within an hour, this one included? */
static bool too_often(qk_source_machine *machine, int64_t now)
{
    int64_t *failed_at = machine->failed_at;
    size_t last = QK_SOURCE_FAILURES_PER_HOUR - 1;

    if (machine->failed_count > last) {
        memmove(failed_at, failed_at + 1, last * sizeof *failed_at);
        machine->failed_count = last;
    }
    failed_at[machine->failed_count++] = now;
    return machine->failed_count > last && now - failed_at[0] <= HOUR_MS;
}

/* What the fault comes to, with the reason if time made it worse. */
static bool is_permanent(qk_source_machine *machine, qk_source_fault fault, int64_t now, const char **out_reason)
{
    bool still_gone = fault == QK_FAULT_AWAY && machine->gone_since != NEVER;

    *out_reason = "";
    if (fault == QK_FAULT_PERMANENT)
        return true;
    if (fault == QK_FAULT_AWAY && machine->patient)
        return false;
    if (fault == QK_FAULT_AWAY && !still_gone)
        machine->gone_since = now;
    *out_reason = still_gone ? "gone for more than 5 minutes: " : "5 failures within an hour: ";
    return still_gone ? now - machine->gone_since > GONE_FOR_GOOD_MS : too_often(machine, now);
}

void qk_source_machine_fail(qk_source_machine *machine, qk_source_fault fault, int64_t now, const char *words)
{
    const char *reason;
    bool again = fault == QK_FAULT_AWAY && machine->gone_since != NEVER; /* known already, no news */
    bool permanent = is_permanent(machine, fault, now, &reason);

    machine->errors += !again;
    machine->silent_since = NEVER;
    machine->state = permanent ? QK_SOURCE_FAILED : QK_SOURCE_ERROR;
    if (permanent || !again)
        qk_source_machine_say(machine, "%s%s", permanent ? reason : "", words);
    if (permanent)
        return;
    machine->retry_at = now + machine->backoff_ms;
    machine->backoff_ms = machine->backoff_ms * 2 < BACKOFF_MOST_MS ? machine->backoff_ms * 2 : BACKOFF_MOST_MS;
}

bool qk_source_machine_judge(qk_source_machine *machine, bool proportion, bool uniformity, int64_t now,
                             const char *words)
{
    bool pending = machine->state == QK_SOURCE_STARTING && machine->startups_left == 0;
    bool suspect = machine->state == QK_SOURCE_SUSPECT;

    if (!pending && !suspect && machine->state != QK_SOURCE_ACTIVE)
        return false; /* the samples are from before a failure: it has been dealt with */
    if (proportion && uniformity) {
        if (pending || suspect)
            become_active(machine);
        return false;
    }
    if ((!proportion && !uniformity) || suspect) {
        qk_source_machine_fail(machine, QK_FAULT_WEAK, now, words);
        return true;
    }
    qk_source_machine_say(machine, "%s", words);
    if (!pending)
        machine->state = QK_SOURCE_SUSPECT;
    return false;
}

void qk_source_machine_restart(qk_source_machine *machine)
{
    if (machine->state == QK_SOURCE_OFF)
        return;
    start(machine, 1);
    machine->backoff_ms = BACKOFF_FIRST_MS;
    machine->gone_since = NEVER;
    machine->failed_count = 0;
    qk_source_machine_say(machine, "restarted by an operator");
}
