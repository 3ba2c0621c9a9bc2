/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that come into being: generated, imported, copied. */
#include "hsm/contract/contract.h"

static bool is(const client_key *key, CK_ATTRIBUTE_TYPE type)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = attrs_of(key);

    assert_non_null(qk_attrs_find(&attrs, type));
    return qk_attrs_bool(&attrs, type, false);
}

static CK_ULONG number_in(const client_key *key, CK_ATTRIBUTE_TYPE type)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = attrs_of(key);

    assert_non_null(qk_attrs_find(&attrs, type));
    return qk_attrs_ulong(&attrs, type, 0);
}

static bool has(const client_key *key, CK_ATTRIBUTE_TYPE type)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = attrs_of(key);
    return qk_attrs_find(&attrs, type) != NULL;
}

static void a_generated_key_says_what_it_is(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32)), &made));
    attrs = attrs_of(&made);
    assert_int_equal(number_in(&made, CKA_CLASS), CKO_SECRET_KEY);
    assert_int_equal(number_in(&made, CKA_KEY_TYPE), CKK_AES);
    assert_int_equal(number_in(&made, CKA_VALUE_LEN), 32);
    assert_int_equal(number_in(&made, CKA_KEY_GEN_MECHANISM), CKM_AES_KEY_GEN);
    assert_true(is(&made, CKA_LOCAL));
    assert_true(is(&made, CKA_SENSITIVE));
    assert_true(is(&made, CKA_ALWAYS_SENSITIVE));
    assert_true(is(&made, CKA_NEVER_EXTRACTABLE));
    assert_true(is(&made, CKA_MODIFIABLE));
    assert_false(is(&made, CKA_EXTRACTABLE));
    assert_int_equal(qk_attrs_view(&attrs, CKA_CHECK_VALUE).len, 3);
    assert_int_equal(qk_attrs_view(&attrs, CKA_GREP11_WKID).len, 16);
    assert_false(has(&made, CKA_VALUE));
}

static void usages_left_out_are_those_the_type_is_made_for(contract *it)
{
    key_pair pair = ec_pair(it, "P-256");
    client_key made, generic;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &made));
    assert_true(is(&made, CKA_ENCRYPT) && is(&made, CKA_DECRYPT) && is(&made, CKA_SIGN) && is(&made, CKA_VERIFY));
    assert_false(is(&made, CKA_WRAP) || is(&made, CKA_UNWRAP) || is(&made, CKA_DERIVE));
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &generic));
    assert_true(is(&generic, CKA_SIGN) && is(&generic, CKA_VERIFY));
    assert_false(is(&generic, CKA_ENCRYPT) || is(&generic, CKA_DECRYPT));
    assert_true(is(&pair.private_key, CKA_SIGN) && is(&pair.public_key, CKA_VERIFY));
    assert_false(is(&pair.private_key, CKA_DECRYPT) || is(&pair.public_key, CKA_ENCRYPT));
    assert_false(has(&pair.private_key, CKA_VERIFY) || has(&pair.public_key, CKA_SIGN));
    assert_false(has(&pair.public_key, CKA_EXTRACTABLE));
}

static void a_checksum_is_check_value_and_bit_count(contract *it)
{
    static const struct {
        CK_ULONG bytes;
        uint8_t bits[4];
    } sizes[] = { { 16, { 0, 0, 0, 0x80 } }, { 24, { 0, 0, 0, 0xc0 } }, { 32, { 0, 0, 1, 0 } } };

    for (size_t i = 0; i < 3; i++) {
        static uint8_t zero[16];
        qk_view cipher;
        client_key made;
        works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, sizes[i].bytes)), &made));
        works(encrypt(it, mech(it, CKM_AES_ECB), &made, qk_view_of(zero, 16), &cipher));
        assert_int_equal(made.checksum.len, 7);
        assert_memory_equal(made.checksum.data, cipher.data, 3);
        assert_memory_equal(made.checksum.data + 3, sizes[i].bits, 4);
    }
}

static void curves_come_back_as_they_were_given(contract *it)
{
    static const qk_view names[] = { { (const uint8_t *)"P-256", 5 },
                                     { (const uint8_t *)"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10 } };

    for (size_t i = 0; i < 2; i++) {
        QK_OWNED(qk_attrs_done) qk_attrs public_attrs = QK_ATTRS_NONE, private_attrs = QK_ATTRS_NONE;
        key_pair pair;
        works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(BYTES(CKA_EC_PARAMS, names[i])), NO_ITEMS, &pair));
        public_attrs = attrs_of(&pair.public_key);
        private_attrs = attrs_of(&pair.private_key);
        assert_view_equal(qk_attrs_view(&public_attrs, CKA_EC_PARAMS), names[i]);
        assert_view_equal(qk_attrs_view(&private_attrs, CKA_EC_PARAMS), names[i]);
        assert_int_equal(qk_attrs_view(&public_attrs, CKA_EC_POINT).len, 67);
    }
}

