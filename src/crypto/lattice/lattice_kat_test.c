/* SPDX-License-Identifier: Apache-2.0 */
/* The response files that the submissions to NIST's process came with: 100 records each, made here line by line and
 * compared by digest. Origin of the digests: the round 2 submission of Dilithium, IBM's mlca repository, PQClean and
 * liboqs. Those marked "own" have no published counterpart: another implementation of ours made them, that agrees with
 * all the published ones. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/kyber.h"

enum { RECORDS = 100, SEED = 48, MESSAGE_MAX = 33 * RECORDS };

typedef struct record_file {
    EVP_MD_CTX *digest;
} record_file;

static void put(record_file *file, const char *text)
{
    EVP_DigestUpdate(file->digest, text, strlen(text));
}

static void put_number(record_file *file, const char *name, size_t number)
{
    char line[64];

    snprintf(line, sizeof line, "%s = %zu\n", name, number);
    put(file, line);
}

/* Upper case. */
static void put_hex(record_file *file, const char *name, const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
    static char text[2 * (8192 + MESSAGE_MAX) + 1];

    qk_hex_write(qk_view_of(a, a_len), text);
    qk_hex_write(qk_view_of(b, b_len), text + 2 * a_len);
    for (char *c = text; *c; c++)
        *c = (char)(*c >= 'a' ? *c - 'a' + 'A' : *c);
    put(file, name);
    put(file, " = ");
    put(file, text);
    put(file, "\n");
}

static void begin(record_file *file, const char *header, kat_drbg *outer)
{
    uint8_t seed[SEED];

    file->digest = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(file->digest, EVP_sha256(), NULL), 1);
    put(file, header);
    put(file, "\n\n");
    count_up(seed, SEED, 0);
    kat_drbg_init(outer, seed);
}

static void assert_digest(record_file *file, const char *wanted)
{
    uint8_t digest[32];
    char text[65];

    assert_int_equal(EVP_DigestFinal_ex(file->digest, digest, NULL), 1);
    EVP_MD_CTX_free(file->digest);
    qk_hex_write(qk_view_of(digest, sizeof digest), text);
    assert_string_equal(text, wanted);
}

static void sign_record(record_file *file, const qk_dilithium_set *set, bool hedged, unsigned count,
                        const uint8_t seed[SEED], qk_view message)
{
    static uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX];
    static uint8_t signature[QK_DILITHIUM_SIGNATURE_MAX], drawn[96], random[32];
    qk_dilithium_signer *signer = NULL;
    kat_drbg drbg;

    kat_drbg_init(&drbg, seed);
    kat_drbg_request(&drbg, drawn, set->seed_len);
    if (hedged)
        kat_drbg_request(&drbg, random, sizeof random);
    assert_qk_ok(qk_dilithium_generate(set, qk_view_of(drawn, set->seed_len), public_key, private_key));
    assert_qk_ok(qk_dilithium_signer_new(set, qk_view_of(private_key, set->private_len), &signer));
    assert_qk_ok(
        qk_dilithium_sign(signer, &(qk_dilithium_message){ .bytes = message }, hedged ? random : NULL, signature));
    qk_dilithium_signer_free(&signer);
    put_number(file, "count", count);
    put_hex(file, "seed", seed, SEED, NULL, 0);
    put_number(file, "mlen", message.len);
    put_hex(file, "msg", message.data, message.len, NULL, 0);
    put_hex(file, "pk", public_key, set->public_len, NULL, 0);
    put_hex(file, "sk", private_key, set->private_len, NULL, 0);
    put_number(file, "smlen", set->signature_len + message.len);
    put_hex(file, "sm", signature, set->signature_len, message.data, message.len);
    put(file, "\n");
}

static void sign_file(qk_dilithium_id id, const char *header, bool hedged, const char *wanted)
{
    static uint8_t seeds[RECORDS][SEED], messages[RECORDS][MESSAGE_MAX];
    record_file file;
    kat_drbg outer;

    FOR_EACH_BACKEND(table)
    {
        begin(&file, header, &outer);
        for (unsigned i = 0; i < RECORDS; i++) {
            kat_drbg_request(&outer, seeds[i], SEED);
            kat_drbg_request(&outer, messages[i], 33 * (i + 1));
        }
        for (unsigned i = 0; i < RECORDS; i++)
            sign_record(&file, qk_dilithium_set_find(id), hedged, i, seeds[i], qk_view_of(messages[i], 33 * (i + 1)));
        assert_digest(&file, wanted);
    }
}

