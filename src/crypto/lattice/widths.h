/* SPDX-License-Identifier: Apache-2.0 */
/* Packing by width: each width is compiled apart, with constant shifts. For files that have pack_all and unpack_all,
 * and define POLY and WIDTHS. */
static void pack(uint8_t *out, const POLY *f, unsigned width)
{
#define CASE(w)                                                                                                        \
    if (width == w)                                                                                                    \
        pack_all(out, f, w);
    WIDTHS(CASE)
#undef CASE
}

static void unpack(POLY *f, const uint8_t *bytes, unsigned width)
{
#define CASE(w)                                                                                                        \
    if (width == w)                                                                                                    \
        unpack_all(f, bytes, w);
    WIDTHS(CASE)
#undef CASE
}
