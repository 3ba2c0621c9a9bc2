/* SPDX-License-Identifier: Apache-2.0 */
/* TLS. Known answers: the pseudo-random function's vector for SHA-256 that was published on the TLS working group's
 * list (2009); for TLS 1.0 and 1.1 NIST's (CAVP, SP 800-135, TLS); the others were computed by another implementation,
 * in Python. */
#include "crypto/derive/derive.h"

#include "crypto/testing.h"

static const char *const pre_master_hex = ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                           "202122232425262728292a2b2c2d2e2f");
static const char *const master_hex = ("bf2551a89a700d5408b099b3d733fd2a9f44a59f47bec76b219de5796d273c6f"
                                       "8e1cf456a7689d195e9894b193822fc3");
static uint8_t client_random[32], server_random[32], hash[48];

static int setup(void **state)
{
    memset(client_random, 0x11, sizeof client_random);
    memset(server_random, 0x22, sizeof server_random);
    return crypto_setup(state);
}

static qk_mech_use tls_use(CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE digest)
{
    qk_mech_use use = use_of(type);

    use.tls.hash = digest;
    use.tls.client_random = qk_view_of(client_random, sizeof client_random);
    use.tls.server_random = qk_view_of(server_random, sizeof server_random);
    return use;
}

static void assert_derived(const char *base_hex, const qk_mech_use *use, size_t len, const char *expected)
{
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, base_hex), *made = NULL;
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, len, NULL };

    assert_int_equal(qk_mech_use_check(use, QK_DERIVE), QK_OK);
    assert_int_equal(qk_crypto_derive(base, use, &wanted, &made), QK_OK);
    assert_hex(qk_secret_reveal(&made->value), expected);
}

static void the_published_vector_comes_out(void **state)
{
    qk_mech_use use = use_of(CKM_TLS_KDF);
    QK_OWNED(qk_buf_done) qk_buf seed = unhex("a0ba9f936cda311827a6f796ffd5198c");

    (void)state;
    use.tls.hash = CKM_SHA256;
    use.tls.label = QK_VIEW_LITERAL("test label");
    use.tls.client_random = qk_view_slice(qk_buf_view(&seed), 0, 8);
    use.tls.server_random = qk_view_slice(qk_buf_view(&seed), 8, 8);
    assert_derived("9bbe436ba940f017b17652849a71db35", &use, 100,
                   "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0f"
                   "a022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff7018734"
                   "7b66");
}

static void a_master_secret_is_derived(void **state)
{
    qk_mech_use use = tls_use(CKM_TLS12_MASTER_KEY_DERIVE, CKM_SHA256),
                dh = tls_use(CKM_TLS12_MASTER_KEY_DERIVE_DH, CKM_SHA256),
                extended = tls_use(CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE, CKM_SHA384);
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, "00010203"), *made = NULL;
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 48, NULL };

    (void)state;
    memset(hash, 0x33, sizeof hash);
    extended.tls.context = qk_view_of(hash, sizeof hash);
    assert_derived(pre_master_hex, &use, 0, master_hex);
    assert_derived(pre_master_hex, &dh, 48, master_hex);
    assert_derived(pre_master_hex, &extended, 0,
                   "926db60940dfb7586f3de417040614da78fb4846f9023b79c12e08405b4c29877b781fadf24d7413c9753e69e2ab35b3");
    assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_E_KEY_SIZE);
    assert_int_equal(qk_crypto_derive(base, &dh, &wanted, &made), QK_OK);
    qk_key_unref(&made);
    wanted.len = 32;
    assert_int_equal(qk_crypto_derive(base, &dh, &wanted, &made), QK_E_TEMPLATE_INCONSISTENT);
    wanted = (qk_key_wanted){ CKO_SECRET_KEY, CKK_AES, 0, NULL };
    assert_int_equal(qk_crypto_derive(base, &dh, &wanted, &made), QK_E_TEMPLATE_INCONSISTENT);
}

