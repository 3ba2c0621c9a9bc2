/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that keep a key's uses apart, as modules meet them (calls are strict), and how far a server's policy lets
 * other clients off. */
#include "hsm/contract/contract.h"
#include "p11/nested.h"

static const qk_view iv = { (const uint8_t *)"sixteen bytes iv", 16 };
static const item class = NUMBER(CKA_CLASS, CKO_SECRET_KEY), type = NUMBER(CKA_KEY_TYPE, CKK_AES);
static const item len32 = NUMBER(CKA_VALUE_LEN, 32), len16 = NUMBER(CKA_VALUE_LEN, 16);
static const item leaves = YES(CKA_EXTRACTABLE);

static bool says(const client_key *key, CK_ATTRIBUTE_TYPE attribute)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = attrs_of(key);

    return qk_attrs_bool(&attrs, attribute, false);
}

static qk_err make_aes(contract *it, const item *items, size_t count, client_key *out)
{
    return generate(it, CKM_AES_KEY_GEN, items, count, out);
}

/* A key that wraps and unwraps, as modules make it. */
static client_key strict_kek(contract *it)
{
    client_key made;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len32, YES(CKA_WRAP), YES(CKA_UNWRAP)), &made));
    return made;
}

qk_view nested(contract *it, const item *items, size_t count)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf flat = QK_BUF_NONE;
    qk_view copy;

    attrs_fill(&attrs, items, count);
    works(qk_nested_write(&attrs, &flat));
    works(qk_arena_copy(&it->arena, qk_buf_view(&flat), &copy));
    return copy;
}

/* ---- uses ---- */

