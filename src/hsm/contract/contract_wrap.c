/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that leave and come back under another key. */
#include "hsm/contract/contract.h"

static const qk_view iv = { (const uint8_t *)"sixteen bytes iv", 16 };

/* Both keys do the same. */
static void assert_same_aes(contract *it, const client_key *one, const client_key *two)
{
    qk_view a, b;

    works(encrypt(it, mech(it, CKM_AES_ECB), one, iv, &a));
    works(encrypt(it, mech(it, CKM_AES_ECB), two, iv, &b));
    assert_view_equal(a, b);
}

static qk_err unwrap_aes(contract *it, Grep11__Mechanism *mechanism, const client_key *kek, qk_view wrapped,
                         client_key *out)
{
    return unwrap(it, mechanism, kek, wrapped, ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES)),
                  out);
}

static void an_aes_key_travels_under_rsa(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    Grep11__Mechanism *ways[] = { mech(it, CKM_RSA_PKCS), mech_oaep(it, CKM_SHA_1), mech_oaep(it, CKM_SHA512),
                                  mech_rsa_aes(it) };
    client_key made = aes_key(it), back;
    qk_view wrapped;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        works(wrap(it, ways[i], &pair->public_key, &made, &wrapped));
        works(unwrap_aes(it, ways[i], &pair->private_key, wrapped, &back));
        assert_same_aes(it, &made, &back);
        assert_view_equal(made.checksum, back.checksum); /* clients compare the whole of it */
    }
}

static void an_aes_key_travels_under_aes(contract *it)
{
    Grep11__Mechanism *ways[] = { mech_iv(it, CKM_AES_CBC_PAD, iv), mech_iv(it, CKM_AES_CBC, iv),
                                  mech(it, CKM_AES_ECB) };
    client_key kek = aes_key(it), made = aes_key(it), back;
    qk_view wrapped;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        works(wrap(it, ways[i], &kek, &made, &wrapped));
        assert_int_equal(wrapped.len, i == 0 ? 48 : 32);
        works(unwrap_aes(it, ways[i], &kek, wrapped, &back));
        assert_same_aes(it, &made, &back);
    }
}

static void a_private_key_travels_under_rsa_and_aes(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    key_pair ec = ec_pair(it, "P-256");
    client_key back;
    qk_view wrapped, signature;

    works(wrap(it, mech_rsa_aes(it), &pair->public_key, &ec.private_key, &wrapped));
    works(unwrap(it, mech_rsa_aes(it), &pair->private_key, wrapped,
                 ITEMS(NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), NUMBER(CKA_KEY_TYPE, CKK_EC)), &back));
    works(sign(it, mech(it, CKM_ECDSA), &back, iv, &signature));
    works(verify(it, mech(it, CKM_ECDSA), &ec.public_key, iv, signature));
}

/* AES key wrap pads with zeros what is no multiple of 8 bytes; the others carry the length themselves. */
static void an_aes_key_travels_by_key_wrapping(contract *it)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        size_t len;
    } ways[] = { { CKM_AES_KEY_WRAP, 40 }, { CKM_AES_KEY_WRAP_KWP, 40 }, { CKM_AES_KEY_WRAP_PKCS7, 48 } };
    client_key kek = aes_key(it), made = aes_key(it), back;
    qk_view wrapped;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        works(wrap(it, mech(it, ways[i].type), &kek, &made, &wrapped));
        assert_int_equal(wrapped.len, ways[i].len);
        works(unwrap_aes(it, mech(it, ways[i].type), &kek, wrapped, &back));
        assert_same_aes(it, &made, &back);
        ((uint8_t *)(uintptr_t)wrapped.data)[3] ^= 1;
        refuses(unwrap_aes(it, mech(it, ways[i].type), &kek, wrapped, &back), QK_E_WRAPPED_KEY);
    }
}

