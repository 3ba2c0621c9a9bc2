/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of every family: domain parameters as GREP11 clients get and give them, DSA, DH, Montgomery and Edwards keys.
 */
#include "hsm/contract/contract.h"

/* The structure of parameters, which clients hand back as CKA_IBM_STRUCT_PARAMS. */
static qk_view structure(contract *it, CK_MECHANISM_TYPE type, CK_ULONG bits)
{
    client_key made;

    works(generate(it, type, ITEMS(NUMBER(CKA_PRIME_BITS, bits)), &made));
    assert_int_equal(made.checksum.len, 0);
    return made.bytes;
}

static void domain_parameters_come_in_clear(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made;

    works(generate(it, CKM_DH_PKCS_PARAMETER_GEN, ITEMS(NUMBER(CKA_PRIME_BITS, 2048)), &made));
    attrs = attrs_of(&made);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_CLASS, 0), CKO_DOMAIN_PARAMETERS);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_KEY_TYPE, 0), CKK_DH);
    assert_int_equal(qk_attrs_view(&attrs, CKA_PRIME).len, 256);
    assert_int_equal(qk_attrs_view(&attrs, CKA_BASE).len, 1);
    assert_int_equal(made.bytes.len, 4 + 4 + 257 + 3); /* SEQUENCE { P, G } */
    assert_int_equal(made.bytes.data[0], 0x30);
    assert_memory_equal(made.bytes.data + 9, qk_attrs_view(&attrs, CKA_PRIME).data, 256);
}

static void parameters_nobody_has_are_refused(contract *it)
{
    client_key made;

    refuses(generate(it, CKM_DH_PKCS_PARAMETER_GEN, ITEMS(NUMBER(CKA_PRIME_BITS, 1024)), &made), QK_E_KEY_SIZE);
    refuses(generate(it, CKM_DH_PKCS_PARAMETER_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 256)), &made),
            QK_E_TEMPLATE_INCOMPLETE);
    refuses(generate(it, CKM_DH_PKCS_PARAMETER_GEN, ITEMS(NUMBER(CKA_PRIME_BITS, 2048), NUMBER(CKA_KEY_TYPE, CKK_DSA)),
                     &made),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(generate(it, CKM_DH_PKCS_PARAMETER_GEN,
                     ITEMS(NUMBER(CKA_PRIME_BITS, 2048), NUMBER(CKA_CLASS, CKO_SECRET_KEY)), &made),
            QK_E_TEMPLATE_INCONSISTENT);
}

static void a_dsa_pair_of_a_structure_signs(contract *it)
{
    qk_view parameters = structure(it, CKM_DSA_PARAMETER_GEN, 1024), signature;
    client_key plain;
    key_pair pair;

    works(generate_pair(it, CKM_DSA_KEY_PAIR_GEN, ITEMS(BYTES(CKA_IBM_STRUCT_PARAMS, parameters)), NULL, 0, &pair));
    works(sign(it, mech(it, CKM_DSA_SHA1), &pair.private_key, qk_view_text("data"), &signature));
    assert_int_equal(signature.len, 40);
    works(verify(it, mech(it, CKM_DSA_SHA1), &pair.public_key, qk_view_text("data"), signature));
    refuses(verify(it, mech(it, CKM_DSA_SHA1), &pair.public_key, qk_view_text("date"), signature),
            QK_E_SIGNATURE_INVALID);
    /* the SubjectPublicKeyInfo alone is enough */
    plain = pair.public_key;
    plain.message = NULL;
    plain.bytes = qk_view_slice(plain.bytes, 0, 4 + ((size_t)plain.bytes.data[2] << 8 | plain.bytes.data[3]));
    if (it->v1)
        works(verify(it, mech(it, CKM_DSA_SHA1), &plain, qk_view_text("data"), signature));
}

static void a_dh_pair_has_the_length_asked_for(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE, public_attrs = QK_ATTRS_NONE;
    qk_view parameters = structure(it, CKM_DH_PKCS_PARAMETER_GEN, 2048);
    key_pair pair;

    works(generate_pair(it, CKM_DH_PKCS_KEY_PAIR_GEN, ITEMS(BYTES(CKA_IBM_STRUCT_PARAMS, parameters)),
                        ITEMS(NUMBER(CKA_VALUE_BITS, 400)), &pair));
    attrs = attrs_of(&pair.private_key);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_VALUE_BITS, 0), 400);
    assert_null(qk_attrs_find(&attrs, CKA_VALUE));
    public_attrs = attrs_of(&pair.public_key);
    assert_true(qk_attrs_view(&public_attrs, CKA_VALUE).len > 250);
    refuses(generate_pair(it, CKM_DH_PKCS_KEY_PAIR_GEN, ITEMS(BYTES(CKA_IBM_STRUCT_PARAMS, qk_view_text("0"))), NULL, 0,
                          &pair),
            QK_E_ATTRIBUTE_VALUE);
}

