/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers of the DRBGs of this OpenSSL, and that ours is one of them: OpenSSL's test generator, which hands out
 * what it was given, stands for the seed source. */
#include "entropy/pipeline_testing.h"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include "base/encoding.h"
#include "entropy/generator/generator.h"

/* A DRBG under test, with its parent. A personalisation of NULL would be OpenSSL's own. */
typedef struct bench {
    EVP_RAND_CTX *parent, *drbg;
} bench;

static void bench_done(bench *b)
{
    EVP_RAND_CTX_free(b->drbg);
    EVP_RAND_CTX_free(b->parent);
}

static EVP_RAND_CTX *rand_new(const char *name, EVP_RAND_CTX *parent)
{
    EVP_RAND *type = EVP_RAND_fetch(qk_openssl(), name, "provider=default");
    EVP_RAND_CTX *context = EVP_RAND_CTX_new(type, parent);

    EVP_RAND_free(type);
    assert_non_null(context);
    return context;
}

static void set_parent(const bench *b, const char *name, const char *hex)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    assert_qk_ok(qk_hex_read(hex, &bytes));
    OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(name, bytes.data, bytes.len),
                            OSSL_PARAM_construct_end() };
    assert_int_equal(EVP_RAND_CTX_set_params(b->parent, params), 1);
}

static bench hmac_drbg(const char *entropy, const char *nonce, const char *text)
{
    bench b;
    unsigned strength = 256;
    char digest[] = "SHA256", mac[] = "HMAC";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_MAC, mac, 0), OSSL_PARAM_construct_end() };
    OSSL_PARAM parent[] = { OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
                            OSSL_PARAM_construct_end() };

    b.parent = rand_new("TEST-RAND", NULL);
    assert_int_equal(EVP_RAND_CTX_set_params(b.parent, parent), 1);
    set_parent(&b, OSSL_RAND_PARAM_TEST_ENTROPY, entropy);
    set_parent(&b, OSSL_RAND_PARAM_TEST_NONCE, nonce);
    assert_int_equal(EVP_RAND_instantiate(b.parent, strength, 0, NULL, 0, NULL), 1);
    b.drbg = rand_new("HMAC-DRBG", b.parent);
    assert_int_equal(EVP_RAND_instantiate(b.drbg, strength, 0, (const unsigned char *)text, strlen(text), params), 1);
    return b;
}

static void draw(const bench *b, const char *additional, uint8_t *out, size_t len)
{
    assert_int_equal(EVP_RAND_generate(b->drbg, out, len, 256, 0, (const unsigned char *)additional,
                                       additional ? strlen(additional) : 0),
                     1);
}

static void assert_hex(const uint8_t *actual, size_t len, const char *expected)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    assert_qk_ok(qk_hex_read(expected, &bytes));
    assert_int_equal(bytes.len, len);
    assert_memory_equal(actual, bytes.data, len);
}

/* NIST CAVS, HMAC_DRBG with SHA-256, no prediction resistance, first count. */
static void hmac_drbg_gives_the_answer_of_nist(void **state)
{
    QK_OWNED(bench_done)
    bench b = hmac_drbg("ca851911349384bffe89de1cbdc46e6831e44d34a4fb935ee285dd14b71a7488",
                        "659ba96c601dc69fc902940805ec0ca8", "");
    uint8_t out[128];

    (void)state;
    draw(&b, NULL, out, sizeof out);
    draw(&b, NULL, out, sizeof out);
    assert_hex(out, sizeof out,
               "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d5b89d54fbb978a15b5c443c9ec21036d2460b6f73e"
               "bad0dc2aba6e624abf07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162c8b5ccde0668961df8680348"
               "2cb37ed6d5c0bb8d50cf1f50d476aa0458bdaba806f48be9dcb8");
}