static void the_keys_of_a_connection_are_cut_in_their_order(void **state)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *master = secret_key_hex(CKK_GENERIC_SECRET, master_hex);
    qk_key_wanted wanted[] = { { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 20, NULL },
                               { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 20, NULL },
                               { CKO_SECRET_KEY, CKK_AES, 16, NULL },
                               { CKO_SECRET_KEY, CKK_AES, 16, NULL } };
    static const char *const expected[] = { "b78bf22c34f80793432e769ce1c38570980bb56b",
                                            "9e230b59338bbd84711c1f26e336a7de011ac693",
                                            "48a29747accde77bf66194b53bdf9732", "97f6c5bad324d759d4c0f6fac8f11754" };
    qk_mech_use use = tls_use(CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_SHA256);
    qk_key *made[4], *one = NULL;
    qk_view ivs;

    (void)state;
    qk_arena_init(&arena, 0);
    use.tls.mac_bits = 160;
    use.tls.key_bits = use.tls.iv_bits = 128;
    assert_int_equal(qk_crypto_derive_keys(master, &use, wanted, 4, &arena, made, &ivs), QK_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_hex(qk_secret_reveal(&made[i]->value), expected[i]);
        qk_key_unref(&made[i]);
    }
    assert_hex(ivs, "2a99e7c31800150f6d241cb0a67a800ba5b5faa74e691394b1de465941e2efc5");
    wanted[0].len = wanted[1].len = 0;
    assert_int_equal(qk_crypto_derive_keys(master, &use, wanted, 4, &arena, made, &ivs), QK_OK);
    assert_null(made[0]);
    assert_hex(qk_secret_reveal(&made[2]->value), "b78bf22c34f80793432e769ce1c38570");
    qk_key_unref(&made[2]);
    qk_key_unref(&made[3]);
    wanted[2].len = 17;
    assert_int_equal(qk_crypto_derive_keys(master, &use, wanted, 4, &arena, made, &ivs), QK_E_KEY_SIZE);
    assert_int_equal(qk_crypto_derive_keys(master, &use, wanted, 3, &arena, made, &ivs), QK_E_MECHANISM_INVALID);
    assert_int_equal(qk_crypto_derive(master, &use, wanted, &one), QK_E_MECHANISM_INVALID);
}

/* Keys of one byte more each time would be told by their check values, a byte at a time. */
static void no_key_of_a_connection_is_short(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_TLS12_KEY_SAFE_DERIVE };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        qk_mech_use use = tls_use(types[i], CKM_SHA256);
        for (use.tls.mac_bits = 0; use.tls.mac_bits <= 160; use.tls.mac_bits += 8)
            for (use.tls.key_bits = 0; use.tls.key_bits <= 160; use.tls.key_bits += 8) {
                bool is_short = (use.tls.mac_bits > 0 && use.tls.mac_bits < 128) ||
                                (use.tls.key_bits > 0 && use.tls.key_bits < 128);
                bool is_none = use.tls.mac_bits == 0 && use.tls.key_bits == 0;
                assert_int_equal(qk_mech_use_check(&use, QK_DERIVE),
                                 is_short || is_none ? QK_E_MECHANISM_PARAM : QK_OK);
            }
    }
}

/* Types of one length take no other, or the keys behind them would begin elsewhere. */
static void a_connections_key_has_the_length_of_its_type(void **state)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *master = secret_key_hex(CKK_GENERIC_SECRET, master_hex);
    qk_mech_use use = tls_use(CKM_TLS12_KEY_AND_MAC_DERIVE, CKM_SHA256);
    qk_key_wanted wanted[4];
    qk_key *made[4];
    qk_view ivs;

    (void)state;
    qk_arena_init(&arena, 0);
    use.tls.mac_bits = 160;
    for (size_t len = 16; len <= 32; len += 8) {
        use.tls.key_bits = 8 * len;
        for (size_t i = 0; i < 4; i++)
            wanted[i] =
                (qk_key_wanted){ CKO_SECRET_KEY, i < 2 ? CKK_GENERIC_SECRET : CKK_DES3, i < 2 ? 20 : len, NULL };
        assert_int_equal(qk_crypto_derive_keys(master, &use, wanted, 4, &arena, made, &ivs),
                         len == 24 ? QK_OK : QK_E_KEY_SIZE);
        for (size_t i = 0; i < 4; i++)
            qk_key_unref(&made[i]);
    }
}

