/* SPDX-License-Identifier: Apache-2.0 */
/* TLS: C_DeriveKey with several results and other places for them, and Finished. What comes out is the engines' matter
 * and tested there; here it is how applications ask. */
#include "module/contract/testing.h"

#include <string.h>

static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET;

static CK_BYTE tls_client[32] = { 1 }, tls_server[32] = { 2 };

static CK_OBJECT_HANDLE tls_master(void)
{
    CK_VERSION offered = { 3, 3 }, told = { 0, 0 };
    CK_MECHANISM generate = { CKM_TLS_PRE_MASTER_KEY_GEN, &offered, sizeof offered };
    CK_TLS12_MASTER_KEY_DERIVE_PARAMS params = { { tls_client, 32, tls_server, 32 }, &told, CKM_SHA256 };
    CK_MECHANISM derive = { CKM_TLS12_MASTER_KEY_DERIVE, &params, sizeof params };
    CK_ATTRIBUTE derives[] = { ATTR_BOOL(CKA_DERIVE, true) };
    CK_OBJECT_HANDLE pre_master, master;

    assert_ok(p11->C_GenerateKey(test_session, &generate, derives, 1, &pre_master));
    assert_ok(p11->C_DeriveKey(test_session, &derive, pre_master, NULL, 0, &master));
    assert_int_equal(told.major, 3);
    assert_int_equal(told.minor, 3);
    return master;
}

static void a_tls_connection_gets_its_keys(void **state)
{
    CK_BYTE client_iv[4] = { 0 }, server_iv[4] = { 0 }, data[16] = { 0 }, cipher[16], mac[32];
    CK_ULONG cipher_len = sizeof cipher, mac_len = sizeof mac;
    CK_SSL3_KEY_MAT_OUT out = { 0, 0, 0, 0, client_iv, server_iv };
    CK_TLS12_KEY_MAT_PARAMS params = { 256, 128, 32, CK_FALSE, { tls_client, 32, tls_server, 32 }, &out, CKM_SHA256 };
    CK_MECHANISM derive = { CKM_TLS12_KEY_AND_MAC_DERIVE, &params, sizeof params };
    CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 }, hmac = { CKM_SHA256_HMAC, NULL, 0 };
    CK_ATTRIBUTE items[] = { ATTR(CKA_KEY_TYPE, aes) };
    CK_OBJECT_HANDLE master = tls_master();

    (void)state;
    assert_ok(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL));
    assert_memory_not_equal(client_iv, server_iv, 4);
    assert_ok(p11->C_EncryptInit(test_session, &ecb, out.hClientKey));
    assert_ok(p11->C_Encrypt(test_session, data, 16, cipher, &cipher_len));
    assert_ok(p11->C_SignInit(test_session, &hmac, out.hServerMacSecret));
    assert_ok(p11->C_Sign(test_session, data, 16, mac, &mac_len));
    assert_true(test_reads_true(out.hServerKey, CKA_SENSITIVE));
    /* AEAD has no MAC keys. */
    params.ulMacSizeInBits = 0;
    assert_ok(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL));
    assert_int_equal(out.hClientMacSecret, CK_INVALID_HANDLE);
    assert_int_not_equal(out.hClientKey, CK_INVALID_HANDLE);
}

static void a_tls_connection_is_as_protected_as_its_master_secret(void **state)
{
    CK_SSL3_KEY_MAT_OUT out = { 0, 0, 0, 0, NULL, NULL };
    CK_TLS12_KEY_MAT_PARAMS params = { 256, 128, 0, CK_FALSE, { tls_client, 32, tls_server, 32 }, &out, CKM_SHA256 };
    CK_MECHANISM derive = { CKM_TLS12_KEY_SAFE_DERIVE, &params, sizeof params },
                 hkdf = { CKM_SHA256_KEY_DERIVATION, NULL, 0 };
    CK_ATTRIBUTE open[] = { ATTR(CKA_KEY_TYPE, aes), ATTR_BOOL(CKA_SENSITIVE, false) };
    CK_OBJECT_HANDLE master = tls_master(), made;

    (void)state;
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, open, 2, NULL), CKR_TEMPLATE_INCONSISTENT);
    assert_ok(p11->C_DeriveKey(test_session, &derive, master, open, 1, NULL));
    params.ulIVSizeInBits = 32;
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, open, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
    derive.mechanism = CKM_TLS12_KEY_AND_MAC_DERIVE;
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, open, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
    params.ulIVSizeInBits = 0;
    params.bIsExport = CK_TRUE;
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, open, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
    /* CKA_ALLOWED_MECHANISMS of a master secret */
    assert_rv(p11->C_DeriveKey(test_session, &hkdf, master, NULL, 0, &made), CKR_MECHANISM_INVALID);
}

