/* SPDX-License-Identifier: Apache-2.0 */
/* Operations: lengths, order of calls, usages, sizes. PKCS #11 2.40, section 5.2 and the functions' own. */
#include "conformance.h"

static CK_BYTE in[64] = "thirty-two bytes of plain text..", out[512];
static CK_ULONG len;

#define NOT_ACTIVE CKR_OPERATION_NOT_INITIALIZED

static void nothing_goes_on_without_init(void)
{
    len = sizeof out;
    RV(p11->C_Encrypt(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_EncryptUpdate(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_EncryptFinal(session, out, &len), NOT_ACTIVE);
    RV(p11->C_Decrypt(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_DecryptUpdate(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_DecryptFinal(session, out, &len), NOT_ACTIVE);
    RV(p11->C_Digest(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_DigestUpdate(session, in, 16), NOT_ACTIVE);
    RV(p11->C_DigestFinal(session, out, &len), NOT_ACTIVE);
    RV(p11->C_Sign(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_SignUpdate(session, in, 16), NOT_ACTIVE);
    RV(p11->C_SignFinal(session, out, &len), NOT_ACTIVE);
    RV(p11->C_Verify(session, in, 16, out, 32), NOT_ACTIVE);
    RV(p11->C_VerifyUpdate(session, in, 16), NOT_ACTIVE);
    RV(p11->C_VerifyFinal(session, out, 32), NOT_ACTIVE);
    RV(p11->C_DigestEncryptUpdate(session, in, 16, out, &len), NOT_ACTIVE);
    RV(p11->C_DecryptVerifyUpdate(session, in, 16, out, &len), NOT_ACTIVE);
}

/* A way to do one thing, so that the rules of lengths are checked alike for all. */
typedef struct way {
    const char *name;
    CK_RV (*init)(CK_OBJECT_HANDLE key);
    CK_RV (*whole)(CK_BYTE *data, CK_ULONG data_len, CK_BYTE *to, CK_ULONG *room);
    CK_RV (*final)(CK_BYTE *to, CK_ULONG *room);
    CK_ULONG in_len, out_len;
} way;

/* clang-format off */
#define WAY(name, whole_call, final_call, init_call) \
    static CK_RV name##_init(CK_OBJECT_HANDLE key) { (void)key; return init_call; } \
    static CK_RV name##_whole(CK_BYTE *d, CK_ULONG n, CK_BYTE *to, CK_ULONG *room) \
        { return p11->whole_call(session, d, n, to, room); } \
    static CK_RV name##_final(CK_BYTE *to, CK_ULONG *room) { return p11->final_call(session, to, room); }
WAY(cbc, C_Encrypt, C_EncryptFinal, p11->C_EncryptInit(session, &aes_cbc_pad, key))
WAY(gcm, C_Encrypt, C_EncryptFinal, p11->C_EncryptInit(session, &aes_gcm, key))
WAY(digest, C_Digest, C_DigestFinal, p11->C_DigestInit(session, &sha256))
WAY(mac, C_Sign, C_SignFinal, p11->C_SignInit(session, &hmac, key))
WAY(ec, C_Sign, C_SignFinal, p11->C_SignInit(session, &ecdsa_sha256, key))
WAY(rsa, C_Sign, C_SignFinal, p11->C_SignInit(session, &rsa_sha256, key))
#define ROW(name, in_len, out_len) { #name, name##_init, name##_whole, name##_final, in_len, out_len }
/* clang-format on */

static void check_way(const way *w, CK_OBJECT_HANDLE key, bool in_parts)
{
    CK_ULONG room = 0;
    CK_RV (*final)(CK_BYTE *, CK_ULONG *) = w->final;

#define GIVE(to, room) (in_parts ? final(to, room) : w->whole(in, w->in_len, to, room))
    OK(w->init(key));
    RV(w->init(key), CKR_OPERATION_ACTIVE);
    OK(GIVE(NULL, &room));
    if (!in_parts && room != w->out_len)
        complain(__FILE__, __LINE__, "%s tells %lu bytes, not %lu", w->name, room, w->out_len);
    if (room > 0) {
        room--;
        RV(GIVE(out, &room), CKR_BUFFER_TOO_SMALL);
        room = 0;
        RV(GIVE(out, &room), CKR_BUFFER_TOO_SMALL);
        CHECK(room > 0);
    }
    OK(GIVE(out, &room));
    RV(GIVE(out, &room), NOT_ACTIVE);
    OK(w->init(key));
    RV(GIVE(out, NULL), CKR_ARGUMENTS_BAD);
    room = sizeof out;
    RV(GIVE(out, &room), NOT_ACTIVE); /* any other error ends it */
#undef GIVE
}

static void lengths_follow_the_convention(void)
{
    static const way ways[] = { ROW(cbc, 32, 48), ROW(gcm, 20, 36), ROW(digest, 20, 32),
                                ROW(mac, 20, 32), ROW(ec, 20, 64),  ROW(rsa, 20, 256) };
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes"), ec_public = 0, ec_key = 0, rsa_public = 0,
                     rsa_key = 0;
    CK_OBJECT_HANDLE keys[COUNT(ways)];

    make_ec(session, &ec_public, &ec_key);
    make_rsa(session, &rsa_public, &rsa_key);
    keys[0] = keys[1] = aes;
    keys[2] = 0;
    keys[3] = make_hmac(session);
    keys[4] = ec_key;
    keys[5] = rsa_key;
    for (size_t i = 0; i < COUNT(ways); i++) {
        check_way(&ways[i], keys[i], false);
        check_way(&ways[i], keys[i], true);
    }
}

static void decryption_follows_the_convention(void)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "aes");
    CK_BYTE secret[64], plain[64];
    CK_ULONG secret_len = sizeof secret, room = 0;

    OK(p11->C_EncryptInit(session, &aes_cbc_pad, key));
    OK(p11->C_Encrypt(session, in, 20, secret, &secret_len));
    CHECK(secret_len == 32);
    OK(p11->C_DecryptInit(session, &aes_cbc_pad, key));
    OK(p11->C_Decrypt(session, secret, secret_len, NULL, &room));
    CHECK(room >= 20 && room <= 32);
    room = 19;
    RV(p11->C_Decrypt(session, secret, secret_len, plain, &room), CKR_BUFFER_TOO_SMALL);
    CHECK(room >= 20 && room <= 32);
    room = 20;
    OK(p11->C_Decrypt(session, secret, secret_len, plain, &room));
    CHECK(room == 20 && memcmp(plain, in, 20) == 0);
    OK(p11->C_DecryptInit(session, &aes_cbc_pad, key));
    room = sizeof plain;
    RV(p11->C_Decrypt(session, secret, 31, plain, &room), CKR_ENCRYPTED_DATA_LEN_RANGE);
    RV(p11->C_Decrypt(session, secret, 32, plain, &room), NOT_ACTIVE);
    OK(p11->C_EncryptInit(session, &aes_cbc, key));
    RV(p11->C_Encrypt(session, in, 15, plain, &room), CKR_DATA_LEN_RANGE);
    RV(p11->C_Encrypt(session, in, 16, plain, &room), NOT_ACTIVE);
}

static void one_call_and_parts_are_not_mixed(void)
{
    CK_OBJECT_HANDLE key = make_hmac(session), aes = make_aes(session, false, true, "aes");

    len = sizeof out;
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, in, 4));
    RV(p11->C_Digest(session, in, 4, out, &len), CKR_OPERATION_ACTIVE);
    RV(p11->C_DigestUpdate(session, in, 4), NOT_ACTIVE);
    OK(p11->C_SignInit(session, &hmac, key));
    OK(p11->C_SignUpdate(session, in, 4));
    RV(p11->C_Sign(session, in, 4, out, &len), CKR_OPERATION_ACTIVE);
    OK(p11->C_VerifyInit(session, &hmac, key));
    OK(p11->C_VerifyUpdate(session, in, 4));
    RV(p11->C_Verify(session, in, 4, out, 32), CKR_OPERATION_ACTIVE);
    OK(p11->C_EncryptInit(session, &aes_cbc_pad, aes));
    OK(p11->C_EncryptUpdate(session, in, 4, out, &len));
    CHECK(len == 0);
    len = sizeof out;
    RV(p11->C_Encrypt(session, in, 4, out, &len), CKR_OPERATION_ACTIVE);
    OK(p11->C_DigestInit(session, &sha256)); /* different kinds go on side by side */
    OK(p11->C_SignInit(session, &hmac, key));
    OK(p11->C_EncryptInit(session, &aes_cbc_pad, aes));
    OK(p11->C_DecryptInit(session, &aes_cbc_pad, aes));
}

static void updates_keep_what_did_not_fit(void)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "aes");
    CK_BYTE whole[64], parts[64];
    CK_ULONG whole_len = sizeof whole, room = 0, done = 0;

    OK(p11->C_EncryptInit(session, &aes_cbc_pad, key));
    OK(p11->C_Encrypt(session, in, 40, whole, &whole_len));
    OK(p11->C_EncryptInit(session, &aes_cbc_pad, key));
    for (int i = 0; i < 2; i++) {
        room = 0;
        OK(p11->C_EncryptUpdate(session, in + 20 * i, 20, NULL, &room));
        CHECK(room == 16);
        room = 15;
        RV(p11->C_EncryptUpdate(session, in + 20 * i, 20, parts + done, &room), CKR_BUFFER_TOO_SMALL);
        CHECK(room == 16);
        OK(p11->C_EncryptUpdate(session, in + 20 * i, 20, parts + done, &room));
        done += room;
    }
    room = 0;
    OK(p11->C_EncryptFinal(session, NULL, &room));
    OK(p11->C_EncryptFinal(session, parts + done, &room));
    CHECK(done + room == whole_len && memcmp(whole, parts, whole_len) == 0);
}