static void finished_is_made_and_checked(void **state)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *master = secret_key_hex(CKK_GENERIC_SECRET, master_hex);
    qk_mech_use use = use_of(CKM_TLS_MAC);
    qk_view mac, data = qk_view_of(hash, 32);

    (void)state;
    memset(hash, 0x44, sizeof hash);
    qk_arena_init(&arena, 0);
    use.tls.hash = CKM_SHA256;
    use.tls.mac_bits = 96;
    assert_int_equal(qk_crypto_sign(master, &use, data, &arena, &mac), QK_OK);
    assert_hex(mac, "05a85caa72e1ab7a61b13f2f");
    assert_int_equal(qk_crypto_output_len(master, &use, QK_SIGN, 32), 12);
    use.tls.server = true;
    assert_int_equal(qk_crypto_verify(master, &use, data, mac), QK_E_SIGNATURE_INVALID);
    assert_int_equal(qk_crypto_sign(master, &use, data, &arena, &mac), QK_OK);
    assert_hex(mac, "ff3e1a6fbedcdc76f4ab91e1");
    assert_int_equal(qk_crypto_verify(master, &use, data, mac), QK_OK);
    assert_int_equal(qk_crypto_verify(master, &use, data, qk_view_slice(mac, 0, 11)), QK_E_SIGNATURE_LENGTH);
}

static void exporters_take_a_context_and_no_label_of_the_protocol(void **state)
{
    qk_mech_use use = tls_use(CKM_TLS12_KDF, CKM_SHA256);

    (void)state;
    use.tls.label = QK_VIEW_LITERAL("EXPERIMENTAL");
    use.tls.context = QK_VIEW_LITERAL("abc");
    assert_derived(master_hex, &use, 16, "90dd37839a44389a8f892c8b78747445");
    use.tls.label = QK_VIEW_LITERAL("key expansion");
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_E_MECHANISM_PARAM);
    use.tls.label = QK_VIEW_LITERAL("server finished");
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_E_MECHANISM_PARAM);
    use.tls.label = QK_VIEW_NONE;
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_E_MECHANISM_PARAM);
    use.tls.label = QK_VIEW_LITERAL("EXPERIMENTAL");
    use.tls.hash = CKM_MD5;
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_E_MECHANISM_PARAM);
}

/* The function takes label and random bytes as one: whoever may cut them elsewhere asks for another label. */
static void a_label_of_the_protocol_is_refused_in_pieces_too(void **state)
{
    qk_mech_use kdf = tls_use(CKM_TLS_KDF, CKM_SHA256), function = use_of(CKM_TLS_PRF);
    static const char whole[] = "key expansion" /* and the server's random bytes */ "0123456789";

    (void)state;
    for (size_t cut = 1; cut < sizeof whole - 2; cut++) {
        kdf.tls.label = qk_view_of(whole, cut);
        kdf.tls.client_random = qk_view_of(whole + cut, 1);
        kdf.tls.server_random = qk_view_of(whole + cut + 1, sizeof whole - cut - 2);
        assert_int_equal(qk_mech_use_check(&kdf, QK_DERIVE), QK_E_MECHANISM_PARAM);
    }
    function.tls.hash = CKM_TLS_PRF;
    function.tls.label = QK_VIEW_LITERAL("master ");
    function.tls.context = QK_VIEW_LITERAL("secret");
    assert_int_equal(qk_mech_use_check(&function, QK_DERIVE), QK_E_MECHANISM_PARAM);
    function.tls.context = QK_VIEW_LITERAL("secre");
    assert_int_equal(qk_mech_use_check(&function, QK_DERIVE), QK_OK);
    kdf.tls.label = QK_VIEW_LITERAL("key expansio_");
    assert_int_equal(qk_mech_use_check(&kdf, QK_DERIVE), QK_OK);
}

