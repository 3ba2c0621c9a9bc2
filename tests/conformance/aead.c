/* SPDX-License-Identifier: Apache-2.0 */
/* Messages, and keys wrapped with authentication, under AES-CCM and ChaCha20-Poly1305: against the answers of the
 * documents that define them, then what must be refused. messages.c and carried.c say the same of AES-GCM. */
#include "conformance.h"

#define NOT_ACTIVE CKR_OPERATION_NOT_INITIALIZED

enum { TEXT_MOST = 128, ROOM = 32 };

static CK_BYTE nonce[ROOM], tag[ROOM], aad[ROOM], text[TEXT_MOST], got[TEXT_MOST + 16], back[TEXT_MOST + 16];
static CK_ULONG len;

static CK_OBJECT_HANDLE import(CK_KEY_TYPE type, const CK_BYTE *value, CK_ULONG value_len, bool may_wrap)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = {
        VALUE(CKA_CLASS, class),    VALUE(CKA_KEY_TYPE, type),    BOOL(CKA_WRAP, may_wrap),
        BOOL(CKA_UNWRAP, may_wrap), BOOL(CKA_ENCRYPT, !may_wrap), BOOL(CKA_DECRYPT, !may_wrap),
        BOOL(CKA_SENSITIVE, false), BOOL(CKA_EXTRACTABLE, true),  { CKA_VALUE, (void *)(uintptr_t)value, value_len },
    };

    OK(p11->C_CreateObject(session, items, COUNT(items), &key));
    return key;
}

static void count_up(CK_BYTE *out, size_t count, CK_BYTE from)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (CK_BYTE)(from + i);
}

/* What a published answer says, and how its mechanism wants it told. */
typedef struct answer {
    CK_MECHANISM_TYPE type;
    CK_KEY_TYPE key_type;
    CK_ULONG key_len, nonce_len, aad_len, text_len, tag_len;
    const char *sealed; /* ciphertext, then tag */
} answer;

static const answer published[] = {
    { CKM_AES_CCM, CKK_AES, 16, 7, 8, 4, 4, "\x71\x62\x01\x5b\x4d\xac\x25\x5d" }, /* SP 800-38C, example 1 */
    { CKM_AES_CCM, CKK_AES, 16, 8, 16, 16, 6,
      "\xd2\xa1\xf0\xe0\x51\xea\x5f\x62\x08\x1a\x77\x92\x07\x3d\x59\x3d\x1f\xc6\x4f\xbf\xac\xcd" }, /* example 2 */
    { CKM_AES_CCM, CKK_AES, 16, 12, 20, 24, 8,
      "\xe3\xb2\x01\xa9\xf5\xb7\x1a\x7a\x9b\x1c\xea\xec\xcd\x97\xe7\x0b\x61\x76\xaa\xd9\xa4\x42\x8a\xa5"
      "\x48\x43\x92\xfb\xc1\xb0\x99\x51" }, /* example 3 */
    { CKM_CHACHA20_POLY1305, CKK_CHACHA20, 32, 12, 12, 114, 16,
      "\xd3\x1a\x8d\x34\x64\x8e\x60\xdb\x7b\x86\xaf\xbc\x53\xef\x7e\xc2\xa4\xad\xed\x51\x29\x6e\x08\xfe"
      "\xa9\xe2\xb5\xa7\x36\xee\x62\xd6\x3d\xbe\xa4\x5e\x8c\xa9\x67\x12\x82\xfa\xfb\x69\xda\x92\x72\x8b"
      "\x1a\x71\xde\x0a\x9e\x06\x0b\x29\x05\xd6\xa5\xb6\x7e\xcd\x3b\x36\x92\xdd\xbd\x7f\x2d\x77\x8b\x8c"
      "\x98\x03\xae\xe3\x28\x09\x1b\x58\xfa\xb3\x24\xe4\xfa\xd6\x75\x94\x55\x85\x80\x8b\x48\x31\xd7\xbc"
      "\x3f\xf4\xde\xf0\x8e\x4b\x7a\x9d\xe5\x76\xd2\x65\x86\xce\xc6\x4b\x61\x16\x1a\xe1\x0b\x59\x4f\x09"
      "\xe2\x6a\x7e\x90\x2e\xcb\xd0\x60\x06\x91" }, /* RFC 8439, 2.8.2 */
};
enum { CCM = 2, CHACHA = 3 }; /* where they stand */

/* The parameter of a message, whichever its mechanism has. */
static union {
    CK_CCM_MESSAGE_PARAMS ccm;
    CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS chacha;
} param;
static CK_MECHANISM mechanism = { 0, &param, 0 };
#define PARAM &param, mechanism.ulParameterLen

