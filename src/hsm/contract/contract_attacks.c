/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to a sensitive key that take several calls, each of which is harmless by itself. What a module does is strict.
 */
#include "hsm/contract/contract.h"
#include "p11/kdf108.h"

static const qk_view iv = { (const uint8_t *)"sixteen bytes iv", 16 };
static const qk_view known = { (const uint8_t *)"fifteen bytes..", 15 };
static const item aes = NUMBER(CKA_KEY_TYPE, CKK_AES), generic = NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET);
static const item rsa_3072 = NUMBER(CKA_MODULUS_BITS, 3072), len16 = NUMBER(CKA_VALUE_LEN, 16);
static const item leaves = YES(CKA_EXTRACTABLE);

static Grep11__Mechanism *with_data(contract *it, CK_MECHANISM_TYPE type)
{
    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(type), .data = { .data = known } });
}

static client_key secret(contract *it, size_t len, bool may_leave)
{
    client_key made;

    it->call.strict = true;
    works(generate(
        it, CKM_GENERIC_SECRET_KEY_GEN,
        ITEMS(NUMBER(CKA_VALUE_LEN, len), YES(CKA_DERIVE), { CKA_EXTRACTABLE, QK_FORM_BOOL, may_leave, { NULL, 0 } }),
        &made));
    return made;
}

static client_key kek_of(contract *it)
{
    client_key made;

    it->call.strict = true;
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_WRAP), YES(CKA_UNWRAP)), &made));
    return made;
}

/* ---- pieces ---- */

/* Fifteen known bytes, a key, then the first sixteen of it: a byte is unknown. */
static void a_key_behind_known_bytes_is_not_cut_again(contract *it)
{
    client_key base = secret(it, 16, false), joined, made;
    qk_mech_use cut = { .mech = qk_mech_find(CKM_EXTRACT_KEY_FROM_KEY), .first_bit = 0 };

    works(derive(it, with_data(it, CKM_CONCATENATE_DATA_AND_BASE), &base, ITEMS(YES(CKA_DERIVE)), &joined));
    refuses(derive(it, mech_of(it, &cut), &joined, ITEMS(len16), &made), QK_E_KEY_SIZE);
    refuses(derive(it, with_data(it, CKM_XOR_BASE_AND_DATA), &joined, ITEMS(len16), &made), QK_E_KEY_SIZE);
    works(derive(it, mech_of(it, &cut), &joined, ITEMS(NUMBER(CKA_VALUE_LEN, 31)), &made));
}

/* The halves of an XTS key and the keys of triple DES are used, and blocks are wrapped, one by one. */
static void a_key_behind_known_bytes_is_one_key_and_stays(contract *it)
{
    client_key base = secret(it, 17, true), made;
    Grep11__Mechanism *join = with_data(it, CKM_CONCATENATE_DATA_AND_BASE);

    refuses(derive(it, join, &base, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES_XTS), NUMBER(CKA_VALUE_LEN, 32)), &made),
            QK_E_TEMPLATE_INCONSISTENT);
    base = secret(it, 9, true);
    refuses(derive(it, join, &base, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_DES3)), &made), QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, join, &base, ITEMS(leaves), &made), QK_E_TEMPLATE_INCONSISTENT);
    works(derive(it, join, &base, ITEMS(aes, NUMBER(CKA_VALUE_LEN, 24)), &made));
}

static qk_err master_of(contract *it, const client_key *base, qk_view *out_version)
{
    Quantoki__V1__DeriveKeysRequest request = QUANTOKI__V1__DERIVE_KEYS_REQUEST__INIT;
    Quantoki__V1__NewKey new_key = QUANTOKI__V1__NEW_KEY__INIT, *templates[] = { &new_key };
    Quantoki__V1__DeriveKeysResponse *response;
    qk_view random = QK_VIEW_LITERAL("thirty-two bytes that all know..");
    qk_mech_use use = { .mech = qk_mech_find(CKM_TLS12_MASTER_KEY_DERIVE) };

    use.tls.hash = CKM_SHA256;
    use.tls.client_random = use.tls.server_random = random;
    use.tls.version_wanted = true;
    request.mech = mech_of(it, &use);
    request.basekey = base->message;
    request.templates = templates;
    request.n_templates = 1;
    QK_TRY(perform(it, QK_DERIVE_KEYS, &request, &response));
    *out_version = qk_message_view(response->version);
    return QK_OK;
}

/* Turned around by extraction, a key would say all its bytes, two at a time. */
static void the_first_bytes_of_a_key_are_no_version(contract *it)
{
    client_key any = secret(it, 48, false), made_for_it;
    qk_view version;

    works(master_of(it, &any, &version));
    assert_int_equal(version.len, 0);
    works(generate_by(it, mech_iv(it, CKM_TLS_PRE_MASTER_KEY_GEN, QK_VIEW_LITERAL("\3\3")), ITEMS(YES(CKA_DERIVE)),
                      &made_for_it));
    works(master_of(it, &made_for_it, &version));
    assert_view_equal(version, QK_VIEW_LITERAL("\3\3"));
}

