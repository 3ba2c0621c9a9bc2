/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: their results, and the rules by which they begin, tell lengths, fail and end. */
#include "module/contract/testing.h"

static CK_BYTE iv[16] = { 1, 2, 3 };
static CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 }, cbc = { CKM_AES_CBC, iv, 16 },
                    cbc_pad = { CKM_AES_CBC_PAD, iv, 16 }, sha256 = { CKM_SHA256, NULL, 0 },
                    hmac = { CKM_SHA256_HMAC, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 },
                    ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 }, rsa = { CKM_RSA_PKCS, NULL, 0 },
                    rsa_sha256 = { CKM_SHA256_RSA_PKCS, NULL, 0 };
static CK_BYTE text[200000];

static void fill_text(void)
{
    uint64_t noise = 42;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (CK_BYTE)test_noise(&noise);
}

/* --- signatures --- */

static void sign_and_verify(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key,
                            CK_ULONG data_len)
{
    CK_BYTE signature[512];
    CK_ULONG len = sizeof signature;

    assert_ok(p11->C_SignInit(test_session, mechanism, private_key));
    assert_ok(p11->C_Sign(test_session, text, data_len, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, mechanism, public_key));
    assert_ok(p11->C_Verify(test_session, text, data_len, signature, len));
    signature[0] ^= 0x01;
    assert_ok(p11->C_VerifyInit(test_session, mechanism, public_key));
    assert_rv(p11->C_Verify(test_session, text, data_len, signature, len), CKR_SIGNATURE_INVALID);
    assert_ok(p11->C_VerifyInit(test_session, mechanism, public_key));
    assert_rv(p11->C_Verify(test_session, text, data_len, signature, len - 1), CKR_SIGNATURE_LEN_RANGE);
}

static void signatures_verify_and_forgeries_do_not(void **state)
{
    CK_OBJECT_HANDLE ec_public, ec_private, rsa_public, rsa_private, mac_key = test_hmac_key(test_session);
    CK_RSA_PKCS_PSS_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM pss = { CKM_SHA256_RSA_PKCS_PSS, &params, sizeof params };

    (void)state;
    test_ec_pair(test_session, true, "signs", &ec_public, &ec_private);
    test_rsa_pair(test_session, false, &rsa_public, &rsa_private);
    sign_and_verify(&ecdsa, ec_private, ec_public, 32);
    sign_and_verify(&ecdsa_sha256, ec_private, ec_public, 1000);
    sign_and_verify(&rsa, rsa_private, rsa_public, 35);
    sign_and_verify(&rsa_sha256, rsa_private, rsa_public, 1000);
    sign_and_verify(&pss, rsa_private, rsa_public, 1000);
    sign_and_verify(&hmac, mac_key, mac_key, 1000);
}