static void kem_record(record_file *file, const qk_kyber_set *set, unsigned count, const uint8_t seed[SEED])
{
    static uint8_t public_key[QK_KYBER_PUBLIC_MAX], private_key[QK_KYBER_PRIVATE_MAX];
    static uint8_t ciphertext[QK_KYBER_CIPHERTEXT_MAX], shared[32], opened[32], drawn[64], coins[32];
    qk_kyber_sealer *sealer = NULL;
    qk_kyber_opener *opener = NULL;
    kat_drbg drbg;

    kat_drbg_init(&drbg, seed);
    if (set->generation == QK_KYBER_FIPS203) {
        kat_drbg_request(&drbg, drawn, 64);
    } else {
        kat_drbg_request(&drbg, drawn, 32);
        kat_drbg_request(&drbg, drawn + 32, 32);
    }
    kat_drbg_request(&drbg, coins, 32);
    assert_qk_ok(qk_kyber_generate(set, qk_view_of(drawn, 64), public_key, private_key));
    assert_qk_ok(qk_kyber_sealer_new(set, qk_view_of(public_key, set->public_len), &sealer));
    assert_qk_ok(qk_kyber_opener_new(set, qk_view_of(private_key, set->private_len), &opener));
    qk_kyber_seal(sealer, coins, ciphertext, shared);
    assert_qk_ok(qk_kyber_open(opener, qk_view_of(ciphertext, set->ciphertext_len), opened));
    assert_memory_equal(opened, shared, 32);
    qk_kyber_sealer_free(&sealer);
    qk_kyber_opener_free(&opener);
    put_number(file, "count", count);
    put_hex(file, "seed", seed, SEED, NULL, 0);
    put_hex(file, "pk", public_key, set->public_len, NULL, 0);
    put_hex(file, "sk", private_key, set->private_len, NULL, 0);
    put_hex(file, "ct", ciphertext, set->ciphertext_len, NULL, 0);
    put_hex(file, "ss", shared, 32, NULL, 0);
    put(file, "\n");
}

static void kem_file(qk_kyber_id id, const char *header, const char *wanted)
{
    uint8_t seed[SEED];
    record_file file;
    kat_drbg outer;

    FOR_EACH_BACKEND(table)
    {
        begin(&file, header, &outer);
        for (unsigned i = 0; i < RECORDS; i++) {
            kat_drbg_request(&outer, seed, SEED);
            kem_record(&file, qk_kyber_set_find(id), i, seed);
        }
        assert_digest(&file, wanted);
    }
}

static void the_generator_gives_its_check_value(void **state)
{
    uint8_t seed[SEED], out[SEED];
    char text[2 * SEED + 1];
    kat_drbg drbg;

    (void)state;
    count_up(seed, SEED, 0);
    kat_drbg_init(&drbg, seed);
    kat_drbg_request(&drbg, out, SEED);
    qk_hex_write(qk_view_of(out, SEED), text);
    assert_string_equal(text, "061550234d158c5ec95595fe04ef7a25767f2e24cc2bc479d09d86dc9abcfde7056a8c266f9ef97ed08541"
                              "dbd2e1ffa1");
}

#define SIGN_FILE(name, id, header, hedged, digest)                                                                    \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        sign_file(id, header, hedged, digest);                                                                         \
    }
#define KEM_FILE(name, id, header, digest)                                                                             \
    static void name(void **state)                                                                                     \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        kem_file(id, header, digest);                                                                                  \
    }

/* clang-format off */
SIGN_FILE(round_2_of_54_is_the_submissions, QK_DILITHIUM_R2_54, "# Dilithium3", false,
          "37a16744627f2566180a547d022f03a36d22c50080303027179751070e626c72")
SIGN_FILE(round_2_of_65_is_the_submissions, QK_DILITHIUM_R2_65, "# Dilithium4", false,
          "4c2e6d7c8675e9345e3ab7036a4e9fb786549d242462ba9b68f58db94e84147a")
SIGN_FILE(round_2_of_87_is_our_own, QK_DILITHIUM_R2_87, "# Dilithium87_R2", false, /* own */
          "a750008a064ce105b4186da7d1677d7a11c5efb76a3106a86f784bea31f8545e")
SIGN_FILE(round_3_of_44_is_published, QK_DILITHIUM_R3_44, "# Dilithium2", false,
          "38ed991c5ca11e39ab23945ca37af89e059d16c5474bf8ba96b15cb4e948af2a")
SIGN_FILE(round_3_of_65_is_published, QK_DILITHIUM_R3_65, "# Dilithium3", false,
          "8196b32212753f525346201ffec1c7a0a852596fa0b57bd4e2746231dab44d55")
