/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from keys. */
#include "hsm/contract/contract.h"

/* A pair that agrees, and its public point as GREP11 clients find it: at the end of the SubjectPublicKeyInfo. */
static key_pair agreeing_pair(contract *it, const char *curve)
{
    key_pair made;

    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(BYTES(CKA_EC_PARAMS, qk_view_text(curve))),
                        ITEMS(YES(CKA_DERIVE)), &made));
    return made;
}

static qk_view point_of(contract *it, const key_pair *pair)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = attrs_of(&pair->public_key);
    qk_view point = qk_attrs_view(&attrs, CKA_EC_POINT), copy;

    works(qk_arena_copy(&it->arena, point, &copy));
    return copy;
}

static Grep11__Mechanism *mech_ecdh(contract *it, CK_EC_KDF_TYPE kdf, qk_view shared, qk_view point)
{
    Grep11__Mechanism *mechanism = mech(it, CKM_ECDH1_DERIVE);
    Grep11__ECDH1DeriveParm *parm = qk_message_new(&grep11__ecdh1_derive_parm__descriptor, &it->arena);

    parm->kdf = (Grep11__ECDH1DeriveParm__KeyDerivationFunction)kdf;
    parm->shareddata = qk_message_bytes(shared);
    parm->publicdata = qk_message_bytes(point);
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_ECDH1_DERIVE_PARAMETER;
    mechanism->ecdh1deriveparameter = parm;
    return mechanism;
}

static Grep11__Mechanism *mech_bytes(contract *it, CK_MECHANISM_TYPE type, qk_view bytes)
{
    Grep11__Mechanism *mechanism = mech(it, type);

    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_PARAMETER_B;
    mechanism->parameterb = qk_message_bytes(bytes);
    return mechanism;
}

/* Both keys encrypt alike. */
static void assert_same_aes(contract *it, const client_key *one, const client_key *two)
{
    qk_view block = QK_VIEW_LITERAL("a sixteen-b bloc"), a, b;

    works(encrypt(it, mech(it, CKM_AES_ECB), one, block, &a));
    works(encrypt(it, mech(it, CKM_AES_ECB), two, block, &b));
    assert_view_equal(a, b);
}

static const item aes_256[] = { NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES),
                                NUMBER(CKA_VALUE_LEN, 32), YES(CKA_ENCRYPT), YES(CKA_DECRYPT) };
enum { AES_256 = sizeof aes_256 / sizeof aes_256[0] };

static void two_sides_agree_on_a_key(contract *it)
{
    key_pair alice = agreeing_pair(it, "P-256"), bob = agreeing_pair(it, "P-256");
    static const CK_EC_KDF_TYPE kdfs[] = { CKD_NULL, CKD_SHA1_KDF, CKD_SHA256_KDF, CKD_SHA512_KDF,
                                           CKD_SHA256_KDF_SP800 };
    client_key by_alice, by_bob;

    for (size_t i = 0; i < sizeof kdfs / sizeof kdfs[0]; i++) {
        qk_view shared = kdfs[i] == CKD_NULL ? QK_VIEW_NONE : QK_VIEW_LITERAL("both know this");
        works(derive(it, mech_ecdh(it, kdfs[i], shared, point_of(it, &bob)), &alice.private_key, aes_256, AES_256,
                     &by_alice));
        works(derive(it, mech_ecdh(it, kdfs[i], shared, point_of(it, &alice)), &bob.private_key, aes_256, AES_256,
                     &by_bob));
        assert_same_aes(it, &by_alice, &by_bob);
        assert_view_equal(by_alice.checksum, by_bob.checksum);
        assert_int_equal(by_alice.checksum.len, 7);
        assert_int_equal(by_alice.checksum.data[5] << 8 | by_alice.checksum.data[6], 256);
    }
}

