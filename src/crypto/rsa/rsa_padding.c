/* SPDX-License-Identifier: Apache-2.0 */
/* Step numbers are those of RFC 8017. What is recovered from a ciphertext is secret until its padding is known to be
 * right: the decoders use masks alone and then say one bit. */
#include "crypto/rsa/rsa_padding.h"

#include <openssl/rand.h>

#include "base/secret.h"
#include "crypto/ct.h"
#include "crypto/engine.h"
#include "crypto/openssl.h"

enum { HASH_MOST = 64 };

static size_t hash_len(CK_MECHANISM_TYPE hash)
{
    const EVP_MD *md = qk_digest_of(hash);
    return md ? (size_t)EVP_MD_get_size(md) : 0;
}

static qk_err draw(uint8_t *out, size_t len)
{
    if (RAND_bytes_ex(qk_openssl(), out, len, 0) <= 0)
        return qk_openssl_fail(QK_E_NO_RANDOM, "random for RSA padding");
    return QK_OK;
}

/* ---- PKCS #1 v1.5 ---- */

/* clang-format off */
/* SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING of the digest }, without the digest. NIST's OIDs differ in a byte. */
#define NIST_INFO(total, oid, len) \
    { 0x30, total, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, oid, 0x05, 0x00, 0x04, len }

static const struct info_row {
    CK_MECHANISM_TYPE hash;
    uint8_t len;
    uint8_t bytes[19];
} info_rows[] = {
    { CKM_SHA_1, 15,
      { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14 } },
    { CKM_SHA224, 19, NIST_INFO(0x2d, 0x04, 0x1c) },
    { CKM_SHA256, 19, NIST_INFO(0x31, 0x01, 0x20) },
    { CKM_SHA384, 19, NIST_INFO(0x41, 0x02, 0x30) },
    { CKM_SHA512, 19, NIST_INFO(0x51, 0x03, 0x40) },
    { CKM_SHA512_224, 19, NIST_INFO(0x2d, 0x05, 0x1c) },
    { CKM_SHA512_256, 19, NIST_INFO(0x31, 0x06, 0x20) },
    { CKM_SHA3_224, 19, NIST_INFO(0x2d, 0x07, 0x1c) },
    { CKM_SHA3_256, 19, NIST_INFO(0x31, 0x08, 0x20) },
    { CKM_SHA3_384, 19, NIST_INFO(0x41, 0x09, 0x30) },
    { CKM_SHA3_512, 19, NIST_INFO(0x51, 0x0a, 0x40) },
};
/* clang-format on */

qk_view qk_pkcs1_digest_info(CK_MECHANISM_TYPE hash)
{
    for (size_t i = 0; i < sizeof(info_rows) / sizeof(info_rows[0]); i++)
        if (info_rows[i].hash == hash)
            return qk_view_of(info_rows[i].bytes, info_rows[i].len);
    return QK_VIEW_NONE;
}

static uint8_t *append(uint8_t *place, qk_view bytes)
{
    if (bytes.len)
        memcpy(place, bytes.data, bytes.len);
    return place + bytes.len;
}

qk_err qk_pkcs1_sign_encode(qk_view prefix, qk_view data, qk_em em)
{
    if (data.len > em.len || prefix.len + data.len + QK_PKCS1_OVERHEAD > em.len)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes do not fit an RSA key of %zu bytes", data.len, em.len);
    size_t fill = em.len - 3 - prefix.len - data.len;
    em.data[0] = 0x00;
    em.data[1] = 0x01;
    memset(em.data + 2, 0xff, fill);
    em.data[2 + fill] = 0x00;
    append(append(em.data + 3 + fill, prefix), data);
    return QK_OK;
}

qk_err qk_pkcs1_sign_decode(qk_em em, size_t *out_start)
{
    size_t at = 2;

    while (at < em.len && em.data[at] == 0xff)
        at++;
    if (em.data[0] != 0x00 || em.data[1] != 0x01 || at < QK_PKCS1_OVERHEAD - 1 || at == em.len || em.data[at] != 0x00)
        return qk_fail(QK_E_SIGNATURE_INVALID, "the RSA signature carries no data of this key");
    *out_start = at + 1;
    return QK_OK;
}

qk_err qk_pkcs1_encrypt_encode(qk_view message, qk_em em)
{
    if (message.len > em.len || message.len + QK_PKCS1_OVERHEAD > em.len)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes do not fit an RSA key of %zu bytes", message.len, em.len);
    size_t fill = em.len - 3 - message.len;
    em.data[0] = 0x00;
    em.data[1] = 0x02;
    QK_TRY(draw(em.data + 2, fill));
    for (size_t i = 2; i < 2 + fill; i++)
        while (em.data[i] == 0)
            QK_TRY(draw(em.data + i, 1));
    em.data[2 + fill] = 0x00;
    append(em.data + 3 + fill, message);
    return QK_OK;
}

