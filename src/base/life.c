/* SPDX-License-Identifier: Apache-2.0 */
#include "base/life.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/own_thread.h"

typedef enum phase { NONE, CHANGING, LIVE } phase;

typedef struct life {
    atomic_int phase;
} life;

static life unwiped; /* used where the kernel cannot wipe */
static life *current = &unwiped;
static bool wiped_by_kernel;
static pid_t owner; /* who initialised; a child inherits the number and sees that it is not its own */
static bool inherited;
static _Thread_local bool changing_here;

/* In a constructor, since a lazy allocation would need a lock of its own. */
__attribute__((constructor)) static void make_page(void)
{
    size_t len = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return;
    if (madvise(page, len, MADV_WIPEONFORK) != 0) {
        munmap(page, len);
        return;
    }
    current = page;
    wiped_by_kernel = true;
}

static bool is_foreign(void)
{
    return owner != 0 && owner != getpid();
}

bool qk_life_live(void)
{
    if (__builtin_expect(atomic_load_explicit(&current->phase, memory_order_acquire) != LIVE, 0))
        return false;
    return wiped_by_kernel || !is_foreign();
}

bool qk_life_inherited(void)
{
    return inherited;
}

static void wait_a_little(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

/* Moves from one settled phase to CHANGING; false if the phase is the other one, or may never settle: when the process
 * ends, who changes it may wait for a thread of ours that stands still. */
static bool claim(phase from)
{
    for (;;) {
        int seen = (int)from;
        if (atomic_compare_exchange_strong(&current->phase, &seen, CHANGING)) {
            changing_here = true;
            return true;
        }
        if (seen != CHANGING || changing_here || qk_process_ends())
            return false;
        wait_a_little();
    }
}

qk_err qk_life_begin(void)
{
    if (!wiped_by_kernel && is_foreign())
        atomic_store(&current->phase, NONE);
    if (!claim(NONE))
        return qk_fail(QK_E_ALREADY_INITIALIZED, "C_Initialize was called before");
    inherited = is_foreign();
    owner = getpid(); /* from here on a fork leaves something behind */
    return QK_OK;
}

qk_err qk_life_end(void)
{
    if ((!wiped_by_kernel && is_foreign()) || !claim(LIVE))
        return qk_fail(QK_E_NOT_INITIALIZED, "C_Initialize was not called in this process");
    return QK_OK;
}

void qk_life_settle(bool live)
{
    owner = live ? getpid() : 0;
    changing_here = false;
    atomic_store_explicit(&current->phase, live ? LIVE : NONE, memory_order_release);
}
