/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/attempts.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    PLACES = 8192,
    MOST = 30,        /* marks */
    FREE_OF_WAIT = 3, /* marks without a delay */
    FADES_MS = 1000,  /* one mark */
    FIRST_WAIT_MS = 100,
    LONGEST_WAIT_MS = 2000,
};

typedef struct place {
    int64_t marks_ms; /* marks times FADES_MS, at: */
    int64_t at_ms;
} place;

struct qk_attempts {
    uint64_t seed;
    pthread_mutex_t lock;
    place places[PLACES];
};

qk_err qk_attempts_new_seeded(uint64_t seed, qk_attempts **out_attempts)
{
    qk_attempts *it = calloc(1, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory to count failed log-ins");
    it->seed = seed;
    pthread_mutex_init(&it->lock, NULL);
    *out_attempts = it;
    return QK_OK;
}

qk_err qk_attempts_new(qk_attempts **out_attempts)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        return qk_fail(QK_E_SYSTEM, "the kernel gives no random bytes");
    return qk_attempts_new_seeded(seed, out_attempts);
}

void qk_attempts_free(qk_attempts **attempts)
{
    if (*attempts)
        pthread_mutex_destroy(&(*attempts)->lock);
    free(*attempts);
    *attempts = NULL;
}

/* FNV-1a from a seed that nobody outside knows. Who finds two that collide all the same shares marks with himself. */
static place *place_of(qk_attempts *it, char kind, qk_view who)
{
    uint64_t hash = (it->seed ^ (uint64_t)(unsigned char)kind) * 0x100000001b3;

    for (size_t i = 0; i < who.len; i++)
        hash = (hash ^ who.data[i]) * 0x100000001b3;
    hash ^= hash >> 32;
    return &it->places[hash % PLACES];
}

static int64_t fade(const place *it, int64_t now_ms)
{
    int64_t left = it->marks_ms - (now_ms > it->at_ms ? now_ms - it->at_ms : 0);

    return left > 0 ? left : 0;
}

/* The number of marks there are now. */
static int64_t mark(place *it, int64_t now_ms)
{
    int64_t most = (int64_t)MOST * FADES_MS, marks = fade(it, now_ms) + FADES_MS;

    it->marks_ms = marks < most ? marks : most;
    it->at_ms = now_ms;
    return (marks + FADES_MS - 1) / FADES_MS;
}

/* An IPv6 address is worth its first half, an IPv4 one in IPv6 form as itself. */
static size_t address_of(const char *peer, uint8_t out[64])
{
    const char *colon = strrchr(peer, ':');
    size_t len = colon ? (size_t)(colon - peer) : strlen(peer);
    struct in6_addr six;
    char host[64];

    snprintf(host, sizeof host, "%.*s", len < sizeof host ? (int)len : 0, peer);
    if (strncmp(host, "::ffff:", 7) == 0 || inet_pton(AF_INET6, host, &six) != 1) {
        const char *four = strncmp(host, "::ffff:", 7) == 0 ? host + 7 : host;
        memcpy(out, four, strlen(four));
        return strlen(four);
    }
    memcpy(out, six.s6_addr, 8);
    return 8;
}

bool qk_attempts_may_try(qk_attempts *attempts, qk_view api_key, int64_t now_ms)
{
    int64_t marks_ms;

    pthread_mutex_lock(&attempts->lock);
    marks_ms = fade(place_of(attempts, 'k', api_key), now_ms);
    pthread_mutex_unlock(&attempts->lock);
    return marks_ms <= (int64_t)(MOST - 1) * FADES_MS;
}

static int64_t wait_after(int64_t marks)
{
    int64_t wait = FIRST_WAIT_MS;

    if (marks <= FREE_OF_WAIT)
        return 0;
    for (int64_t i = FREE_OF_WAIT + 1; i < marks && wait < LONGEST_WAIT_MS; i++)
        wait *= 2;
    return wait < LONGEST_WAIT_MS ? wait : LONGEST_WAIT_MS;
}

/* The number of marks. */
static int64_t mark_address(qk_attempts *it, const char *peer, int64_t now_ms)
{
    uint8_t address[64];

    return mark(place_of(it, 'a', qk_view_of(address, address_of(peer, address))), now_ms);
}

static qk_attempts_verdict judge(int64_t marks)
{
    return (qk_attempts_verdict){ wait_after(marks), marks > MOST };
}

qk_attempts_verdict qk_attempts_failed(qk_attempts *attempts, const char *peer, qk_view api_key, int64_t now_ms)
{
    int64_t of_address, of_key;

    pthread_mutex_lock(&attempts->lock);
    of_address = mark_address(attempts, peer, now_ms);
    of_key = mark(place_of(attempts, 'k', api_key), now_ms);
    pthread_mutex_unlock(&attempts->lock);
    return judge(of_address > of_key ? of_address : of_key);
}

qk_attempts_verdict qk_attempts_failed_at(qk_attempts *attempts, const char *peer, int64_t now_ms)
{
    int64_t marks;

    pthread_mutex_lock(&attempts->lock);
    marks = mark_address(attempts, peer, now_ms);
    pthread_mutex_unlock(&attempts->lock);
    return judge(marks);
}