static CK_OBJECT_HANDLE set_up(const answer *a, bool may_wrap)
{
    static const char sunscreen[] = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
                                    "the future, sunscreen would be it.";
    CK_BYTE key[32];

    mechanism.mechanism = a->type;
    memset(tag, 0, sizeof tag);
    if (a->key_type == CKK_AES) {
        count_up(key, 16, 0x40);
        count_up(nonce, a->nonce_len, 0x10);
        count_up(aad, a->aad_len, 0);
        count_up(text, a->text_len, 0x20);
        param.ccm = (CK_CCM_MESSAGE_PARAMS){ a->text_len, nonce, a->nonce_len, 0, CKG_NO_GENERATE, tag, a->tag_len };
        mechanism.ulParameterLen = sizeof param.ccm;
    } else {
        count_up(key, 32, 0x80);
        memcpy(nonce, "\x07\0\0\0\x40\x41\x42\x43\x44\x45\x46\x47", 12);
        memcpy(aad, "\x50\x51\x52\x53\xc0\xc1\xc2\xc3\xc4\xc5\xc6\xc7", 12);
        memcpy(text, sunscreen, a->text_len);
        param.chacha = (CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS){ nonce, 8 * a->nonce_len, tag };
        mechanism.ulParameterLen = sizeof param.chacha;
    }
    return import(a->key_type, key, a->key_len, may_wrap);
}

static CK_OBJECT_HANDLE begin(const answer *a)
{
    CK_OBJECT_HANDLE key = set_up(a, false);

    OK(p32->C_MessageEncryptInit(session, &mechanism, key));
    OK(p32->C_MessageDecryptInit(session, &mechanism, key));
    return key;
}

static void end(void)
{
    OK(p32->C_MessageEncryptFinal(session));
    OK(p32->C_MessageDecryptFinal(session));
}

static void must_be_published(const answer *a)
{
    CHECK(len == a->text_len);
    CHECK(memcmp(got, a->sealed, a->text_len) == 0);
    CHECK(memcmp(tag, a->sealed + a->text_len, a->tag_len) == 0);
}

static void open_whole(const answer *a, CK_RV wanted)
{
    len = sizeof back;
    RV(p32->C_DecryptMessage(session, PARAM, aad, a->aad_len, got, a->text_len, back, &len), wanted);
}

static void messages_give_the_published_answers(void)
{
    for (size_t i = 0; i < COUNT(published); i++) {
        const answer *a = &published[i];
        begin(a);
        len = sizeof got;
        OK(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len));
        must_be_published(a);
        open_whole(a, CKR_OK);
        CHECK(len == a->text_len && memcmp(back, text, len) == 0);
        end();
    }
}

/* Two parts; the tag is told at the end. */
static void encrypt_in_parts(const answer *a)
{
    CK_ULONG half = a->text_len / 2, more = sizeof got;

    OK(p32->C_EncryptMessageBegin(session, PARAM, aad, a->aad_len));
    len = sizeof got;
    OK(p32->C_EncryptMessageNext(session, PARAM, text, half, got, &len, 0));
    more -= len;
    OK(p32->C_EncryptMessageNext(session, PARAM, text + half, a->text_len - half, got + len, &more,
                                 CKF_END_OF_MESSAGE));
    len += more;
}

static void decrypt_in_parts(const answer *a, CK_RV wanted)
{
    CK_ULONG half = a->text_len / 2, more = sizeof back;

    OK(p32->C_DecryptMessageBegin(session, PARAM, aad, a->aad_len));
    len = sizeof back;
    OK(p32->C_DecryptMessageNext(session, PARAM, got, half, back, &len, 0));
    CHECK(len == 0); /* nothing leaves before the tag was checked */
    RV(p32->C_DecryptMessageNext(session, PARAM, got + half, a->text_len - half, back, &more, CKF_END_OF_MESSAGE),
       wanted);
    len = more;
}

static void messages_in_parts_give_the_published_answers(void)
{
    for (size_t i = 0; i < COUNT(published); i++) {
        const answer *a = &published[i];
        begin(a);
        encrypt_in_parts(a);
        must_be_published(a);
        decrypt_in_parts(a, CKR_OK);
        CHECK(len == a->text_len && memcmp(back, text, len) == 0);
        end();
    }
}