static void keys_do_what_they_may(void)
{
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes"), mac = make_hmac(session), ec_public = 0, ec = 0;
    CK_OBJECT_HANDLE rsa_public = 0, rsa = 0, data = make_data(session, false, false, "data");
    CK_MECHANISM unknown = { 0x7ffffff0UL, NULL, 0 }, no_iv = { CKM_AES_CBC, NULL, 0 },
                 not_signing = { CKM_SHA256, NULL, 0 };

    make_ec(session, &ec_public, &ec);
    make_rsa(session, &rsa_public, &rsa);
    RV(p11->C_SignInit(session, &hmac, NO_HANDLE), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_SignInit(session, &hmac, data), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_SignInit(session, &hmac, ec), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_SignInit(session, &rsa_pkcs, ec), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_SignInit(session, &ecdsa, rsa), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_SignInit(session, &ecdsa, ec_public), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_VerifyInit(session, &ecdsa, ec), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_EncryptInit(session, &aes_ecb, mac), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_SignInit(session, &unknown, mac), CKR_MECHANISM_INVALID);
    RV(p11->C_SignInit(session, &not_signing, mac), CKR_MECHANISM_INVALID);
    RV(p11->C_EncryptInit(session, &ecdsa, ec_public), CKR_MECHANISM_INVALID);
    RV(p11->C_EncryptInit(session, &no_iv, aes), CKR_MECHANISM_PARAM_INVALID);
    RV(p11->C_DigestInit(session, &hmac), CKR_MECHANISM_INVALID);
    OK(p11->C_SignInit(session, &hmac, mac)); /* refusals leave nothing behind */
}

