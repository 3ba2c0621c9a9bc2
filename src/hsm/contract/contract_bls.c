/* SPDX-License-Identifier: Apache-2.0 */
/* BLS12-381: signatures, and sums of signatures and of keys. Only in builds that have it. */
#include "hsm/contract/contract.h"

enum { PAIRS = 3, SIGNATURE_LEN = 192, SPKI_LEN = 127 };

static const qk_view text = { (const uint8_t *)"what everybody signs", 20 };
static const client_key no_key;

static Grep11__Mechanism *bls(contract *it)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_ECDSA_OTHER) };

    use.ecsg = ECSG_IBM_BLS;
    return mech_of(it, &use);
}

static Grep11__Mechanism *sum_of(contract *it, unsigned mode, qk_view elements, size_t each)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_IBM_EC_AGGREGATE) };

    use.aggregate.mode = mode;
    use.aggregate.element_len = each;
    use.aggregate.elements = elements;
    return mech_of(it, &use);
}

static key_pair bls_pair(contract *it, bool derives)
{
    const item of_public[] = { TEXT(CKA_EC_PARAMS, "BLS12-381"), YES(CKA_VERIFY), YES(CKA_DERIVE) };
    key_pair made;

    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, of_public, derives ? 3 : 2, ITEMS(YES(CKA_SIGN)), &made));
    return made;
}

/* Pairs that have signed the text, with what they gave in rows. */
typedef struct signers {
    key_pair pairs[PAIRS];
    uint8_t signatures[PAIRS * SIGNATURE_LEN];
    qk_buf blobs;
} signers;

static void signers_done(signers *them)
{
    qk_buf_done(&them->blobs);
}

static void sign_all(contract *it, signers *them)
{
    qk_view signature;

    for (size_t i = 0; i < PAIRS; i++) {
        them->pairs[i] = bls_pair(it, true);
        works(sign(it, bls(it), &them->pairs[i].private_key, text, &signature));
        assert_int_equal(signature.len, SIGNATURE_LEN);
        memcpy(them->signatures + i * SIGNATURE_LEN, signature.data, SIGNATURE_LEN);
        qk_buf_put(&them->blobs, them->pairs[i].public_key.bytes);
    }
}

static qk_err add_signatures(contract *it, const signers *them, size_t count, qk_view *out)
{
    qk_view row = qk_view_of(them->signatures, count * SIGNATURE_LEN);

    return sign(it, sum_of(it, CK_IBM_EC_AGG_BLS12_381_SIGN, row, SIGNATURE_LEN), &no_key, QK_VIEW_NONE, out);
}

static qk_err add_keys(contract *it, qk_view row, size_t each, const item *items, size_t count, client_key *out)
{
    return derive(it, sum_of(it, CK_IBM_EC_AGG_BLS12_381_PKEY, row, each), &no_key, items, count, out);
}

static void bls_signs_and_verifies(contract *it)
{
    key_pair pair, other;
    qk_view signature;

    pair = bls_pair(it, false);
    other = ec_pair(it, "P-256");
    works(sign(it, bls(it), &pair.private_key, text, &signature));
    works(verify(it, bls(it), &pair.public_key, text, signature));
    refuses(verify(it, bls(it), &pair.public_key, qk_view_slice(text, 0, 5), signature), QK_E_SIGNATURE_INVALID);
    refuses(verify(it, bls(it), &pair.public_key, text, qk_view_slice(signature, 0, 96)), QK_E_SIGNATURE_LENGTH);
    refuses(sign(it, bls(it), &other.private_key, text, &signature), QK_E_KEY_TYPE);
    refuses(sign(it, mech(it, CKM_ECDSA), &pair.private_key, text, &signature), QK_E_KEY_TYPE);
}

static void a_sum_of_signatures_verifies_with_the_sum_of_keys(contract *it)
{
    QK_OWNED(signers_done) signers them = { .blobs = QK_BUF_NONE };
    qk_view sum, less;
    client_key together;
    qk_attrs attrs;

    sign_all(it, &them);
    works(add_signatures(it, &them, PAIRS, &sum));
    works(add_signatures(it, &them, PAIRS - 1, &less));
    works(add_keys(it, qk_buf_view(&them.blobs), them.blobs.len / PAIRS, ITEMS(YES(CKA_VERIFY)), &together));
    works(verify(it, bls(it), &together, text, sum));
    refuses(verify(it, bls(it), &together, text, less), QK_E_SIGNATURE_INVALID);
    attrs = attrs_of(&together);
    assert_int_equal(qk_attrs_ulong(&attrs, CKA_CLASS, 0), CKO_PUBLIC_KEY);
    assert_false(qk_attrs_bool(&attrs, CKA_LOCAL, true));
    qk_attrs_done(&attrs);
}

static qk_view blob_of(const signers *them, size_t which)
{
    size_t each = them->blobs.len / PAIRS;

    return qk_view_slice(qk_buf_view(&them->blobs), which * each, each);
}

static client_key row_of(const signers *them, qk_view blobs)
{
    client_key row = them->pairs[0].public_key;

    row.bytes = blobs;
    row.message->keyblobs[0] = qk_message_bytes(blobs);
    return row;
}