/* CMAC under a known key is turned back. */
static void a_sensitive_key_is_no_data_for_cmac(contract *it)
{
    const qk_kdf108_piece counter = { .type = CK_SP800_108_ITERATION_VARIABLE, .bits = 32 },
                          key = { .type = CK_SP800_108_KEY_HANDLE };
    qk_mech_use use = { .mech = qk_mech_find(CKM_SP800_108_COUNTER_KDF) };
    client_key base = secret(it, 16, false), other = secret(it, 16, false), made;
    QK_OWNED(qk_buf_done) qk_buf pieces = QK_BUF_NONE;

    qk_kdf108_put(&pieces, &counter);
    qk_kdf108_put(&pieces, &key);
    use.kdf108.segments = qk_buf_view(&pieces);
    use.kdf108.prf = CKM_AES_CMAC;
    use.second.blob = other.bytes;
    refuses(derive(it, mech_of(it, &use), &base, ITEMS(len16), &made), QK_E_KEY_NOT_PERMITTED);
    use.kdf108.prf = CKM_SHA256_HMAC;
    works(derive(it, mech_of(it, &use), &base, ITEMS(len16), &made));
}

/* ---- trees ---- */

/* The chain code is the caller's: any key on the curve that derives would be the child less a number he knows. */
static void an_open_child_is_protected_as_its_parent(contract *it)
{
    const item curve = TEXT(CKA_EC_PARAMS, "secp256k1");
    qk_mech_use open = { .mech = qk_mech_find(CKM_IBM_BTC_DERIVE) }, hardened;
    key_pair pair;
    client_key child;

    it->call.strict = true;
    open.btc.type = CK_IBM_BIP0032_PRV2PRV;
    open.btc.version = XCP_BTC_VERSION;
    open.btc.child = 7;
    open.btc.chain_code = QK_VIEW_LITERAL("thirty-two bytes that all know..");
    hardened = open;
    hardened.btc.child |= 0x80000000;
    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(curve), ITEMS(YES(CKA_DERIVE)), &pair));
    refuses(derive(it, mech_of(it, &open), &pair.private_key, ITEMS(curve, NO(CKA_SENSITIVE)), &child),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(derive(it, mech_of(it, &open), &pair.private_key, ITEMS(curve, leaves), &child),
            QK_E_TEMPLATE_INCONSISTENT);
    works(derive(it, mech_of(it, &open), &pair.private_key, ITEMS(curve), &child));
    works(derive(it, mech_of(it, &hardened), &pair.private_key, ITEMS(curve, NO(CKA_SENSITIVE), leaves), &child));
}

/* ---- what templates say ---- */

/* A known key that its unwrapping key called trusted would take every key out. */
static void a_nested_template_trusts_nobody(contract *it)
{
    client_key kek, made, back;
    qk_view out;

    it->call.strict = true;
    works(generate(it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_WRAP), YES(CKA_UNWRAP),
                         BYTES(CKA_UNWRAP_TEMPLATE, nested(it, ITEMS(YES(CKA_TRUSTED))))),
                   &kek));
    made = secret(it, 16, true);
    works(wrap(it, mech(it, CKM_AES_KEY_WRAP), &kek, &made, &out));
    refuses(unwrap(it, mech(it, CKM_AES_KEY_WRAP), &kek, out, ITEMS(generic), &back), QK_E_TEMPLATE_INCONSISTENT);
}

static qk_err digest_of(contract *it, const client_key *key)
{
    Grep11__DigestKeyRequest request = GREP11__DIGEST_KEY_REQUEST__INIT;
    void *response;
    qk_view state;

    works(digest_init(it, CKM_SHA256, &state));
    request.state = qk_message_bytes(state);
    give(it, key, &request.key, &request.keyv1);
    return perform(it, QK_DIGEST_KEY, &request, &response);
}

/* CKM_SHA256_KEY_DERIVATION makes a key of the same bytes. */
static void a_digest_is_no_way_around_derivation(contract *it)
{
    CK_MECHANISM_TYPE only = CKM_SHA256_HMAC;
    client_key made;

    it->call.strict = true;
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN,
                   ITEMS(len16, YES(CKA_DERIVE), BYTES(CKA_DERIVE_TEMPLATE, nested(it, ITEMS(YES(CKA_SENSITIVE))))),
                   &made));
    refuses(digest_of(it, &made), QK_E_KEY_INDIGESTIBLE);
    works(generate(it, CKM_GENERIC_SECRET_KEY_GEN,
                   ITEMS(len16, BYTES(CKA_ALLOWED_MECHANISMS, qk_view_of(&only, sizeof only))), &made));
    refuses(digest_of(it, &made), QK_E_KEY_INDIGESTIBLE);
    made = secret(it, 16, false);
    works(digest_of(it, &made));
}

/* ---- RSA ---- */

