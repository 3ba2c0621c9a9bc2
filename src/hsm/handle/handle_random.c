/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/random.h"
#include "hsm/handle/handlers.h"
#include "hsm/hsm.h"

/* GREP11 protocol, section 13. */
enum { RANDOM_MOST = 1000000, SEED_MOST = 65536 };

qk_err qk_handle_generate_random(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__GenerateRandomRequest *asked = request;
    Grep11__GenerateRandomResponse *answer = response;
    uint8_t *place;

    (void)context;
    if ((asked->len == 0 && !call->strict) || asked->len > RANDOM_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "%llu random bytes were asked for; 1 to %d go",
                       (unsigned long long)asked->len, RANDOM_MOST);
    QK_TRY(qk_arena_bytes(call->arena, asked->len, &place));
    QK_TRY(qk_random_bytes(place, asked->len));
    answer->rnd = qk_message_bytes(qk_view_of(place, asked->len));
    return QK_OK;
}

qk_err qk_handle_seed_random(void *context, const qk_call *call, const void *request, void *response)
{
    const Quantoki__V1__SeedRandomRequest *asked = request;

    (void)context;
    (void)call;
    (void)response;
    if (asked->seed.len > SEED_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "a seed of %zu bytes; %d are the most", asked->seed.len, SEED_MOST);
    return qk_random_mix(qk_message_view(asked->seed));
}