/* The one answer of both decoders. */
static qk_err decoded(qk_mask good, size_t start, size_t *out_start)
{
    qk_ct_declassify(&good, sizeof(good));
    if (!good)
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext was not made for this key, or was changed");
    qk_ct_declassify(&start, sizeof(start)); /* the message's length is for the caller to know */
    *out_start = start;
    return QK_OK;
}

qk_err qk_pkcs1_decrypt_decode(qk_em em, size_t *out_start)
{
    qk_mask good = qk_ct_is_zero(em.data[0]) & qk_ct_is(em.data[1], 2);
    qk_mask searching = ~(qk_mask)0;
    size_t zero_at = 0;

    for (size_t i = 2; i < em.len; i++) {
        qk_mask zero = qk_ct_is_zero(em.data[i]);
        zero_at = qk_ct_select(searching & zero, i, zero_at);
        searching &= ~zero;
    }
    good &= ~searching & ~qk_ct_below(zero_at, 10); /* at least eight bytes of padding */
    return decoded(good, zero_at + 1, out_start);
}

/* ---- MGF1 ---- */

/* XORs the mask of `seed` over `target` (appendix B.2.1). */
static qk_err mgf1_xor(CK_MECHANISM_TYPE hash, qk_view seed, uint8_t *target, size_t len)
{
    uint8_t input[QK_RSA_MAX_LEN + 4], block[HASH_MOST];
    size_t block_len = 0, at = 0;
    qk_err err = QK_OK;

    append(input, seed);
    for (uint32_t counter = 0; at < len && err == QK_OK; counter++) {
        for (unsigned i = 0; i < 4; i++)
            input[seed.len + i] = (uint8_t)(counter >> (24 - 8 * i));
        err = qk_digest_once(hash, qk_view_of(input, seed.len + 4), block, &block_len);
        for (size_t i = 0; i < block_len && at < len && err == QK_OK; i++, at++)
            target[at] ^= block[i];
    }
    explicit_bzero(input, seed.len);
    explicit_bzero(block, sizeof(block));
    return err;
}

/* ---- OAEP ---- */

size_t qk_oaep_capacity(const qk_mech_use *use, size_t modulus_len)
{
    size_t overhead = 2 * hash_len(use->oaep.hash) + 2;
    return modulus_len > overhead ? modulus_len - overhead : 0;
}

qk_err qk_oaep_encode(const qk_mech_use *use, qk_view message, qk_em em)
{
    size_t hash = hash_len(use->oaep.hash), db_len = em.len - hash - 1, len;
    uint8_t *seed = em.data + 1, *db = em.data + 1 + hash;

    if (hash == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "OAEP: this hash is not available");
    if (em.len < 2 * hash + 2)
        return qk_fail(QK_E_KEY_SIZE, "OAEP: an RSA key of %zu bytes is too short for this hash", em.len);
    if (message.len > em.len - 2 * hash - 2)
        return qk_fail(QK_E_BAD_LENGTH, "OAEP: %zu bytes do not fit; at most %zu", message.len, em.len - 2 * hash - 2);
    em.data[0] = 0x00;
    QK_TRY(qk_digest_once(use->oaep.hash, use->oaep.label, db, &len)); /* step 2.a */
    memset(db + hash, 0, db_len - hash - message.len - 1);
    db[db_len - message.len - 1] = 0x01;
    append(db + db_len - message.len, message);
    QK_TRY(draw(seed, hash));
    QK_TRY(mgf1_xor(use->oaep.mgf_hash, qk_view_of(seed, hash), db, db_len)); /* steps 2.e, 2.f */
    return mgf1_xor(use->oaep.mgf_hash, qk_view_of(db, db_len), seed, hash);  /* steps 2.g, 2.h */
}

qk_err qk_oaep_decode(const qk_mech_use *use, qk_em em, size_t *out_start)
{
    size_t hash = hash_len(use->oaep.hash), db_len = em.len - hash - 1, one_at = 0, len;
    uint8_t *seed = em.data + 1, *db = em.data + 1 + hash, label_hash[HASH_MOST];
    qk_mask good = qk_ct_is_zero(em.data[0]), searching = ~(qk_mask)0;

    if (hash == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "OAEP: this hash is not available");
    if (em.len < 2 * hash + 2)
        return qk_fail(QK_E_KEY_SIZE, "OAEP: an RSA key of %zu bytes is too short for this hash", em.len);
    QK_TRY(qk_digest_once(use->oaep.hash, use->oaep.label, label_hash, &len)); /* step 3.a */
    QK_TRY(mgf1_xor(use->oaep.mgf_hash, qk_view_of(db, db_len), seed, hash));  /* steps 3.c, 3.d */
    QK_TRY(mgf1_xor(use->oaep.mgf_hash, qk_view_of(seed, hash), db, db_len));  /* steps 3.e, 3.f */
    for (size_t i = 0; i < hash; i++)                                          /* step 3.g, all its checks at once */
        good &= qk_ct_is(db[i], label_hash[i]);
    for (size_t i = hash; i < db_len; i++) {
        qk_mask one = qk_ct_is(db[i], 1);
        one_at = qk_ct_select(searching & one, i, one_at);
        good &= qk_ct_is_zero(db[i]) | one | ~searching;
        searching &= ~one;
    }
    return decoded(good & ~searching, 1 + hash + one_at + 1, out_start);
}