static void ed25519_exists_in_both_forms(void **state)
{
    CK_BYTE printable[] = { 0x13, 12, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9' };
    CK_BYTE oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
    CK_MECHANISM edwards = { CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0 }, ibm = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_MECHANISM eddsa = { CKM_EDDSA, NULL, 0 }, ibm_sign = { CKM_IBM_ED25519_SHA512, NULL, 0 };
    CK_ATTRIBUTE by_name[] = { ATTR(CKA_EC_PARAMS, printable), ATTR_BOOL(CKA_VERIFY, true) };
    CK_ATTRIBUTE by_oid[] = { ATTR(CKA_EC_PARAMS, oid), ATTR_BOOL(CKA_VERIFY, true) };
    CK_ATTRIBUTE signs = ATTR_BOOL(CKA_SIGN, true);
    CK_OBJECT_HANDLE public_key, private_key;

    (void)state;
    assert_ok(p11->C_GenerateKeyPair(test_session, &edwards, by_name, 2, &signs, 1, &public_key, &private_key));
    sign_and_verify(&eddsa, private_key, public_key, 100);
    assert_ok(p11->C_GenerateKeyPair(test_session, &ibm, by_oid, 2, &signs, 1, &public_key, &private_key));
    sign_and_verify(&ibm_sign, private_key, public_key, 100);
}

/* Updates of uneven sizes: below the bound of what is gathered, and far beyond it. */
static void sign_in_parts(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key,
                          CK_ULONG data_len)
{
    CK_BYTE signature[512];
    CK_ULONG len = sizeof signature;

    assert_ok(p11->C_SignInit(test_session, mechanism, private_key));
    for (CK_ULONG at = 0, part = 1; at < data_len; at += part, part = part * 3 % 40000 + 1) {
        part = part < data_len - at ? part : data_len - at;
        assert_ok(p11->C_SignUpdate(test_session, text + at, part));
    }
    assert_ok(p11->C_SignFinal(test_session, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, mechanism, public_key));
    assert_ok(p11->C_Verify(test_session, text, data_len, signature, len));
    assert_ok(p11->C_VerifyInit(test_session, mechanism, public_key));
    assert_ok(p11->C_VerifyUpdate(test_session, text, data_len / 2));
    assert_ok(p11->C_VerifyUpdate(test_session, text + data_len / 2, data_len - data_len / 2));
    assert_ok(p11->C_VerifyFinal(test_session, signature, len));
    assert_ok(p11->C_VerifyInit(test_session, mechanism, public_key));
    assert_ok(p11->C_VerifyUpdate(test_session, text + 1, data_len - 1));
    assert_rv(p11->C_VerifyFinal(test_session, signature, len), CKR_SIGNATURE_INVALID);
}

static void signatures_in_parts_are_those_of_the_whole(void **state)
{
    CK_OBJECT_HANDLE ec_public, ec_private, rsa_public, rsa_private, mac_key = test_hmac_key(test_session);

    (void)state;
    test_ec_pair(test_session, false, "", &ec_public, &ec_private);
    test_rsa_pair(test_session, false, &rsa_public, &rsa_private);
    sign_in_parts(&ecdsa_sha256, ec_private, ec_public, 1000);
    sign_in_parts(&ecdsa_sha256, ec_private, ec_public, sizeof text);
    sign_in_parts(&rsa_sha256, rsa_private, rsa_public, sizeof text);
    sign_in_parts(&hmac, mac_key, mac_key, 1000);
    sign_in_parts(&hmac, mac_key, mac_key, sizeof text);
}

static void a_final_without_updates_signs_the_empty_message(void **state)
{
    CK_OBJECT_HANDLE mac_key = test_hmac_key(test_session);
    CK_BYTE whole[32], parts[32];
    CK_ULONG len = 32;

    (void)state;
    assert_ok(p11->C_SignInit(test_session, &hmac, mac_key));
    assert_ok(p11->C_Sign(test_session, NULL, 0, whole, &len));
    assert_ok(p11->C_SignInit(test_session, &hmac, mac_key));
    assert_ok(p11->C_SignFinal(test_session, parts, &len));
    assert_memory_equal(whole, parts, 32);
}

/* --- ciphers --- */

static CK_ULONG encrypt_in_parts(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ULONG in_len, CK_BYTE *out)
{
    CK_ULONG all = 0, len;

    assert_ok(p11->C_EncryptInit(test_session, mechanism, key));
    for (CK_ULONG at = 0, part = 1; at < in_len; at += part, part = part * 3 % 40000 + 1) {
        part = part < in_len - at ? part : in_len - at;
        len = 250000;
        assert_ok(p11->C_EncryptUpdate(test_session, text + at, part, out + all, &len));
        all += len;
    }
    len = 250000;
    assert_ok(p11->C_EncryptFinal(test_session, out + all, &len));
    return all + len;
}

static CK_ULONG decrypt_in_parts(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *in, CK_ULONG in_len,
                                 CK_BYTE *out)
{
    CK_ULONG all = 0, len;

    assert_ok(p11->C_DecryptInit(test_session, mechanism, key));
    for (CK_ULONG at = 0, part = 7; at < in_len; at += part, part = part * 5 % 30000 + 1) {
        part = part < in_len - at ? part : in_len - at;
        len = 250000;
        assert_ok(p11->C_DecryptUpdate(test_session, in + at, part, out + all, &len));
        all += len;
    }
    len = 250000;
    assert_ok(p11->C_DecryptFinal(test_session, out + all, &len));
    return all + len;
}

static void round_trip(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ULONG in_len)
{
    static CK_BYTE whole[250000], parts[250000], back[250000];
    CK_ULONG whole_len = sizeof whole, len = sizeof back;

    assert_ok(p11->C_EncryptInit(test_session, mechanism, key));
    assert_ok(p11->C_Encrypt(test_session, text, in_len, whole, &whole_len));
    assert_int_equal(encrypt_in_parts(mechanism, key, in_len, parts), whole_len);
    assert_memory_equal(whole, parts, whole_len);
    assert_ok(p11->C_DecryptInit(test_session, mechanism, key));
    assert_ok(p11->C_Decrypt(test_session, whole, whole_len, back, &len));
    assert_int_equal(len, in_len);
    assert_memory_equal(back, text, in_len);
    assert_int_equal(decrypt_in_parts(mechanism, key, whole, whole_len, back), in_len);
    assert_memory_equal(back, text, in_len);
}

static void ciphers_give_back_what_they_took_whole_and_in_parts(void **state)
{
    static const CK_ULONG lens[] = { 1, 15, 16, 17, 1000, 65536, 100001 };
    CK_OBJECT_HANDLE key = test_aes_key(test_session, true, "cipher");
    CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .pAAD = iv, .ulAADLen = 5, .ulTagBits = 128 };
    CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };

    (void)state;
    for (size_t i = 0; i < COUNT(lens); i++) {
        round_trip(&cbc_pad, key, lens[i]);
        round_trip(&gcm, key, lens[i]);
        round_trip(&cbc, key, (lens[i] + 15) / 16 * 16);
        round_trip(&ecb, key, (lens[i] + 15) / 16 * 16);
    }
}

