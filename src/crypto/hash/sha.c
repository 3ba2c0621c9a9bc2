/* SPDX-License-Identifier: Apache-2.0 */
/* The hash functions' table and what they share: blocks, padding (FIPS 180-4, section 5.1), travelling states. */
#include "crypto/hash/sha.h"

#ifdef QK_OPENSSL_HAS_SHA
#define BLOCKS(name) qk_##name##_compress_openssl
#else
#define BLOCKS(name) qk_##name##_compress
#endif

#define SHA2_32 .block_len = 64, .word_len = 4, .words = 8, .compress = BLOCKS(sha256)
#define SHA3(bits, block)                                                                                              \
    {                                                                                                                  \
        .type = CKM_SHA3_##bits, .digest_len = (bits) / 8, .block_len = (block), .word_len = 8, .words = 25,           \
        .sponge = true, .compress = qk_sha3_##bits##_compress                                                          \
    }
#define SHA2_64 .block_len = 128, .word_len = 8, .words = 8, .compress = BLOCKS(sha512)

/* Initial values: section 5.3. */
static const qk_sha_kind kinds[] = {
    { .type = CKM_SHA_1,
      .digest_len = 20,
      .block_len = 64,
      .word_len = 4,
      .words = 5,
      .compress = BLOCKS(sha1),
      .start.w32 = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } },
    { .type = CKM_SHA224,
      .digest_len = 28,
      SHA2_32,
      .start.w32 = { 0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939, 0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4 } },
    { .type = CKM_SHA256,
      .digest_len = 32,
      SHA2_32,
      .start.w32 = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 } },
    { .type = CKM_SHA384,
      .digest_len = 48,
      SHA2_64,
      .start.w64 = { 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31,
                     0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 } },
    { .type = CKM_SHA512,
      .digest_len = 64,
      SHA2_64,
      .start.w64 = { 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
                     0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 } },
    { .type = CKM_SHA512_224,
      .digest_len = 28,
      SHA2_64,
      .start.w64 = { 0x8c3d37c819544da2, 0x73e1996689dcd4d6, 0x1dfab7ae32ff9c82, 0x679dd514582f9fcf, 0x0f6d2b697bd44da8,
                     0x77e36f7304c48942, 0x3f9d85a86a1d36c8, 0x1112e6ad91d692a1 } },
    { .type = CKM_SHA512_256,
      .digest_len = 32,
      SHA2_64,
      .start.w64 = { 0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd, 0x96283ee2a88effe3,
                     0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2 } },
    SHA3(224, 144),
    SHA3(256, 136),
    SHA3(384, 104),
    SHA3(512, 72),
};

static const struct {
    CK_MECHANISM_TYPE ibm, standard;
} aliases[] = {
    { CKM_IBM_SHA512_224, CKM_SHA512_224 }, { CKM_IBM_SHA512_256, CKM_SHA512_256 }, { CKM_IBM_SHA3_224, CKM_SHA3_224 },
    { CKM_IBM_SHA3_256, CKM_SHA3_256 },     { CKM_IBM_SHA3_384, CKM_SHA3_384 },     { CKM_IBM_SHA3_512, CKM_SHA3_512 },
};

const qk_sha_kind *qk_sha_find(CK_MECHANISM_TYPE digest)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (aliases[i].ibm == digest)
            digest = aliases[i].standard;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].type == digest)
            return &kinds[i];
    return NULL;
}

void qk_sha_init(qk_sha *sha, const qk_sha_kind *kind)
{
    sha->kind = kind;
    sha->chain = kind->start;
    sha->len = 0;
}

void qk_sha_update(qk_sha *sha, qk_view data)
{
    size_t block_len = sha->kind->block_len, waiting = (size_t)(sha->len % block_len), whole;

    if (data.len == 0)
        return;
    sha->len += data.len;
    if (waiting > 0) {
        size_t take = block_len - waiting < data.len ? block_len - waiting : data.len;

        memcpy(sha->block + waiting, data.data, take);
        if (waiting + take < block_len)
            return;
        sha->kind->compress(&sha->chain, sha->block, 1);
        data = qk_view_slice(data, take, data.len);
    }
    whole = data.len / block_len;
    sha->kind->compress(&sha->chain, data.data, whole);
    data = qk_view_slice(data, whole * block_len, block_len);
    if (data.len > 0)
        memcpy(sha->block, data.data, data.len);
}