static void a_public_key_starts_with_its_spki(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    key_pair pair = ec_pair(it, "P-256");
    qk_view point;

    attrs = attrs_of(&pair.public_key);
    point = qk_attrs_view(&attrs, CKA_EC_POINT);
    assert_int_equal(pair.public_key.bytes.data[0], 0x30);
    assert_int_equal(pair.public_key.bytes.data[1], 89);
    assert_view_equal(qk_view_slice(pair.public_key.bytes, 91 - 65, 65), qk_view_slice(point, 2, 65));
    assert_view_equal(qk_attrs_view(&attrs, CKA_PUBLIC_KEY_INFO), qk_view_slice(pair.public_key.bytes, 0, 91));
}

static void rsa_keys_have_the_exponent_asked_for(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    key_pair pair;

    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN,
                        ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), TEXT(CKA_PUBLIC_EXPONENT, "\x11"), NO(CKA_EXTRACTABLE)),
                        NO_ITEMS, &pair));
    attrs = attrs_of(&pair.private_key);
    assert_view_equal(qk_attrs_view(&attrs, CKA_PUBLIC_EXPONENT), QK_VIEW_LITERAL("\x11"));
    assert_int_equal(qk_attrs_view(&attrs, CKA_MODULUS).len, 256);
    assert_int_equal(number_in(&pair.public_key, CKA_MODULUS_BITS), 2048);
    assert_false(has(&pair.private_key, CKA_PRIVATE_EXPONENT));
    refuses(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN,
                          ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), TEXT(CKA_PUBLIC_EXPONENT, "\x03")), NO_ITEMS, &pair),
            QK_E_ATTRIBUTE_VALUE);
}

static void attributes_that_live_elsewhere_are_accepted(contract *it)
{
    client_key made;

    works(generate(
        it, CKM_AES_KEY_GEN,
        ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_TOKEN), YES(CKA_PRIVATE), TEXT(CKA_LABEL, "name"), TEXT(CKA_ID, "id")),
        &made));
    assert_false(has(&made, CKA_LABEL) || has(&made, CKA_TOKEN));
}

static void templates_that_contradict_the_mechanism_are_refused(contract *it)
{
    const item len = NUMBER(CKA_VALUE_LEN, 16), curve = TEXT(CKA_EC_PARAMS, "P-256");
    key_pair pair;
    client_key made;

    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(len, NUMBER(CKA_CLASS, CKO_PUBLIC_KEY)), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(len, NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET)), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(len, TEXT(CKA_VALUE, "sixteen bytes   ")), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(len, YES(CKA_LOCAL)), &made), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(generate(it, CKM_AES_KEY_GEN, ITEMS(len, YES(CKA_NEVER_EXTRACTABLE)), &made), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(curve, NUMBER(CKA_KEY_TYPE, CKK_RSA)), NO_ITEMS, &pair),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(curve), ITEMS(NUMBER(CKA_CLASS, CKO_PUBLIC_KEY)), &pair),
            QK_E_TEMPLATE_INCONSISTENT);
}

static void sizes_and_curves_nobody_has_are_refused(contract *it)
{
    key_pair pair;
    client_key made;

    refuses(generate(it, CKM_AES_KEY_GEN, NO_ITEMS, &made), QK_E_TEMPLATE_INCOMPLETE);
    assert_int_not_equal(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 17)), &made), QK_OK);
    refuses(generate_pair(it, CKM_EC_KEY_PAIR_GEN, NO_ITEMS, NO_ITEMS, &pair), QK_E_TEMPLATE_INCOMPLETE);
    refuses(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(TEXT(CKA_EC_PARAMS, "P-9000")), NO_ITEMS, &pair),
            QK_E_CURVE_NOT_SUPPORTED);
    refuses(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, NO_ITEMS, NO_ITEMS, &pair), QK_E_TEMPLATE_INCOMPLETE);
    refuses(generate(it, CKM_EC_KEY_PAIR_GEN, NO_ITEMS, &made), QK_E_MECHANISM_INVALID);
    refuses(generate_pair(it, CKM_AES_KEY_GEN, NO_ITEMS, NO_ITEMS, &pair), QK_E_MECHANISM_INVALID);
}

