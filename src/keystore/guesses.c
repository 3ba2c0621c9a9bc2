/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/guesses.h"

#include <string.h>

enum { FREE = 5, LONGEST_MS = 600 * 1000, DOUBLINGS = 10 };

void qk_guesses_init(qk_guesses *guesses)
{
    memset(guesses, 0, sizeof *guesses);
    pthread_mutex_init(&guesses->lock, NULL);
    pthread_cond_init(&guesses->ended, NULL);
}

void qk_guesses_done(qk_guesses *guesses)
{
    pthread_cond_destroy(&guesses->ended);
    pthread_mutex_destroy(&guesses->lock);
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
    return hash;
}

static size_t place_of(const qk_uuid *keystore, const qk_caller *caller)
{
    uint64_t hash = mix(UINT64_C(0xcbf29ce484222325), keystore->bytes, sizeof keystore->bytes);

    if (caller)
        hash = mix(hash, caller->identity, strnlen(caller->identity, sizeof caller->identity));
    return (hash * UINT64_C(0x9e3779b97f4a7c15) >> 32) % QK_GUESS_PLACES; /* its low bits are the best mixed */
}

static int64_t wait_ms(unsigned wrong)
{
    int64_t wait;

    if (wrong < FREE)
        return 0;
    wait = wrong - FREE < DOUBLINGS ? INT64_C(1000) << (wrong - FREE) : LONGEST_MS;
    return wait < LONGEST_MS ? wait : LONGEST_MS;
}

qk_err qk_guesses_may_try(qk_guesses *guesses, const qk_uuid *keystore, const qk_caller *caller, int64_t now_ms)
{
    qk_guess_place *place = &guesses->places[place_of(keystore, caller)];
    bool may_try;
    unsigned wrong;
    int64_t left;

    pthread_mutex_lock(&guesses->lock);
    while (place->trying > 0 && place->wrong + place->trying >= FREE)
        pthread_cond_wait(&guesses->ended, &guesses->lock);
    wrong = place->wrong;
    left = place->last_ms + wait_ms(wrong) - now_ms;
    may_try = wrong < FREE || left <= 0;
    place->trying += may_try;
    pthread_mutex_unlock(&guesses->lock);
    if (may_try)
        return QK_OK;
    return qk_fail(QK_E_PIN_LOCKED, "%u wrong passwords; try again in %lld seconds", wrong,
                   (long long)(left + 999) / 1000);
}

void qk_guesses_count(qk_guesses *guesses, const qk_uuid *keystore, const qk_caller *caller, qk_err outcome,
                      int64_t now_ms)
{
    qk_guess_place *place = &guesses->places[place_of(keystore, caller)];

    pthread_mutex_lock(&guesses->lock);
    place->trying -= place->trying > 0;
    if (outcome == QK_OK)
        place->wrong = 0;
    if (outcome == QK_E_PIN_INCORRECT) {
        place->wrong++;
        place->last_ms = now_ms;
    }
    pthread_cond_broadcast(&guesses->ended);
    pthread_mutex_unlock(&guesses->lock);
}