/* One bit anywhere, one byte less anywhere. */
static void altered_messages_do_not_open(void)
{
    static const CK_BYTE untouched[sizeof back];

    for (size_t i = 0; i < COUNT(published); i++) {
        const answer *a = &published[i];
        CK_BYTE *places[] = { &got[0], &got[a->text_len - 1], &tag[0], &tag[a->tag_len - 1], &nonce[a->nonce_len - 1],
                              &aad[0], &aad[a->aad_len - 1] };
        begin(a);
        len = sizeof got;
        OK(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len));
        memset(back, 0, sizeof back);
        for (size_t k = 0; k < COUNT(places); k++) {
            *places[k] ^= 0x80;
            open_whole(a, CKR_AEAD_DECRYPT_FAILED);
            decrypt_in_parts(a, CKR_AEAD_DECRYPT_FAILED);
            *places[k] ^= 0x80;
        }
        len = sizeof back;
        RV(p32->C_DecryptMessage(session, PARAM, aad, a->aad_len - 1, got, a->text_len, back, &len),
           CKR_AEAD_DECRYPT_FAILED);
        RV(p32->C_DecryptMessage(session, PARAM, NULL, 0, got, a->text_len, back, &len), CKR_AEAD_DECRYPT_FAILED);
        CHECK(memcmp(back, untouched, sizeof back) == 0);
        open_whole(a, CKR_OK); /* the process goes on */
        end();
    }
}

static void lengths_of_ccm_messages_are_those_told(void)
{
    const answer *a = &published[CCM];

    begin(a);
    len = sizeof got;
    RV(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len - 1, got, &len), CKR_DATA_LEN_RANGE);
    OK(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len));
    len = sizeof back;
    RV(p32->C_DecryptMessage(session, PARAM, aad, a->aad_len, got, a->text_len - 1, back, &len),
       CKR_ENCRYPTED_DATA_LEN_RANGE);
    OK(p32->C_EncryptMessageBegin(session, PARAM, aad, a->aad_len));
    len = sizeof got;
    RV(p32->C_EncryptMessageNext(session, PARAM, text, a->text_len + 1, got, &len, CKF_END_OF_MESSAGE),
       CKR_DATA_LEN_RANGE);
    RV(p32->C_EncryptMessageNext(session, PARAM, text, 1, got, &len, 0), NOT_ACTIVE);
    OK(p32->C_EncryptMessageBegin(session, PARAM, aad, a->aad_len));
    len = sizeof got;
    RV(p32->C_EncryptMessageNext(session, PARAM, text, 5, got, &len, CKF_END_OF_MESSAGE), CKR_DATA_LEN_RANGE);
    len = 0;
    OK(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, NULL, &len));
    CHECK(len == a->text_len);
    len--;
    RV(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len), CKR_BUFFER_TOO_SMALL);
    end();
}

static void refuse_parameter(CK_RV wanted)
{
    len = sizeof got;
    RV(p32->C_EncryptMessage(session, PARAM, aad, 1, text, 24, got, &len), wanted);
    RV(p32->C_DecryptMessage(session, PARAM, aad, 1, text, 24, got, &len), wanted);
}

static void parameters_of_ccm_are_judged(void)
{
    static const CK_ULONG tags[] = { 0, 2, 3, 5, 7, 15, 17, 18, 1UL << 61 };
    CK_CCM_MESSAGE_PARAMS good;

    begin(&published[CCM]);
    good = param.ccm;
    for (size_t i = 0; i < COUNT(tags); i++) {
        param.ccm.ulMACLen = tags[i];
        refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    }
    param.ccm = good;
    param.ccm.ulNonceLen = 6;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.ccm.ulNonceLen = 14;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.ccm = good;
    param.ccm.pNonce = NULL;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.ccm = good;
    param.ccm.pMAC = NULL;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.ccm = good;
    param.ccm.ulNonceFixedBits = 97;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.ccm = good;
    mechanism.ulParameterLen--;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    mechanism.ulParameterLen++;
    end();
}

static void parameters_of_chacha20_are_judged(void)
{
    static const CK_ULONG bits[] = { 0, 12, 64, 95, 97, 104, 192 };
    CK_SALSA20_CHACHA20_POLY1305_MSG_PARAMS good;

    begin(&published[CHACHA]);
    good = param.chacha;
    for (size_t i = 0; i < COUNT(bits); i++) {
        param.chacha.ulNonceLen = bits[i];
        refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    }
    param.chacha = good;
    param.chacha.pNonce = NULL;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.chacha = good;
    param.chacha.pTag = NULL;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    param.chacha = good;
    mechanism.ulParameterLen++;
    refuse_parameter(CKR_MECHANISM_PARAM_INVALID);
    mechanism.ulParameterLen--;
    end();
}