static void finished_is_signed_in_parts_too(void **state)
{
    CK_BYTE data[32] = { 5 }, whole[12], parts[12];
    CK_ULONG whole_len = sizeof whole, parts_len = sizeof parts;
    CK_TLS_MAC_PARAMS params = { CKM_SHA256, 12, 2 };
    CK_MECHANISM mac = { CKM_TLS_MAC, &params, sizeof params };
    CK_OBJECT_HANDLE master = tls_master();

    (void)state;
    assert_ok(p11->C_SignInit(test_session, &mac, master));
    assert_ok(p11->C_Sign(test_session, data, sizeof data, whole, &whole_len));
    assert_ok(p11->C_SignInit(test_session, &mac, master));
    assert_ok(p11->C_SignUpdate(test_session, data, 10));
    assert_ok(p11->C_SignUpdate(test_session, data + 10, 22));
    assert_ok(p11->C_SignFinal(test_session, parts, &parts_len));
    assert_int_equal(parts_len, 12);
    assert_memory_equal(whole, parts, 12);
    assert_ok(p11->C_VerifyInit(test_session, &mac, master));
    assert_ok(p11->C_Verify(test_session, data, sizeof data, whole, 12));
    params.ulServerOrClient = 3;
    assert_rv(p11->C_SignInit(test_session, &mac, master), CKR_MECHANISM_PARAM_INVALID);
    params.ulServerOrClient = 1;
    params.ulMacLength = 11;
    assert_rv(p11->C_SignInit(test_session, &mac, master), CKR_MECHANISM_PARAM_INVALID);
}

/* ---- TLS 1.0 and 1.1 ---- */

static CK_OBJECT_HANDLE old_master(bool readable)
{
    CK_VERSION offered = { 3, 2 }, told = { 0, 0 };
    CK_MECHANISM generate = { CKM_TLS_PRE_MASTER_KEY_GEN, &offered, sizeof offered };
    CK_SSL3_MASTER_KEY_DERIVE_PARAMS params = { { tls_client, 32, tls_server, 32 }, &told };
    CK_MECHANISM derive = { CKM_TLS_MASTER_KEY_DERIVE, &params, sizeof params };
    CK_ATTRIBUTE derives[] = { ATTR_BOOL(CKA_DERIVE, true) };
    CK_ATTRIBUTE protection[] = { ATTR_BOOL(CKA_SENSITIVE, !readable), ATTR_BOOL(CKA_EXTRACTABLE, readable) };
    CK_OBJECT_HANDLE pre_master, master;

    assert_ok(p11->C_GenerateKey(test_session, &generate, derives, 1, &pre_master));
    assert_ok(p11->C_DeriveKey(test_session, &derive, pre_master, protection, 2, &master));
    assert_int_equal(told.major, 3);
    assert_int_equal(told.minor, 2);
    derive.mechanism = CKM_TLS_MASTER_KEY_DERIVE_DH;
    assert_ok(p11->C_DeriveKey(test_session, &derive, pre_master, NULL, 0, &pre_master));
    params.RandomInfo.ulClientRandomLen = 0;
    assert_rv(p11->C_DeriveKey(test_session, &derive, pre_master, NULL, 0, &pre_master), CKR_MECHANISM_PARAM_INVALID);
    derive.ulParameterLen = sizeof(CK_TLS12_MASTER_KEY_DERIVE_PARAMS);
    assert_rv(p11->C_DeriveKey(test_session, &derive, pre_master, NULL, 0, &pre_master), CKR_MECHANISM_PARAM_INVALID);
    return master;
}

