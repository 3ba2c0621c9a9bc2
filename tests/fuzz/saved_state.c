/* SPDX-License-Identifier: Apache-2.0 */
/* States that C_GetOperationState has given, and C_SetOperationState gets back. They name the token and the key, so a
 * good one is made first and the input says what happens to it: which state, which keys are given (and whether the
 * checksum is made anew, as nobody does by accident), then edits. A state that is refused leaves what goes on in the
 * session alone; one that is taken goes on, whatever it says, without reaching beyond the application's buffers. */
#include "fuzz.h"

#include <quantoki/pkcs11.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/crypto.h"

enum { CHECK_LEN = 32, LONG_LEN = 100 * 1024, STATE_MOST = 200 * 1024, EDITS_MOST = 64 };

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE aes, other_aes, mac, other_mac;
static uint8_t long_text[LONG_LEN], expected[32];
static char folder[] = "/tmp/quantoki-fuzz-state-XXXXXX";

static uint8_t iv[16], nonce[12];
static CK_GCM_PARAMS gcm = { nonce, sizeof nonce, 96, NULL, 0, 128 };
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, hmac = { CKM_SHA256_HMAC, NULL, 0 },
                    cbc_pad = { CKM_AES_CBC_PAD, iv, sizeof iv }, aes_gcm = { CKM_AES_GCM, &gcm, sizeof gcm };

/* ---- the states to begin with ---- */

static CK_RV digest_short(void)
{
    return C_DigestInit(session, &sha256) | C_DigestUpdate(session, long_text, 70);
}

static CK_RV digest_long(void)
{
    return C_DigestInit(session, &sha256) | C_DigestUpdate(session, long_text, LONG_LEN);
}

static CK_RV digest_key(void)
{
    return C_DigestInit(session, &sha256) | C_DigestUpdate(session, long_text, 5) | C_DigestKey(session, mac);
}

static CK_RV encrypt(void)
{
    uint8_t out[64];
    CK_ULONG len = sizeof out;

    return C_EncryptInit(session, &cbc_pad, aes) | C_EncryptUpdate(session, long_text, 23, out, &len);
}

static CK_RV decrypt(void)
{
    uint8_t out[64];
    CK_ULONG len = sizeof out;

    return C_DecryptInit(session, &cbc_pad, aes) | C_DecryptUpdate(session, long_text, 23, out, &len);
}

static CK_RV encrypt_gathered(void)
{
    uint8_t out[64];
    CK_ULONG len = sizeof out;

    return C_EncryptInit(session, &aes_gcm, aes) | C_EncryptUpdate(session, long_text, 23, out, &len);
}

static CK_RV sign_short(void)
{
    return C_SignInit(session, &hmac, mac) | C_SignUpdate(session, long_text, 70);
}

static CK_RV sign_long(void)
{
    return C_SignInit(session, &hmac, mac) | C_SignUpdate(session, long_text, LONG_LEN);
}

static CK_RV verify_just_begun(void)
{
    return C_VerifyInit(session, &hmac, mac);
}

static CK_RV three_at_once(void)
{
    return digest_short() | encrypt() | sign_short();
}

static const struct start {
    CK_RV (*begin)(void);
    bool encrypts, signs; /* wants that key */
} starts[] = {
    { digest_short, false, false }, { digest_long, false, false }, { digest_key, false, false },
    { encrypt, true, false },       { decrypt, true, false },      { encrypt_gathered, true, false },
    { sign_short, false, true },    { sign_long, false, true },    { verify_just_begun, false, true },
    { three_at_once, true, true },
};
enum { STARTS = sizeof starts / sizeof starts[0] };

static struct state {
    uint8_t bytes[STATE_MOST];
    CK_ULONG len;
} states[STARTS];

#define must_be_ok(call) promise((call) == CKR_OK)

static void cancel_all(void)
{
    must_be_ok(C_SessionCancel(session, (CK_FLAGS)-1));
}

static void make_states(void)
{
    for (size_t i = 0; i < STARTS; i++) {
        must_be_ok(starts[i].begin());
        states[i].len = STATE_MOST;
        must_be_ok(C_GetOperationState(session, states[i].bytes, &states[i].len));
        cancel_all();
    }
}

/* ---- the token ---- */

static CK_OBJECT_HANDLE make_key(CK_MECHANISM_TYPE type, CK_ATTRIBUTE_TYPE may, CK_ATTRIBUTE_TYPE may_too)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_BBOOL yes = CK_TRUE;
    CK_ULONG len = 32;
    CK_ATTRIBUTE items[] = { { CKA_VALUE_LEN, &len, sizeof len }, { may, &yes, 1 }, { may_too, &yes, 1 } };
    CK_OBJECT_HANDLE key = 0;

    must_be_ok(C_GenerateKey(session, &mechanism, items, 3, &key));
    return key;
}

static void remove_folder(void)
{
    char command[sizeof folder + 16];

    C_Finalize(NULL);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", folder);
}