/* DES keys of two and three keys come in by value, wrap each other, and leave their parity in no doubt. */
static void des_keys_travel_and_keep_their_parity(contract *it)
{
    const item class = NUMBER(CKA_CLASS, CKO_SECRET_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_DES3);
    qk_view des_iv = QK_VIEW_LITERAL("8 bytes!"), wrapped,
            odd = hex(&it->arena, "0123456789abcdef23456789abcdef01456789abcdef0123");
    client_key kek, made, back, aes = aes_key(it);

    works(generate(it, CKM_DES3_KEY_GEN, ITEMS(YES(CKA_WRAP), YES(CKA_UNWRAP), YES(CKA_EXTRACTABLE)), &kek));
    works(import(it, ITEMS(class, type, BYTES(CKA_VALUE, odd), YES(CKA_EXTRACTABLE)), &made));
    refuses(import(it, ITEMS(class, type, TEXT(CKA_VALUE, "twenty-four bytes of it.")), &back), QK_E_ATTRIBUTE_VALUE);
    works(wrap(it, mech_iv(it, CKM_DES3_CBC, des_iv), &kek, &made, &wrapped));
    assert_int_equal(wrapped.len, 24);
    works(unwrap(it, mech_iv(it, CKM_DES3_CBC, des_iv), &kek, wrapped, ITEMS(class, type), &back));
    assert_view_equal(back.checksum, hex(&it->arena, "4eba73000000c0")); /* as OpenSSL encrypts zeros; 192 bits */
    works(wrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &aes, &made, &wrapped));
    refuses(
        unwrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &aes, wrapped, ITEMS(class, NUMBER(CKA_KEY_TYPE, CKK_DES2)), &back),
        QK_E_WRAPPED_KEY);
}

/* Others' DES keys may have any parity. GREP11 mends it, PKCS #11 refuses such keys. */
static void a_des_key_of_bad_parity_is_mended_for_grep11_alone(contract *it)
{
    const item class = NUMBER(CKA_CLASS, CKO_SECRET_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_DES3);
    qk_view even = hex(&it->arena, "0022446688aaccee22446688aaccee000022446688aaccee"), wrapped;
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek = aes_key(it), back;

    works(encrypt(it, cbc, &kek, even, &wrapped));
    works(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type), &back));
    works(wrap(it, cbc, &kek, &back, &wrapped));
    works(decrypt(it, cbc, &kek, wrapped, &even));
    assert_view_equal(even, hex(&it->arena, "0123456789abcdef23456789abcdef010123456789abcdef"));
    works(encrypt(it, cbc, &kek, hex(&it->arena, "0022446688aaccee22446688aaccee000022446688aaccee"), &wrapped));
    it->call.strict = true;
    refuses(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type), &back), QK_E_WRAPPED_KEY);
}

/* How GREP11 clients bring in and take out raw keys: wrapping is plain encryption of the value. */
static void raw_keys_are_imported_and_exported_with_a_key_that_does_both(contract *it)
{
    qk_view raw = QK_VIEW_LITERAL("a raw aes key of thirty-two byte"), cipher, back;
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek = aes_key(it), imported;

    works(encrypt(it, cbc, &kek, raw, &cipher));
    works(unwrap_aes(it, cbc, &kek, cipher, &imported));
    works(wrap(it, cbc, &kek, &imported, &cipher));
    works(decrypt(it, cbc, &kek, cipher, &back));
    assert_view_equal(raw, back);
}

static void a_key_that_fills_no_block_gets_zeros_behind_it(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC, iv);
    const item class = NUMBER(CKA_CLASS, CKO_SECRET_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_AES);
    client_key kek = aes_key(it), made, back;
    qk_view wrapped;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 24), YES(CKA_EXTRACTABLE)), &made));
    works(wrap(it, cbc, &kek, &made, &wrapped));
    assert_int_equal(wrapped.len, 32);
    works(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type, NUMBER(CKA_VALUE_LEN, 24)), &back));
    assert_same_aes(it, &made, &back);
    /* Zeros alone may be cut off, and not a whole block of them. */
    works(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type, NUMBER(CKA_VALUE_LEN, 32)), &back));
    refuses(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type, NUMBER(CKA_VALUE_LEN, 16)), &back), QK_E_WRAPPED_KEY);
    refuses(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type, NUMBER(CKA_VALUE_LEN, 48)), &back), QK_E_WRAPPED_KEY);
}

/* DER of PKCS #8: a SEQUENCE as long as the bytes. */
static void assert_pkcs8(qk_view bytes, size_t least)
{
    assert_true(bytes.len >= least);
    assert_int_equal(bytes.data[0], 0x30);
    if (bytes.data[1] == 0x81)
        assert_int_equal(bytes.data[2] + 3, bytes.len);
    else if (bytes.data[1] == 0x82)
        assert_int_equal((bytes.data[2] << 8 | bytes.data[3]) + 4, bytes.len);
    else
        assert_int_equal(bytes.data[1] + 2, bytes.len);
}

