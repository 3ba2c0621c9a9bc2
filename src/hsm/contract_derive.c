/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from keys. */
#include "hsm/contract.h"

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

const contract_case contract_derive[] = {
    CASE(two_sides_agree_on_a_key),
    CASE(a_bare_point_means_no_derivation_function),
    CASE(a_derived_key_is_as_safe_as_its_template_says_and_was_not_made_here),
    CASE(a_key_without_derive_derives_nothing),
    CASE(what_cannot_be_derived_is_refused),
    { NULL, NULL },
};
