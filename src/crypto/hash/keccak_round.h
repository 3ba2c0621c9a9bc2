/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600] on 25 lanes, for any type of lane: LANE is uint64_t, or a vector of four of them (then four states are
 * permuted at once, and the compiler uses whatever registers the including file was compiled for).
 * Source: FIPS 202, sections 3.2 and 3.3. Two names for each lane save copying: a round reads a.. and writes e.. */
#include <stdint.h>

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

#define ROTATE(x, n) (((x) << (n)) | ((x) >> (64 - (n))))

/* Column parities of the state s, and what theta adds to each column. */
#define THETA(s)                                                                                                       \
    LANE c0 = s[0] ^ s[5] ^ s[10] ^ s[15] ^ s[20], c1 = s[1] ^ s[6] ^ s[11] ^ s[16] ^ s[21];                           \
    LANE c2 = s[2] ^ s[7] ^ s[12] ^ s[17] ^ s[22], c3 = s[3] ^ s[8] ^ s[13] ^ s[18] ^ s[23];                           \
    LANE c4 = s[4] ^ s[9] ^ s[14] ^ s[19] ^ s[24];                                                                     \
    LANE d0 = c4 ^ ROTATE(c1, 1), d1 = c0 ^ ROTATE(c2, 1), d2 = c1 ^ ROTATE(c3, 1), d3 = c2 ^ ROTATE(c4, 1);           \
    LANE d4 = c3 ^ ROTATE(c0, 1)

/* chi of one row of five, after rho and pi brought b0..b4 there. */
#define CHI(to, row)                                                                                                   \
    to[row + 0] = b0 ^ (~b1 & b2);                                                                                     \
    to[row + 1] = b1 ^ (~b2 & b3);                                                                                     \
    to[row + 2] = b2 ^ (~b3 & b4);                                                                                     \
    to[row + 3] = b3 ^ (~b4 & b0);                                                                                     \
    to[row + 4] = b4 ^ (~b0 & b1)

static inline __attribute__((always_inline)) void keccak_round(const LANE *s, LANE *to, uint64_t constant)
{
    LANE b0, b1, b2, b3, b4;
    THETA(s);

    b0 = s[0] ^ d0, b1 = ROTATE(s[6] ^ d1, 44), b2 = ROTATE(s[12] ^ d2, 43), b3 = ROTATE(s[18] ^ d3, 21);
    b4 = ROTATE(s[24] ^ d4, 14);
    CHI(to, 0);
    to[0] ^= constant;
    b0 = ROTATE(s[3] ^ d3, 28), b1 = ROTATE(s[9] ^ d4, 20), b2 = ROTATE(s[10] ^ d0, 3), b3 = ROTATE(s[16] ^ d1, 45);
    b4 = ROTATE(s[22] ^ d2, 61);
    CHI(to, 5);
    b0 = ROTATE(s[1] ^ d1, 1), b1 = ROTATE(s[7] ^ d2, 6), b2 = ROTATE(s[13] ^ d3, 25), b3 = ROTATE(s[19] ^ d4, 8);
    b4 = ROTATE(s[20] ^ d0, 18);
    CHI(to, 10);
    b0 = ROTATE(s[4] ^ d4, 27), b1 = ROTATE(s[5] ^ d0, 36), b2 = ROTATE(s[11] ^ d1, 10), b3 = ROTATE(s[17] ^ d2, 15);
    b4 = ROTATE(s[23] ^ d3, 56);
    CHI(to, 15);
    b0 = ROTATE(s[2] ^ d2, 62), b1 = ROTATE(s[8] ^ d3, 55), b2 = ROTATE(s[14] ^ d4, 39), b3 = ROTATE(s[15] ^ d0, 41);
    b4 = ROTATE(s[21] ^ d1, 2);
    CHI(to, 20);
}

static inline __attribute__((always_inline)) void keccak_rounds(LANE *lanes)
{
    LANE a[25], e[25];

    for (unsigned i = 0; i < 25; i++)
        a[i] = lanes[i];
    for (unsigned round = 0; round < 24; round += 2) {
        keccak_round(a, e, round_constants[round]);
        keccak_round(e, a, round_constants[round + 1]);
    }
    for (unsigned i = 0; i < 25; i++)
        lanes[i] = a[i];
}