/* The older form: the bare point in ParameterB. */
static void a_bare_point_means_no_derivation_function(contract *it)
{
    key_pair alice = agreeing_pair(it, "P-384"), bob = agreeing_pair(it, "P-384");
    client_key by_alice, by_bob;
    qk_view point = point_of(it, &bob);

    works(derive(it, mech_bytes(it, CKM_ECDH1_DERIVE, qk_view_slice(point, 2, point.len)), &alice.private_key, aes_256,
                 AES_256, &by_alice));
    works(derive(it, mech_ecdh(it, CKD_NULL, QK_VIEW_NONE, point_of(it, &alice)), &bob.private_key, aes_256, AES_256,
                 &by_bob));
    assert_same_aes(it, &by_alice, &by_bob);
}

static void a_derived_key_is_as_safe_as_its_template_says_and_was_not_made_here(contract *it)
{
    key_pair alice = agreeing_pair(it, "P-256");
    Grep11__Mechanism *mechanism = mech_ecdh(it, CKD_NULL, QK_VIEW_NONE, point_of(it, &alice));
    QK_OWNED(qk_attrs_done) qk_attrs first = QK_ATTRS_NONE, second = QK_ATTRS_NONE;
    client_key kept, open;

    works(derive(it, mechanism, &alice.private_key, aes_256, AES_256, &kept));
    first = attrs_of(&kept);
    assert_true(qk_attrs_bool(&first, CKA_SENSITIVE, false));
    assert_true(qk_attrs_bool(&first, CKA_ALWAYS_SENSITIVE, false));
    assert_true(qk_attrs_bool(&first, CKA_NEVER_EXTRACTABLE, false));
    assert_false(qk_attrs_bool(&first, CKA_EXTRACTABLE, true));
    assert_false(qk_attrs_bool(&first, CKA_LOCAL, true));
    works(derive(it, mechanism, &alice.private_key,
                 ITEMS(NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE), NUMBER(CKA_VALUE_LEN, 20)), &open));
    second = attrs_of(&open);
    assert_int_equal(qk_attrs_ulong(&second, CKA_KEY_TYPE, 0), CKK_GENERIC_SECRET);
    assert_int_equal(qk_attrs_ulong(&second, CKA_VALUE_LEN, 0), 20);
    assert_false(qk_attrs_bool(&second, CKA_ALWAYS_SENSITIVE, true));
    assert_false(qk_attrs_bool(&second, CKA_NEVER_EXTRACTABLE, true));
}

static void a_key_without_derive_derives_nothing(contract *it)
{
    key_pair mute = ec_pair(it, "P-256");
    Grep11__Mechanism *mechanism = mech_ecdh(it, CKD_NULL, QK_VIEW_NONE, point_of(it, &mute));
    client_key aes = aes_key(it), made;

    refuses(derive(it, mechanism, &mute.private_key, aes_256, AES_256, &made), QK_E_KEY_NOT_PERMITTED);
    refuses(derive(it, mechanism, &aes, aes_256, AES_256, &made), QK_E_KEY_TYPE);
    refuses(derive(it, mech(it, CKM_SHA256), &aes, aes_256, AES_256, &made), QK_E_MECHANISM_INVALID);
}

static void what_cannot_be_derived_is_refused(contract *it)
{
    key_pair alice = agreeing_pair(it, "P-256");
    const client_key *base = &alice.private_key;
    qk_view point = point_of(it, &alice);
    Grep11__Mechanism *mechanism = mech_ecdh(it, CKD_NULL, QK_VIEW_NONE, point);
    client_key made;

    refuses(derive(it, mechanism, base, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES)), &made), QK_E_TEMPLATE_INCOMPLETE);
    refuses(derive(it, mechanism, base, ITEMS(NUMBER(CKA_VALUE_LEN, 33)), &made), QK_E_KEY_SIZE);
    refuses(derive(it, mechanism, base, ITEMS(NUMBER(CKA_CLASS, CKO_PRIVATE_KEY), NUMBER(CKA_VALUE_LEN, 32)), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, mech_ecdh(it, CKD_NULL, QK_VIEW_LITERAL("shared"), point), base, aes_256, AES_256, &made),
            QK_E_MECHANISM_PARAM);
    refuses(derive(it, mech_ecdh(it, 0, QK_VIEW_NONE, point), base, aes_256, AES_256, &made), QK_E_MECHANISM_PARAM);
    refuses(
        derive(it, mech_ecdh(it, CKD_NULL, QK_VIEW_NONE, QK_VIEW_LITERAL("no point")), base, aes_256, AES_256, &made),
        QK_E_MECHANISM_PARAM);
    refuses(derive(it, mech(it, CKM_ECDH1_DERIVE), base, aes_256, AES_256, &made), QK_E_MECHANISM_PARAM);
}