static void make_token(void)
{
    CK_UTF8CHAR label[33] = "saved states                    ", pin[] = "security officer";
    char path[sizeof folder + 32];
    FILE *file;

    promise(mkdtemp(folder));
    atexit(remove_folder);
    snprintf(path, sizeof path, "%s/grep11client.yaml", folder);
    file = fopen(path, "w");
    promise(file && fprintf(file, "tokens: { 0: { embedded: { path: \"%s/token\" } } }\n", folder) > 0);
    promise(fclose(file) == 0 && setenv("EP11CLIENT_CFG", path, 1) == 0);
    must_be_ok(C_Initialize(NULL));
    must_be_ok(C_InitToken(0, pin, sizeof pin - 1, label));
    must_be_ok(C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
}

void fuzz_start(void)
{
    CK_ULONG len = sizeof expected;

    make_token();
    aes = make_key(CKM_AES_KEY_GEN, CKA_ENCRYPT, CKA_DECRYPT);
    other_aes = make_key(CKM_AES_KEY_GEN, CKA_ENCRYPT, CKA_DECRYPT);
    mac = make_key(CKM_GENERIC_SECRET_KEY_GEN, CKA_SIGN, CKA_VERIFY);
    other_mac = make_key(CKM_GENERIC_SECRET_KEY_GEN, CKA_SIGN, CKA_VERIFY);
    memset(long_text, 'x', sizeof long_text);
    must_be_ok(digest_short());
    must_be_ok(C_DigestFinal(session, expected, &len));
    make_states();
}

/* ---- what happens to a state ---- */

static void overwrite(struct state *state, size_t at, qk_view bytes)
{
    if (bytes.len > STATE_MOST - at)
        return;
    if (bytes.len)
        memmove(state->bytes + at, bytes.data, bytes.len);
    if (at + bytes.len > state->len)
        state->len = at + bytes.len;
}

static void edit(struct state *state, qk_reader *from)
{
    unsigned how = qk_read_u8(from);
    size_t at = (size_t)qk_read_u8(from) << 8, count;

    at = (at | qk_read_u8(from)) % (state->len + 1);
    count = qk_read_u8(from);
    switch (how % 5) {
    case 0: /* one byte */
        if (at < state->len)
            state->bytes[at] ^= (uint8_t)count;
        break;
    case 1: /* the end */
        state->len = at;
        break;
    case 2: /* bytes of the input */
        overwrite(state, at, qk_read(from, count));
        break;
    case 3: { /* another state, from there on */
        const struct state *other = &states[count % STARTS];
        if (at < other->len)
            overwrite(state, at, qk_view_of(other->bytes + at, other->len - at));
        break;
    }
    default: /* some bytes less */
        if (at + count < state->len) {
            memmove(state->bytes + at, state->bytes + at + count, state->len - at - count);
            state->len -= count;
        }
    }
}

static void renew_checksum(struct state *state)
{
    if (state->len < CHECK_LEN)
        return;
    must(qk_sha256(qk_view_of(state->bytes, state->len - CHECK_LEN), state->bytes + state->len - CHECK_LEN));
}

/* ---- what comes of it ---- */

static void digest_must_go_on(void)
{
    uint8_t digest[32];
    CK_ULONG len = sizeof digest;

    must_be_ok(C_DigestFinal(session, digest, &len));
    promise(memcmp(digest, expected, sizeof expected) == 0);
}

/* Whatever is active gets more and is ended; nothing is written beyond what it was given. */
static void go_on(void)
{
    uint8_t out[400];
    CK_ULONG len;

    memset(out, 0x5a, sizeof out);
    len = 100;
    (void)C_EncryptUpdate(session, long_text, 20, out, &len);
    len = 100;
    (void)C_EncryptFinal(session, out, &len);
    len = 100;
    (void)C_DecryptUpdate(session, long_text, 20, out, &len);
    len = 100;
    (void)C_DecryptFinal(session, out, &len);
    (void)C_DigestUpdate(session, long_text, 20);
    len = 100;
    (void)C_DigestFinal(session, out, &len);
    (void)C_SignUpdate(session, long_text, 20);
    len = 100;
    (void)C_SignFinal(session, out, &len);
    (void)C_VerifyUpdate(session, long_text, 20);
    (void)C_VerifyFinal(session, out, 32);
    for (size_t i = 100; i < sizeof out; i++)
        promise(out[i] == 0x5a);
}

static bool may_be_refused_so(CK_RV rv)
{
    return rv == CKR_SAVED_STATE_INVALID || rv == CKR_KEY_NEEDED || rv == CKR_KEY_NOT_NEEDED || rv == CKR_KEY_CHANGED ||
           rv == CKR_KEY_HANDLE_INVALID;
}

static void restore(const struct state *state, const struct state *good, const struct start *start, unsigned keys,
                    bool renewed)
{
    const CK_OBJECT_HANDLE encrypting[] = { start->encrypts ? aes : 0, 0, other_aes, 0x7fffffff },
                           signing[] = { start->signs ? mac : 0, 0, other_mac, 0x7fffffff };
    bool same = state->len == good->len && memcmp(state->bytes, good->bytes, good->len) == 0;
    CK_RV rv;

    must_be_ok(digest_short());
    rv = C_SetOperationState(session, (CK_BYTE *)(uintptr_t)state->bytes, state->len, encrypting[keys & 3],
                             signing[keys >> 2 & 3]);
    promise(rv == CKR_OK || may_be_refused_so(rv));
    if (same && (keys & 15) == 0)
        promise(rv == CKR_OK);
    if (!same && !renewed) /* it may have become another good one as a whole */
        for (size_t i = 0; rv != CKR_SAVED_STATE_INVALID && i <= STARTS; i++) {
            promise(i < STARTS);
            if (state->len == states[i].len && memcmp(state->bytes, states[i].bytes, state->len) == 0)
                break;
        }
    if (rv == CKR_OK)
        go_on();
    else
        digest_must_go_on();
    cancel_all();
}

void fuzz(qk_view input)
{
    static struct state state;
    qk_reader from = qk_reader_of(input);
    unsigned which = qk_read_u8(&from) % STARTS, how = qk_read_u8(&from);
    bool renewed = (how & 16) != 0;

    state.len = states[which].len;
    memcpy(state.bytes, states[which].bytes, state.len);
    for (int i = 0; i < EDITS_MOST && from.rest.len; i++)
        edit(&state, &from);
    if (renewed)
        renew_checksum(&state);
    restore(&state, &states[which], &starts[which], how & 15, renewed);
}