/* ---- PSS ---- */

/* How an encoded message of PSS lies in `em`. */
typedef struct pss_layout {
    size_t hash, salt, db_len;
    uint8_t *db, *h;    /* maskedDB; the hash after it */
    uint8_t first_mask; /* bits of db[0] that may be set */
} pss_layout;

static qk_err pss_lay_out(const qk_mech_use *use, qk_view digest, unsigned modulus_bits, qk_em em, pss_layout *out)
{
    size_t hash = hash_len(use->pss.hash), em_bits = modulus_bits - 1, em_len = (em_bits + 7) / 8;

    if (hash == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "PSS: this hash is not available");
    if (digest.len != hash)
        return qk_fail(QK_E_BAD_LENGTH, "PSS: a digest of %zu bytes; the hash makes %zu", digest.len, hash);
    if (use->pss.salt_len > em_len || em_len < hash + use->pss.salt_len + 2)
        return qk_fail(QK_E_KEY_SIZE, "PSS: hash and salt of %zu bytes do not fit an RSA key of %u bits",
                       use->pss.salt_len, modulus_bits);
    out->hash = hash;
    out->salt = use->pss.salt_len;
    out->db = em.data + (em.len - em_len); /* one zero byte comes first if em_bits is a multiple of 8 */
    out->db_len = em_len - hash - 1;
    out->h = out->db + out->db_len;
    out->first_mask = (uint8_t)(0xff >> (8 * em_len - em_bits));
    return QK_OK;
}

/* H = Hash(00 00 00 00 00 00 00 00 || mHash || salt) */
static qk_err pss_hash(const qk_mech_use *use, qk_view digest, qk_view salt, uint8_t out[HASH_MOST])
{
    uint8_t input[8 + HASH_MOST + QK_RSA_MAX_LEN] = { 0 };
    size_t len;

    append(append(input + 8, digest), salt);
    return qk_digest_once(use->pss.hash, qk_view_of(input, 8 + digest.len + salt.len), out, &len);
}

qk_err qk_pss_encode(const qk_mech_use *use, qk_view digest, unsigned modulus_bits, qk_em em)
{
    uint8_t h[HASH_MOST];
    pss_layout at;

    QK_TRY(pss_lay_out(use, digest, modulus_bits, em, &at)); /* step 3 */
    uint8_t *salt = at.h - at.salt;
    memset(em.data, 0, (size_t)(salt - em.data));
    if (at.salt > 0)
        QK_TRY(draw(salt, at.salt));                             /* step 4 */
    QK_TRY(pss_hash(use, digest, qk_view_of(salt, at.salt), h)); /* steps 5, 6 */
    memcpy(at.h, h, at.hash);
    salt[-1] = 0x01;                                                                  /* steps 7, 8 */
    QK_TRY(mgf1_xor(use->pss.mgf_hash, qk_view_of(at.h, at.hash), at.db, at.db_len)); /* steps 9, 10 */
    at.db[0] &= at.first_mask;                                                        /* step 11 */
    at.h[at.hash] = 0xbc;                                                             /* step 12 */
    return QK_OK;
}

qk_err qk_pss_verify(const qk_mech_use *use, qk_view digest, unsigned modulus_bits, qk_em em)
{
    uint8_t h[HASH_MOST];
    pss_layout at;
    bool well;

    QK_TRY(pss_lay_out(use, digest, modulus_bits, em, &at)); /* steps 2, 3 */
    well = at.h[at.hash] == 0xbc && (at.db[0] & ~at.first_mask) == 0 && (at.db == em.data || em.data[0] == 0);
    QK_TRY(mgf1_xor(use->pss.mgf_hash, qk_view_of(at.h, at.hash), at.db, at.db_len)); /* steps 7, 8 */
    at.db[0] &= at.first_mask;                                                        /* step 9 */
    const uint8_t *salt = at.h - at.salt;
    well = well && salt[-1] == 0x01 && qk_view_is_zero(qk_view_of(at.db, (size_t)(salt - 1 - at.db))); /* step 10 */
    QK_TRY(pss_hash(use, digest, qk_view_of(salt, at.salt), h)); /* steps 11 to 13 */
    if (!well || !qk_view_equal(qk_view_of(h, at.hash), qk_view_of(at.h, at.hash)))
        return qk_fail(QK_E_SIGNATURE_INVALID, "the PSS signature does not belong to this message and key");
    return QK_OK;
}