/* ---- keys of the bytes of other keys ---- */

static Grep11__Mechanism *mech_data(contract *it, CK_MECHANISM_TYPE type, qk_view data)
{
    Grep11__Mechanism *mechanism = mech(it, type);
    Grep11__DeriveDataParm *parm = qk_message_new(&grep11__derive_data_parm__descriptor, &it->arena);

    parm->data = qk_message_bytes(data);
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_DERIVE_DATA_PARAMETER;
    mechanism->derivedataparameter = parm;
    return mechanism;
}

static Grep11__Mechanism *mech_extract(contract *it, size_t first_bit)
{
    Grep11__Mechanism *mechanism = mech(it, CKM_EXTRACT_KEY_FROM_KEY);
    Grep11__ExtractParm *parm = qk_message_new(&grep11__extract_parm__descriptor, &it->arena);

    parm->firstbit = first_bit;
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_EXTRACT_PARAMETER;
    mechanism->extractparameter = parm;
    return mechanism;
}

static Grep11__Mechanism *mech_second(contract *it, const client_key *second)
{
    Grep11__Mechanism *mechanism = mech(it, CKM_CONCATENATE_BASE_AND_KEY);
    Grep11__SecondKeyParm *parm = qk_message_new(&grep11__second_key_parm__descriptor, &it->arena);

    parm->key = second->message;
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_SECOND_KEY_PARAMETER;
    mechanism->secondkeyparameter = parm;
    return mechanism;
}

/* A key of 32 bytes that derives; sensitive and here to stay, unless `open`. */
static client_key deriving_key(contract *it, bool open)
{
    client_key made;

    works(
        generate(it, CKM_GENERIC_SECRET_KEY_GEN,
                 ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_DERIVE), { CKA_SENSITIVE, QK_FORM_BOOL, !open, { NULL, 0 } },
                       { CKA_EXTRACTABLE, QK_FORM_BOOL, open, { NULL, 0 } }),
                 &made));
    return made;
}

static void a_key_made_of_a_sensitive_key_is_sensitive(contract *it)
{
    client_key base = deriving_key(it, false), other = deriving_key(it, true), made;
    qk_view data = QK_VIEW_LITERAL("thirty-two bytes that all know..");
    Grep11__Mechanism *ways[] = { mech_data(it, CKM_CONCATENATE_BASE_AND_DATA, data),
                                  mech_data(it, CKM_CONCATENATE_DATA_AND_BASE, data),
                                  mech_data(it, CKM_XOR_BASE_AND_DATA, data), mech_extract(it, 8),
                                  mech_second(it, &other) };
    const item len = NUMBER(CKA_VALUE_LEN, 32);

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        const item lens[] = { NUMBER(CKA_VALUE_LEN, i == 1 ? 64 : 32) };
        refuses(derive(it, ways[i], &base, ITEMS(len, NO(CKA_SENSITIVE)), &made), QK_E_TEMPLATE_INCONSISTENT);
        refuses(derive(it, ways[i], &base, ITEMS(len, YES(CKA_EXTRACTABLE)), &made), QK_E_TEMPLATE_INCONSISTENT);
        works(derive(it, ways[i], &base, lens, 1, &made));
        attrs = attrs_of(&made);
        assert_true(qk_attrs_bool(&attrs, CKA_SENSITIVE, false));
        assert_false(qk_attrs_bool(&attrs, CKA_EXTRACTABLE, true));
        assert_int_equal(qk_attrs_bool(&attrs, CKA_ALWAYS_SENSITIVE, false), i != 4);
        assert_int_equal(qk_attrs_bool(&attrs, CKA_NEVER_EXTRACTABLE, false), i != 4);
    }
}