static void attributes_that_do_not_exist_are_refused(contract *it)
{
    Grep11__GenerateKeyRequest request = GREP11__GENERATE_KEY_REQUEST__INIT;
    Grep11__GenerateKeyRequest__TemplateEntry entry = GREP11__GENERATE_KEY_REQUEST__TEMPLATE_ENTRY__INIT;
    Grep11__GenerateKeyRequest__TemplateEntry *entries[] = { &entry };
    Grep11__AttributeValue value = GREP11__ATTRIBUTE_VALUE__INIT;
    void *answer;

    value.one_attr_case = GREP11__ATTRIBUTE_VALUE__ONE_ATTR_ATTRIBUTE_I;
    value.attributei = 1;
    entry.key = 0x7fff1234;
    entry.value = &value;
    request.mech = mech(it, CKM_AES_KEY_GEN);
    request.template_ = entries;
    request.n_template_ = 1;
    refuses(perform(it, QK_GENERATE_KEY, &request, &answer), QK_E_ATTRIBUTE_TYPE);
}

static void mechanisms_can_be_limited(contract *it)
{
    static const CK_ULONG allowed[] = { CKM_AES_ECB };
    qk_view block = QK_VIEW_LITERAL("sixteen bytes   "), out;
    client_key made;

    works(generate(it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 16), BYTES(CKA_ALLOWED_MECHANISMS, qk_view_of(allowed, sizeof allowed))),
                   &made));
    works(encrypt(it, mech(it, CKM_AES_ECB), &made, block, &out));
    refuses(encrypt(it, mech_iv(it, CKM_AES_CBC, block), &made, block, &out), QK_E_KEY_NOT_PERMITTED);
    refuses(sign(it, mech(it, CKM_SHA256_HMAC), &made, block, &out), QK_E_KEY_NOT_PERMITTED);
}

/* ---- import ---- */

static void an_imported_key_has_no_good_history(contract *it)
{
    client_key made;

    works(import(
        it,
        ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES), TEXT(CKA_VALUE, "sixteen bytes   ")),
        &made));
    assert_false(is(&made, CKA_LOCAL) || is(&made, CKA_ALWAYS_SENSITIVE) || is(&made, CKA_NEVER_EXTRACTABLE));
    assert_true(is(&made, CKA_SENSITIVE));
    assert_false(is(&made, CKA_EXTRACTABLE));
    assert_int_equal(number_in(&made, CKA_KEY_GEN_MECHANISM), CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(number_in(&made, CKA_VALUE_LEN), 16);
    assert_false(has(&made, CKA_VALUE));
}

static void a_check_value_must_be_the_keys(contract *it)
{
    const item class = NUMBER(CKA_CLASS, CKO_SECRET_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_AES);
    const item value = TEXT(CKA_VALUE, "sixteen bytes   ");
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made;

    works(import(it, ITEMS(class, type, value), &made));
    attrs = attrs_of(&made);
    works(import(it, ITEMS(class, type, value, BYTES(CKA_CHECK_VALUE, qk_attrs_view(&attrs, CKA_CHECK_VALUE))), &made));
    works(import(it, ITEMS(class, type, value, BYTES(CKA_CHECK_VALUE, QK_VIEW_NONE)), &made));
    refuses(import(it, ITEMS(class, type, value, TEXT(CKA_CHECK_VALUE, "\x01\x02\x03")), &made), QK_E_ATTRIBUTE_VALUE);
}

static void an_imported_public_key_verifies_and_encrypts(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    QK_OWNED(qk_attrs_done) qk_attrs attrs = attrs_of(&pair->public_key);
    qk_view cipher, back;
    client_key made;

    works(import(it,
                 ITEMS(NUMBER(CKA_CLASS, CKO_PUBLIC_KEY), NUMBER(CKA_KEY_TYPE, CKK_RSA),
                       BYTES(CKA_MODULUS, qk_attrs_view(&attrs, CKA_MODULUS)),
                       BYTES(CKA_PUBLIC_EXPONENT, qk_attrs_view(&attrs, CKA_PUBLIC_EXPONENT))),
                 &made));
    works(encrypt(it, mech(it, CKM_RSA_PKCS), &made, QK_VIEW_LITERAL("text"), &cipher));
    works(decrypt(it, mech(it, CKM_RSA_PKCS), &pair->private_key, cipher, &back));
    assert_view_equal(back, QK_VIEW_LITERAL("text"));
}

