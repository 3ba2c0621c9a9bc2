/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to a sensitive key by a twin of another one: a key of the same value that may do more, or a part of a wrapped
 * form that is a wrapped form itself. What a module does is strict. */
#include "hsm/contract/contract.h"

static const item aes = NUMBER(CKA_KEY_TYPE, CKK_AES), generic = NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET);
static const item len16 = NUMBER(CKA_VALUE_LEN, 16), len32 = NUMBER(CKA_VALUE_LEN, 32);
static const item wraps = YES(CKA_WRAP), unwraps = YES(CKA_UNWRAP), derives = YES(CKA_DERIVE);
static const item leaves = YES(CKA_EXTRACTABLE), rsa_2048 = NUMBER(CKA_MODULUS_BITS, 2048);
static const item open = NO(CKA_SENSITIVE), no_decrypt = NO(CKA_DECRYPT);

#define ONLY(...)                                                                                                      \
    BYTES(CKA_ALLOWED_MECHANISMS,                                                                                      \
          qk_view_of((CK_MECHANISM_TYPE[]){ __VA_ARGS__ }, sizeof((CK_MECHANISM_TYPE[]){ __VA_ARGS__ })))

static client_key secret(contract *it, CK_MECHANISM_TYPE type, const item *items, size_t count)
{
    client_key made;

    it->call.strict = true;
    works(generate(it, type, items, count, &made));
    return made;
}

/* What all this is about. It has the strength of RSA-2048. */
static client_key target(contract *it)
{
    return secret(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 14), leaves));
}

static Grep11__Mechanism *xor_zeros(contract *it)
{
    static const uint8_t zeros[32];

    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(CKM_XOR_BASE_AND_DATA),
                                       .data = { .data = qk_view_of(zeros, sizeof zeros) } });
}

static Grep11__Mechanism *from_first_bit(contract *it)
{
    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(CKM_EXTRACT_KEY_FROM_KEY), .first_bit = 0 });
}

static Grep11__Mechanism *join_to(contract *it, const client_key *second)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_CONCATENATE_BASE_AND_KEY) };

    use.second.blob = second->bytes;
    return mech_of(it, &use);
}

static qk_err leave_under(contract *it, const client_key *kek)
{
    client_key made = target(it);
    qk_view out;

    return wrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), kek, &made, &out);
}

/* ---- twins of wrapping keys ---- */

/* A key of its value that decrypts is derived from it, now or before its CKA_DERIVE fell. */
static void a_wrapping_key_that_derives_its_twin_takes_no_sensitive_key_out(contract *it)
{
    client_key kek = secret(it, CKM_AES_KEY_GEN, ITEMS(len32, wraps, derives)), trusted, twin;

    works(derive(it, xor_zeros(it), &kek, ITEMS(aes, YES(CKA_DECRYPT), NUMBER(CKA_VALUE_LEN, 32)), &twin));
    refuses(leave_under(it, &kek), QK_E_KEY_NOT_WRAPPABLE);
    works(set_attribute(it, &kek, CKA_DERIVE, false));
    refuses(leave_under(it, &kek), QK_E_KEY_NOT_WRAPPABLE);
    trusted = secret(it, CKM_AES_KEY_GEN, ITEMS(len32, wraps, derives, YES(CKA_TRUSTED)));
    refuses(leave_under(it, &trusted), QK_E_KEY_NOT_WRAPPABLE);
}

static void a_wrapping_key_may_derive_what_is_no_twin(contract *it)
{
    client_key kek =
        secret(it, CKM_AES_KEY_GEN, ITEMS(len32, wraps, derives, ONLY(CKM_AES_KEY_WRAP_KWP, CKM_HKDF_DERIVE)));

    works(leave_under(it, &kek));
    works(set_attribute(it, &kek, CKA_DERIVE, false));
    works(leave_under(it, &kek));
    kek =
        secret(it, CKM_AES_KEY_GEN, ITEMS(len32, wraps, derives, ONLY(CKM_AES_KEY_WRAP_KWP, CKM_EXTRACT_KEY_FROM_KEY)));
    refuses(leave_under(it, &kek), QK_E_KEY_NOT_WRAPPABLE);
}

/* ---- wrapped forms of two parts ---- */

static void leave_by_rsa_aes(contract *it, const item *private_items, size_t count, qk_err expected)
{
    client_key made = target(it), back;
    key_pair pair;
    qk_view out;

    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(rsa_2048, wraps), private_items, count, &pair));
    assert_int_equal(wrap(it, mech_rsa_aes(it), &pair.public_key, &made, &out), expected);
    if (expected == QK_OK)
        works(unwrap(it, mech_rsa_aes(it), &pair.private_key, out, ITEMS(generic), &back));
}

