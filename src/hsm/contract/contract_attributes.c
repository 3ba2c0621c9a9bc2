/* SPDX-License-Identifier: Apache-2.0 */
/* Attributes read and changed; mechanisms listed. */
#include "hsm/contract/contract.h"

static void attributes_are_read_one_by_one(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made = aes_key(it);

    works(get_attribute(it, &made, CKA_KEY_TYPE, &attrs));
    assert_int_equal(attrs.count, 1);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_KEY_TYPE, 0), CKK_AES);
    works(get_attribute(it, &made, CKA_EXTRACTABLE, &attrs));
    assert_true(qk_attrs_bool(&attrs, CKA_EXTRACTABLE, false));
    works(get_attribute(it, &made, CKA_CHECK_VALUE, &attrs));
    assert_view_equal(qk_attrs_view(&attrs, CKA_CHECK_VALUE), qk_view_slice(made.checksum, 0, 3));
}

static void a_key_says_the_same_in_every_answer(contract *it)
{
    key_pair pair = ec_pair(it, "P-384");
    const client_key *halves[] = { &pair.public_key, &pair.private_key };

    for (size_t half = 0; half < 2; half++) {
        QK_OWNED(qk_attrs_done) qk_attrs told = attrs_of(halves[half]);
        for (size_t i = 0; i < told.count; i++) {
            QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
            works(get_attribute(it, halves[half], told.items[i].type, &attrs));
            assert_view_equal(qk_attrs_view(&attrs, told.items[i].type), told.items[i].value);
        }
    }
}

static void the_older_map_is_answered_in_the_older_map(contract *it)
{
    Grep11__GetAttributeValueRequest request = GREP11__GET_ATTRIBUTE_VALUE_REQUEST__INIT;
    Grep11__GetAttributeValueRequest__AttributesBytesEntry class =
        GREP11__GET_ATTRIBUTE_VALUE_REQUEST__ATTRIBUTES_BYTES_ENTRY__INIT;
    Grep11__GetAttributeValueRequest__AttributesBytesEntry sign =
        GREP11__GET_ATTRIBUTE_VALUE_REQUEST__ATTRIBUTES_BYTES_ENTRY__INIT;
    Grep11__GetAttributeValueRequest__AttributesBytesEntry *entries[] = { &class, &sign };
    Grep11__GetAttributeValueResponse *answer;
    client_key made = aes_key(it);

    class.key = CKA_CLASS;
    sign.key = CKA_SIGN;
    request.object = qk_message_bytes(made.bytes);
    request.attributesbytes = entries;
    request.n_attributesbytes = 2;
    works(perform(it, QK_GET_ATTRIBUTE_VALUE, &request, &answer));
    assert_int_equal(answer->n_attributes, 0);
    assert_int_equal(answer->n_attributesbytes, 2);
    assert_view_equal(qk_message_view(answer->attributesbytes[0]->value), hex(&it->arena, "0000000000000004"));
    assert_view_equal(qk_message_view(answer->attributesbytes[1]->value), hex(&it->arena, "01"));
}

static void attributes_a_key_has_not_are_refused(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made = aes_key(it);

    refuses(get_attribute(it, &made, CKA_MODULUS, &attrs), QK_E_ATTRIBUTE_TYPE);
    refuses(get_attribute(it, &made, CKA_LABEL, &attrs), QK_E_ATTRIBUTE_TYPE);
    refuses(get_attribute(it, &made, 0x66666666, &attrs), QK_E_ATTRIBUTE_TYPE);
    refuses(get_attribute(it, &made, CKA_PRIVATE_EXPONENT, &attrs), QK_E_ATTRIBUTE_TYPE);
}

static void a_value_is_told_only_by_keys_that_may_tell(contract *it)
{
    const item len = NUMBER(CKA_VALUE_LEN, 16);
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(len), &made));
    refuses(get_attribute(it, &made, CKA_VALUE, &attrs), QK_E_ATTRIBUTE_SENSITIVE);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(len, YES(CKA_EXTRACTABLE)), &made));
    refuses(get_attribute(it, &made, CKA_VALUE, &attrs), QK_E_ATTRIBUTE_SENSITIVE);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(len, NO(CKA_SENSITIVE)), &made));
    refuses(get_attribute(it, &made, CKA_VALUE, &attrs), QK_E_ATTRIBUTE_SENSITIVE);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(len, NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)), &made));
    works(get_attribute(it, &made, CKA_VALUE, &attrs));
    assert_int_equal(qk_attrs_view(&attrs, CKA_VALUE).len, 16);
    works(set_attribute(it, &made, CKA_SENSITIVE, true));
    refuses(get_attribute(it, &made, CKA_VALUE, &attrs), QK_E_ATTRIBUTE_SENSITIVE);
}

static bool now(contract *it, const client_key *key, CK_ATTRIBUTE_TYPE type)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    works(get_attribute(it, key, type, &attrs));
    return qk_attrs_bool(&attrs, type, false);
}

static void usages_can_be_changed_both_ways(contract *it)
{
    client_key made = aes_key(it);
    qk_view out, block = QK_VIEW_LITERAL("sixteen bytes   ");

    works(set_attribute(it, &made, CKA_ENCRYPT, false));
    assert_false(now(it, &made, CKA_ENCRYPT));
    refuses(encrypt(it, mech(it, CKM_AES_ECB), &made, block, &out), QK_E_KEY_NOT_PERMITTED);
    works(set_attribute(it, &made, CKA_ENCRYPT, true));
    works(encrypt(it, mech(it, CKM_AES_ECB), &made, block, &out));
}