/* Vault asks for all four of its key, and uses two. */
static void a_key_that_wraps_and_decrypts_takes_no_sensitive_key_out(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key both, twin, made, open;
    qk_view out;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len32, YES(CKA_ENCRYPT), YES(CKA_DECRYPT), YES(CKA_WRAP), YES(CKA_UNWRAP)), &both));
    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(make_aes(it, ITEMS(len16, leaves, NO(CKA_SENSITIVE)), &open));
    refuses(wrap(it, cbc, &both, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(wrap(it, cbc, &both, &open, &out)); /* it can be read anyway */
    works(copy(it, &both, NULL, 0, &twin));
    works(set_attribute(it, &both, CKA_DECRYPT, false)); /* too late: the copy decrypts */
    refuses(wrap(it, cbc, &both, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    refuses(wrap(it, cbc, &twin, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    refuses(set_attribute(it, &both, CKA_DECRYPT, true), QK_E_ATTRIBUTE_READ_ONLY);
}

/* Whoever brings in a known value by encrypting and unwrapping gets a key that protects nothing. */
static void what_was_encrypted_and_unwrapped_protects_nothing(contract *it)
{
    Grep11__Mechanism *ecb = mech(it, CKM_AES_ECB);
    client_key both, made, known;
    qk_view out;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len32, YES(CKA_ENCRYPT), YES(CKA_UNWRAP)), &both));
    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(encrypt(it, ecb, &both, iv, &out));
    works(unwrap(it, ecb, &both, out, ITEMS(type, YES(CKA_WRAP)), &known));
    refuses(wrap(it, mech_iv(it, CKM_AES_CBC_PAD, iv), &known, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
}

static void a_use_that_was_not_asked_for_gives_way(contract *it)
{
    client_key made = strict_kek(it);

    assert_true(says(&made, CKA_WRAP) && says(&made, CKA_UNWRAP) && says(&made, CKA_SIGN));
    assert_false(says(&made, CKA_DECRYPT) || says(&made, CKA_ENCRYPT));
}

static void the_combination_does_not_come_about_over_time(contract *it)
{
    const CK_ATTRIBUTE_TYPE all[] = { CKA_WRAP, CKA_UNWRAP, CKA_ENCRYPT, CKA_DECRYPT };
    client_key made, other;

    it->call.strict = true;
    for (size_t i = 0; i < 4; i++) {
        works(make_aes(it, ITEMS(len16, NO(CKA_ENCRYPT), NO(CKA_DECRYPT)), &made));
        refuses(set_attribute(it, &made, all[i], true), QK_E_ATTRIBUTE_READ_ONLY);
        refuses(copy(it, &made, ITEMS({ all[i], QK_FORM_BOOL, 1, { NULL, 0 } }), &other), QK_E_ATTRIBUTE_READ_ONLY);
    }
    made = strict_kek(it);
    works(set_attribute(it, &made, CKA_WRAP, false));
    refuses(set_attribute(it, &made, CKA_DECRYPT, true), QK_E_ATTRIBUTE_READ_ONLY);
    works(set_attribute(it, &made, CKA_VERIFY, false));
    works(set_attribute(it, &made, CKA_VERIFY, true)); /* other uses come and go */
}

/* NSS makes such keys for PKCS #12 files, with every use. Who knows the password knows the key. */
static void a_key_of_a_password_does_everything_and_protects_nothing(contract *it)
{
    client_key made, kek;
    qk_view out;

    it->call.strict = true;
    works(generate_by(it, mech_pbkdf2(it, QK_VIEW_LITERAL("known"), iv),
                      ITEMS(type, len32, YES(CKA_ENCRYPT), YES(CKA_DECRYPT), YES(CKA_WRAP), YES(CKA_UNWRAP)), &kek));
    assert_false(says(&kek, CKA_ALWAYS_SENSITIVE) || says(&kek, CKA_NEVER_EXTRACTABLE));
    works(make_aes(it, ITEMS(len16, YES(CKA_EXTRACTABLE)), &made));
    refuses(wrap(it, mech_iv(it, CKM_AES_CBC_PAD, iv), &kek, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
}

/* ---- leaving ---- */

static void a_sensitive_key_leaves_under_a_key_that_nobody_knows(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek = strict_kek(it), known, shown, made, open;
    qk_view out;

    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(make_aes(it, ITEMS(len16, leaves, NO(CKA_SENSITIVE)), &open));
    works(import(it, ITEMS(class, type, BYTES(CKA_VALUE, iv), YES(CKA_WRAP)), &known));
    works(make_aes(it, ITEMS(len16, leaves, NO(CKA_SENSITIVE), YES(CKA_WRAP)), &shown));
    works(wrap(it, cbc, &kek, &made, &out));
    refuses(wrap(it, cbc, &known, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    refuses(wrap(it, cbc, &shown, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(set_attribute(it, &shown, CKA_SENSITIVE, true)); /* too late: somebody may have read it */
    refuses(wrap(it, cbc, &shown, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(wrap(it, cbc, &known, &open, &out)); /* it can be read anyway */
    works(import(it, ITEMS(class, type, BYTES(CKA_VALUE, iv), YES(CKA_WRAP), YES(CKA_TRUSTED)), &known));
    works(wrap(it, cbc, &known, &made, &out));
}

static void a_wrapping_key_that_may_leave_takes_no_sensitive_key_out(contract *it)
{
    const item bits = NUMBER(CKA_MODULUS_BITS, 3072);
    client_key kek, made;
    key_pair pair;
    qk_view out;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len32, YES(CKA_WRAP), leaves), &kek));
    works(make_aes(it, ITEMS(len16, leaves), &made));
    refuses(wrap(it, mech_iv(it, CKM_AES_CBC_PAD, iv), &kek, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(bits, YES(CKA_WRAP)),
                        ITEMS(YES(CKA_UNWRAP), NO(CKA_DECRYPT), leaves), &pair));
    refuses(wrap(it, mech_oaep(it, CKM_SHA256), &pair.public_key, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
}

/* Under the same nonce a known key leaves, and the difference is the other one. */
static void by_counter_modes_no_sensitive_key_leaves(contract *it)
{
    Grep11__Mechanism *gcm = mech_gcm(it, QK_VIEW_LITERAL("twelve bytes"), QK_VIEW_NONE);
    client_key kek = strict_kek(it), made, open, back;
    qk_view out;

    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(make_aes(it, ITEMS(len16, leaves, NO(CKA_SENSITIVE)), &open));
    refuses(wrap(it, gcm, &kek, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(wrap(it, gcm, &kek, &open, &out));
    works(unwrap(it, gcm, &kek, out, ITEMS(type), &back));
    refuses(set_attribute(it, &kek, CKA_DERIVE, true), QK_E_ATTRIBUTE_READ_ONLY);
}

static void what_was_unwrapped_wraps_no_sensitive_key(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek = strict_kek(it), made, back;
    qk_view out;

    works(make_aes(it, ITEMS(len32, leaves), &made));
    works(wrap(it, cbc, &kek, &made, &out));
    works(unwrap(it, cbc, &kek, out, ITEMS(type, YES(CKA_WRAP)), &back));
    refuses(wrap(it, cbc, &back, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
}

static void a_pair_that_decrypts_wraps_no_sensitive_key(contract *it)
{
    const item bits = NUMBER(CKA_MODULUS_BITS, 2048);
    client_key made, open;
    key_pair pair;
    qk_view out;

    it->call.strict = true;
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(bits, YES(CKA_WRAP)), ITEMS(YES(CKA_DECRYPT)), &pair));
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 14), leaves), &made));
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 14), leaves, NO(CKA_SENSITIVE)), &open));
    refuses(wrap(it, mech_oaep(it, CKM_SHA256), &pair.public_key, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(wrap(it, mech_oaep(it, CKM_SHA256), &pair.public_key, &open, &out));
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(bits, YES(CKA_WRAP)),
                        ITEMS(YES(CKA_UNWRAP), NO(CKA_DECRYPT)), &pair));
    works(wrap(it, mech_oaep(it, CKM_SHA256), &pair.public_key, &made, &out));
    refuses(set_attribute(it, &pair.private_key, CKA_DECRYPT, true), QK_E_ATTRIBUTE_READ_ONLY);
}

static void a_key_does_not_leave_under_a_weaker_one(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek, made;
    qk_view out;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len16, YES(CKA_WRAP)), &kek));
    works(make_aes(it, ITEMS(len32, leaves), &made));
    refuses(wrap(it, cbc, &kek, &made, &out), QK_E_WRAPPING_SIZE);
    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(wrap(it, cbc, &kek, &made, &out));
    refuses(wrap(it, mech(it, CKM_RSA_PKCS), &rsa_pair(it)->public_key, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
}

static void what_was_sensitive_does_not_come_back_open(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek = strict_kek(it), made, back;
    qk_view out;

    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(wrap(it, cbc, &kek, &made, &out));
    refuses(unwrap(it, cbc, &kek, out, ITEMS(type, NO(CKA_SENSITIVE)), &back), QK_E_TEMPLATE_INCONSISTENT);
    works(unwrap(it, cbc, &kek, out, ITEMS(type), &back));
    assert_true(says(&back, CKA_SENSITIVE));
    assert_false(says(&back, CKA_LOCAL) || says(&back, CKA_ALWAYS_SENSITIVE));
}

static void a_private_key_comes_back_as_what_it_is(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek = strict_kek(it), back;
    key_pair ec = ec_pair(it, "P-256");
    qk_view out;

    works(wrap(it, cbc, &kek, &ec.private_key, &out));
    refuses(unwrap(it, cbc, &kek, out, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_RSA)), &back), QK_E_WRAPPED_KEY);
    works(unwrap(it, cbc, &kek, out, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_EC)), &back));
}

