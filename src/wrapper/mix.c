/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/mix.h"

#include "base/secret.h"
#include "entropy/random.h"

enum { MIXED_AT_ONCE = 4096 };

static void xor_into(uint8_t *place, const uint8_t *other, size_t len)
{
    for (size_t i = 0; i < len; i++)
        place[i] ^= other[i];
}

qk_err qk_mix_local(uint8_t *place, size_t len)
{
    QK_OWNED(qk_secret_free) qk_secret local = QK_SECRET_NONE;

    QK_TRY(qk_secret_new(MIXED_AT_ONCE, &local));
    for (size_t at = 0, part; at < len; at += part) {
        part = len - at < MIXED_AT_ONCE ? len - at : MIXED_AT_ONCE;
        QK_TRY(qk_random_bytes(qk_secret_fill(&local), part));
        xor_into(place + at, qk_secret_reveal(&local).data, part);
    }
    return QK_OK;
}