static void a_public_keys_usages_can_be_changed(contract *it)
{
    key_pair pair = ec_pair(it, "P-256");
    qk_view signature, data = QK_VIEW_LITERAL("a text of thirty-two characters.");

    works(sign(it, mech(it, CKM_ECDSA), &pair.private_key, data, &signature));
    works(set_attribute(it, &pair.public_key, CKA_VERIFY, false));
    refuses(verify(it, mech(it, CKM_ECDSA), &pair.public_key, data, signature), QK_E_KEY_NOT_PERMITTED);
}

static void protection_only_grows(contract *it)
{
    client_key made;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)),
                   &made));
    works(set_attribute(it, &made, CKA_SENSITIVE, true));
    works(set_attribute(it, &made, CKA_EXTRACTABLE, false));
    works(set_attribute(it, &made, CKA_WRAP_WITH_TRUSTED, true));
    refuses(set_attribute(it, &made, CKA_SENSITIVE, false), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &made, CKA_EXTRACTABLE, true), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &made, CKA_WRAP_WITH_TRUSTED, false), QK_E_ATTRIBUTE_READ_ONLY);
    assert_false(now(it, &made, CKA_ALWAYS_SENSITIVE) || now(it, &made, CKA_NEVER_EXTRACTABLE));
}

static void history_cannot_be_changed(contract *it)
{
    client_key made = aes_key(it);

    refuses(set_attribute(it, &made, CKA_LOCAL, false), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &made, CKA_NEVER_EXTRACTABLE, true), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &made, CKA_TOKEN, true), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &made, CKA_SIGN_RECOVER, true), QK_E_ATTRIBUTE_READ_ONLY);
}

static void a_key_that_is_not_modifiable_stays_as_it_is(contract *it)
{
    client_key made = aes_key(it);

    works(set_attribute(it, &made, CKA_MODIFIABLE, false));
    refuses(set_attribute(it, &made, CKA_ENCRYPT, false), QK_E_ACTION_PROHIBITED);
    refuses(set_attribute(it, &made, CKA_MODIFIABLE, true), QK_E_ATTRIBUTE_READ_ONLY);
    works(set_attribute(it, &made, CKA_ENCRYPT, true)); /* as it was */
}

/* ---- mechanisms ---- */

static qk_err mechanism_info(contract *it, CK_MECHANISM_TYPE type, Grep11__MechanismInfo **out)
{
    Grep11__GetMechanismInfoRequest request = GREP11__GET_MECHANISM_INFO_REQUEST__INIT;
    Grep11__GetMechanismInfoResponse *answer;

    request.mech = type;
    QK_TRY(perform(it, QK_GET_MECHANISM_INFO, &request, &answer));
    *out = answer->mechinfo;
    return QK_OK;
}

static void the_list_starts_with_rsa_pkcs_and_each_entry_has_info(contract *it)
{
    Grep11__GetMechanismListRequest request = GREP11__GET_MECHANISM_LIST_REQUEST__INIT;
    Grep11__GetMechanismListResponse *answer;
    Grep11__MechanismInfo *info;

    works(perform(it, QK_GET_MECHANISM_LIST, &request, &answer));
    assert_true(answer->n_mechs > 40);
    assert_int_equal(answer->mechs[0], CKM_RSA_PKCS);
    for (size_t i = 0; i < answer->n_mechs; i++) {
        works(mechanism_info(it, answer->mechs[i], &info));
        assert_int_not_equal(info->flags, 0);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(answer->mechs[i], answer->mechs[j]);
    }
}

static void infos_are_those_that_clients_expect(contract *it)
{
    Grep11__MechanismInfo *info;

    works(mechanism_info(it, CKM_RSA_PKCS, &info));
    assert_int_equal(info->minkeysize, 512);
    assert_int_equal(info->maxkeysize, 4096);
    assert_int_equal(info->flags, 404224);
    works(mechanism_info(it, CKM_AES_KEY_GEN, &info));
    assert_int_equal(info->minkeysize, 16);
    assert_int_equal(info->maxkeysize, 32);
    assert_int_equal(info->flags, 32768);
    refuses(mechanism_info(it, 0x7654321, &info), QK_E_MECHANISM_INVALID);
}

const contract_case contract_attributes[] = {
    CASE(attributes_are_read_one_by_one),
    CASE(a_key_says_the_same_in_every_answer),
    CASE(the_older_map_is_answered_in_the_older_map),
    CASE(attributes_a_key_has_not_are_refused),
    CASE(a_value_is_told_only_by_keys_that_may_tell),
    CASE(usages_can_be_changed_both_ways),
    CASE(a_public_keys_usages_can_be_changed),
    CASE(protection_only_grows),
    CASE(history_cannot_be_changed),
    CASE(a_key_that_is_not_modifiable_stays_as_it_is),
    CASE(the_list_starts_with_rsa_pkcs_and_each_entry_has_info),
    CASE(infos_are_those_that_clients_expect),
    { NULL, NULL },
};
