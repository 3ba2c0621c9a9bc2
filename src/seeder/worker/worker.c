/* SPDX-License-Identifier: Apache-2.0 */
/* A worker process: orders come through a socket, and what was done goes back. */
#include "seeder/worker/worker.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "seeder/sink/sink.h"

enum { ORPHAN_S = 5 };

static qk_err answer_order(qk_seed_sink *sink, const qk_seed_order *order, int fd)
{
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    static qk_seed_listed tokens[QK_SEED_MOST_TOKENS];
    qk_seed_report report = { .ask = order->ask, .target = order->target, .tokens = tokens };
    int64_t start_ns = qk_clock_monotonic_ns();

    qk_seed_sink_do(sink, order, &report);
    report.micros = (uint32_t)((qk_clock_monotonic_ns() - start_ns) / 1000);
    if (order->ask == QK_SEED_ASK_FORGET)
        return QK_OK;
    qk_seed_report_write(&report, &out);
    return qk_seed_send(fd, &out);
}

/* What a core file or another process of the same user would show: PINs and seeds. */
static void protect_memory(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    prctl(PR_SET_DUMPABLE, 0);
}

/* The order in hand is the last one. Without one the supervisor's word is waited for; system calls go on. */
static volatile sig_atomic_t ended;

static void note_end(int number)
{
    (void)number;
    ended = 1;
}

/* Nobody is left to end a library that hangs. One that does not sees the socket closed, and has logged out by then. */
static void end_soon(int number)
{
    (void)number;
    signal(SIGALRM, SIG_DFL);
    alarm(ORPHAN_S);
}

int qk_seed_worker_run(const char *address, int fd)
{
    QK_OWNED(qk_seed_sink_leave) qk_seed_sink *sink = NULL;
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    qk_seed_order order = { 0 };
    qk_err err;

    protect_memory();
    prctl(PR_SET_NAME, "quantoki-seed"); /* it was started as /proc/self/exe */
    signal(SIGINT, SIG_IGN);             /* the supervisor says when it is over */
    signal(SIGTERM, note_end);
    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    signal(QK_SEED_ORPHANED, end_soon);
    sink = qk_seed_sink_open(address);
    while (sink && qk_seed_receive(fd, &message) == QK_OK &&
           qk_seed_order_read(qk_buf_view(&message), &order) == QK_OK && order.ask != QK_SEED_ASK_QUIT) {
        err = answer_order(sink, &order, fd);
        qk_buf_clear(&message); /* PIN and seed */
        if (err != QK_OK || ended)
            break;
    }
    return 0;
}