static void wrap_under_new_pair(contract *it, const item *private_items, size_t count, key_pair *pair, qk_err expected)
{
    client_key made = secret(it, 16, true);
    qk_view out;

    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(rsa_3072, YES(CKA_WRAP)), private_items, count, pair));
    refuses(wrap(it, mech(it, CKM_RSA_X_509), &pair->public_key, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
    assert_int_equal(wrap(it, mech_oaep(it, CKM_SHA256), &pair->public_key, &made, &out), expected);
}

/* To sign without padding is to decrypt. */
static void a_pair_that_signs_raw_wraps_no_sensitive_key(contract *it)
{
    CK_MECHANISM_TYPE padded = CKM_SHA256_RSA_PKCS, raw = CKM_RSA_X_509;
    const item only_padded = BYTES(CKA_ALLOWED_MECHANISMS, qk_view_of(&padded, sizeof padded));
    const item only_raw = BYTES(CKA_ALLOWED_MECHANISMS, qk_view_of(&raw, sizeof raw));
    const item unwraps = YES(CKA_UNWRAP), no_decrypt = NO(CKA_DECRYPT), signs = YES(CKA_SIGN);
    key_pair pair;

    wrap_under_new_pair(it, ITEMS(unwraps, no_decrypt, signs), &pair, QK_E_KEY_NOT_WRAPPABLE);
    wrap_under_new_pair(it, ITEMS(unwraps, no_decrypt, YES(CKA_SIGN_RECOVER)), &pair, QK_E_KEY_NOT_WRAPPABLE);
    wrap_under_new_pair(it, ITEMS(unwraps, no_decrypt, only_raw), &pair, QK_E_KEY_NOT_WRAPPABLE);
    wrap_under_new_pair(it, ITEMS(unwraps, no_decrypt, signs, only_padded), &pair, QK_OK);
    wrap_under_new_pair(it, ITEMS(unwraps, no_decrypt), &pair, QK_OK);
    refuses(set_attribute(it, &pair.private_key, CKA_SIGN, true), QK_E_ATTRIBUTE_READ_ONLY);
    refuses(set_attribute(it, &pair.private_key, CKA_SIGN_RECOVER, true), QK_E_ATTRIBUTE_READ_ONLY);
}

/* The last byte of what is inside times a number of one's own, again and again, is all that is inside. */
static void raw_rsa_unwraps_only_where_it_is_named(contract *it)
{
    client_key made = secret(it, 16, true), back;
    key_pair pair;
    qk_view out;

    wrap_under_new_pair(it, ITEMS(YES(CKA_UNWRAP), NO(CKA_DECRYPT)), &pair, QK_OK);
    works(wrap(it, mech_oaep(it, CKM_SHA256), &pair.public_key, &made, &out));
    refuses(
        unwrap(it, mech(it, CKM_RSA_X_509), &pair.private_key, out, ITEMS(generic, NUMBER(CKA_VALUE_LEN, 1)), &back),
        QK_E_KEY_NOT_PERMITTED);
    works(unwrap(it, mech_oaep(it, CKM_SHA256), &pair.private_key, out, ITEMS(generic), &back));
}

/* ---- blocks ---- */

/* The zeros that fill a block, or its padding, judge a byte of any block that is put there (Vaudenay 2002). */
static void fillings_tell_nothing_of_single_bytes(contract *it)
{
    client_key kek = kek_of(it), made = secret(it, 17, true), open, back;
    CK_MECHANISM_TYPE modes[] = { CKM_AES_CBC, CKM_AES_CBC_PAD };
    qk_view out;

    works(import(it,
                 ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), generic, BYTES(CKA_VALUE, known), NO(CKA_SENSITIVE), leaves),
                 &open));
    for (size_t i = 0; i < 2; i++) {
        refuses(wrap(it, mech_iv(it, modes[i], iv), &kek, &made, &out), QK_E_KEY_NOT_WRAPPABLE);
        works(wrap(it, mech_iv(it, modes[i], iv), &kek, &open, &out));
        refuses(unwrap(it, mech_iv(it, modes[i], iv), &kek, out, ITEMS(generic, NUMBER(CKA_VALUE_LEN, 15)), &back),
                QK_E_WRAPPED_KEY);
    }
    works(wrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &kek, &made, &out));
    works(unwrap(it, mech(it, CKM_AES_KEY_WRAP_KWP), &kek, out, ITEMS(generic), &back));
    made = secret(it, 24, true);
    works(wrap(it, mech_iv(it, CKM_AES_CBC, iv), &kek, &made, &out));
    works(unwrap(it, mech_iv(it, CKM_AES_CBC, iv), &kek, out, ITEMS(generic, NUMBER(CKA_VALUE_LEN, 24)), &back));
}

const contract_case contract_attacks[] = {
    CASE(a_key_behind_known_bytes_is_not_cut_again),
    CASE(a_key_behind_known_bytes_is_one_key_and_stays),
    CASE(the_first_bytes_of_a_key_are_no_version),
    CASE(a_sensitive_key_is_no_data_for_cmac),
    CASE(an_open_child_is_protected_as_its_parent),
    CASE(a_nested_template_trusts_nobody),
    CASE(a_digest_is_no_way_around_derivation),
    CASE(a_pair_that_signs_raw_wraps_no_sensitive_key),
    CASE(raw_rsa_unwraps_only_where_it_is_named),
    CASE(fillings_tell_nothing_of_single_bytes),
    { NULL, NULL },
};