static void an_old_connection_gets_its_keys(void **state)
{
    CK_BYTE client_iv[16] = { 0 }, server_iv[16] = { 0 }, data[16] = { 0 }, mac[20];
    CK_ULONG mac_len = sizeof mac;
    CK_SSL3_KEY_MAT_OUT out = { 0, 0, 0, 0, client_iv, server_iv };
    CK_SSL3_KEY_MAT_PARAMS params = { 160, 128, 128, CK_FALSE, { tls_client, 32, tls_server, 32 }, &out };
    CK_MECHANISM derive = { CKM_TLS_KEY_AND_MAC_DERIVE, &params, sizeof params }, hmac = { CKM_SHA_1_HMAC, NULL, 0 };
    CK_ATTRIBUTE items[] = { ATTR(CKA_KEY_TYPE, aes) };
    CK_OBJECT_HANDLE master = old_master(false);

    (void)state;
    assert_ok(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL));
    assert_memory_not_equal(client_iv, server_iv, 16);
    assert_ok(p11->C_SignInit(test_session, &hmac, out.hServerMacSecret));
    assert_ok(p11->C_Sign(test_session, data, 16, mac, &mac_len));
    assert_true(test_reads_true(out.hServerKey, CKA_SENSITIVE));
    params.ulIVSizeInBits = 256;
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
    params.ulIVSizeInBits = 0;
    params.pReturnedKeyMaterial = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
    derive.ulParameterLen = sizeof(CK_TLS12_KEY_MAT_PARAMS);
    assert_rv(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
}

/* What CKM_TLS_PRF says of Finished is what CKM_TLS_MAC signs. */
/* Who may have the first byte of a connection's keys as a key, then two, then three, learns them all: each has a check
 * value, and 256 guesses are few. */
static void keys_of_a_connection_are_not_told_byte_by_byte(void **state)
{
    static const CK_MECHANISM_TYPE types[] = { CKM_TLS12_KEY_SAFE_DERIVE, CKM_TLS12_KEY_AND_MAC_DERIVE };
    CK_SSL3_KEY_MAT_OUT out = { 0, 0, 0, 0, NULL, NULL };
    CK_TLS12_KEY_MAT_PARAMS params = { 8, 0, 0, CK_FALSE, { tls_client, 32, tls_server, 32 }, &out, CKM_SHA256 };
    CK_ATTRIBUTE items[] = { ATTR(CKA_KEY_TYPE, generic) };
    CK_OBJECT_HANDLE master = tls_master();

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        CK_MECHANISM derive = { types[i], &params, sizeof params };
        params.ulKeySizeInBits = 0;
        for (params.ulMacSizeInBits = 8; params.ulMacSizeInBits < 128; params.ulMacSizeInBits += 8)
            assert_rv(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
        assert_ok(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL));
        params.ulKeySizeInBits = 120;
        assert_rv(p11->C_DeriveKey(test_session, &derive, master, items, 1, NULL), CKR_MECHANISM_PARAM_INVALID);
    }
}