SIGN_FILE(round_3_of_87_is_published, QK_DILITHIUM_R3_87, "# Dilithium5", false,
          "7ded97a6e6c809b43b54c248171d7504fa6a0cab651bf288bb00034782667481")
SIGN_FILE(ml_dsa_44_hedged_is_published, QK_ML_DSA_44, "# Dilithium2", true,
          "1d29c3b4ec68e3455f87f49b3386a2a6fc5e167c76e476c4770317ffbb97d242")
SIGN_FILE(ml_dsa_65_hedged_is_published, QK_ML_DSA_65, "# Dilithium3", true,
          "3c9427c9939788031cbaf2cdfa3e49c1e69ead5584516ad513567a4880fa64b6")
SIGN_FILE(ml_dsa_87_hedged_is_published, QK_ML_DSA_87, "# Dilithium5", true,
          "8f35a98d3672e89fe8b4d461ff62a145edfe972e515a9bccec248b7899b718ec")
SIGN_FILE(ml_dsa_44_deterministic_is_our_own, QK_ML_DSA_44, "# Dilithium2", false, /* own */
          "14f92c48abc0d63ea263cce3c83183c8360c6ede7cbd5b65bd7c6f31e38f0ea5")
SIGN_FILE(ml_dsa_65_deterministic_is_our_own, QK_ML_DSA_65, "# Dilithium3", false, /* own */
          "595a8eff6988159c94eb5398294458c5d27d21c994fb64cadbee339173abcf63")
SIGN_FILE(ml_dsa_87_deterministic_is_our_own, QK_ML_DSA_87, "# Dilithium5", false, /* own */
          "35e2ce3d88b3311517bf8d41aa2cd24aa0fbda2bb8052ca8af4ad8d7c7344074")
KEM_FILE(kyber_round_2_of_512_is_our_own, QK_KYBER_R2_512, "# Kyber512", /* own */
         "0da040de6aa757004315e18bfca4f25f6f9cd86e676bc87feb44cd87f3687db8")
KEM_FILE(kyber_round_2_of_768_is_published, QK_KYBER_R2_768, "# Kyber768_R2",
         "556375ac25990b3b39cd144bb2343f0b88b795e8c871b920ad11559bb726ad33")
KEM_FILE(kyber_round_2_of_1024_is_published, QK_KYBER_R2_1024, "# Kyber1024_R2",
         "c8d79ba6683f06a059cc19772f7c90547984ef6840754e04a5ffc882598c6363")
KEM_FILE(ml_kem_512_is_our_own, QK_ML_KEM_512, "# Kyber512", /* own */
         "a30184edee53b3b009356e1e31d7f9e93ce82550e3c622d7192e387b0cc84f2e")
KEM_FILE(ml_kem_768_is_published, QK_ML_KEM_768, "# Kyber768",
         "729367b590637f4a93c68d5e4a4d2e2b4454842a52c9eec503e3a0d24cb66471")
KEM_FILE(ml_kem_1024_is_published, QK_ML_KEM_1024, "# Kyber1024",
         "3fba7327d0320cb6134badf2a1bcb963a5b3c0026c7dece8f00d6a6155e47b33")
/* clang-format on */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_generator_gives_its_check_value),
        cmocka_unit_test(round_2_of_54_is_the_submissions),
        cmocka_unit_test(round_2_of_65_is_the_submissions),
        cmocka_unit_test(round_2_of_87_is_our_own),
        cmocka_unit_test(round_3_of_44_is_published),
        cmocka_unit_test(round_3_of_65_is_published),
        cmocka_unit_test(round_3_of_87_is_published),
        cmocka_unit_test(ml_dsa_44_hedged_is_published),
        cmocka_unit_test(ml_dsa_65_hedged_is_published),
        cmocka_unit_test(ml_dsa_87_hedged_is_published),
        cmocka_unit_test(ml_dsa_44_deterministic_is_our_own),
        cmocka_unit_test(ml_dsa_65_deterministic_is_our_own),
        cmocka_unit_test(ml_dsa_87_deterministic_is_our_own),
        cmocka_unit_test(kyber_round_2_of_512_is_our_own),
        cmocka_unit_test(kyber_round_2_of_768_is_published),
        cmocka_unit_test(kyber_round_2_of_1024_is_published),
        cmocka_unit_test(ml_kem_512_is_our_own),
        cmocka_unit_test(ml_kem_768_is_published),
        cmocka_unit_test(ml_kem_1024_is_published),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
