/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lattice/dilithium.h"

/* The rounds' object identifiers lie below 1.3.6.1.4.1.2.267 (IBM), those of ML-DSA below 2.16.840.1.101.3.4.3 (NIST).
 */
#define IBM_OID(a, b, c)                                                                                               \
    {                                                                                                                  \
        (const uint8_t *)"\x06\x0b\x2b\x06\x01\x04\x01\x02\x82\x0b" a b c, 13                                          \
    }
#define NIST_OID(n)                                                                                                    \
    {                                                                                                                  \
        (const uint8_t *)"\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03" n, 11                                              \
    }

enum { ETA_2_BITS = 3, ETA_4_BITS = 4 };

/* What each generation fixes. */
#define ROUND2                                                                                                         \
    .generation = QK_DILITHIUM_ROUND2, .seed_len = 96, .challenge_len = 40, .tr_len = 48, .mu_len = 48,                \
    .short_seed_len = 32, .mask_seed_len = 48, .tau = 60, .d = 14, .gamma1 = 523776, .gamma2 = 261888, .t1_bits = 9,   \
    .z_bits = 20, .w1_bits = 4
#define SINCE_ROUND3 .seed_len = 32, .mu_len = 64, .short_seed_len = 64, .mask_seed_len = 64, .d = 13, .t1_bits = 10
#define ROUND3       .generation = QK_DILITHIUM_ROUND3, .challenge_len = 32, .tr_len = 32, SINCE_ROUND3
#define FIPS204      .generation = QK_DILITHIUM_FIPS204, .tr_len = 64, SINCE_ROUND3

/* What round 3 and FIPS 204 share, by shape of the matrix. */
#define SHAPE44                                                                                                        \
    .k = 4, .l = 4, .eta = 2, .tau = 39, .beta = 78, .gamma1 = 1 << 17, .gamma2 = 95232, .omega = 80,                  \
    .eta_bits = ETA_2_BITS, .z_bits = 18, .w1_bits = 6
#define SHAPE65                                                                                                        \
    .k = 6, .l = 5, .eta = 4, .tau = 49, .beta = 196, .gamma1 = 1 << 19, .gamma2 = 261888, .omega = 55,                \
    .eta_bits = ETA_4_BITS, .z_bits = 20, .w1_bits = 4
#define SHAPE87                                                                                                        \
    .k = 8, .l = 7, .eta = 2, .tau = 60, .beta = 120, .gamma1 = 1 << 19, .gamma2 = 261888, .omega = 75,                \
    .eta_bits = ETA_2_BITS, .z_bits = 20, .w1_bits = 4

#define LENGTHS(public, private, signature) .public_len = public, .private_len = private, .signature_len = signature
#define SET(the_id, the_name, the_oid)      .id = the_id, .name = the_name, .oid = the_oid

static const qk_dilithium_set sets[QK_DILITHIUM_SETS] = {
    { SET(QK_DILITHIUM_R2_54, "Dilithium-R2-54", IBM_OID("\x01", "\x05", "\x04")), ROUND2, LENGTHS(1472, 3504, 2701),
      .k = 5, .l = 4, .eta = 5, .beta = 275, .omega = 96, .eta_bits = 4 },
    { SET(QK_DILITHIUM_R2_65, "Dilithium-R2-65", IBM_OID("\x01", "\x06", "\x05")), ROUND2, LENGTHS(1760, 3856, 3366),
      .k = 6, .l = 5, .eta = 3, .beta = 175, .omega = 120, .eta_bits = 3 },
    { SET(QK_DILITHIUM_R2_87, "Dilithium-R2-87", IBM_OID("\x01", "\x08", "\x07")), ROUND2, LENGTHS(2336, 5136, 4668),
      .k = 8, .l = 7, .eta = 2, .beta = 120, .omega = 140, .eta_bits = 3 },
    { SET(QK_DILITHIUM_R3_44, "Dilithium-R3-44", IBM_OID("\x07", "\x04", "\x04")), ROUND3, SHAPE44,
      LENGTHS(1312, 2528, 2420) },
    { SET(QK_DILITHIUM_R3_65, "Dilithium-R3-65", IBM_OID("\x07", "\x06", "\x05")), ROUND3, SHAPE65,
      LENGTHS(1952, 4000, 3293) },
    { SET(QK_DILITHIUM_R3_87, "Dilithium-R3-87", IBM_OID("\x07", "\x08", "\x07")), ROUND3, SHAPE87,
      LENGTHS(2592, 4864, 4595) },
    { SET(QK_ML_DSA_44, "ML-DSA-44", NIST_OID("\x11")), FIPS204, SHAPE44, .challenge_len = 32,
      LENGTHS(1312, 2560, 2420) },
    { SET(QK_ML_DSA_65, "ML-DSA-65", NIST_OID("\x12")), FIPS204, SHAPE65, .challenge_len = 48,
      LENGTHS(1952, 4032, 3309) },
    { SET(QK_ML_DSA_87, "ML-DSA-87", NIST_OID("\x13")), FIPS204, SHAPE87, .challenge_len = 64,
      LENGTHS(2592, 4896, 4627) },
};

const qk_dilithium_set *qk_dilithium_set_find(qk_dilithium_id id)
{
    return (unsigned)id < QK_DILITHIUM_SETS ? &sets[id] : NULL;
}

const qk_dilithium_set *qk_dilithium_set_by_oid(qk_view oid)
{
    for (unsigned i = 0; i < QK_DILITHIUM_SETS; i++)
        if (qk_view_equal(sets[i].oid, oid))
            return &sets[i];
    return NULL;
}

qk_dilithium_place qk_dilithium_place_of(const qk_dilithium_set *set, qk_dilithium_part part)
{
    size_t poly = 32, s1 = 64 + set->tr_len, s1_len = poly * set->eta_bits * set->l;
    size_t s2_len = poly * set->eta_bits * set->k, t0_len = poly * set->d * set->k;
    const qk_dilithium_place places[] = {
        [QK_DILITHIUM_RHO] = { 0, 32 },
        [QK_DILITHIUM_KEY] = { 32, 32 },
        [QK_DILITHIUM_TR] = { 64, set->tr_len },
        [QK_DILITHIUM_S1] = { s1, s1_len },
        [QK_DILITHIUM_S2] = { s1 + s1_len, s2_len },
        [QK_DILITHIUM_T0] = { s1 + s1_len + s2_len, t0_len },
        [QK_DILITHIUM_T1] = { 32, poly * set->t1_bits * set->k },
    };

    return places[part];
}