static void keys_must_fit_their_cipher(void)
{
    CK_MECHANISM ccm = { CKM_AES_CCM, NULL, 0 }, chacha = { CKM_CHACHA20_POLY1305, NULL, 0 };
    CK_OBJECT_HANDLE aes = set_up(&published[CCM], false), cha = set_up(&published[CHACHA], false),
                     wraps = set_up(&published[CCM], true);

    RV(p32->C_MessageEncryptInit(session, &ccm, cha), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_MessageDecryptInit(session, &chacha, aes), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_MessageEncryptInit(session, &ccm, wraps), CKR_KEY_FUNCTION_NOT_PERMITTED);
    CHECK(offers(CKM_AES_CCM, CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_WRAP | CKF_UNWRAP));
    CHECK(offers(CKM_CHACHA20_POLY1305, CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT));
}

/* The module's own nonces never meet again under one Init, and what is fixed of them stays. */
static void nonces_of_ccm_are_made_as_asked(void)
{
    static const CK_GENERATOR_FUNCTION ways[] = { CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_COUNTER_XOR };
    const answer *a = &published[CCM];
    CK_BYTE seen[8][12];

    for (size_t way = 0; way < COUNT(ways); way++) {
        begin(a);
        param.ccm.nonceGenerator = ways[way];
        param.ccm.ulNonceFixedBits = 40;
        for (size_t i = 0; i < COUNT(seen); i++) {
            len = sizeof got;
            OK(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len));
            memcpy(seen[i], nonce, 12);
            CHECK(memcmp(nonce, "\x10\x11\x12\x13\x14", 5) == 0);
            for (size_t k = 0; k < i; k++)
                CHECK(memcmp(seen[k], seen[i], 12) != 0);
            open_whole(a, CKR_OK);
        }
        end();
    }
    begin(a);
    param.ccm.nonceGenerator = CKG_GENERATE_COUNTER;
    param.ccm.ulNonceFixedBits = 95;
    for (CK_RV wanted = CKR_OK, i = 0; i < 3; i++) {
        wanted = i < 2 ? CKR_OK : CKR_TOKEN_RESOURCE_EXCEEDED;
        len = sizeof got;
        RV(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len), wanted);
    }
    param.ccm.ulNonceFixedBits = 1;
    param.ccm.nonceGenerator = CKG_GENERATE_RANDOM; /* 95 bits are too few for chance */
    RV(p32->C_EncryptMessage(session, PARAM, aad, a->aad_len, text, a->text_len, got, &len),
       CKR_MECHANISM_PARAM_INVALID);
    end();
}

/* ---- keys that are carried ---- */

static CK_RV unwrap(CK_OBJECT_HANDLE with, CK_ULONG wrapped_len, CK_ULONG aad_len, CK_OBJECT_HANDLE *out_key)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), BOOL(CKA_ENCRYPT, true) };

    *out_key = 0;
    return p32->C_UnwrapKeyAuthenticated(session, &mechanism, with, got, wrapped_len, items, COUNT(items), aad, aad_len,
                                         out_key);
}

static void must_be_same_key(CK_OBJECT_HANDLE one, CK_OBJECT_HANDLE two)
{
    CK_OBJECT_HANDLE keys[] = { one, two };
    CK_BYTE blocks[2][16];

    for (int i = 0; i < 2; i++) {
        len = 16;
        OK(p11->C_EncryptInit(session, &aes_ecb, keys[i]));
        OK(p11->C_Encrypt(session, text, 16, blocks[i], &len));
    }
    CHECK(memcmp(blocks[0], blocks[1], 16) == 0);
}

/* Example 3 of SP 800-38C, its text taken for a key of 24 bytes. */
static void keys_are_wrapped_as_published(void)
{
    const answer *a = &published[CCM];
    CK_OBJECT_HANDLE wrapper = set_up(a, true), key = import(CKK_AES, text, 24, false), new_key;

    for (CK_ULONG told = 0; told <= 24; told += 24) { /* the key tells its length, whatever the parameter says */
        param.ccm.ulDataLen = told;
        len = 0;
        OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, a->aad_len, NULL, &len));
        CHECK(len == 24);
        len = 23;
        RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, a->aad_len, got, &len),
           CKR_BUFFER_TOO_SMALL);
        OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, a->aad_len, got, &len));
        must_be_published(a);
        OK(unwrap(wrapper, len, a->aad_len, &new_key));
        must_be_same_key(key, new_key);
    }
}

