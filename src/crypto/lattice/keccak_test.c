/* SPDX-License-Identifier: Apache-2.0 */
/* Known answers: FIPS 202's functions of the empty string; the others are OpenSSL's. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/keccak.h"

static void assert_starts(const uint8_t *bytes, const char *hex)
{
    char text[2 * 64 + 1];

    qk_hex_write(qk_view_of(bytes, strlen(hex) / 2), text);
    assert_string_equal(text, hex);
}

static void the_empty_string_has_its_known_hashes(void **state)
{
    qk_keccak sponge;
    uint8_t out[64];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        qk_keccak_begin(&sponge, QK_SHAKE128_RATE);
        qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
        qk_keccak_squeeze(&sponge, out, 16);
        assert_starts(out, "7f9c2ba4e88f827d616045507605853e");
        qk_shake256(NULL, 0, NULL, 0, out, 16);
        assert_starts(out, "46b9dd2b0ba88d13233b3feb743eeb24");
        qk_sha3_256(NULL, 0, out);
        assert_starts(out, "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
        qk_sha3_512(NULL, 0, NULL, 0, out);
        assert_starts(out, "a69f73cca23a9ac5c8b567dc185a756e");
    }
}

static void shake256_of_openssl(const uint8_t *bytes, size_t len, uint8_t *out, size_t out_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    assert_int_equal(EVP_DigestInit_ex(context, EVP_shake256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, bytes, len), 1);
    assert_int_equal(EVP_DigestFinalXOF(context, out, out_len), 1);
    EVP_MD_CTX_free(context);
}

/* All lengths around a block, and every way to cut input and output in two. */
static void pieces_make_the_same_stream_as_the_whole(void **state)
{
    uint8_t input[300], wanted[300], out[300];
    qk_keccak sponge;

    (void)state;
    count_up(input, sizeof input, 7);
    for (size_t len = 0; len < sizeof input; len++) {
        shake256_of_openssl(input, len, wanted, sizeof wanted);
        for (size_t cut = 0; cut <= len; cut += 1 + len / 7) {
            qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
            qk_keccak_absorb(&sponge, input, cut);
            qk_keccak_absorb(&sponge, input + cut, len - cut);
            qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
            qk_keccak_squeeze(&sponge, out, cut);
            qk_keccak_squeeze(&sponge, out + cut, sizeof out - cut);
            assert_memory_equal(out, wanted, sizeof out);
        }
    }
}

static void four_sponges_are_four_times_one(void **state)
{
    static const uint16_t nonces[4] = { 0, 0x0102, 0xff00, 0xffff };
    static uint8_t four[4][3 * QK_SHAKE256_RATE], one[3 * QK_SHAKE256_RATE];
    uint8_t *const out[4] = { four[0], four[1], four[2], four[3] };
    uint8_t prefix[66];
    qk_keccak4 sponges;

    (void)state;
    count_up(prefix, sizeof prefix, 1);
    FOR_EACH_BACKEND(table)
    {
        for (size_t nonce_len = 1; nonce_len <= 2; nonce_len++) {
            qk_keccak4_begin(&sponges, QK_SHAKE256_RATE, prefix, 64, nonces, nonce_len);
            qk_keccak4_squeeze(&sponges, out, 3);
            for (unsigned j = 0; j < 4; j++) {
                prefix[64] = (uint8_t)nonces[j];
                prefix[65] = (uint8_t)(nonces[j] >> 8);
                qk_shake256(prefix, 64 + nonce_len, NULL, 0, one, sizeof one);
                assert_memory_equal(four[j], one, sizeof one);
            }
        }
    }
}

static void every_table_of_the_machine_is_visited(void **state)
{
    const qk_lattice_backend_table *best = qk_lattice_backend();
    size_t count = 0;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        assert_ptr_equal(qk_lattice_backend(), table);
        assert_ptr_equal(qk_lattice_backend_at(count), table);
        count++;
    }
    assert_true(count >= 1 && !qk_lattice_backend_at(count));
    assert_ptr_equal(qk_lattice_backend(), best);
    assert_string_equal(qk_lattice_backend_at(0)->name, "portable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_empty_string_has_its_known_hashes),
        cmocka_unit_test(pieces_make_the_same_stream_as_the_whole),
        cmocka_unit_test(four_sponges_are_four_times_one),
        cmocka_unit_test(every_table_of_the_machine_is_visited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