/* ---- TLS 1.0 and 1.1 ---- */

static const char *const old_master_hex = ("2f6962dfbc744c4b2138bb6b3d33054c5ecc14f24851d9896395a44ab3964efc"
                                           "2090c5bf51a0891209f46c1e1e998f62");

static void an_old_master_secret_is_nists(void **state)
{
    static const char *const base_hex = ("bded7fa5c1699c010be23dd06ada3a48349f21e5f86263d512c0c5cc379f0e78"
                                         "0ec55d9844b2f1db02a96453513568d0");
    QK_OWNED(qk_buf_done) qk_buf client = unhex("e5acaf549cd25c22d964c0d930fa4b5261d2507fad84c33715b7b9a864020693");
    QK_OWNED(qk_buf_done) qk_buf server = unhex("135e4d557fdf3aa6406d82975d5c606a9734c9334b42136e96990fbd5358cdb2");
    qk_mech_use use = use_of(CKM_TLS_MASTER_KEY_DERIVE), dh = use_of(CKM_TLS_MASTER_KEY_DERIVE_DH);
    qk_key_wanted wanted = { CKO_SECRET_KEY, CKK_GENERIC_SECRET, 0, NULL };
    QK_OWNED(qk_key_unref) qk_key *base = secret_key_hex(CKK_GENERIC_SECRET, "00010203"), *made = NULL;

    (void)state;
    use.tls.hash = dh.tls.hash = CKM_TLS_PRF;
    use.tls.client_random = dh.tls.client_random = qk_buf_view(&client);
    use.tls.server_random = dh.tls.server_random = qk_buf_view(&server);
    assert_derived(base_hex, &use, 0, old_master_hex);
    assert_derived(base_hex, &dh, 48, old_master_hex);
    assert_int_equal(qk_crypto_derive(base, &use, &wanted, &made), QK_E_KEY_SIZE);
    use.tls.hash = CKM_SHA256; /* has no place in these */
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_E_MECHANISM_PARAM);
}

static void the_keys_of_an_old_connection_are_nists(void **state)
{
    static const size_t lens[] = { 20, 20, 16, 16 };
    static const char *const expected[] = { "3088825988e77fce68d19f756e18e43eb7fe6724",
                                            "33504feaf99b3c503d9091b164f166db301d70c9",
                                            "fc0870b4a94563907bee1a61fb786cb7", "17576890bcc51cb9ead97e01d0a2fea9" };
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_buf_done) qk_buf server = unhex("67267e650eb32444119d222a368c191af3082888dc35afe8368e638c828874be");
    QK_OWNED(qk_buf_done) qk_buf client = unhex("d58a7b1cd4fedaa232159df652ce188f9d997e061b9bf48e83b62990440931f6");
    QK_OWNED(qk_key_unref) qk_key *master = secret_key_hex(CKK_GENERIC_SECRET, old_master_hex);
    qk_mech_use use = use_of(CKM_TLS_KEY_AND_MAC_DERIVE);
    qk_key_wanted wanted[4];
    qk_key *made[4];
    qk_view ivs;

    (void)state;
    qk_arena_init(&arena, 0);
    use.tls.hash = CKM_TLS_PRF;
    use.tls.client_random = qk_buf_view(&client);
    use.tls.server_random = qk_buf_view(&server);
    use.tls.mac_bits = 160;
    use.tls.key_bits = use.tls.iv_bits = 128;
    for (size_t i = 0; i < 4; i++)
        wanted[i] = (qk_key_wanted){ CKO_SECRET_KEY, i < 2 ? CKK_GENERIC_SECRET : CKK_AES, lens[i], NULL };
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_OK);
    assert_int_equal(qk_crypto_derive_keys(master, &use, wanted, 4, &arena, made, &ivs), QK_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_hex(qk_secret_reveal(&made[i]->value), expected[i]);
        qk_key_unref(&made[i]);
    }
    assert_hex(ivs, "9c953377b195205ff07b369589178796edc963fd80fdbe518a2fc1c35c18ae8d");
    use.tls.iv_bits = 136; /* would be keys of a cipher with longer ones */
    assert_int_equal(qk_mech_use_check(&use, QK_DERIVE), QK_E_MECHANISM_PARAM);
}

