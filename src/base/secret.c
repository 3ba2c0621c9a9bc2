/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator: regions of 256 KiB between guard pages, cut into power-of-two places from 32 bytes up, with a free
 * list per size. Larger secrets get a mapping of their own. Regions stay until the process ends: they are few, and
 * a place that was wiped holds nothing. */
#include "base/secret.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(data, len) ((void)(data), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(data, len) ((void)(data), (void)(len))
#endif

enum { SMALLEST_SHIFT = 5, LARGEST_SHIFT = 14, CLASSES = LARGEST_SHIFT - SMALLEST_SHIFT + 1, REGION = 256 * 1024 };

typedef struct place {
    struct place *next;
} place;

static struct {
    pthread_mutex_t lock;
    place *free[CLASSES];
    uint8_t *region;
    size_t region_left;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static atomic_bool lock_refused;

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* `len` rounded up to pages, readable and writable, with an unreadable page on each side. */
static uint8_t *map_guarded(size_t len)
{
    size_t page = page_size(), inner = (len + page - 1) / page * page;
    uint8_t *all = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (all == MAP_FAILED)
        return NULL;
    if (mprotect(all + page, inner, PROT_READ | PROT_WRITE) != 0) {
        munmap(all, inner + 2 * page);
        return NULL;
    }
    if (mlock(all + page, inner) != 0)
        atomic_store(&lock_refused, true);
    madvise(all + page, inner, MADV_DONTDUMP);
    return all + page;
}

static void unmap_guarded(uint8_t *inner, size_t len)
{
    size_t page = page_size();
    munmap(inner - page, (len + page - 1) / page * page + 2 * page);
}

static unsigned class_of(size_t len)
{
    unsigned class = 0;
    while ((size_t)1 << (class + SMALLEST_SHIFT) < len)
        class++;
    return class;
}

static uint8_t *take_small(unsigned class)
{
    size_t size = (size_t)1 << (class + SMALLEST_SHIFT);
    uint8_t *data = NULL;

    pthread_mutex_lock(&pool.lock);
    if (pool.free[class]) {
        data = (uint8_t *)pool.free[class];
        pool.free[class] = pool.free[class]->next;
    } else {
        if (pool.region_left < size) { /* the rest of the old region, at most one place, stays unused */
            pool.region = map_guarded(REGION);
            pool.region_left = pool.region ? REGION : 0;
        }
        if (pool.region) {
            data = pool.region;
            pool.region += size;
            pool.region_left -= size;
        }
    }
    pthread_mutex_unlock(&pool.lock);
    return data;
}

qk_err qk_secret_new(size_t len, qk_secret *out_secret)
{
    bool small = len <= (size_t)1 << LARGEST_SHIFT;
    uint8_t *data = NULL;

    if (len > 0) {
        data = small ? take_small(class_of(len)) : map_guarded(len);
        if (!data)
            return qk_fail(QK_E_NO_MEMORY, "no memory for a secret of %zu bytes", len);
        memset(data, 0, len);
    }
    out_secret->data_ = data;
    out_secret->len = len;
    out_secret->allocated_ = len;
    return QK_OK;
}

qk_err qk_secret_copy(qk_view bytes, qk_secret *out_secret)
{
    QK_TRY(qk_secret_new(bytes.len, out_secret));
    if (bytes.len)
        memcpy(out_secret->data_, bytes.data, bytes.len);
    return QK_OK;
}

void qk_secret_free(qk_secret *secret)
{
    uint8_t *data = secret->data_;
    size_t len = secret->allocated_;

    *secret = QK_SECRET_NONE;
    if (!data)
        return;
    if (len > (size_t)1 << LARGEST_SHIFT) {
        explicit_bzero(data, len);
        unmap_guarded(data, len);
        return;
    }
    unsigned class = class_of(len);
    explicit_bzero(data, (size_t)1 << (class + SMALLEST_SHIFT));
    pthread_mutex_lock(&pool.lock);
    ((place *)(void *)data)->next = pool.free[class];
    pool.free[class] = (place *)(void *)data;
    pthread_mutex_unlock(&pool.lock);
}

void qk_secret_give(qk_secret *from, qk_secret *out)
{
    qk_secret_free(out);
    *out = *from;
    *from = QK_SECRET_NONE;
}

void qk_secret_shorten(qk_secret *secret, size_t len)
{
    if (len >= secret->len)
        return;
    explicit_bzero(secret->data_ + len, secret->len - len);
    secret->len = len;
}

bool qk_secret_memory_locked(void)
{
    return !atomic_load(&lock_refused);
}

bool qk_ct_equal(qk_view a, qk_view b)
{
    volatile uint8_t difference = 0;

    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        difference = (uint8_t)(difference | (a.data[i] ^ b.data[i]));
    return difference == 0;
}

void qk_ct_poison(const void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_UNDEFINED(data, len);
}

void qk_ct_declassify(const void *data, size_t len)
{
    (void)VALGRIND_MAKE_MEM_DEFINED(data, len);
}
