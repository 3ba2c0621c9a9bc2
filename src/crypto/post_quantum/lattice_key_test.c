/* SPDX-License-Identifier: Apache-2.0 */
/* Lattice keys as bytes and as attributes. Lengths and first bytes of IBM's forms are those that openCryptoki writes;
 * key bytes are compared with the digests of crypto/lattice/dilithium_vectors.h. */
#include "crypto/post_quantum/lattice_testing.h"

#include "crypto/lattice/dilithium_vectors.h"

static void every_set_comes_back_from_its_serialised_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < LATTICE_SETS; i++) {
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(set_at(i)), back = { NULL, NULL };
        QK_OWNED(qk_secret_free) qk_secret private_der = QK_SECRET_NONE, public_der = QK_SECRET_NONE;
        QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
        CK_KEY_TYPE type = set_at(i)->type;

        assert_qk_ok(qk_key_write(pair.private_key, &private_der));
        assert_qk_ok(qk_key_write(pair.public_key, &public_der));
        assert_qk_ok(qk_key_read(CKO_PRIVATE_KEY, type, qk_secret_reveal(&private_der), &back.private_key));
        assert_qk_ok(qk_key_read(CKO_PUBLIC_KEY, type, qk_secret_reveal(&public_der), &back.public_key));
        assert_ptr_equal(back.private_key->lattice, set_at(i));
        assert_bytes(qk_secret_reveal(&back.private_key->value), qk_secret_reveal(&pair.private_key->value));
        assert_bytes(qk_secret_reveal(&back.private_key->seed), qk_secret_reveal(&pair.private_key->seed));
        assert_bytes(qk_buf_view(&back.public_key->open), qk_buf_view(&pair.private_key->open));
        assert_qk_ok(qk_key_write_spki(back.private_key, true, &spki));
        assert_bytes(qk_buf_view(&spki), qk_secret_reveal(&public_der));
    }
}

static void keys_of_a_seed_are_the_published_ones(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pair_vectors); i++) {
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(pair_vectors[i].id));

        assert_sha256(pair.public_key->open.data, pair.public_key->open.len, pair_vectors[i].public_sha256);
        assert_sha256(qk_secret_reveal(&pair.private_key->value).data, pair.private_key->value.len,
                      pair_vectors[i].private_sha256);
    }
}

/* Lengths as openCryptoki writes them; of the standards as RFC 9881 and RFC 9935 give them for both forms in one. */
static void serialised_keys_have_the_lengths_of_others(void **state)
{
    static const struct {
        CK_KEY_TYPE type;
        CK_ULONG number;
        size_t spki, private;
    } lengths[] = {
        { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND2_65, 1798, 5652 },
        { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND2_87, 2374, 7508 },
        { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_44, 1350, 3876 },
        { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_65, 1990, 5988 },
        { CKK_IBM_PQC_DILITHIUM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_87, 2630, 7492 },
        { CKK_IBM_PQC_KYBER, CK_IBM_KYBER_KEYFORM_ROUND2_768, 1219, 3697 },
        { CKK_IBM_PQC_KYBER, CK_IBM_KYBER_KEYFORM_ROUND2_1024, 1603, 4849 },
        { CKK_ML_DSA, CKP_ML_DSA_65, 1952 + 22, 4032 + 66 },
        { CKK_ML_KEM, CKP_ML_KEM_768, 1184 + 22, 2400 + 98 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        QK_OWNED(lattice_pair_done)
        lattice_pair pair = counted_pair(qk_lattice_by_number(lengths[i].type, lengths[i].number));
        QK_OWNED(qk_secret_free) qk_secret private_der = QK_SECRET_NONE, public_der = QK_SECRET_NONE;

        assert_qk_ok(qk_key_write(pair.private_key, &private_der));
        assert_qk_ok(qk_key_write(pair.public_key, &public_der));
        assert_int_equal(private_der.len, lengths[i].private);
        assert_int_equal(public_der.len, lengths[i].spki);
        if (i == 0)
            assert_hex(qk_view_slice(qk_secret_reveal(&public_der), 0, 34),
                       "30820702300f060b2b0601040102820b0106050500038206ed00308206e803210000");
    }
}

/* ---- forms of the standards ---- */

/* PKCS #8 of ML-DSA-44 around the CHOICE in `inside`. */
static qk_err read_choice(qk_view inside, qk_key **out_key)
{
    uint8_t memory[4096];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof memory);
    const uint8_t *end = writer.place;

    qk_der_put_element(&writer, QK_DER_OCTET_STRING, inside);
    const uint8_t *oid_end = writer.place;
    qk_der_put(&writer, qk_dilithium_set_find(QK_ML_DSA_44)->oid);
    qk_der_wrap(&writer, QK_DER_SEQUENCE, oid_end);
    qk_der_put_small(&writer, 0);
    qk_der_wrap(&writer, QK_DER_SEQUENCE, end);
    return qk_key_read(CKO_PRIVATE_KEY, CKK_ML_DSA, qk_der_written(&writer), out_key);
}