static void plaintext_leaves_only_after_its_tag_was_checked(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "");
    CK_GCM_PARAMS params = { .pIv = iv, .ulIvLen = 12, .ulIvBits = 96, .ulTagBits = 128 };
    CK_MECHANISM gcm = { CKM_AES_GCM, &params, sizeof params };
    CK_BYTE cipher[116], plain[116];
    CK_ULONG len = sizeof cipher, part;

    (void)state;
    assert_ok(p11->C_EncryptInit(test_session, &gcm, key));
    assert_ok(p11->C_Encrypt(test_session, text, 100, cipher, &len));
    assert_int_equal(len, 116);
    cipher[50] ^= 1;
    assert_ok(p11->C_DecryptInit(test_session, &gcm, key));
    part = sizeof plain;
    assert_ok(p11->C_DecryptUpdate(test_session, cipher, 116, plain, &part));
    assert_int_equal(part, 0);
    part = sizeof plain;
    assert_int_not_equal(p11->C_DecryptFinal(test_session, plain, &part), CKR_OK);
    assert_rv(p11->C_DecryptFinal(test_session, plain, &part), CKR_OPERATION_NOT_INITIALIZED);
}

static void wrong_lengths_and_paddings_are_refused(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "");
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;

    (void)state;
    assert_ok(p11->C_EncryptInit(test_session, &cbc, key));
    assert_rv(p11->C_Encrypt(test_session, text, 17, out, &len), CKR_DATA_LEN_RANGE);
    assert_ok(p11->C_DecryptInit(test_session, &cbc_pad, key));
    len = sizeof out;
    assert_rv(p11->C_Decrypt(test_session, text, 17, out, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
    assert_ok(p11->C_DecryptInit(test_session, &cbc_pad, key));
    len = sizeof out;
    assert_rv(p11->C_Decrypt(test_session, text, 32, out, &len), CKR_ENCRYPTED_DATA_INVALID);
    assert_ok(p11->C_EncryptInit(test_session, &cbc, key));
    len = sizeof out;
    assert_ok(p11->C_EncryptUpdate(test_session, text, 17, out, &len));
    assert_int_equal(len, 16);
    len = sizeof out;
    assert_rv(p11->C_EncryptFinal(test_session, out, &len), CKR_DATA_LEN_RANGE);
}

static void rsa_encrypts_with_one_half_and_decrypts_with_the_other(void **state)
{
    CK_RSA_PKCS_OAEP_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, iv, 5 };
    CK_MECHANISM oaep = { CKM_RSA_PKCS_OAEP, &params, sizeof params }, *both[] = { &rsa, &oaep };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE cipher[256], plain[256];

    (void)state;
    test_rsa_pair(test_session, true, &public_key, &private_key);
    for (size_t i = 0; i < 2; i++) {
        CK_ULONG len = sizeof cipher, plain_len = sizeof plain;
        assert_ok(p11->C_EncryptInit(test_session, both[i], public_key));
        assert_ok(p11->C_Encrypt(test_session, text, 40, cipher, &len));
        assert_int_equal(len, 256);
        assert_ok(p11->C_DecryptInit(test_session, both[i], private_key));
        assert_ok(p11->C_Decrypt(test_session, cipher, len, plain, &plain_len));
        assert_int_equal(plain_len, 40);
        assert_memory_equal(plain, text, 40);
        assert_ok(p11->C_EncryptInit(test_session, both[i], public_key));
        assert_rv(p11->C_Encrypt(test_session, text, 300, cipher, &len), CKR_DATA_LEN_RANGE);
    }
}

