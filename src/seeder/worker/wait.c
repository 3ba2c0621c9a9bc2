/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for whatever comes first: a signal, a worker, a command. */
#include <stdlib.h>

#include "seeder/worker/command.h"
#include "seeder/worker/workers_inside.h"

static size_t count_all(const qk_seeder *seeder)
{
    size_t count = 2 + qk_seed_commands_running(); /* signals, children */

    for (const qk_seed_worker *it = seeder->workers; it; it = it->next)
        count++;
    return count;
}

/* Room to wait for all at once, however many there are. */
static bool make_room(qk_seeder *seeder)
{
    size_t count = count_all(seeder);
    struct pollfd *fds;

    if (count <= seeder->polled_room)
        return true;
    fds = realloc(seeder->polled, count * sizeof *fds);
    if (!fds)
        return false;
    seeder->polled = fds;
    seeder->polled_room = count;
    return true;
}

/* Signals and children first, then running workers in their order, then commands. */
static nfds_t fill(qk_seeder *seeder, int signals)
{
    nfds_t count = 0;

    seeder->polled[count++] = (struct pollfd){ .fd = signals, .events = POLLIN };
    seeder->polled[count++] = (struct pollfd){ .fd = qk_seed_processes_fd(), .events = POLLIN };
    for (const qk_seed_worker *it = seeder->workers; it; it = it->next) {
        short events = it->outgoing.len ? POLLIN | POLLOUT : POLLIN;
        if (it->process)
            seeder->polled[count++] = (struct pollfd){ .fd = it->fd, .events = events };
    }
    for (const qk_seed_worker *worker = seeder->workers; worker; worker = worker->next)
        for (const qk_seed_job *it = worker->asking.first; it; it = it->next)
            if (it->command)
                seeder->polled[count++] = (struct pollfd){ .fd = qk_seed_command_fd(it->command), .events = POLLIN };
    return count;
}

bool qk_seed_workers_wait(qk_seeder *seeder, int signals, int64_t wait_ms)
{
    nfds_t count = 0, at = 2;

    if (!make_room(seeder)) {
        poll(NULL, 0, 1000); /* no memory: a moment later, perhaps */
        return true;
    }
    count = fill(seeder, signals);
    if (poll(seeder->polled, count, (int)wait_ms) <= 0)
        return false;
    if (seeder->polled[1].revents)
        qk_seed_processes_news();
    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        if (!it->process)
            continue;
        if (seeder->polled[at++].revents) /* its own process may end in this, and no other's */
            qk_seed_worker_converse(seeder, it);
    }
    return seeder->polled[0].revents != 0;
}