/* The head is the temporary AES key under OAEP: unwrapped as a key that decrypts, it opens the rest. */
static void by_rsa_and_aes_keys_leave_to_pairs_that_do_nothing_else(contract *it)
{
    leave_by_rsa_aes(it, ITEMS(unwraps, no_decrypt), QK_E_KEY_NOT_WRAPPABLE);
    leave_by_rsa_aes(it, ITEMS(unwraps, no_decrypt, ONLY(CKM_RSA_AES_KEY_WRAP, CKM_RSA_PKCS_OAEP)),
                     QK_E_KEY_NOT_WRAPPABLE);
    leave_by_rsa_aes(it, ITEMS(unwraps, no_decrypt, ONLY(CKM_RSA_AES_KEY_WRAP, CKM_RSA_PKCS)), QK_E_KEY_NOT_WRAPPABLE);
    leave_by_rsa_aes(it, ITEMS(unwraps, no_decrypt, ONLY(CKM_RSA_AES_KEY_WRAP)), QK_OK);
    leave_by_rsa_aes(it, ITEMS(unwraps, no_decrypt, YES(CKA_SIGN), ONLY(CKM_RSA_AES_KEY_WRAP, CKM_SHA256_RSA_PKCS)),
                     QK_OK);
}

/* The head of a bound key is a temporary key as any other wraps it. */
static void what_is_bound_unwraps_bound_keys_only(contract *it)
{
    const item bound = YES(CKA_IBM_ATTRBOUND);
    client_key kek = secret(it, CKM_AES_KEY_GEN, ITEMS(len32, wraps, unwraps, bound)), made = target(it), back;
    key_pair pair;
    qk_view out;

    works(wrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &kek, &made, &out));
    refuses(unwrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &kek, out, ITEMS(generic), &back), QK_E_KEY_NOT_PERMITTED);
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(rsa_2048, wraps, bound), ITEMS(unwraps, no_decrypt, bound),
                        &pair));
    works(wrap(it, mech_oaep(it, CKM_SHA256), &pair.public_key, &made, &out));
    refuses(unwrap(it, mech_oaep(it, CKM_SHA256), &pair.private_key, out, ITEMS(generic), &back),
            QK_E_KEY_NOT_PERMITTED);
    refuses(
        generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(rsa_2048, wraps, bound), ITEMS(unwraps, no_decrypt), &pair),
        QK_E_TEMPLATE_INCONSISTENT);
    refuses(
        generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(rsa_2048, wraps), ITEMS(unwraps, no_decrypt, bound), &pair),
        QK_E_TEMPLATE_INCONSISTENT);
}

/* ---- what the second key of a derivation says ---- */

static Grep11__Mechanism *salted(contract *it, CK_MECHANISM_TYPE type, const client_key *salt)
{
    qk_mech_use use = { .mech = qk_mech_find(type) };

    use.hkdf.extract = true;
    use.hkdf.hash = CKM_SHA256;
    use.hkdf.salt_type = CKF_HKDF_SALT_KEY;
    use.second.blob = salt->bytes;
    return mech_of(it, &use);
}

/* HKDF's extraction is HMAC of the base under the salt: a base of one's own is a message. */
static void a_second_key_is_asked_for_its_mechanisms(contract *it)
{
    client_key base = secret(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(len16, derives)), salt, made;

    salt = secret(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(len32, derives, ONLY(CKM_SHA256_HMAC)));
    refuses(derive(it, salted(it, CKM_HKDF_DERIVE, &salt), &base, ITEMS(open, leaves), &made), QK_E_KEY_NOT_PERMITTED);
    refuses(derive(it, join_to(it, &salt), &base, NO_ITEMS, &made), QK_E_KEY_NOT_PERMITTED);
    salt = secret(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(len32, derives, ONLY(CKM_HKDF_DERIVE)));
    works(derive(it, salted(it, CKM_HKDF_DERIVE, &salt), &base, ITEMS(open, leaves), &made));
}

