/* SPDX-License-Identifier: Apache-2.0 */
/* Packing by width: each width is compiled apart, with constant shifts. For files that have pack_all and unpack_all. */
#define WIDTHS(CASE) CASE(3) CASE(4) CASE(6) CASE(9) CASE(10) CASE(13) CASE(14) CASE(18) CASE(20)

static void pack(uint8_t *out, const qk_dilithium_poly *f, unsigned width)
{
#define CASE(w)                                                                                                        \
    if (width == w)                                                                                                    \
        pack_all(out, f, w);
    WIDTHS(CASE)
#undef CASE
}

static void unpack(qk_dilithium_poly *f, const uint8_t *bytes, unsigned width)
{
#define CASE(w)                                                                                                        \
    if (width == w)                                                                                                    \
        unpack_all(f, bytes, w);
    WIDTHS(CASE)
#undef CASE
}