static void a_key_made_with_a_sensitive_second_key_is_sensitive(contract *it)
{
    client_key base = deriving_key(it, true), second = deriving_key(it, false), open = deriving_key(it, true), made;

    refuses(derive(it, mech_second(it, &second), &base, ITEMS(NO(CKA_SENSITIVE)), &made), QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, mech_second(it, &second), &base, ITEMS(YES(CKA_EXTRACTABLE)), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    works(derive(it, mech_second(it, &second), &base, ITEMS(NO(CKA_EXTRACTABLE)), &made));
    works(derive(it, mech_second(it, &open), &base, ITEMS(NO(CKA_SENSITIVE), YES(CKA_EXTRACTABLE)), &made));
}

/* One byte less than the base is enough: what was guessed is put behind it, and both are compared. */
static void no_piece_of_a_sensitive_key_is_taken_out(contract *it)
{
    client_key base = deriving_key(it, false), open = deriving_key(it, true), made;
    qk_view data = QK_VIEW_LITERAL("thirty-two bytes that all know..");
    const item one = NUMBER(CKA_VALUE_LEN, 1), much = NUMBER(CKA_VALUE_LEN, 33), sixteen = NUMBER(CKA_VALUE_LEN, 16);

    refuses(derive(it, mech_extract(it, 0), &base, ITEMS(one), &made), QK_E_KEY_SIZE);
    refuses(derive(it, mech_extract(it, 0), &base, ITEMS(NUMBER(CKA_VALUE_LEN, 31)), &made), QK_E_KEY_SIZE);
    refuses(derive(it, mech_data(it, CKM_CONCATENATE_BASE_AND_DATA, data), &base, ITEMS(one), &made), QK_E_KEY_SIZE);
    refuses(derive(it, mech_data(it, CKM_CONCATENATE_DATA_AND_BASE, data), &base, ITEMS(much), &made), QK_E_KEY_SIZE);
    refuses(derive(it, mech_data(it, CKM_XOR_BASE_AND_DATA, qk_view_slice(data, 0, 2)), &base, NULL, 0, &made),
            QK_E_KEY_SIZE);
    refuses(derive(it, mech_second(it, &base), &open, ITEMS(much), &made), QK_E_KEY_SIZE);
    works(derive(it, mech_extract(it, 8), &base, ITEMS(NUMBER(CKA_VALUE_LEN, 32)), &made));
    works(derive(it, mech_extract(it, 0), &open, ITEMS(one), &made));
    works(derive(it, mech_second(it, &base), &open, ITEMS(sixteen), &made));
}

static void a_second_key_must_derive_too(contract *it)
{
    client_key base = deriving_key(it, true), mute = aes_key(it), made;
    key_pair pair = agreeing_pair(it, "P-256");
    Grep11__Mechanism *nobody = mech_second(it, &base);

    refuses(derive(it, mech_second(it, &mute), &base, NULL, 0, &made), QK_E_KEY_NOT_PERMITTED);
    refuses(derive(it, mech_second(it, &pair.private_key), &base, NULL, 0, &made), QK_E_KEY_TYPE);
    nobody->secondkeyparameter->key = NULL;
    refuses(derive(it, nobody, &base, NULL, 0, &made), QK_E_MECHANISM_PARAM);
}

static void the_digest_of_a_key_is_a_key(contract *it)
{
    client_key base = deriving_key(it, false), made, again;

    works(derive(it, mech(it, CKM_SHA256_KEY_DERIVATION), &base, aes_256, AES_256, &made));
    works(derive(it, mech(it, CKM_SHA256_KEY_DERIVATION), &base, aes_256, AES_256, &again));
    assert_same_aes(it, &made, &again);
    refuses(derive(it, mech_bytes(it, CKM_SHA256_KEY_DERIVATION, QK_VIEW_LITERAL("x")), &base, aes_256, AES_256, &made),
            QK_E_MECHANISM_PARAM);
    refuses(derive(it, mech(it, CKM_SHA1_KEY_DERIVATION), &base, aes_256, AES_256, &made), QK_E_KEY_SIZE);
}

/* ---- trees of keys ---- */

static Grep11__Mechanism *mech_btc(contract *it, Grep11__BTCDeriveParm__BTCDeriveType step, uint64_t child,
                                   qk_view chain_code)
{
    Grep11__Mechanism *mechanism = mech(it, CKM_IBM_BTC_DERIVE);
    Grep11__BTCDeriveParm *parm = qk_message_new(&grep11__btcderive_parm__descriptor, &it->arena);

    parm->type = step;
    parm->childkeyindex = child;
    parm->chaincode = qk_message_bytes(chain_code);
    parm->version = 1;
    mechanism->parameter_case = GREP11__MECHANISM__PARAMETER_BTCDERIVE_PARAMETER;
    mechanism->btcderiveparameter = parm;
    return mechanism;
}

/* As the examples of GREP11's clients do: the chain code comes in CheckSum and goes into the next step. */
static void a_tree_of_keys_grows_from_a_seed(contract *it)
{
    const item curve = TEXT(CKA_EC_PARAMS, "secp256k1"), type = NUMBER(CKA_KEY_TYPE, CKK_EC),
               len = NUMBER(CKA_VALUE_LEN, 0);
    client_key seed = deriving_key(it, false), master, child, public_child;
    qk_view data = QK_VIEW_LITERAL("thirty-two bytes to be signed..."), signature;

    works(derive(it, mech_btc(it, GREP11__BTCDERIVE_PARM__BTCDERIVE_TYPE__CkBIP0032MASTERK, 0, QK_VIEW_NONE), &seed,
                 ITEMS(curve, type, len, YES(CKA_DERIVE)), &master));
    assert_int_equal(master.checksum.len, 32);
    works(derive(it, mech_btc(it, GREP11__BTCDERIVE_PARM__BTCDERIVE_TYPE__CkBIP0032PRV2PRV, 7, master.checksum),
                 &master, ITEMS(curve, type, len, YES(CKA_DERIVE)), &child));
    works(derive(it, mech_btc(it, GREP11__BTCDERIVE_PARM__BTCDERIVE_TYPE__CkBIP0032PRV2PUB, 7, master.checksum),
                 &master, ITEMS(curve, type, len), &public_child));
    assert_view_equal(child.checksum, public_child.checksum);
    works(sign(it, mech(it, CKM_ECDSA), &child, data, &signature));
    works(verify(it, mech(it, CKM_ECDSA), &public_child, data, signature));
    refuses(derive(it, mech_btc(it, GREP11__BTCDERIVE_PARM__BTCDERIVE_TYPE__CkBIP0032PRV2PRV, 7, QK_VIEW_NONE), &master,
                   ITEMS(curve, type), &child),
            QK_E_MECHANISM_PARAM);
    refuses(derive(it, mech_btc(it, GREP11__BTCDERIVE_PARM__BTCDERIVE_TYPE__CkBIP0032MASTERK, 0, QK_VIEW_NONE), &seed,
                   ITEMS(curve, NUMBER(CKA_CLASS, CKO_SECRET_KEY)), &child),
            QK_E_TEMPLATE_INCONSISTENT);
}

const contract_case contract_derive[] = {
    CASE(two_sides_agree_on_a_key),
    CASE(a_bare_point_means_no_derivation_function),
    CASE(a_derived_key_is_as_safe_as_its_template_says_and_was_not_made_here),
    CASE(a_key_without_derive_derives_nothing),
    CASE(what_cannot_be_derived_is_refused),
    CASE(a_key_made_of_a_sensitive_key_is_sensitive),
    CASE(a_key_made_with_a_sensitive_second_key_is_sensitive),
    CASE(no_piece_of_a_sensitive_key_is_taken_out),
    CASE(a_second_key_must_derive_too),
    CASE(the_digest_of_a_key_is_a_key),
    CASE(a_tree_of_keys_grows_from_a_seed),
    { NULL, NULL },
};