static void private_keys_travel_as_pkcs8(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    key_pair ec = ec_pair(it, "P-256");
    const struct {
        const key_pair *pair;
        CK_KEY_TYPE type;
        Grep11__Mechanism *signs;
        uint8_t bits[4];
    } kinds[] = { { rsa_pair(it), CKK_RSA, mech(it, CKM_SHA256_RSA_PKCS), { 0, 0, 8, 0 } },
                  { &ec, CKK_EC, mech(it, CKM_ECDSA), { 0, 0, 1, 0 } } };
    client_key kek = aes_key(it), back;
    qk_view wrapped, plain, signature;

    for (size_t i = 0; i < 2; i++) {
        client_key from_checksum;
        ProtobufCBinaryData bytes;
        Grep11__KeyBlob message = GREP11__KEY_BLOB__INIT;
        works(wrap(it, cbc, &kek, &kinds[i].pair->private_key, &wrapped));
        works(decrypt(it, cbc, &kek, wrapped, &plain));
        assert_pkcs8(plain, 100);
        works(unwrap(it, cbc, &kek, wrapped,
                     ITEMS(NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), NUMBER(CKA_KEY_TYPE, kinds[i].type)), &back));
        works(sign(it, kinds[i].signs, &back, iv, &signature));
        works(verify(it, kinds[i].signs, &kinds[i].pair->public_key, iv, signature));
        /* The checksum is the public key, then the bit count. */
        assert_memory_equal(back.checksum.data + back.checksum.len - 4, kinds[i].bits, 4);
        bytes = qk_message_bytes(qk_view_slice(back.checksum, 0, back.checksum.len - 4));
        message.keyblobs = &bytes;
        message.n_keyblobs = 1;
        from_checksum = (client_key){ qk_message_view(bytes), &message, QK_VIEW_NONE };
        works(verify(it, kinds[i].signs, &from_checksum, iv, signature));
    }
}

static void an_unwrapped_key_has_no_good_history(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key kek = aes_key(it), made = aes_key(it), back;
    qk_view wrapped;

    works(wrap(it, mech(it, CKM_AES_ECB), &kek, &made, &wrapped));
    works(unwrap_aes(it, mech(it, CKM_AES_ECB), &kek, wrapped, &back));
    attrs = attrs_of(&back);
    assert_true(qk_attrs_bool(&attrs, CKA_EXTRACTABLE, false));
    assert_false(qk_attrs_bool(&attrs, CKA_LOCAL, true));
    assert_false(qk_attrs_bool(&attrs, CKA_ALWAYS_SENSITIVE, true));
    assert_false(qk_attrs_bool(&attrs, CKA_NEVER_EXTRACTABLE, true));
}

static void a_key_must_be_extractable_to_leave(contract *it)
{
    client_key kek = aes_key(it), made;
    qk_view out;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &made));
    refuses(wrap(it, mech(it, CKM_AES_ECB), &kek, &made, &out), QK_E_KEY_UNEXTRACTABLE);
}

static void a_key_may_ask_for_a_trusted_wrapper(contract *it)
{
    client_key kek = aes_key(it), trusted, made;
    qk_view out;

    works(generate(it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_EXTRACTABLE), YES(CKA_WRAP_WITH_TRUSTED)), &made));
    refuses(wrap(it, mech(it, CKM_AES_ECB), &kek, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_WRAP), YES(CKA_TRUSTED)), &trusted));
    works(wrap(it, mech(it, CKM_AES_ECB), &trusted, &made, &out));
}

static void wrapping_needs_its_usages(contract *it)
{
    client_key kek, made = aes_key(it), back;
    qk_view wrapped;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_WRAP)), &kek));
    works(wrap(it, mech(it, CKM_AES_ECB), &kek, &made, &wrapped));
    refuses(unwrap_aes(it, mech(it, CKM_AES_ECB), &kek, wrapped, &back), QK_E_KEY_NOT_PERMITTED);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &kek));
    refuses(wrap(it, mech(it, CKM_AES_ECB), &kek, &made, &wrapped), QK_E_KEY_NOT_PERMITTED);
}

static void keys_that_do_not_fit_are_refused(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    client_key made = aes_key(it), kek = aes_key(it), big;
    qk_view out;

    refuses(wrap(it, mech(it, CKM_RSA_PKCS), &made, &made, &out), QK_E_WRAPPING_TYPE);
    refuses(wrap(it, mech(it, CKM_RSA_PKCS), &pair->private_key, &made, &out), QK_E_WRAPPING_TYPE);
    refuses(unwrap_aes(it, mech(it, CKM_RSA_PKCS), &pair->public_key, iv, &big), QK_E_UNWRAPPING_TYPE);
    refuses(wrap(it, mech(it, CKM_RSA_PKCS), &pair->public_key, &pair->private_key, &out), QK_E_KEY_NOT_WRAPPABLE);
    refuses(wrap(it, mech(it, CKM_AES_ECB), &kek, &pair->public_key, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 250), YES(CKA_EXTRACTABLE)), &big));
    refuses(wrap(it, mech(it, CKM_RSA_PKCS), &pair->public_key, &big, &out), QK_E_KEY_SIZE);
    refuses(wrap(it, mech(it, CKM_SHA256_HMAC), &kek, &made, &out), QK_E_MECHANISM_INVALID);
}