static void usages_are_kept(void)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "aes"), mac = make_hmac(session), rsa_public = 0, rsa = 0;
    CK_ATTRIBUTE no_sign = BOOL(CKA_SIGN, false), no_verify = BOOL(CKA_VERIFY, false),
                 no_encrypt = BOOL(CKA_ENCRYPT, false), no_decrypt = BOOL(CKA_DECRYPT, false);

    make_rsa(session, &rsa_public, &rsa);
    OK(p11->C_SetAttributeValue(session, mac, &no_sign, 1));
    RV(p11->C_SignInit(session, &hmac, mac), CKR_KEY_FUNCTION_NOT_PERMITTED);
    OK(p11->C_VerifyInit(session, &hmac, mac));
    OK(p11->C_SetAttributeValue(session, key, &no_encrypt, 1));
    RV(p11->C_EncryptInit(session, &aes_ecb, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    OK(p11->C_SetAttributeValue(session, key, &no_decrypt, 1));
    RV(p11->C_DecryptInit(session, &aes_ecb, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    RV(p11->C_VerifyFinal(session, in, 32), CKR_SIGNATURE_INVALID);
    OK(p11->C_SetAttributeValue(session, rsa_public, &no_verify, 1));
    RV(p11->C_VerifyInit(session, &rsa_pkcs, rsa_public), CKR_KEY_FUNCTION_NOT_PERMITTED);
    OK(p11->C_SetAttributeValue(session, rsa, &no_sign, 1));
    RV(p11->C_SignInit(session, &rsa_pkcs, rsa), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void signatures_are_judged(void)
{
    CK_OBJECT_HANDLE public_key = 0, key = 0;

    make_ec(session, &public_key, &key);
    len = sizeof out;
    OK(p11->C_SignInit(session, &ecdsa_sha256, key));
    OK(p11->C_Sign(session, in, 20, out, &len));
    OK(p11->C_VerifyInit(session, &ecdsa_sha256, public_key));
    OK(p11->C_Verify(session, in, 20, out, len));
    RV(p11->C_Verify(session, in, 20, out, len), NOT_ACTIVE);
    OK(p11->C_VerifyInit(session, &ecdsa_sha256, public_key));
    RV(p11->C_Verify(session, in, 20, out, len - 1), CKR_SIGNATURE_LEN_RANGE);
    OK(p11->C_VerifyInit(session, &ecdsa_sha256, public_key));
    RV(p11->C_Verify(session, in, 21, out, len), CKR_SIGNATURE_INVALID);
    RV(p11->C_Verify(session, in, 20, out, len), NOT_ACTIVE);
    OK(p11->C_VerifyInit(session, &ecdsa_sha256, public_key));
    OK(p11->C_VerifyUpdate(session, in, 20));
    RV(p11->C_VerifyFinal(session, out, len + 1), CKR_SIGNATURE_LEN_RANGE);
}

static void no_data_is_data_too(void)
{
    static const CK_BYTE empty[32] = { 0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                       0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                       0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55 };
    CK_OBJECT_HANDLE mac = make_hmac(session), aes = make_aes(session, false, true, "aes");
    CK_BYTE tag[32];
    CK_ULONG tag_len = sizeof tag;

    len = sizeof out;
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_Digest(session, NULL, 0, out, &len));
    CHECK(len == 32 && memcmp(out, empty, 32) == 0);
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, NULL, 0));
    OK(p11->C_DigestFinal(session, out, &len));
    CHECK(memcmp(out, empty, 32) == 0);
    OK(p11->C_SignInit(session, &hmac, mac));
    OK(p11->C_Sign(session, NULL, 0, tag, &tag_len));
    OK(p11->C_VerifyInit(session, &hmac, mac));
    OK(p11->C_VerifyFinal(session, tag, tag_len));
    len = sizeof out;
    OK(p11->C_EncryptInit(session, &aes_cbc_pad, aes));
    OK(p11->C_Encrypt(session, NULL, 0, out, &len));
    CHECK(len == 16);
    OK(p11->C_DecryptInit(session, &aes_cbc_pad, aes));
    tag_len = sizeof tag;
    OK(p11->C_Decrypt(session, out, len, tag, &tag_len));
    CHECK(tag_len == 0);
}

enum { BIG = 3 * 1024 * 1024 + 5 };

static void sign_in_parts(CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, CK_BYTE *big, CK_BYTE *signature,
                          CK_ULONG *signature_len)
{
    CK_ULONG part;

    OK(p11->C_SignInit(session, mechanism, key));
    for (CK_ULONG done = 0, step = 1; done < BIG; done += part, step = step * 3 % 200001 + 1) {
        part = step < BIG - done ? step : BIG - done;
        OK(p11->C_SignUpdate(session, big + done, part));
    }
    OK(p11->C_SignFinal(session, signature, signature_len));
}

static void encrypt_big(CK_OBJECT_HANDLE key, CK_MECHANISM *mechanism, CK_BYTE *big)
{
    CK_BYTE *whole = malloc(BIG + 32), *parts = malloc(BIG + 32);
    CK_ULONG whole_len = BIG + 32, room, done = 0;

    OK(p11->C_EncryptInit(session, mechanism, key));
    OK(p11->C_Encrypt(session, big, BIG, whole, &whole_len));
    OK(p11->C_DecryptInit(session, mechanism, key));
    for (CK_ULONG at = 0, part; at < whole_len; at += part) {
        part = whole_len - at < 600001 ? whole_len - at : 600001;
        room = BIG + 32 - done;
        OK(p11->C_DecryptUpdate(session, whole + at, part, parts + done, &room));
        done += room;
    }
    room = BIG + 32 - done;
    OK(p11->C_DecryptFinal(session, parts + done, &room));
    CHECK(done + room == BIG && memcmp(parts, big, BIG) == 0);
    free(whole);
    free(parts);
}

static void big_data_goes_whole_and_in_parts(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session), ec_public = 0, ec = 0, aes = make_aes(session, false, true, "aes");
    CK_BYTE *big = malloc(BIG), one[64], two[64];
    CK_ULONG one_len = sizeof one, two_len = sizeof two;

    for (size_t i = 0; i < BIG; i++)
        big[i] = (CK_BYTE)(i * 7 + i / 251);
    make_ec(session, &ec_public, &ec);
    OK(p11->C_SignInit(session, &hmac, mac));
    OK(p11->C_Sign(session, big, BIG, one, &one_len));
    sign_in_parts(mac, &hmac, big, two, &two_len);
    CHECK(one_len == 32 && two_len == 32 && memcmp(one, two, 32) == 0);
    one_len = two_len = sizeof one;
    sign_in_parts(ec, &ecdsa_sha256, big, one, &one_len);
    OK(p11->C_VerifyInit(session, &ecdsa_sha256, ec_public));
    OK(p11->C_Verify(session, big, BIG, one, one_len));
    OK(p11->C_VerifyInit(session, &hmac, mac));
    OK(p11->C_VerifyUpdate(session, big, BIG / 2));
    OK(p11->C_VerifyUpdate(session, big + BIG / 2, BIG - BIG / 2));
    OK(p11->C_VerifyFinal(session, two, 32));
    encrypt_big(aes, &aes_cbc_pad, big);
    encrypt_big(aes, &aes_gcm, big);
    free(big);
}

static void a_length_that_cannot_be_is_refused(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session), aes = make_aes(session, false, true, "aes");

    OK(p11->C_SignInit(session, &hmac, mac));
    OK(p11->C_SignUpdate(session, in, 16));
    CHECK(p11->C_SignUpdate(session, in, (CK_ULONG)-1) != CKR_OK); /* what a failed C_GetAttributeValue leaves */
    len = sizeof out;
    OK(p11->C_EncryptInit(session, &aes_gcm, aes));
    OK(p11->C_EncryptUpdate(session, in, 16, out, &len));
    len = sizeof out;
    CHECK(p11->C_EncryptUpdate(session, in, (CK_ULONG)-1, out, &len) != CKR_OK);
}