static void keys_in_a_row_verify_a_sum(contract *it)
{
    QK_OWNED(signers_done) signers them = { .blobs = QK_BUF_NONE };
    client_key row;
    qk_view sum, less;

    sign_all(it, &them);
    row = row_of(&them, qk_buf_view(&them.blobs));
    works(add_signatures(it, &them, PAIRS, &sum));
    works(add_signatures(it, &them, PAIRS - 1, &less));
    works(verify(it, bls(it), &row, text, sum));
    refuses(verify(it, bls(it), &row, text, less), QK_E_SIGNATURE_INVALID);
    refuses(verify(it, mech(it, CKM_ECDSA), &row, text, sum), QK_E_BLOB_DAMAGED);
}

/* Who takes any point for a key takes a point less everybody's keys, whose owner signs for all of them: section 3 of
 * the draft. */
static void nobody_verifies_with_a_row_of_strangers(contract *it)
{
    QK_OWNED(signers_done) signers them = { .blobs = QK_BUF_NONE };
    QK_OWNED(qk_buf_done) qk_buf row = QK_BUF_NONE;
    client_key keys;
    qk_view sum;

    sign_all(it, &them);
    works(add_signatures(it, &them, PAIRS, &sum));
    for (size_t stranger = 0; stranger < PAIRS; stranger++) {
        qk_buf_clear(&row);
        for (size_t i = 0; i < PAIRS; i++) {
            qk_view blob = blob_of(&them, i);
            qk_buf_put(&row, i == stranger ? qk_view_slice(blob, 0, SPKI_LEN) : blob);
        }
        keys = row_of(&them, qk_buf_view(&row));
        refuses(verify(it, bls(it), &keys, text, sum), QK_E_KEY_NOT_PERMITTED);
    }
}

static void a_key_stands_in_a_row_once(contract *it)
{
    QK_OWNED(signers_done) signers them = { .blobs = QK_BUF_NONE };
    QK_OWNED(qk_buf_done) qk_buf row = QK_BUF_NONE;
    client_key keys, together;
    qk_view sum;

    sign_all(it, &them);
    works(add_signatures(it, &them, PAIRS, &sum));
    for (size_t i = 0; i < PAIRS; i++)
        qk_buf_put(&row, blob_of(&them, i == PAIRS - 1 ? 0 : i));
    refuses(add_keys(it, qk_buf_view(&row), row.len / PAIRS, ITEMS(YES(CKA_VERIFY)), &together), QK_E_BAD_ARGUMENT);
    keys = row_of(&them, qk_buf_view(&row));
    refuses(verify(it, bls(it), &keys, text, sum), QK_E_BAD_ARGUMENT);
}

/* They are public; but what the HSM vouches for has an owner, and that key says what it is for. */
static void only_keys_that_derive_are_added_up(contract *it)
{
    key_pair yes, no;
    client_key together;
    qk_view blob, spki;

    yes = bls_pair(it, true);
    no = bls_pair(it, false);
    blob = yes.public_key.bytes;
    spki = qk_view_slice(blob, 0, SPKI_LEN);
    works(add_keys(it, blob, blob.len, ITEMS(YES(CKA_VERIFY)), &together));
    refuses(add_keys(it, no.public_key.bytes, no.public_key.bytes.len, ITEMS(YES(CKA_VERIFY)), &together),
            QK_E_KEY_NOT_PERMITTED);
    refuses(add_keys(it, spki, spki.len, ITEMS(YES(CKA_VERIFY)), &together), QK_E_KEY_NOT_PERMITTED);
    refuses(add_keys(it, blob, blob.len, ITEMS(NUMBER(CKA_CLASS, CKO_PRIVATE_KEY)), &together),
            QK_E_TEMPLATE_INCONSISTENT);
    refuses(add_keys(it, blob, blob.len, ITEMS(TEXT(CKA_EC_PARAMS, "P-256")), &together), QK_E_TEMPLATE_INCONSISTENT);
    refuses(add_keys(it, yes.private_key.bytes, yes.private_key.bytes.len, ITEMS(YES(CKA_VERIFY)), &together),
            QK_E_KEY_TYPE);
}

static void the_vouched_form_of_a_public_key_can_be_asked_for(contract *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs got = QK_ATTRS_NONE;
    key_pair pair = ec_pair(it, "P-256");

    works(get_attribute(it, &pair.public_key, CKA_IBM_MACED_PUBLIC_KEY_INFO, &got));
    assert_view_equal(qk_attrs_view(&got, CKA_IBM_MACED_PUBLIC_KEY_INFO), pair.public_key.bytes);
    refuses(get_attribute(it, &pair.private_key, CKA_IBM_MACED_PUBLIC_KEY_INFO, &got), QK_E_ATTRIBUTE_TYPE);
}

const contract_case contract_bls[] = {
    CASE(bls_signs_and_verifies),
    CASE(a_sum_of_signatures_verifies_with_the_sum_of_keys),
    CASE(keys_in_a_row_verify_a_sum),
    CASE(nobody_verifies_with_a_row_of_strangers),
    CASE(a_key_stands_in_a_row_once),
    CASE(only_keys_that_derive_are_added_up),
    CASE(the_vouched_form_of_a_public_key_can_be_asked_for),
    { NULL, NULL },
};
