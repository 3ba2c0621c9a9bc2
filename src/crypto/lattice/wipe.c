/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lattice/wipe.h"

#include <stdint.h>
#include <string.h>

/* More than any callee's frames take: four streams, the sponges they come from, a polynomial or two, and spills. */
enum { BELOW = 10 * 1024 };

static __attribute__((noinline)) void wipe_below(void)
{
    uint8_t room[BELOW];

    explicit_bzero(room, sizeof room);
}

void qk_lattice_wipe(void *workspace, size_t len)
{
    explicit_bzero(workspace, len);
    wipe_below();
}