/* --- digests --- */

static void digests_are_right_whole_and_in_parts(void **state)
{
    static const CK_BYTE abc[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                   0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                   0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
    CK_BYTE message[] = "abc", digest[32];
    CK_ULONG len = sizeof digest;

    (void)state;
    assert_ok(p11->C_DigestInit(test_session, &sha256));
    assert_ok(p11->C_Digest(test_session, message, 3, digest, &len));
    assert_memory_equal(digest, abc, 32);
    assert_ok(p11->C_DigestInit(test_session, &sha256));
    assert_ok(p11->C_DigestUpdate(test_session, message, 1));
    assert_ok(p11->C_DigestUpdate(test_session, message + 1, 2));
    assert_ok(p11->C_DigestFinal(test_session, digest, &len));
    assert_memory_equal(digest, abc, 32);
    assert_ok(p11->C_DigestInit(test_session, &sha256));
    assert_ok(p11->C_Digest(test_session, NULL, 0, digest, &len)); /* the empty message has a digest */
    assert_int_equal(digest[0], 0xe3);
}

/* --- lengths --- */

static void asking_for_a_length_keeps_the_operation(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE signature[64];
    CK_ULONG len = 0;

    (void)state;
    test_ec_pair(test_session, false, "", &public_key, &private_key);
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_ok(p11->C_Sign(test_session, text, 32, NULL, &len));
    assert_int_equal(len, 64);
    len = 63;
    assert_rv(p11->C_Sign(test_session, text, 32, signature, &len), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(len, 64);
    assert_ok(p11->C_Sign(test_session, text, 32, signature, &len));
    assert_rv(p11->C_Sign(test_session, text, 32, signature, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void plaintext_that_did_not_fit_is_kept(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "");
    CK_BYTE cipher[48], plain[48];
    CK_ULONG cipher_len = sizeof cipher, len = 20;

    (void)state;
    assert_ok(p11->C_EncryptInit(test_session, &cbc_pad, key));
    assert_ok(p11->C_Encrypt(test_session, text, 33, cipher, &cipher_len));
    assert_ok(p11->C_DecryptInit(test_session, &cbc_pad, key));
    assert_rv(p11->C_Decrypt(test_session, cipher, cipher_len, plain, &len), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(len, 33);
    assert_ok(p11->C_Decrypt(test_session, cipher, cipher_len, plain, &len));
    assert_int_equal(len, 33);
    assert_memory_equal(plain, text, 33);
    assert_ok(p11->C_DecryptInit(test_session, &cbc_pad, key)); /* a place of exactly the right size will do */
    len = 33;
    assert_ok(p11->C_Decrypt(test_session, cipher, cipher_len, plain, &len));
}

static void parts_tell_their_length_without_being_taken(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "");
    CK_BYTE out[48], whole[48];
    CK_ULONG len = 0, all = 0, whole_len = sizeof whole;

    (void)state;
    assert_ok(p11->C_EncryptInit(test_session, &cbc_pad, key));
    assert_ok(p11->C_Encrypt(test_session, text, 40, whole, &whole_len));
    assert_ok(p11->C_EncryptInit(test_session, &cbc_pad, key));
    assert_ok(p11->C_EncryptUpdate(test_session, text, 40, NULL, &len));
    assert_int_equal(len, 32);
    len = 31;
    assert_rv(p11->C_EncryptUpdate(test_session, text, 40, out, &len), CKR_BUFFER_TOO_SMALL);
    assert_ok(p11->C_EncryptUpdate(test_session, text, 40, out, &len));
    all = len;
    assert_ok(p11->C_EncryptFinal(test_session, NULL, &len));
    assert_int_equal(len, 16);
    len = 15;
    assert_rv(p11->C_EncryptFinal(test_session, out + all, &len), CKR_BUFFER_TOO_SMALL);
    assert_ok(p11->C_EncryptFinal(test_session, out + all, &len));
    assert_int_equal(all + len, whole_len);
    assert_memory_equal(out, whole, whole_len);
}

/* --- rules --- */

static void operations_need_their_init_and_have_one(void **state)
{
    CK_OBJECT_HANDLE key = test_hmac_key(test_session);
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;

    (void)state;
    assert_rv(p11->C_Sign(test_session, text, 1, out, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_SignUpdate(test_session, text, 1), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_SignFinal(test_session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_Verify(test_session, text, 1, out, 32), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_DigestFinal(test_session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_SignInit(test_session, NULL, key), CKR_ARGUMENTS_BAD);
    assert_ok(p11->C_SignInit(test_session, &hmac, key));
    assert_rv(p11->C_SignInit(test_session, &hmac, key), CKR_OPERATION_ACTIVE);
    assert_ok(p11->C_VerifyInit(test_session, &hmac, key)); /* another kind may be active beside it */
}

static void an_error_ends_the_operation(void **state)
{
    CK_OBJECT_HANDLE key = test_hmac_key(test_session);
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;

    (void)state;
    assert_ok(p11->C_SignInit(test_session, &hmac, key));
    assert_rv(p11->C_Sign(test_session, text, 1, out, NULL), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_Sign(test_session, text, 1, out, &len), CKR_OPERATION_NOT_INITIALIZED);
    assert_ok(p11->C_SignInit(test_session, &hmac, key));
    assert_rv(p11->C_SignUpdate(test_session, NULL, 5), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_SignFinal(test_session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void parts_and_whole_do_not_mix(void **state)
{
    CK_OBJECT_HANDLE key = test_hmac_key(test_session), public_key, private_key;
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;

    (void)state;
    assert_ok(p11->C_SignInit(test_session, &hmac, key));
    assert_ok(p11->C_SignUpdate(test_session, text, 5));
    assert_rv(p11->C_Sign(test_session, text, 1, out, &len), CKR_OPERATION_ACTIVE);
    test_ec_pair(test_session, false, "", &public_key, &private_key);
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_rv(p11->C_SignUpdate(test_session, text, 5), CKR_FUNCTION_NOT_SUPPORTED);
}

static void two_operations_run_at_once(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "");
    CK_BYTE cipher[64], plain[64], digest[32], again[32];
    CK_ULONG len = sizeof cipher, rest = 32, digest_len = 32;

    (void)state;
    assert_ok(p11->C_EncryptInit(test_session, &cbc, key));
    assert_ok(p11->C_DigestInit(test_session, &sha256));
    assert_ok(p11->C_DigestEncryptUpdate(test_session, text, 48, NULL, &len));
    assert_int_equal(len, 48);
    assert_ok(p11->C_DigestEncryptUpdate(test_session, text, 48, cipher, &len));
    assert_ok(p11->C_EncryptFinal(test_session, cipher + len, &rest));
    assert_ok(p11->C_DigestFinal(test_session, digest, &digest_len));
    assert_ok(p11->C_DecryptInit(test_session, &cbc, key));
    assert_ok(p11->C_DigestInit(test_session, &sha256));
    len = sizeof plain;
    assert_ok(p11->C_DecryptDigestUpdate(test_session, cipher, 48, plain, &len));
    rest = 16;
    assert_ok(p11->C_DecryptFinal(test_session, plain + len, &rest));
    assert_ok(p11->C_DigestFinal(test_session, again, &digest_len));
    assert_memory_equal(plain, text, 48);
    assert_memory_equal(digest, again, 32);
    assert_rv(p11->C_SignEncryptUpdate(test_session, text, 1, cipher, &len), CKR_OPERATION_NOT_INITIALIZED);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(signatures_verify_and_forgeries_do_not),
        IN(ed25519_exists_in_both_forms),
        IN(signatures_in_parts_are_those_of_the_whole),
        IN(a_final_without_updates_signs_the_empty_message),
        IN(ciphers_give_back_what_they_took_whole_and_in_parts),
        IN(plaintext_leaves_only_after_its_tag_was_checked),
        IN(wrong_lengths_and_paddings_are_refused),
        IN(rsa_encrypts_with_one_half_and_decrypts_with_the_other),
        IN(digests_are_right_whole_and_in_parts),
        IN(asking_for_a_length_keeps_the_operation),
        IN(plaintext_that_did_not_fit_is_kept),
        IN(parts_tell_their_length_without_being_taken),
        IN(operations_need_their_init_and_have_one),
        IN(an_error_ends_the_operation),
        IN(parts_and_whole_do_not_mix),
        IN(two_operations_run_at_once),
    };

    fill_text();
    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