static void a_private_key_can_be_read_and_imported_again(contract *it)
{
    static const CK_ATTRIBUTE_TYPE parts[] = {
        CKA_MODULUS, CKA_PUBLIC_EXPONENT, CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
        CKA_PRIME_2, CKA_EXPONENT_1,      CKA_EXPONENT_2,       CKA_COEFFICIENT
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };
    const key_pair *pair = rsa_pair(it);
    item items[PARTS + 2] = { NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), NUMBER(CKA_KEY_TYPE, CKK_RSA) };
    qk_view signature, text = QK_VIEW_LITERAL("text");
    client_key made;

    for (size_t i = 0; i < PARTS; i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        works(get_attribute(it, &pair->private_key, parts[i], &attrs));
        items[i + 2] = (item){ .type = parts[i], .form = QK_FORM_BYTES };
        works(qk_arena_copy(&it->arena, qk_attrs_view(&attrs, parts[i]), &items[i + 2].bytes));
    }
    works(import(it, items, PARTS + 2, &made));
    works(sign(it, mech(it, CKM_SHA256_RSA_PKCS), &made, text, &signature));
    works(verify(it, mech(it, CKM_SHA256_RSA_PKCS), &pair->public_key, text, signature));
    refuses(import(it, items, 3, &made), QK_E_TEMPLATE_INCOMPLETE);
}

static void what_is_no_key_is_not_imported(contract *it)
{
    client_key made;

    assert_int_not_equal(import(it, NO_ITEMS, &made), QK_OK);
    assert_int_not_equal(import(it, ITEMS(NUMBER(CKA_CLASS, CKO_DATA), TEXT(CKA_VALUE, "text")), &made), QK_OK);
    assert_int_not_equal(
        import(it,
               ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES), TEXT(CKA_VALUE, "too short")),
               &made),
        QK_OK);
    refuses(import(it,
                   ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES),
                         TEXT(CKA_VALUE, "sixteen bytes   "), YES(CKA_LOCAL)),
                   &made),
            QK_E_ATTRIBUTE_READ_ONLY);
}

/* ---- copies ---- */

static void a_copy_is_the_same_key_with_other_attributes(contract *it)
{
    qk_view text = QK_VIEW_LITERAL("sixteen bytes   "), one, two;
    client_key made = aes_key(it), copied;

    works(copy(it, &made, ITEMS(NO(CKA_EXTRACTABLE), NO(CKA_SIGN), TEXT(CKA_LABEL, "copy"), YES(CKA_TOKEN)), &copied));
    assert_view_not_equal(made.bytes, copied.bytes);
    works(encrypt(it, mech(it, CKM_AES_ECB), &made, text, &one));
    works(encrypt(it, mech(it, CKM_AES_ECB), &copied, text, &two));
    assert_view_equal(one, two);
    assert_false(is(&copied, CKA_EXTRACTABLE) || is(&copied, CKA_SIGN) || is(&copied, CKA_NEVER_EXTRACTABLE));
    assert_true(is(&made, CKA_EXTRACTABLE) && is(&made, CKA_SIGN));
}

static void a_copy_gains_nothing(contract *it)
{
    client_key made, copied;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16)), &made));
    refuses(copy(it, &made, ITEMS(YES(CKA_EXTRACTABLE)), &copied), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(copy(it, &made, ITEMS(NO(CKA_SENSITIVE)), &copied), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(copy(it, &made, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET)), &copied), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(copy(it, &made, ITEMS(NO(CKA_LOCAL)), &copied), QK_E_ATTRIBUTE_READ_ONLY);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_COPYABLE)), &made));
    refuses(copy(it, &made, NO_ITEMS, &copied), QK_E_ACTION_PROHIBITED);
}

const contract_case contract_keys[] = {
    CASE(a_generated_key_says_what_it_is),
    CASE(usages_left_out_are_those_the_type_is_made_for),
    CASE(a_checksum_is_check_value_and_bit_count),
    CASE(curves_come_back_as_they_were_given),
    CASE(a_public_key_starts_with_its_spki),
    CASE(rsa_keys_have_the_exponent_asked_for),
    CASE(attributes_that_live_elsewhere_are_accepted),
    CASE(templates_that_contradict_the_mechanism_are_refused),
    CASE(sizes_and_curves_nobody_has_are_refused),
    CASE(attributes_that_do_not_exist_are_refused),
    CASE(mechanisms_can_be_limited),
    CASE(an_imported_key_has_no_good_history),
    CASE(a_check_value_must_be_the_keys),
    CASE(an_imported_public_key_verifies_and_encrypts),
    CASE(a_private_key_can_be_read_and_imported_again),
    CASE(what_is_no_key_is_not_imported),
    CASE(a_copy_is_the_same_key_with_other_attributes),
    CASE(a_copy_gains_nothing),
    { NULL, NULL },
};