static void finished_of_old_versions_comes_out_of_the_function(void **state)
{
    CK_BYTE seed[36] = { 7 }, label[] = "server finished", expansion[] = "key expansion", output[13] = { 0 }, mac[12];
    CK_ULONG output_len = 12, mac_len = sizeof mac;
    CK_TLS_PRF_PARAMS params = { seed, sizeof seed, label, sizeof label - 1, output, &output_len };
    CK_TLS_MAC_PARAMS mac_params = { CKM_TLS_PRF, 12, 1 };
    CK_MECHANISM function = { CKM_TLS_PRF, &params, sizeof params },
                 sign = { CKM_TLS_MAC, &mac_params, sizeof mac_params };
    CK_ATTRIBUTE all = ATTR(CKA_CLASS, secret_class);
    CK_OBJECT_HANDLE master = old_master(false);
    CK_ULONG before = test_count(test_session, &all, 1);

    (void)state;
    assert_ok(p11->C_DeriveKey(test_session, &function, master, NULL, 0, NULL));
    assert_int_equal(output_len, 12);
    assert_int_equal(output[12], 0);
    assert_ok(p11->C_SignInit(test_session, &sign, master));
    assert_ok(p11->C_Sign(test_session, seed, sizeof seed, mac, &mac_len));
    assert_memory_equal(mac, output, 12);
    assert_int_equal(test_count(test_session, &all, 1), before);
    /* The pieces of a connection's keys are no output. */
    params.ulLabelLen = 0;
    assert_rv(p11->C_DeriveKey(test_session, &function, master, NULL, 0, NULL), CKR_MECHANISM_PARAM_INVALID);
    params.pLabel = expansion;
    params.ulLabelLen = sizeof expansion - 1;
    assert_rv(p11->C_DeriveKey(test_session, &function, master, NULL, 0, NULL), CKR_MECHANISM_PARAM_INVALID);
}

static void the_function_needs_a_place_and_a_key_that_may(void **state)
{
    CK_BYTE seed[36] = { 7 }, label[] = "client finished", output[12], value[48] = { 1 };
    CK_ULONG output_len = 0;
    CK_TLS_PRF_PARAMS params = { seed, sizeof seed, label, sizeof label - 1, output, &output_len };
    CK_MECHANISM function = { CKM_TLS_PRF, &params, sizeof params };
    CK_ATTRIBUTE items[] = { ATTR(CKA_CLASS, secret_class),
                             ATTR(CKA_KEY_TYPE, generic),
                             { CKA_VALUE, value, sizeof value } };
    CK_OBJECT_HANDLE master = old_master(false), other;

    (void)state;
    assert_rv(p11->C_DeriveKey(test_session, &function, master, NULL, 0, NULL), CKR_MECHANISM_PARAM_INVALID);
    output_len = 12;
    params.pOutput = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &function, master, NULL, 0, NULL), CKR_MECHANISM_PARAM_INVALID);
    params.pOutput = output;
    params.pulOutputLen = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &function, master, NULL, 0, NULL), CKR_MECHANISM_PARAM_INVALID);
    params.pulOutputLen = &output_len;
    assert_ok(p11->C_CreateObject(test_session, items, COUNT(items), &other));
    assert_rv(p11->C_DeriveKey(test_session, &function, other, NULL, 0, NULL), CKR_KEY_FUNCTION_NOT_PERMITTED);
    /* A master secret of TLS 1.2 has another function. */
    assert_rv(p11->C_DeriveKey(test_session, &function, tls_master(), NULL, 0, NULL), CKR_MECHANISM_INVALID);
}

static void keys_of_a_readable_master_secret_can_be_read(void **state)
{
    CK_SSL3_KEY_MAT_OUT out = { 0, 0, 0, 0, NULL, NULL };
    CK_SSL3_KEY_MAT_PARAMS params = { 160, 128, 0, CK_FALSE, { tls_client, 32, tls_server, 32 }, &out };
    CK_MECHANISM derive = { CKM_TLS_KEY_AND_MAC_DERIVE, &params, sizeof params };
    CK_ATTRIBUTE items[] = { ATTR(CKA_KEY_TYPE, aes) };

    (void)state;
    assert_ok(p11->C_DeriveKey(test_session, &derive, old_master(true), items, 1, NULL));
    assert_false(test_reads_true(out.hClientKey, CKA_SENSITIVE));
    assert_true(test_reads_true(out.hClientMacSecret, CKA_EXTRACTABLE));
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_tls_connection_gets_its_keys),
        IN(a_tls_connection_is_as_protected_as_its_master_secret),
        IN(finished_is_signed_in_parts_too),
        IN(an_old_connection_gets_its_keys),
        IN(keys_of_a_connection_are_not_told_byte_by_byte),
        IN(finished_of_old_versions_comes_out_of_the_function),
        IN(the_function_needs_a_place_and_a_key_that_may),
        IN(keys_of_a_readable_master_secret_can_be_read),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