static void a_private_key_may_be_its_seed_or_its_bytes(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_44));
    QK_OWNED(qk_key_unref) qk_key *of_seed = NULL, *of_bytes = NULL, *none = NULL;
    qk_view bytes = qk_secret_reveal(&pair.private_key->value);
    uint8_t seed[34] = { 0x80, 32 }, memory[4096];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof memory);

    (void)state;
    count_up(seed + 2, 32, 0);
    assert_qk_ok(read_choice(qk_view_of(seed, sizeof seed), &of_seed));
    assert_bytes(qk_secret_reveal(&of_seed->value), bytes);
    assert_int_equal(of_seed->seed.len, 32);
    qk_der_put_element(&writer, QK_DER_OCTET_STRING, bytes);
    assert_qk_ok(read_choice(qk_der_written(&writer), &of_bytes));
    assert_bytes(qk_buf_view(&of_bytes->open), qk_buf_view(&pair.public_key->open));
    assert_int_equal(of_bytes->seed.len, 0);
    seed[1] = 31; /* too short, then followed by a byte */
    assert_qk_err(read_choice(qk_view_of(seed, sizeof seed), &none), QK_E_WRAPPED_KEY);
    assert_qk_err(read_choice(qk_view_of(seed, 33), &none), QK_E_WRAPPED_KEY);
    assert_qk_err(read_choice(bytes, &none), QK_E_WRAPPED_KEY);
}

static void a_seed_must_belong_to_the_bytes_beside_it(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_ML_DSA_44));
    QK_OWNED(qk_secret_free) qk_secret der = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    (void)state;
    assert_qk_ok(qk_key_write(pair.private_key, &der));
    qk_secret_fill(&der)[40] ^= 1; /* in the seed */
    assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_ML_DSA, qk_secret_reveal(&der), &key), QK_E_WRAPPED_KEY);
    qk_secret_fill(&der)[40] ^= 1;
    qk_secret_fill(&der)[der.len - 1] ^= 1; /* in the bytes */
    assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, CKK_ML_DSA, qk_secret_reveal(&der), &key), QK_E_WRAPPED_KEY);
}

static void malformed_keys_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LATTICE_SETS; i++) {
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(set_at(i));
        QK_OWNED(qk_secret_free) qk_secret private_der = QK_SECRET_NONE, public_der = QK_SECRET_NONE;
        QK_OWNED(qk_key_unref) qk_key *key = NULL;
        CK_KEY_TYPE type = set_at(i)->type, other = qk_lattice_is_kem(type) ? CKK_ML_DSA : CKK_ML_KEM;
        qk_view private_view, public_view;

        assert_qk_ok(qk_key_write(pair.private_key, &private_der));
        assert_qk_ok(qk_key_write(pair.public_key, &public_der));
        private_view = qk_secret_reveal(&private_der);
        public_view = qk_secret_reveal(&public_der);
        assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, other, private_view, &key), QK_E_WRAPPED_KEY);
        assert_qk_err(qk_key_read(CKO_PUBLIC_KEY, other, public_view, &key), QK_E_PUBLIC_KEY_INVALID);
        private_view.len--;
        public_view.len--;
        assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, type, private_view, &key), QK_E_WRAPPED_KEY);
        assert_qk_err(qk_key_read(CKO_PUBLIC_KEY, type, public_view, &key), QK_E_PUBLIC_KEY_INVALID);
        if (qk_lattice_is_standard(type))
            continue;
        qk_secret_fill(&private_der)[private_der.len - 70] ^= 1; /* in the public key behind the private one */
        private_view.len++;
        assert_qk_err(qk_key_read(CKO_PRIVATE_KEY, type, private_view, &key), QK_E_WRAPPED_KEY);
    }
}