/* ---- nested templates ---- */

static void a_wrap_template_says_which_keys_may_leave(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key kek, made, other;
    qk_view out;

    it->call.strict = true;
    works(make_aes(it,
                   ITEMS(len32, YES(CKA_WRAP),
                         BYTES(CKA_WRAP_TEMPLATE, nested(it, ITEMS(type, NUMBER(CKA_VALUE_LEN, 16), NO(CKA_DERIVE))))),
                   &kek));
    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(wrap(it, cbc, &kek, &made, &out));
    works(make_aes(it, ITEMS(len32, leaves), &other));
    refuses(wrap(it, cbc, &kek, &other, &out), QK_E_KEY_HANDLE);
    works(make_aes(it, ITEMS(len16, leaves, YES(CKA_DERIVE)), &other));
    refuses(wrap(it, cbc, &kek, &other, &out), QK_E_KEY_HANDLE);
}

static void an_unwrap_template_is_added_to_what_comes_in(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    qk_view inner = nested(it, ITEMS(type, NO(CKA_EXTRACTABLE), YES(CKA_VERIFY), NO(CKA_SIGN)));
    client_key kek, made, back;
    qk_view out;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len32, YES(CKA_WRAP), YES(CKA_UNWRAP), BYTES(CKA_UNWRAP_TEMPLATE, inner)), &kek));
    works(make_aes(it, ITEMS(len16, leaves), &made));
    works(wrap(it, cbc, &kek, &made, &out));
    works(unwrap(it, cbc, &kek, out, NO_ITEMS, &back)); /* the key type too */
    assert_true(says(&back, CKA_VERIFY));
    assert_false(says(&back, CKA_SIGN) || says(&back, CKA_EXTRACTABLE));
    works(unwrap(it, cbc, &kek, out, ITEMS(YES(CKA_VERIFY), NO(CKA_DECRYPT)), &back));
    refuses(unwrap(it, cbc, &kek, out, ITEMS(YES(CKA_SIGN)), &back), QK_E_TEMPLATE_INCONSISTENT);
    refuses(unwrap(it, cbc, &kek, out, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET)), &back),
            QK_E_TEMPLATE_INCONSISTENT);
}