static void old_versions_have_finished_and_exporters_too(void **state)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    QK_OWNED(qk_key_unref) qk_key *master = secret_key_hex(CKK_GENERIC_SECRET, old_master_hex);
    qk_mech_use function = use_of(CKM_TLS_PRF), mac = use_of(CKM_TLS_MAC), kdf = tls_use(CKM_TLS_KDF, CKM_TLS_PRF);
    qk_view made;

    (void)state;
    memset(hash, 0x44, sizeof hash);
    qk_arena_init(&arena, 0);
    function.tls.hash = mac.tls.hash = CKM_TLS_PRF;
    function.tls.label = QK_VIEW_LITERAL("client finished");
    function.tls.context = qk_view_of(hash, 36);
    assert_derived(old_master_hex, &function, 12, "4a9caf5986cd4d5bf34cd280");
    mac.tls.mac_bits = 96;
    mac.tls.server = true;
    assert_int_equal(qk_mech_use_check(&mac, QK_SIGN), QK_OK);
    assert_int_equal(qk_crypto_sign(master, &mac, function.tls.context, &arena, &made), QK_OK);
    assert_hex(made, "1788ae91ff65d99caff7c163");
    kdf.tls.label = QK_VIEW_LITERAL("EXPERIMENTAL");
    kdf.tls.context = QK_VIEW_LITERAL("abc");
    assert_derived(old_master_hex, &kdf, 16, "fbd4e2dc71bc8a1972bea71a4d2991c8");
    /* Both halves of a secret of odd length have the byte in its middle. */
    function.tls.label = QK_VIEW_LITERAL("test");
    function.tls.context = QK_VIEW_LITERAL("seed");
    assert_derived("00010203040506", &function, 40,
                   "eb1de6b1f260c63ae9e3c2855837371ea39acdf8323c6b54a3421b80db63cbf5726b1ec8c9855fc3");
}

static void a_pre_master_secret_begins_with_the_version(void **state)
{
    QK_OWNED(qk_key_unref) qk_key *one = NULL, *two = NULL;
    static const uint8_t version[] = { 3, 3 };
    qk_mech_use use = use_of(CKM_TLS_PRE_MASTER_KEY_GEN);
    qk_attrs none = QK_ATTRS_NONE;

    (void)state;
    use.iv = qk_view_of(version, 2);
    assert_int_equal(qk_key_generate(&use, &none, &one), QK_OK);
    assert_int_equal(qk_key_generate(&use, &none, &two), QK_OK);
    assert_int_equal(one->value.len, 48);
    assert_memory_equal(qk_secret_reveal(&one->value).data, version, 2);
    assert_memory_not_equal(qk_secret_reveal(&one->value).data, qk_secret_reveal(&two->value).data, 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vector_comes_out),
        cmocka_unit_test(a_master_secret_is_derived),
        cmocka_unit_test(the_keys_of_a_connection_are_cut_in_their_order),
        cmocka_unit_test(no_key_of_a_connection_is_short),
        cmocka_unit_test(a_connections_key_has_the_length_of_its_type),
        cmocka_unit_test(finished_is_made_and_checked),
        cmocka_unit_test(exporters_take_a_context_and_no_label_of_the_protocol),
        cmocka_unit_test(a_label_of_the_protocol_is_refused_in_pieces_too),
        cmocka_unit_test(an_old_master_secret_is_nists),
        cmocka_unit_test(the_keys_of_an_old_connection_are_nists),
        cmocka_unit_test(old_versions_have_finished_and_exporters_too),
        cmocka_unit_test(a_pre_master_secret_begins_with_the_version),
    };
    return cmocka_run_group_tests_name("TLS", tests, setup, crypto_teardown);
}
