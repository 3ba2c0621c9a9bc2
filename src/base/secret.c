/* SPDX-License-Identifier: Apache-2.0 */
/* The allocator: regions of 256 KiB between guard pages, cut into power-of-two places from 32 bytes up, with a free
 * list per size. Larger secrets get a mapping of their own. Regions stay until the process ends: they are few, and
 * a place that was wiped holds nothing.
 *
 * The books lie on a page that the kernel gives to a forked child as zeros (MADV_WIPEONFORK): another thread may have
 * held the lock at that moment, and would hold it in the child for ever. The secrets' own pages are wiped in a child
 * the same way: a child starts anew (C_Initialize) and must not carry its parent's keys about. What it inherited reads
 * as zeros, and may be freed. */
#include "base/secret.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(data, len) ((void)(data), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(data, len)   ((void)(data), (void)(len))
#endif

enum { SMALLEST_SHIFT = 5, LARGEST_SHIFT = 14, CLASSES = LARGEST_SHIFT - SMALLEST_SHIFT + 1, REGION = 256 * 1024 };

typedef struct place {
    struct place *next;
} place;

typedef struct pool {
    pthread_mutex_t lock; /* zeros are a valid mutex with glibc, which the wiped page relies on */
    place *free[CLASSES];
    uint8_t *region;
    size_t region_left;
} pool;

static _Atomic(pool *) the_pool;
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
    madvise(all + page, inner, MADV_WIPEONFORK);
    return all + page;
}

static void unmap_guarded(uint8_t *inner, size_t len)
{
    size_t page = page_size();
    munmap(inner - page, (len + page - 1) / page * page + 2 * page);
}

/* Made once; whoever comes second gives his page back. NULL if memory is out. */
static pool *get_pool(void)
{
    pool *there = atomic_load(&the_pool), *made;

    if (there)
        return there;
    made = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return NULL;
    madvise(made, page_size(), MADV_WIPEONFORK);
    if (atomic_compare_exchange_strong(&the_pool, &there, made))
        return made;
    munmap(made, page_size());
    return there;
}

static unsigned class_of(size_t len)
{
    unsigned class = 0;
    while ((size_t)1 << (class + SMALLEST_SHIFT) < len)
        class ++;
    return class;
}

static uint8_t *take_small(unsigned class)
{
    size_t size = (size_t)1 << (class + SMALLEST_SHIFT);
    pool *books = get_pool();
    uint8_t *data = NULL;

    if (!books)
        return NULL;
    pthread_mutex_lock(&books->lock);
    if (books->free[class]) {
        data = (uint8_t *)books->free[class];
        books->free[class] = books->free[class]->next;
    } else {
        if (books->region_left < size) { /* the rest of the old region, at most one place, stays unused */
            books->region = map_guarded(REGION);
            books->region_left = books->region ? REGION : 0;
        }
        if (books->region) {
            data = books->region;
            books->region += size;
            books->region_left -= size;
        }
    }
    pthread_mutex_unlock(&books->lock);
    return data;
}

static void give_small(unsigned class, uint8_t *data)
{
    pool *books = get_pool();
    place *empty = (place *)(void *)data;

    if (!books) /* in a child that cannot have a page: the place is lost, and wiped already */
        return;
    pthread_mutex_lock(&books->lock);
    empty->next = books->free[class];
    books->free[class] = empty;
    pthread_mutex_unlock(&books->lock);
}

qk_err qk_secret_new(size_t len, qk_secret *out_secret)
{
    bool small = len <= (size_t)1 << LARGEST_SHIFT;
    uint8_t *data = NULL;

    if (len > 0 && len <= SIZE_MAX / 2) /* beyond, rounding up to pages would wrap */
        data = small ? take_small(class_of(len)) : map_guarded(len);
    if (len > 0 && !data)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a secret of %zu bytes", len);
    if (len > 0)
        memset(data, 0, len);
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
    give_small(class, data);
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