static void altered_wrapped_keys_are_refused(void)
{
    const answer *a = &published[CCM];
    CK_OBJECT_HANDLE wrapper = set_up(a, true), key = import(CKK_AES, text, 24, false), new_key;
    CK_BYTE *places[] = { &got[0], &got[23], &tag[0], &tag[7], &nonce[11], &aad[0], &aad[19] };

    len = sizeof got;
    OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, a->aad_len, got, &len));
    for (size_t i = 0; i < COUNT(places); i++) {
        *places[i] ^= 1;
        RV(unwrap(wrapper, len, a->aad_len, &new_key), CKR_WRAPPED_KEY_INVALID);
        CHECK(new_key == 0);
        *places[i] ^= 1;
    }
    RV(unwrap(wrapper, len, a->aad_len - 1, &new_key), CKR_WRAPPED_KEY_INVALID);
    RV(unwrap(wrapper, len, 0, &new_key), CKR_WRAPPED_KEY_INVALID);
    RV(unwrap(wrapper, len - 8, a->aad_len, &new_key), CKR_WRAPPED_KEY_INVALID);
    RV(unwrap(key, len, a->aad_len, &new_key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    param.ccm.ulMACLen = 6; /* a shorter tag is another one */
    RV(unwrap(wrapper, len, a->aad_len, &new_key), CKR_WRAPPED_KEY_INVALID);
    param.ccm.ulMACLen = 5;
    RV(unwrap(wrapper, len, a->aad_len, &new_key), CKR_MECHANISM_PARAM_INVALID);
    param.ccm.ulMACLen = 8;
    param.ccm.pMAC = NULL;
    RV(unwrap(wrapper, len, a->aad_len, &new_key), CKR_MECHANISM_PARAM_INVALID);
    param.ccm.pMAC = tag;
    OK(unwrap(wrapper, len, a->aad_len, &new_key));
}

/* The token's own nonces are others for each key that it wraps, also in another session. */
static void wrapped_keys_have_nonces_of_their_own(void)
{
    static const CK_GENERATOR_FUNCTION ways[] = { CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_COUNTER_XOR };
    const answer *a = &published[CCM];
    CK_OBJECT_HANDLE wrapper = set_up(a, true), key = import(CKK_AES, text, 24, false), new_key;
    CK_SESSION_HANDLE other = open_session(CKF_RW_SESSION);
    CK_BYTE seen[6][12];

    for (size_t way = 0; way < COUNT(ways); way++) {
        param.ccm.nonceGenerator = ways[way];
        param.ccm.ulNonceFixedBits = 32;
        for (size_t i = 0; i < COUNT(seen); i++) {
            len = sizeof got;
            OK(p32->C_WrapKeyAuthenticated(i % 2 ? other : session, &mechanism, wrapper, key, aad, a->aad_len, got,
                                           &len));
            memcpy(seen[i], nonce, 12);
            CHECK(memcmp(nonce, "\x10\x11\x12\x13", 4) == 0);
            for (size_t k = 0; k < i; k++)
                CHECK(memcmp(seen[k], seen[i], 12) != 0);
            OK(unwrap(wrapper, len, a->aad_len, &new_key));
        }
    }
    OK(p11->C_CloseSession(other));
}

static void chacha20_wraps_nothing(void)
{
    CK_OBJECT_HANDLE wrapper = set_up(&published[CHACHA], true), key = make_takeable(session), new_key;

    len = sizeof got;
    RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, NULL, 0, got, &len), CKR_MECHANISM_INVALID);
    RV(unwrap(wrapper, 16, 0, &new_key), CKR_MECHANISM_INVALID);
    CHECK(!offers(CKM_CHACHA20_POLY1305, CKF_WRAP) && !offers(CKM_CHACHA20_POLY1305, CKF_UNWRAP));
}

const test_case aead_cases[] = {
    { "messages give the published answers", messages_give_the_published_answers, true, false },
    { "messages in parts give the published answers", messages_in_parts_give_the_published_answers, true, false },
    { "altered messages do not open", altered_messages_do_not_open, true, false },
    { "lengths of CCM messages are those told", lengths_of_ccm_messages_are_those_told, true, false },
    { "parameters of CCM are judged", parameters_of_ccm_are_judged, true, false },
    { "parameters of ChaCha20-Poly1305 are judged", parameters_of_chacha20_are_judged, true, false },
    { "keys must fit their cipher", keys_must_fit_their_cipher, true, false },
    { "nonces of CCM are made as asked", nonces_of_ccm_are_made_as_asked, true, false },
    { "keys are wrapped as published", keys_are_wrapped_as_published, true, false },
    { "altered wrapped keys are refused", altered_wrapped_keys_are_refused, true, false },
    { "wrapped keys have nonces of their own", wrapped_keys_have_nonces_of_their_own, true, false },
    { "ChaCha20-Poly1305 wraps nothing", chacha20_wraps_nothing, true, false },
    { NULL, NULL, false, false },
};
