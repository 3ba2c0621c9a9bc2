/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lattice/kyber.h"

#define IBM_OID(a, b)                                                                                                  \
    {                                                                                                                  \
        (const uint8_t *)"\x06\x0b\x2b\x06\x01\x04\x01\x02\x82\x0b\x05" a b, 13                                        \
    }
#define NIST_OID(n)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x04" n, 11                                              \
    }

/* clang-format off */
static const qk_kyber_set sets[QK_KYBER_SETS] = {
    /* id, generation, name, OID, lengths of public key, private key and ciphertext, k, eta1, du, dv.
     * EP11 gives the smallest of round 2 the arc itself. */
    { QK_KYBER_R2_512,  QK_KYBER_ROUND2,  "Kyber-R2-512",
      { (const uint8_t *)"\x06\x09\x2b\x06\x01\x04\x01\x02\x82\x0b\x05", 11 }, 800, 1632,  736, 2, 2, 10, 3 },
    { QK_KYBER_R2_768,  QK_KYBER_ROUND2,  "Kyber-R2-768",  IBM_OID("\x03", "\x03"), 1184, 2400, 1088, 3, 2, 10, 4 },
    { QK_KYBER_R2_1024, QK_KYBER_ROUND2,  "Kyber-R2-1024", IBM_OID("\x04", "\x04"), 1568, 3168, 1568, 4, 2, 11, 5 },
    { QK_ML_KEM_512,    QK_KYBER_FIPS203, "ML-KEM-512",    NIST_OID("\x01"),         800, 1632,  768, 2, 3, 10, 4 },
    { QK_ML_KEM_768,    QK_KYBER_FIPS203, "ML-KEM-768",    NIST_OID("\x02"),        1184, 2400, 1088, 3, 2, 10, 4 },
    { QK_ML_KEM_1024,   QK_KYBER_FIPS203, "ML-KEM-1024",   NIST_OID("\x03"),        1568, 3168, 1568, 4, 2, 11, 5 },
};
/* clang-format on */

const qk_kyber_set *qk_kyber_set_find(qk_kyber_id id)
{
    return (unsigned)id < QK_KYBER_SETS ? &sets[id] : NULL;
}

const qk_kyber_set *qk_kyber_set_by_oid(qk_view oid)
{
    for (unsigned i = 0; i < QK_KYBER_SETS; i++)
        if (qk_view_equal(sets[i].oid, oid))
            return &sets[i];
    return NULL;
}