static void nested_templates_come_back_and_are_fixed(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_view inner = nested(it, ITEMS(type, YES(CKA_SIGN)));
    client_key kek, twin;

    it->call.strict = true;
    works(make_aes(it, ITEMS(len16, BYTES(CKA_WRAP_TEMPLATE, inner), BYTES(CKA_DERIVE_TEMPLATE, inner)), &kek));
    works(get_attribute(it, &kek, CKA_WRAP_TEMPLATE, &attrs));
    assert_view_equal(qk_attrs_view(&attrs, CKA_WRAP_TEMPLATE), inner);
    attrs = (qk_attrs_done(&attrs), attrs_of(&kek));
    assert_view_equal(qk_attrs_view(&attrs, CKA_DERIVE_TEMPLATE), inner);
    refuses(copy(it, &kek, ITEMS(TEXT(CKA_WRAP_TEMPLATE, "")), &twin), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(make_aes(it, ITEMS(len16, TEXT(CKA_WRAP_TEMPLATE, "no template")), &kek), QK_E_ATTRIBUTE_VALUE);
}

/* ---- other clients ---- */

static void being_let_off_holds_for_keys_made_that_way(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key lax_kek = aes_key(it), lax = aes_key(it), kek, made, back;
    qk_view out;

    assert_true(says(&lax_kek, CKA_WRAP) && says(&lax_kek, CKA_DECRYPT));
    kek = strict_kek(it);
    works(make_aes(it, ITEMS(len16, leaves), &made));
    refuses(wrap(it, cbc, &lax_kek, &lax, &out), QK_E_KEY_NOT_WRAPPABLE); /* not for a module */
    it->call.strict = false;
    works(wrap(it, cbc, &lax_kek, &lax, &out));
    works(unwrap(it, cbc, &lax_kek, out, ITEMS(type, NO(CKA_SENSITIVE)), &back));
    refuses(wrap(it, cbc, &lax_kek, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    works(wrap(it, cbc, &kek, &made, &out));
    refuses(unwrap(it, cbc, &kek, out, ITEMS(type, NO(CKA_SENSITIVE)), &back), QK_E_TEMPLATE_INCONSISTENT);
    refuses(set_attribute(it, &kek, CKA_DECRYPT, true), QK_E_ATTRIBUTE_READ_ONLY);
}

static void marks_are_told_to_nobody(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    client_key made = aes_key(it);

    refuses(get_attribute(it, &made, CKA_VENDOR_DEFINED | 0x514B0001UL, &attrs), QK_E_ATTRIBUTE_TYPE);
    for (size_t i = 0; i < made.message->n_attributes; i++)
        assert_true(qk_attribute_find(made.message->attributes[i]->key) != NULL);
    refuses(make_aes(it, ITEMS(len16, YES(CKA_VENDOR_DEFINED | 0x514B0001UL)), &made), QK_E_ATTRIBUTE_TYPE);
}

const contract_case contract_policy[] = {
    CASE(a_key_that_wraps_and_decrypts_takes_no_sensitive_key_out),
    CASE(what_was_encrypted_and_unwrapped_protects_nothing),
    CASE(a_use_that_was_not_asked_for_gives_way),
    CASE(the_combination_does_not_come_about_over_time),
    CASE(a_key_of_a_password_does_everything_and_protects_nothing),
    CASE(a_sensitive_key_leaves_under_a_key_that_nobody_knows),
    CASE(a_wrapping_key_that_may_leave_takes_no_sensitive_key_out),
    CASE(by_counter_modes_no_sensitive_key_leaves),
    CASE(what_was_unwrapped_wraps_no_sensitive_key),
    CASE(a_pair_that_decrypts_wraps_no_sensitive_key),
    CASE(a_key_does_not_leave_under_a_weaker_one),
    CASE(what_was_sensitive_does_not_come_back_open),
    CASE(a_private_key_comes_back_as_what_it_is),
    CASE(a_wrap_template_says_which_keys_may_leave),
    CASE(an_unwrap_template_is_added_to_what_comes_in),
    CASE(nested_templates_come_back_and_are_fixed),
    CASE(being_let_off_holds_for_keys_made_that_way),
    CASE(marks_are_told_to_nobody),
    { NULL, NULL },
};