/* ---- attributes ---- */

static void keys_come_from_their_attributes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LATTICE_SETS; i++) {
        QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(set_at(i)), made = { NULL, NULL };
        QK_OWNED(qk_attrs_done) qk_attrs of_public = QK_ATTRS_NONE, of_private = QK_ATTRS_NONE;
        QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

        set_kind(&of_public, CKO_PUBLIC_KEY, set_at(i)->type);
        set_kind(&of_private, CKO_PRIVATE_KEY, set_at(i)->type);
        assert_qk_ok(qk_key_describe(pair.public_key, &of_public));
        assert_qk_ok(qk_key_describe(pair.private_key, &of_private));
        assert_null(qk_attrs_find(&of_private, CKA_VALUE));
        assert_qk_ok(qk_key_reveal(pair.private_key, CKA_VALUE, &value));
        assert_qk_ok(qk_attrs_set(&of_private, CKA_VALUE, qk_secret_reveal(&value)));
        assert_qk_ok(qk_key_from_attrs(&of_public, &made.public_key));
        assert_qk_ok(qk_key_from_attrs(&of_private, &made.private_key));
        assert_bytes(qk_buf_view(&made.public_key->open), qk_buf_view(&pair.public_key->open));
        assert_bytes(qk_secret_reveal(&made.private_key->value), qk_secret_reveal(&pair.private_key->value));
    }
}

static void a_seed_alone_is_a_private_key(void **state)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL, *none = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    uint8_t seed[64];

    (void)state;
    count_up(seed, sizeof seed, 0);
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_ML_KEM);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_SEED, qk_view_of(seed, sizeof seed)));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_TEMPLATE_INCOMPLETE); /* no set */
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, CKP_ML_KEM_768));
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    assert_qk_ok(qk_key_reveal(key, CKA_SEED, &value));
    assert_bytes(qk_secret_reveal(&value), qk_view_of(seed, sizeof seed));
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, 4));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_SET_NOT_SUPPORTED);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, CKP_ML_KEM_768));
    assert_qk_ok(qk_attrs_set(&attrs, CKA_SEED, qk_view_of(seed, 32)));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_ATTRIBUTE_VALUE);
    qk_attrs_remove(&attrs, CKA_SEED);
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_attrs_set(&attrs, CKA_VALUE, qk_view_of(seed, 64)));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_ATTRIBUTE_VALUE);
}

static void a_key_without_a_seed_reveals_none(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_DILITHIUM_R2_65));
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    (void)state;
    assert_qk_err(qk_key_reveal(pair.private_key, CKA_SEED, &value), QK_E_ATTRIBUTE_TYPE);
    assert_qk_err(qk_key_reveal(pair.private_key, CKA_IBM_KYBER_SK, &value), QK_E_ATTRIBUTE_TYPE);
    assert_qk_ok(qk_key_reveal(pair.private_key, CKA_IBM_DILITHIUM_TR, &value));
    assert_int_equal(value.len, 48);
}

static void a_dilithium_key_comes_from_its_parts(void **state)
{
    static const CK_ATTRIBUTE_TYPE parts[] = { CKA_IBM_DILITHIUM_RHO, CKA_IBM_DILITHIUM_SEED, CKA_IBM_DILITHIUM_TR,
                                               CKA_IBM_DILITHIUM_S1,  CKA_IBM_DILITHIUM_S2,   CKA_IBM_DILITHIUM_T0 };
    QK_OWNED(lattice_pair_done) lattice_pair pair = counted_pair(dilithium_set(QK_DILITHIUM_R3_65));
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL, *none = NULL;

    (void)state;
    set_kind(&attrs, CKO_PRIVATE_KEY, CKK_IBM_PQC_DILITHIUM);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_IBM_DILITHIUM_KEYFORM, CK_IBM_DILITHIUM_KEYFORM_ROUND3_65));
    for (size_t i = 0; i < COUNT(parts); i++) {
        QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
        assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_TEMPLATE_INCOMPLETE);
        assert_qk_ok(qk_key_reveal(pair.private_key, parts[i], &value));
        assert_qk_ok(qk_attrs_set(&attrs, parts[i], qk_secret_reveal(&value)));
    }
    assert_qk_ok(qk_key_from_attrs(&attrs, &key));
    assert_bytes(qk_buf_view(&key->open), qk_buf_view(&pair.public_key->open));
    assert_qk_ok(qk_attrs_set(&attrs, CKA_IBM_PQC_PARAMS, qk_dilithium_set_find(QK_DILITHIUM_R2_65)->oid));
    assert_qk_err(qk_key_from_attrs(&attrs, &none), QK_E_TEMPLATE_INCONSISTENT);
}