static void a_private_key_signs_nothing_after_logout(void)
{
    CK_OBJECT_HANDLE key = make_hmac(session);

    OK(p11->C_SignInit(session, &hmac, key));
    OK(p11->C_Logout(session));
    len = sizeof out;
    CHECK(p11->C_Sign(session, in, 4, out, &len) != CKR_OK);
    OK(login(session, CKU_USER));
    key = make_hmac(session);
    OK(p11->C_SignInit(session, &hmac, key)); /* what was under way is over */
}

static void two_operations_go_together(void)
{
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes");
    CK_BYTE cipher[64], plain[64], one[32], two[32];
    CK_ULONG room = sizeof cipher, rest, digest_len = 32;

    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_EncryptInit(session, &aes_cbc, aes));
    room = 15;
    RV(p11->C_DigestEncryptUpdate(session, in, 32, cipher, &room), CKR_BUFFER_TOO_SMALL);
    OK(p11->C_DigestEncryptUpdate(session, in, 32, cipher, &room));
    rest = sizeof cipher - room;
    OK(p11->C_EncryptFinal(session, cipher + room, &rest));
    OK(p11->C_DigestFinal(session, one, &digest_len));
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DecryptInit(session, &aes_cbc, aes));
    room = sizeof plain;
    OK(p11->C_DecryptDigestUpdate(session, cipher, 32, plain, &room));
    rest = sizeof plain - room;
    OK(p11->C_DecryptFinal(session, plain + room, &rest));
    OK(p11->C_DigestFinal(session, two, &digest_len));
    CHECK(room == 32 && memcmp(plain, in, 32) == 0 && memcmp(one, two, 32) == 0);
}

const test_case operation_cases[] = {
    { "nothing goes on without Init", nothing_goes_on_without_init, true, false },
    { "lengths of results follow the convention", lengths_follow_the_convention, true, false },
    { "lengths of decrypted data follow the convention", decryption_follows_the_convention, true, false },
    { "one call and parts are not mixed", one_call_and_parts_are_not_mixed, true, false },
    { "Updates keep what did not fit", updates_keep_what_did_not_fit, true, false },
    { "keys and mechanisms must fit", keys_do_what_they_may, true, false },
    { "usages of keys are kept", usages_are_kept, true, false },
    { "signatures are judged, and their length", signatures_are_judged, true, false },
    { "no data is data too", no_data_is_data_too, true, false },
    { "big data goes whole and in parts", big_data_goes_whole_and_in_parts, true, false },
    { "a length that cannot be is refused", a_length_that_cannot_be_is_refused, true, false },
    { "a private key signs nothing after C_Logout", a_private_key_signs_nothing_after_logout, true, false },
    { "two operations go together", two_operations_go_together, true, false },
    { NULL, NULL, false, false },
};