static void what_does_not_open_to_a_key_is_refused(contract *it)
{
    const item class = NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_RSA);
    Grep11__Mechanism *ecb = mech(it, CKM_AES_ECB), *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    const key_pair *pair = rsa_pair(it);
    static uint8_t zero[256];
    client_key kek = aes_key(it), other = aes_key(it), made = aes_key(it), back;
    qk_view wrapped;

    works(wrap(it, cbc, &kek, &made, &wrapped));
    refuses(unwrap(it, cbc, &kek, wrapped, ITEMS(class, type), &back), QK_E_WRAPPED_KEY);
    refuses(unwrap_aes(it, cbc, &kek, qk_view_slice(wrapped, 0, 40), &back), QK_E_WRAPPED_LENGTH);
    refuses(unwrap_aes(it, ecb, &kek, qk_view_of(zero, 17), &back), QK_E_WRAPPED_LENGTH);
    refuses(unwrap_aes(it, ecb, &kek, qk_view_of(zero, 48), &back), QK_E_WRAPPED_KEY);
    refuses(unwrap_aes(it, mech(it, CKM_RSA_PKCS), &pair->private_key, qk_view_of(zero, 255), &back),
            QK_E_WRAPPED_LENGTH);
    refuses(unwrap_aes(it, mech_oaep(it, CKM_SHA256), &pair->private_key, qk_view_of(zero, 256), &back),
            QK_E_WRAPPED_KEY);
    refuses(unwrap(it, cbc, &other, wrapped, ITEMS(class, type), &back), QK_E_WRAPPED_KEY);
}

static void unwrap_templates_are_judged(contract *it)
{
    Grep11__Mechanism *ecb = mech(it, CKM_AES_ECB);
    const item class = NUMBER(CKA_CLASS, CKO_SECRET_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_AES);
    client_key kek = aes_key(it), made = aes_key(it), back;
    qk_view wrapped;

    works(wrap(it, ecb, &kek, &made, &wrapped));
    refuses(unwrap(it, ecb, &kek, wrapped, ITEMS(class), &back), QK_E_TEMPLATE_INCOMPLETE);
    works(unwrap(it, ecb, &kek, wrapped, ITEMS(type), &back));
    refuses(unwrap(it, ecb, &kek, wrapped, ITEMS(type, NUMBER(CKA_CLASS, CKO_PRIVATE_KEY)), &back),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(unwrap(it, ecb, &kek, wrapped, ITEMS(type, TEXT(CKA_VALUE, "sixteen bytes   ")), &back),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(unwrap(it, ecb, &kek, wrapped, ITEMS(type, YES(CKA_ALWAYS_SENSITIVE)), &back), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(unwrap(it, ecb, &kek, wrapped, ITEMS(type, TEXT(CKA_CHECK_VALUE, "abc")), &back), QK_E_ATTRIBUTE_VALUE);
    works(unwrap(it, ecb, &kek, wrapped, ITEMS(class, type, NUMBER(CKA_VALUE_LEN, 0)), &back));
    works(unwrap(it, ecb, &kek, wrapped, ITEMS(class, type, NO(CKA_EXTRACTABLE)), &back));
    refuses(wrap(it, ecb, &kek, &back, &wrapped), QK_E_KEY_UNEXTRACTABLE);
}

const contract_case contract_wrap[] = {
    CASE(an_aes_key_travels_under_rsa),
    CASE(an_aes_key_travels_under_aes),
    CASE(a_private_key_travels_under_rsa_and_aes),
    CASE(an_aes_key_travels_by_key_wrapping),
    CASE(des_keys_travel_and_keep_their_parity),
    CASE(a_des_key_of_bad_parity_is_mended_for_grep11_alone),
    CASE(raw_keys_are_imported_and_exported_with_a_key_that_does_both),
    CASE(a_key_that_fills_no_block_gets_zeros_behind_it),
    CASE(private_keys_travel_as_pkcs8),
    CASE(an_unwrapped_key_has_no_good_history),
    CASE(a_key_must_be_extractable_to_leave),
    CASE(a_key_may_ask_for_a_trusted_wrapper),
    CASE(wrapping_needs_its_usages),
    CASE(keys_that_do_not_fit_are_refused),
    CASE(what_does_not_open_to_a_key_is_refused),
    CASE(unwrap_templates_are_judged),
    { NULL, NULL },
};