static void put_word(uint8_t *out, uint64_t word, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(word >> (8 * (len - 1 - i)));
}

static uint64_t chain_word(const qk_sha *sha, size_t i)
{
    return sha->kind->word_len == 4 ? sha->chain.w32[i] : sha->chain.w64[i];
}

/* FIPS 180-4, 5.1: a one bit, zeros, and the length in bits in the last two words. Lengths stay below 2^64 bits: nobody
 * can hash more, and qk_sha_load refuses it. */
static void pad_with_length(qk_sha *sha, size_t waiting)
{
    const qk_sha_kind *kind = sha->kind;

    sha->block[waiting++] = 0x80;
    memset(sha->block + waiting, 0, kind->block_len - waiting);
    if (waiting > kind->block_len - 2 * kind->word_len) {
        kind->compress(&sha->chain, sha->block, 1);
        memset(sha->block, 0, kind->block_len);
    }
    put_word(sha->block + kind->block_len - 8, sha->len << 3, 8);
}

/* FIPS 202, 6.1 and B.2: the bits 01 that make it SHA-3, then 10...01. */
static void pad_sponge(qk_sha *sha, size_t waiting)
{
    memset(sha->block + waiting, 0, sha->kind->block_len - waiting);
    sha->block[waiting] = 0x06;
    sha->block[sha->kind->block_len - 1] |= 0x80;
}

static void put_digest(const qk_sha *sha, uint8_t digest[QK_SHA_MAX_DIGEST])
{
    const qk_sha_kind *kind = sha->kind;

    for (size_t i = 0; kind->sponge && i < kind->digest_len; i++)
        digest[i] = (uint8_t)(sha->chain.w64[i / 8] >> (8 * (i % 8)));
    for (size_t i = 0; !kind->sponge && i < kind->words; i++)
        put_word(digest + i * kind->word_len, chain_word(sha, i), kind->word_len);
}

void qk_sha_final(qk_sha *sha, uint8_t *out_digest)
{
    const qk_sha_kind *kind = sha->kind;
    uint8_t digest[QK_SHA_MAX_DIGEST];

    (kind->sponge ? pad_sponge : pad_with_length)(sha, (size_t)(sha->len % kind->block_len));
    kind->compress(&sha->chain, sha->block, 1);
    put_digest(sha, digest);
    memcpy(out_digest, digest, kind->digest_len);
    explicit_bzero(digest, sizeof digest);
}

void qk_sha_done(qk_sha *sha)
{
    explicit_bzero(sha, sizeof *sha);
}

void qk_sha_save(const qk_sha *sha, qk_buf *out)
{
    for (size_t i = 0; i < sha->kind->words; i++) {
        if (sha->kind->word_len == 4)
            qk_buf_put_u32(out, sha->chain.w32[i]);
        else
            qk_buf_put_u64(out, sha->chain.w64[i]);
    }
    qk_buf_put_u64(out, sha->len);
    qk_buf_put(out, qk_view_of(sha->block, (size_t)(sha->len % sha->kind->block_len)));
}

qk_err qk_sha_load(const qk_sha_kind *kind, qk_reader *reader, qk_sha *out)
{
    qk_sha sha = { .kind = kind };
    qk_view waiting;

    for (size_t i = 0; i < kind->words; i++) {
        if (kind->word_len == 4)
            sha.chain.w32[i] = qk_read_u32(reader);
        else
            sha.chain.w64[i] = qk_read_u64(reader);
    }
    sha.len = qk_read_u64(reader);
    waiting = qk_read(reader, (size_t)(sha.len % kind->block_len));
    if (reader->failed || sha.len >> 61 != 0) {
        qk_sha_done(&sha);
        return qk_fail(QK_E_STATE_INVALID, "a digest state is cut short or counts too many bytes");
    }
    if (waiting.len > 0)
        memcpy(sha.block, waiting.data, waiting.len);
    *out = sha;
    qk_sha_done(&sha);
    return QK_OK;
}