static void a_second_key_says_what_comes_of_it(contract *it)
{
    client_key base = secret(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(len16, derives)), salt, made;

    salt =
        secret(it, CKM_GENERIC_SECRET_KEY_GEN,
               ITEMS(len32, derives, BYTES(CKA_DERIVE_TEMPLATE, nested(it, ITEMS(YES(CKA_SENSITIVE), YES(CKA_SIGN))))));
    refuses(derive(it, salted(it, CKM_HKDF_DERIVE, &salt), &base, ITEMS(open, leaves), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    works(derive(it, salted(it, CKM_HKDF_DERIVE, &salt), &base, ITEMS(leaves), &made));
    refuses(derive(it, salted(it, CKM_HKDF_DATA, &salt), &base, ITEMS(len16), &made), QK_E_KEY_NOT_PERMITTED);
}

/* ---- twins of limited keys ---- */

static void stays_as_it_was(contract *it, Grep11__Mechanism *way, const client_key *base)
{
    QK_OWNED(qk_attrs_done) qk_attrs was = attrs_of(base), is = QK_ATTRS_NONE;
    const CK_ATTRIBUTE_TYPE kept[] = { CKA_DERIVE_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_WRAP_TEMPLATE,
                                       CKA_ALLOWED_MECHANISMS, CKA_COPYABLE };
    client_key made;

    works(derive(it, way, base, ITEMS(derives), &made));
    is = attrs_of(&made);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_view_equal(qk_attrs_view(&is, kept[i]), qk_attrs_view(&was, kept[i]));
    refuses(derive(it, way, base, ITEMS(derives, ONLY(CKM_SHA256_HMAC)), &made), QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, way, base, ITEMS(derives, BYTES(CKA_WRAP_TEMPLATE, nested(it, ITEMS(YES(CKA_VERIFY))))), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, way, base, ITEMS(derives, YES(CKA_COPYABLE)), &made), QK_E_TEMPLATE_INCONSISTENT);
}

/* Templates and limits stay on a key, whatever it is called when it is the same bytes again. */
static void a_twin_has_the_limits_of_its_base(contract *it)
{
    qk_view inner = nested(it, ITEMS(YES(CKA_SENSITIVE)));
    const item only = ONLY(CKM_XOR_BASE_AND_DATA, CKM_EXTRACT_KEY_FROM_KEY, CKM_CONCATENATE_BASE_AND_KEY);
    client_key base = secret(it, CKM_GENERIC_SECRET_KEY_GEN,
                             ITEMS(len32, derives, only, NO(CKA_COPYABLE), BYTES(CKA_DERIVE_TEMPLATE, inner),
                                   BYTES(CKA_UNWRAP_TEMPLATE, inner), BYTES(CKA_WRAP_TEMPLATE, inner)));
    client_key plain = secret(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(len16, derives)), made;

    stays_as_it_was(it, xor_zeros(it), &base);
    stays_as_it_was(it, join_to(it, &plain), &base);
    works(derive(it, join_to(it, &base), &plain, ITEMS(derives), &made));
    refuses(copy(it, &made, NULL, 0, &made), QK_E_ACTION_PROHIBITED);
    refuses(derive(it, join_to(it, &base), &plain, ITEMS(YES(CKA_COPYABLE)), &made), QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, join_to(it, &base), &plain, ITEMS(ONLY(CKM_SHA256_HMAC)), &made), QK_E_TEMPLATE_INCONSISTENT);
    works(derive(it, from_first_bit(it), &base, ITEMS(len32), &made));
    refuses(copy(it, &made, NULL, 0, &made), QK_E_ACTION_PROHIBITED);
}

/* Of one that can be read nothing is kept. */
static void the_twin_of_an_open_key_is_as_its_template_says(contract *it)
{
    client_key base = secret(it, CKM_GENERIC_SECRET_KEY_GEN,
                             ITEMS(len32, derives, open, leaves, ONLY(CKM_XOR_BASE_AND_DATA), NO(CKA_COPYABLE)));
    client_key made;

    works(derive(it, xor_zeros(it), &base, ITEMS(open, leaves, ONLY(CKM_SHA256_HMAC), YES(CKA_COPYABLE)), &made));
}

const contract_case contract_twins[] = {
    CASE(a_wrapping_key_that_derives_its_twin_takes_no_sensitive_key_out),
    CASE(a_wrapping_key_may_derive_what_is_no_twin),
    CASE(by_rsa_and_aes_keys_leave_to_pairs_that_do_nothing_else),
    CASE(what_is_bound_unwraps_bound_keys_only),
    CASE(a_second_key_is_asked_for_its_mechanisms),
    CASE(a_second_key_says_what_comes_of_it),
    CASE(a_twin_has_the_limits_of_its_base),
    CASE(the_twin_of_an_open_key_is_as_its_template_says),
    { NULL, NULL },
};