/* The project's entropy rules, section 11.1: personalisation, additional input and reseed. */
static void hmac_drbg_takes_text_additional_input_and_reseeds(void **state)
{
    QK_OWNED(bench_done)
    bench b = hmac_drbg("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                        "202122232425262728292a2b2c2d2e2f", "spec");
    uint8_t out[48];

    (void)state;
    draw(&b, NULL, out, 16);
    assert_hex(out, 16, "6d8657a3394d8c44eefb807fa97d43e1");
    draw(&b, "additional", out, 48);
    assert_hex(out, 48,
               "dd0cefee226d241e885757d4de6d6d29f0b6b3ba8f0738c37490c518cf05f83eb9d2d5a7f28aaeba6aa131963c492a28");
    set_parent(&b, OSSL_RAND_PARAM_TEST_ENTROPY, "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");
    assert_int_equal(EVP_RAND_reseed(b.drbg, 0, NULL, 0, NULL, 0), 1);
    draw(&b, NULL, out, 32);
    assert_hex(out, 32, "9f7e65879f576ab9bf4bf236b0e572e89a59c4a870aae1edb9e9d3bc4d07a0df");
}

/* ---- CTR_DRBG ---- */

/* Computed apart from OpenSSL, with the steps of SP 800-90A 10.2.1 and 10.3.2 in Python over a plain AES. */
static void our_ctr_drbg_gives_the_answer_of_the_standard(void **state)
{
    unsigned strength = 256, requests = 0;
    int derivation_function = 1;
    char cipher[] = "AES-256-CTR";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_DRBG_PARAM_CIPHER, cipher, 0),
                            OSSL_PARAM_construct_int(OSSL_DRBG_PARAM_USE_DF, &derivation_function),
                            OSSL_PARAM_construct_uint(OSSL_DRBG_PARAM_RESEED_REQUESTS, &requests),
                            OSSL_PARAM_construct_end() };
    OSSL_PARAM parent[] = { OSSL_PARAM_construct_uint(OSSL_RAND_PARAM_STRENGTH, &strength),
                            OSSL_PARAM_construct_end() };
    QK_OWNED(bench_done) bench b = { .parent = rand_new("TEST-RAND", NULL) };
    uint8_t out[64];

    (void)state;
    assert_int_equal(EVP_RAND_CTX_set_params(b.parent, parent), 1);
    set_parent(&b, OSSL_RAND_PARAM_TEST_ENTROPY, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    set_parent(&b, OSSL_RAND_PARAM_TEST_NONCE, "202122232425262728292a2b2c2d2e2f");
    assert_int_equal(EVP_RAND_instantiate(b.parent, strength, 0, NULL, 0, NULL), 1);
    b.drbg = rand_new("CTR-DRBG", b.parent);
    assert_int_equal(EVP_RAND_instantiate(b.drbg, strength, 0, (const unsigned char *)"", 0, params), 1);
    draw(&b, NULL, out, 64);
    assert_hex(out, 64,
               "7ad7f0612b3eef3e51f8b3517deca58df1dbb97783e8b2930334c5c76cd7161268f055e64dc811da093af4d36c943982e735"
               "34533239ddcde72c40662e151179");
    draw(&b, "additional", out, 48);
    assert_hex(out, 48,
               "76abd07f710e63b32e1a30de7907cb420d587b1319b32b2a4de5f379b2bb8892ecc5bc73451292b80b643e7d897b1a07");
    set_parent(&b, OSSL_RAND_PARAM_TEST_ENTROPY, "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f");
    assert_int_equal(EVP_RAND_reseed(b.drbg, 0, NULL, 0, NULL, 0), 1);
    draw(&b, NULL, out, 32);
    assert_hex(out, 32, "1846949619eaaad6bee8c41975ce0768357739306113790026c4bb8ab03b510d");
}

/* The whole way, from a source's bytes to a caller's: conditioned block, seed of the DRBG, first output. Computed apart
 * from this code from the same bytes. */
static void the_first_bytes_are_ctr_drbg_over_the_conditioned_source(void **state)
{
    qk_source_config source = feed(0, 1, 0);
    uint8_t out[200];

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_random_bytes(out, sizeof out));
    stop_all();
    assert_qk_ok(qk_crypto_start());
    assert_hex(out, 200,
               "501c4a5f43d4cd9c5913bbfe0049f2f704fc88ab07fbef48e33a3ab5795d736cc8945310ef42b44a8dbb7bbe5bfec1d9547b"
               "a8134467c2a6e38503cb31b4bfd2fbed44b4b896a6b16db4d991a91c7cbb3c6c1575772209748f0d2bb15c45d5755d0259de"
               "f48119d3a357d54913c994cab8a12e5a1fedb504a8113c3b10d121576bc89d51d937f538aa968064d90b03d3962847c5ba19"
               "ef043bf4e4fff78db5c1d763e58e1086b19e798453778c57a840043f6fb9d88ccfbbbc747239d464bfb30cf69d586902391f");
}

/* Long and short draws in any order: 2^17 bits at most, those counted that were drawn ahead. */
static void no_seed_gives_more_than_2_to_17_bits(void **state)
{
    enum { MOST = (1 << 17) / 8 };
    qk_source_config source = feed(0, 1, 0);
    qk_generator *generator = NULL;
    uint8_t out[MOST];

    (void)state;
    start_with(&source, 1, false);
    assert_qk_ok(qk_generator_new(&generator));
    for (size_t first = 1; first < 600; first += 37) {
        uint64_t seeds;
        size_t given = MOST - first;

        assert_qk_ok(qk_generator_reseed(generator, QK_VIEW_NONE));
        seeds = qk_generator_seeds(generator);
        assert_qk_ok(qk_generator_draw(generator, out, MOST - first));
        assert_int_equal(qk_generator_seeds(generator), seeds);
        for (; qk_generator_seeds(generator) == seeds; given += 100)
            assert_qk_ok(qk_generator_draw(generator, out, 100));
        assert_true(given - 100 <= MOST); /* the last hundred came from the next seed */
    }
    qk_generator_free(&generator);
    stop_all();
    assert_qk_ok(qk_crypto_start());
}

static int start(void **state)
{
    return make_test_folder(state) == 0 && qk_crypto_start() == QK_OK ? 0 : -1;
}

static int stop(void **state)
{
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_drbg_gives_the_answer_of_nist),
        cmocka_unit_test(hmac_drbg_takes_text_additional_input_and_reseeds),
        cmocka_unit_test(our_ctr_drbg_gives_the_answer_of_the_standard),
        cmocka_unit_test(no_seed_gives_more_than_2_to_17_bits),
        cmocka_unit_test(the_first_bytes_are_ctr_drbg_over_the_conditioned_source),
    };
    return cmocka_run_group_tests_name("generator", tests, start, stop);
}