/* ---- generation ---- */

static void pairs_are_made_of_the_set_asked_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < LATTICE_SETS; i++) {
        static const struct {
            CK_KEY_TYPE key;
            CK_MECHANISM_TYPE mech;
        } makers[] = { { CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN },         { CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN },
                       { CKK_IBM_ML_DSA, CKM_IBM_ML_DSA_KEY_PAIR_GEN }, { CKK_IBM_ML_KEM, CKM_IBM_ML_KEM_KEY_PAIR_GEN },
                       { CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM },    { CKK_IBM_PQC_KYBER, CKM_IBM_KYBER } };
        QK_OWNED(lattice_pair_done) lattice_pair pair = { NULL, NULL };
        QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
        const qk_lattice_set *set = set_at(i);

        if (set->type == CKK_ML_DSA || set->type == CKK_ML_KEM)
            assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, set->number));
        else
            assert_qk_ok(qk_attrs_set(&attrs, CKA_IBM_PQC_PARAMS, qk_lattice_oid(set)));
        for (size_t at = 0; at < COUNT(makers); at++) {
            qk_mech_use use = { .mech = qk_mech_find(makers[at].mech) };
            if (makers[at].key != set->type || !use.mech)
                continue;
            assert_qk_ok(qk_key_generate_pair(&use, &attrs, &pair.public_key, &pair.private_key));
            assert_ptr_equal(pair.private_key->lattice, set);
            assert_bytes(qk_buf_view(&pair.public_key->open), qk_buf_view(&pair.private_key->open));
            assert_int_equal(pair.private_key->seed.len,
                             qk_lattice_is_standard(set->type) ? qk_lattice_seed_len(set) : 0);
        }
    }
}

static void no_pair_is_made_of_an_unknown_set(void **state)
{
    QK_OWNED(lattice_pair_done) lattice_pair pair = { NULL, NULL };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_mech_use standard = use_of(CKM_ML_DSA_KEY_PAIR_GEN), ibm = use_of(CKM_IBM_DILITHIUM);

    (void)state;
    assert_qk_err(qk_key_generate_pair(&standard, &attrs, &pair.public_key, &pair.private_key),
                  QK_E_TEMPLATE_INCOMPLETE);
    assert_qk_ok(qk_attrs_set_ulong(&attrs, CKA_PARAMETER_SET, 9));
    assert_qk_err(qk_key_generate_pair(&standard, &attrs, &pair.public_key, &pair.private_key), QK_E_SET_NOT_SUPPORTED);
    set_hex(&attrs, CKA_IBM_PQC_PARAMS, "060b2b0601040102820b010303");
    assert_qk_err(qk_key_generate_pair(&ibm, &attrs, &pair.public_key, &pair.private_key), QK_E_MECHANISM_INVALID);
    qk_attrs_remove(&attrs, CKA_IBM_PQC_PARAMS);
    assert_qk_ok(qk_key_generate_pair(&ibm, &attrs, &pair.public_key, &pair.private_key));
    assert_int_equal(pair.public_key->lattice->id, QK_DILITHIUM_R2_65); /* IBM's default */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_comes_back_from_its_serialised_form),
        cmocka_unit_test(keys_of_a_seed_are_the_published_ones),
        cmocka_unit_test(serialised_keys_have_the_lengths_of_others),
        cmocka_unit_test(a_private_key_may_be_its_seed_or_its_bytes),
        cmocka_unit_test(a_seed_must_belong_to_the_bytes_beside_it),
        cmocka_unit_test(malformed_keys_are_refused),
        cmocka_unit_test(keys_come_from_their_attributes),
        cmocka_unit_test(a_seed_alone_is_a_private_key),
        cmocka_unit_test(a_key_without_a_seed_reveals_none),
        cmocka_unit_test(a_dilithium_key_comes_from_its_parts),
        cmocka_unit_test(pairs_are_made_of_the_set_asked_for),
        cmocka_unit_test(no_pair_is_made_of_an_unknown_set),
    };

    return cmocka_run_group_tests(tests, crypto_setup, crypto_teardown);
}