static void both_types_hold_montgomery_keys(contract *it)
{
    static const CK_MECHANISM_TYPE makers[] = { CKM_EC_KEY_PAIR_GEN, CKM_EC_MONTGOMERY_KEY_PAIR_GEN };

    for (size_t i = 0; i < 2; i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        key_pair pair;
        works(generate_pair(it, makers[i], ITEMS(BYTES(CKA_EC_PARAMS, qk_view_text("curve25519"))), NULL, 0, &pair));
        attrs = attrs_of(&pair.private_key);
        assert_int_equal(qk_attrs_ulong(&attrs, CKA_KEY_TYPE, 0), i == 0 ? CKK_EC : CKK_EC_MONTGOMERY);
        assert_false(qk_attrs_bool(&attrs, CKA_SIGN, false) && i == 1);
    }
}

static void a_pair_is_wrapped_and_comes_back(contract *it)
{
    qk_view parameters = structure(it, CKM_DSA_PARAMETER_GEN, 1024), wrapped, signature;
    client_key kek, back;
    key_pair pair;

    works(generate(it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_WRAP), YES(CKA_UNWRAP), NO(CKA_ENCRYPT), NO(CKA_DECRYPT)),
                   &kek));
    works(generate_pair(it, CKM_DSA_KEY_PAIR_GEN, ITEMS(BYTES(CKA_IBM_STRUCT_PARAMS, parameters)),
                        ITEMS(YES(CKA_EXTRACTABLE)), &pair));
    works(wrap(it, mech_iv(it, CKM_AES_CBC_PAD, qk_view_text("0123456789abcdef")), &kek, &pair.private_key, &wrapped));
    works(unwrap(it, mech_iv(it, CKM_AES_CBC_PAD, qk_view_text("0123456789abcdef")), &kek, wrapped,
                 ITEMS(NUMBER(CKA_KEY_TYPE, CKK_DSA), YES(CKA_SIGN)), &back));
    works(sign(it, mech(it, CKM_DSA), &back, qk_view_text("01234567890123456789"), &signature));
    works(verify(it, mech(it, CKM_DSA), &pair.public_key, qk_view_text("01234567890123456789"), signature));
}

static void wrapping_pair(contract *it, key_pair *out)
{
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN,
                        ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), YES(CKA_WRAP), NO(CKA_ENCRYPT)),
                        ITEMS(YES(CKA_UNWRAP), NO(CKA_DECRYPT)), out));
}

/* Raw RSA fills a key up with zeros in front; the last bytes of what comes out are the key. */
static void raw_rsa_wraps_a_secret_key(contract *it)
{
    static const uint8_t raw_value[16] = "0123456789abcde";
    qk_view wrapped, cipher, expected, value = qk_view_of(raw_value, sizeof raw_value);
    client_key key, back;
    key_pair pair;

    wrapping_pair(it, &pair);
    works(import(it,
                 ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES), BYTES(CKA_VALUE, value),
                       YES(CKA_EXTRACTABLE), YES(CKA_ENCRYPT)),
                 &key));
    works(wrap(it, mech(it, CKM_RSA_X_509), &pair.public_key, &key, &wrapped));
    assert_int_equal(wrapped.len, 256);
    works(unwrap(it, mech(it, CKM_RSA_X_509), &pair.private_key, wrapped,
                 ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 16), YES(CKA_ENCRYPT)), &back));
    works(encrypt(it, mech(it, CKM_AES_ECB), &key, value, &expected));
    works(encrypt(it, mech(it, CKM_AES_ECB), &back, value, &cipher));
    assert_memory_equal(cipher.data, expected.data, 16);
    refuses(unwrap(it, mech(it, CKM_RSA_X_509), &pair.private_key, wrapped,
                   ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 257)), &back),
            QK_E_WRAPPED_KEY);
}

/* A wrong padding, and a right one around something that is no key of the type. */
static void an_unwrapped_nothing_has_one_error(contract *it)
{
    qk_view wrapped;
    uint8_t changed[256];
    client_key key, back;
    key_pair pair;

    wrapping_pair(it, &pair);
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 13), YES(CKA_EXTRACTABLE)), &key));
    works(wrap(it, mech(it, CKM_RSA_PKCS), &pair.public_key, &key, &wrapped));
    refuses(unwrap(it, mech(it, CKM_RSA_PKCS), &pair.private_key, wrapped, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES)), &back),
            QK_E_WRAPPED_KEY);
    memcpy(changed, wrapped.data, sizeof changed);
    changed[200] ^= 1;
    refuses(unwrap(it, mech(it, CKM_RSA_PKCS), &pair.private_key, qk_view_of(changed, 256),
                   ITEMS(NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET)), &back),
            QK_E_WRAPPED_KEY);
    refuses(unwrap(it, mech(it, CKM_RSA_PKCS), &pair.private_key, qk_view_of(changed, 255),
                   ITEMS(NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET)), &back),
            QK_E_WRAPPED_LENGTH);
}

const contract_case contract_pairs[] = {
    CASE(domain_parameters_come_in_clear),
    CASE(parameters_nobody_has_are_refused),
    CASE(a_dsa_pair_of_a_structure_signs),
    CASE(a_dh_pair_has_the_length_asked_for),
    CASE(both_types_hold_montgomery_keys),
    CASE(a_pair_is_wrapped_and_comes_back),
    CASE(raw_rsa_wraps_a_secret_key),
    CASE(an_unwrapped_nothing_has_one_error),
    { NULL, NULL },
};
