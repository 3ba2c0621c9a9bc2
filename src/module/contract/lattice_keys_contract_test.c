/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum keys of every parameter set, in and out: created from their values, wrapped and unwrapped in each way,
 * and refused where they are malformed. What comes back must work together with the other half of the old pair. */
#include "module/contract/testing.h"

#include <dlfcn.h>
#include <stdlib.h>

enum { VALUE_MOST = 8192 };

/* clang-format off */
#define DILITHIUM(a, b, c) { 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, a, b, c }

static struct set {
    const char *name;
    CK_KEY_TYPE type;
    CK_MECHANISM_TYPE generate, use;
    CK_ATTRIBUTE_TYPE named_by;
    CK_ULONG number;
    CK_BYTE oid[13];
} sets[] = {
    { "ML-DSA-44",   CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, CKA_PARAMETER_SET, CKP_ML_DSA_44, { 0 } },
    { "ML-DSA-65",   CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, CKA_PARAMETER_SET, CKP_ML_DSA_65, { 0 } },
    { "ML-DSA-87",   CKK_ML_DSA, CKM_ML_DSA_KEY_PAIR_GEN, CKM_ML_DSA, CKA_PARAMETER_SET, CKP_ML_DSA_87, { 0 } },
    { "ML-KEM-512",  CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_KEM, CKA_PARAMETER_SET, CKP_ML_KEM_512, { 0 } },
    { "ML-KEM-768",  CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_KEM, CKA_PARAMETER_SET, CKP_ML_KEM_768, { 0 } },
    { "ML-KEM-1024", CKK_ML_KEM, CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_KEM, CKA_PARAMETER_SET, CKP_ML_KEM_1024, { 0 } },
    { "IBM's ML-DSA-44", CKK_IBM_ML_DSA, CKM_IBM_ML_DSA_KEY_PAIR_GEN, CKM_IBM_ML_DSA, CKA_IBM_PARAMETER_SET, 1, { 0 } },
    { "IBM's ML-DSA-65", CKK_IBM_ML_DSA, CKM_IBM_ML_DSA_KEY_PAIR_GEN, CKM_IBM_ML_DSA, CKA_IBM_PARAMETER_SET, 2, { 0 } },
    { "IBM's ML-DSA-87", CKK_IBM_ML_DSA, CKM_IBM_ML_DSA_KEY_PAIR_GEN, CKM_IBM_ML_DSA, CKA_IBM_PARAMETER_SET, 3, { 0 } },
    { "IBM's ML-KEM-512", CKK_IBM_ML_KEM, CKM_IBM_ML_KEM_KEY_PAIR_GEN, CKM_IBM_ML_KEM, CKA_IBM_PARAMETER_SET, 1, { 0 } },
    { "IBM's ML-KEM-768", CKK_IBM_ML_KEM, CKM_IBM_ML_KEM_KEY_PAIR_GEN, CKM_IBM_ML_KEM, CKA_IBM_PARAMETER_SET, 2, { 0 } },
    { "IBM's ML-KEM-1024", CKK_IBM_ML_KEM, CKM_IBM_ML_KEM_KEY_PAIR_GEN, CKM_IBM_ML_KEM, CKA_IBM_PARAMETER_SET, 3, { 0 } },
    { "Dilithium, round 2, (5, 4)", CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, CKM_IBM_DILITHIUM, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(1, 5, 4) },
    { "Dilithium, round 2, (6, 5)", CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, CKM_IBM_DILITHIUM, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(1, 6, 5) },
    { "Dilithium, round 2, (8, 7)", CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, CKM_IBM_DILITHIUM, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(1, 8, 7) },
    { "Dilithium, round 3, (4, 4)", CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, CKM_IBM_DILITHIUM, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(7, 4, 4) },
    { "Dilithium, round 3, (6, 5)", CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, CKM_IBM_DILITHIUM, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(7, 6, 5) },
    { "Dilithium, round 3, (8, 7)", CKK_IBM_PQC_DILITHIUM, CKM_IBM_DILITHIUM, CKM_IBM_DILITHIUM, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(7, 8, 7) },
    { "Kyber, round 2, 512",  CKK_IBM_PQC_KYBER, CKM_IBM_KYBER, CKM_IBM_KYBER, CKA_IBM_PQC_PARAMS, 0, { 0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 5 } },
    { "Kyber, round 2, 768",  CKK_IBM_PQC_KYBER, CKM_IBM_KYBER, CKM_IBM_KYBER, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(5, 3, 3) },
    { "Kyber, round 2, 1024", CKK_IBM_PQC_KYBER, CKM_IBM_KYBER, CKM_IBM_KYBER, CKA_IBM_PQC_PARAMS, 0, DILITHIUM(5, 4, 4) },
};
/* clang-format on */

static CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY, secret_class = CKO_SECRET_KEY;
static CK_ULONG aes = CKK_AES, len_32 = 32;
static CK_BYTE iv[16], text[20] = { 1, 2, 3 };

typedef struct pair {
    CK_OBJECT_HANDLE public_key, private_key;
} pair;

static bool is_kem(const struct set *set)
{
    return set->type == CKK_ML_KEM || set->type == CKK_IBM_ML_KEM || set->type == CKK_IBM_PQC_KYBER;
}

static bool is_standard(const struct set *set)
{
    return set->type == CKK_ML_DSA || set->type == CKK_ML_KEM;
}

/* Another set of the same type. */
static struct set neighbour(size_t i)
{
    return sets[i > 0 && sets[i - 1].type == sets[i].type ? i - 1 : i + 1];
}

static CK_ATTRIBUTE name_of(struct set *set)
{
    if (set->named_by == CKA_IBM_PQC_PARAMS)
        return (CK_ATTRIBUTE){ CKA_IBM_PQC_PARAMS, set->oid, 2UL + set->oid[1] };
    return (CK_ATTRIBUTE)ATTR(set->named_by, set->number);
}

/* ---- pairs, and using them ---- */

static pair make_pair(struct set *set)
{
    CK_MECHANISM mechanism = { set->generate, NULL, 0 };
    CK_ATTRIBUTE of_public[] = { name_of(set), ATTR_BOOL(is_kem(set) ? CKA_ENCAPSULATE : CKA_VERIFY, true),
                                 ATTR_BOOL(CKA_DERIVE, is_kem(set)) },
                 of_private[] = { ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true),
                                  ATTR_BOOL(is_kem(set) ? CKA_DECAPSULATE : CKA_SIGN, true),
                                  ATTR_BOOL(CKA_DERIVE, is_kem(set)) };
    pair made;

    assert_ok(p11->C_GenerateKeyPair(test_session, &mechanism, of_public, 3, of_private, 4, &made.public_key,
                                     &made.private_key));
    return made;
}

static CK_FUNCTION_LIST_3_2 *newer(void)
{
    static CK_FUNCTION_LIST_3_2 *list;
    CK_VERSION version = { 3, 2 };
    CK_INTERFACE *found = NULL;
    CK_UTF8CHAR name[] = "PKCS 11";
    CK_C_GetInterface get;
    void *library;

    if (list)
        return list;
    library = dlopen(getenv("QUANTOKI_MODULE"), RTLD_NOW);
    *(void **)&get = dlsym(library, "C_GetInterface");
    assert_ok(get(name, &version, &found, 0));
    dlclose(library); /* the tests hold it too */
    return list = found->pFunctionList;
}

static CK_ULONG read_into(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_BYTE *out, CK_ULONG len)
{
    CK_ATTRIBUTE item = { type, out, len };

    assert_ok(p11->C_GetAttributeValue(test_session, object, &item, 1));
    return item.ulValueLen;
}

static void assert_same_value(CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b)
{
    CK_BYTE first[32], second[32];

    assert_int_equal(read_into(a, CKA_VALUE, first, 32), 32);
    assert_int_equal(read_into(b, CKA_VALUE, second, 32), 32);
    assert_memory_equal(first, second, 32);
}

/* The halves belong together. */
static void assert_pair_works(const struct set *set, CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE private_key)
{
    CK_ATTRIBUTE wanted[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, len_32),
                              ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_MECHANISM mechanism = { set->use, NULL, 0 };
    CK_OBJECT_HANDLE mine, yours;
    CK_BYTE out[VALUE_MOST];
    CK_ULONG len = sizeof out;

    if (is_kem(set)) {
        assert_ok(newer()->C_EncapsulateKey(test_session, &mechanism, public_key, wanted, 5, out, &len, &mine));
        assert_ok(newer()->C_DecapsulateKey(test_session, &mechanism, private_key, wanted, 5, out, len, &yours));
        assert_same_value(mine, yours);
        return;
    }
    assert_ok(p11->C_SignInit(test_session, &mechanism, private_key));
    assert_ok(p11->C_Sign(test_session, text, sizeof text, out, &len));
    assert_ok(p11->C_VerifyInit(test_session, &mechanism, public_key));
    assert_ok(p11->C_Verify(test_session, text, sizeof text, out, len));
}

/* ---- created ---- */

static CK_RV create(struct set *set, CK_OBJECT_CLASS *class, const CK_ATTRIBUTE *values, size_t count,
                    CK_OBJECT_HANDLE *out)
{
    bool is_public = *class == CKO_PUBLIC_KEY;
    CK_ATTRIBUTE_TYPE usage = is_public ? CKA_VERIFY : CKA_SIGN;
    CK_ATTRIBUTE template_[16] = { ATTR(CKA_CLASS, *class), ATTR(CKA_KEY_TYPE, set->type), name_of(set) };

    if (is_kem(set))
        usage = is_public ? CKA_ENCAPSULATE : CKA_DECAPSULATE;
    template_[3] = (CK_ATTRIBUTE)ATTR_BOOL(usage, true);
    for (size_t i = 0; i < count; i++)
        template_[4 + i] = values[i];
    return p11->C_CreateObject(test_session, template_, 4 + count, out);
}

static void keys_of_every_set_are_created_from_their_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        CK_BYTE of_public[VALUE_MOST], of_private[VALUE_MOST];
        CK_OBJECT_HANDLE public_key, private_key;
        pair made = make_pair(&sets[i]);
        CK_ATTRIBUTE value = { CKA_VALUE, of_public, read_into(made.public_key, CKA_VALUE, of_public, VALUE_MOST) },
                     secret = { CKA_VALUE, of_private, read_into(made.private_key, CKA_VALUE, of_private, VALUE_MOST) };

        print_message("# %s: public %lu bytes, private %lu\n", sets[i].name, value.ulValueLen, secret.ulValueLen);
        assert_ok(create(&sets[i], &public_class, &value, 1, &public_key));
        assert_ok(create(&sets[i], &private_class, &secret, 1, &private_key));
        assert_pair_works(&sets[i], public_key, private_key);
        for (int off = -1; off <= 1; off += 2) { /* a byte too few or too many */
            value.ulValueLen += (CK_ULONG)off;
            secret.ulValueLen += (CK_ULONG)off;
            assert_rv(create(&sets[i], &public_class, &value, 1, &public_key), CKR_ATTRIBUTE_VALUE_INVALID);
            assert_rv(create(&sets[i], &private_class, &secret, 1, &private_key), CKR_ATTRIBUTE_VALUE_INVALID);
            value.ulValueLen -= (CK_ULONG)off;
            secret.ulValueLen -= (CK_ULONG)off;
        }
        struct set other = neighbour(i);
        assert_rv(create(&other, &public_class, &value, 1, &public_key), CKR_ATTRIBUTE_VALUE_INVALID);
        assert_rv(create(&other, &private_class, &secret, 1, &private_key), CKR_ATTRIBUTE_VALUE_INVALID);
        assert_rv(create(&sets[i], &public_class, NULL, 0, &public_key), CKR_TEMPLATE_INCOMPLETE);
        assert_rv(create(&sets[i], &private_class, NULL, 0, &private_key), CKR_TEMPLATE_INCOMPLETE);
    }
}

/* ---- seeds ---- */

static void a_seed_makes_the_pair_of_every_set_that_has_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        CK_ATTRIBUTE_TYPE name = is_standard(&sets[i]) ? CKA_SEED
                                 : is_kem(&sets[i])    ? CKA_IBM_ML_KEM_PRIVATE_SEED
                                                       : CKA_IBM_ML_DSA_PRIVATE_SEED;
        CK_BYTE seed[64], value[VALUE_MOST];
        CK_ATTRIBUTE given[2] = { { name, seed, is_kem(&sets[i]) ? 64 : 32 }, { CKA_VALUE, value, 0 } };
        CK_OBJECT_HANDLE back;
        pair made = make_pair(&sets[i]);

        if (sets[i].named_by == CKA_IBM_PQC_PARAMS) { /* the older rounds */
            CK_ATTRIBUTE item = { name, seed, sizeof seed };
            assert_rv(p11->C_GetAttributeValue(test_session, made.private_key, &item, 1), CKR_ATTRIBUTE_TYPE_INVALID);
            continue;
        }
        assert_int_equal(read_into(made.private_key, name, seed, sizeof seed), given[0].ulValueLen);
        given[1].ulValueLen = read_into(made.private_key, CKA_VALUE, value, sizeof value);
        assert_ok(create(&sets[i], &private_class, given, 1, &back));
        assert_pair_works(&sets[i], made.public_key, back);
        assert_ok(create(&sets[i], &private_class, given, 2, &back));
        assert_pair_works(&sets[i], made.public_key, back);
        seed[7] ^= 1; /* of another pair than the value */
        assert_rv(create(&sets[i], &private_class, given, 2, &back), CKR_ATTRIBUTE_VALUE_INVALID);
        given[0].ulValueLen--;
        assert_rv(create(&sets[i], &private_class, given, 1, &back), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

/* ---- parts ---- */

static const CK_ATTRIBUTE_TYPE dilithium_parts[] = { CKA_IBM_DILITHIUM_RHO, CKA_IBM_DILITHIUM_SEED,
                                                     CKA_IBM_DILITHIUM_TR,  CKA_IBM_DILITHIUM_S1,
                                                     CKA_IBM_DILITHIUM_S2,  CKA_IBM_DILITHIUM_T0,
                                                     CKA_IBM_DILITHIUM_T1 };
static const CK_ATTRIBUTE_TYPE kyber_parts[] = { CKA_IBM_KYBER_SK, CKA_IBM_KYBER_PK };

/* Those of the private key; where the public one has it too, it is the same. */
static size_t read_parts(const struct set *set, pair made, CK_BYTE memory[][VALUE_MOST], CK_ATTRIBUTE *out)
{
    const CK_ATTRIBUTE_TYPE *types = is_kem(set) ? kyber_parts : dilithium_parts;
    size_t count = is_kem(set) ? COUNT(kyber_parts) : COUNT(dilithium_parts);

    for (size_t i = 0; i < count; i++) {
        CK_BYTE again[VALUE_MOST];
        CK_ATTRIBUTE item = { types[i], again, sizeof again };
        out[i] = (CK_ATTRIBUTE){ types[i], memory[i], read_into(made.private_key, types[i], memory[i], VALUE_MOST) };
        if (p11->C_GetAttributeValue(test_session, made.public_key, &item, 1) == CKR_OK)
            assert_memory_equal(again, memory[i], out[i].ulValueLen);
        else
            assert_int_equal(item.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    }
    return count;
}

static void keys_of_ibms_types_are_their_parts(void **state)
{
    static CK_BYTE memory[COUNT(dilithium_parts)][VALUE_MOST];

    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        CK_ATTRIBUTE given[COUNT(dilithium_parts) + 1], of_public[2];
        CK_OBJECT_HANDLE public_key, private_key;
        CK_BYTE value[VALUE_MOST];
        pair made = make_pair(&sets[i]);
        size_t count, open;

        if (is_standard(&sets[i]))
            continue;
        count = read_parts(&sets[i], made, memory, given);
        open = count - 1; /* T1, PK */
        of_public[0] = given[open];
        of_public[1] = given[0]; /* RHO */
        assert_ok(create(&sets[i], &public_class, of_public, is_kem(&sets[i]) ? 1 : 2, &public_key));
        assert_ok(create(&sets[i], &private_class, given, count, &private_key));
        assert_pair_works(&sets[i], public_key, private_key);
        assert_ok(create(&sets[i], &private_class, given, open, &private_key)); /* the public part may be left out */
        assert_pair_works(&sets[i], public_key, private_key);
        memory[open][100] ^= 1; /* not of this key */
        assert_rv(create(&sets[i], &private_class, given, count, &private_key), CKR_ATTRIBUTE_VALUE_INVALID);
        memory[open][100] ^= 1;
        for (size_t at = 0; at < open; at++) {
            given[at].ulValueLen--;
            assert_rv(create(&sets[i], &private_class, given, open, &private_key), CKR_ATTRIBUTE_VALUE_INVALID);
            given[at].ulValueLen++;
        }
        if (!is_kem(&sets[i]))
            assert_rv(create(&sets[i], &private_class, given + 1, open - 1, &private_key), CKR_TEMPLATE_INCOMPLETE);
        given[count] = (CK_ATTRIBUTE){ CKA_VALUE, value, read_into(made.private_key, CKA_VALUE, value, sizeof value) };
        assert_ok(create(&sets[i], &private_class, given, count + 1, &private_key));
        memory[0][3] ^= 1;
        assert_rv(create(&sets[i], &private_class, given, count + 1, &private_key), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

/* Coefficients that no key has: of s1 all ones, of an ML-KEM public key above the modulus. */
static void coefficients_out_of_range_are_refused(void **state)
{
    static CK_BYTE memory[COUNT(dilithium_parts)][VALUE_MOST];

    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        CK_ATTRIBUTE given[COUNT(dilithium_parts)], value = { CKA_VALUE, memory[0], 0 };
        CK_OBJECT_HANDLE made_of;
        pair made = make_pair(&sets[i]);

        if (is_kem(&sets[i]) && is_standard(&sets[i])) {
            value.ulValueLen = read_into(made.public_key, CKA_VALUE, memory[0], VALUE_MOST);
            memset(memory[0], 0xff, 3);
            assert_rv(create(&sets[i], &public_class, &value, 1, &made_of), CKR_ATTRIBUTE_VALUE_INVALID);
        } else if (is_standard(&sets[i])) {
            value.ulValueLen = read_into(made.private_key, CKA_VALUE, memory[0], VALUE_MOST);
            memset(memory[0] + 32 + 32 + 64, 0xff, 32);
            assert_rv(create(&sets[i], &private_class, &value, 1, &made_of), CKR_ATTRIBUTE_VALUE_INVALID);
        } else if (!is_kem(&sets[i])) {
            size_t count = read_parts(&sets[i], made, memory, given);
            memset(memory[3], 0xff, 32); /* S1 */
            assert_rv(create(&sets[i], &private_class, given, count, &made_of), CKR_ATTRIBUTE_VALUE_INVALID);
        }
    }
}

/* ---- wrapped ---- */

static CK_OBJECT_HANDLE make_kek(void)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len_32), ATTR_BOOL(CKA_WRAP, true), ATTR_BOOL(CKA_UNWRAP, true) };
    CK_OBJECT_HANDLE key;

    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, 3, &key));
    return key;
}

static void make_rsa(CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM generate = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_MECHANISM_TYPE only = CKM_RSA_AES_KEY_WRAP;
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE of_public[] = { ATTR(CKA_MODULUS_BITS, bits), ATTR_BOOL(CKA_WRAP, true) },
                 of_private[] = { ATTR_BOOL(CKA_UNWRAP, true), ATTR(CKA_ALLOWED_MECHANISMS, only) };

    assert_ok(p11->C_GenerateKeyPair(test_session, &generate, of_public, 2, of_private, 2, out_public, out_private));
}

static CK_RV unwrap(struct set *set, CK_MECHANISM *way, CK_OBJECT_HANDLE kek, CK_BYTE *wrapped, CK_ULONG len,
                    CK_OBJECT_HANDLE *out)
{
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, private_class), ATTR(CKA_KEY_TYPE, set->type),
                                 ATTR_BOOL(is_kem(set) ? CKA_DECAPSULATE : CKA_SIGN, true) };

    return p11->C_UnwrapKey(test_session, way, kek, wrapped, len, template_, 3, out);
}

static void refuses_the_name_of_another_set(size_t i, CK_MECHANISM *way, CK_OBJECT_HANDLE kek, CK_BYTE *wrapped,
                                            CK_ULONG len)
{
    struct set other = neighbour(i);
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, private_class), ATTR(CKA_KEY_TYPE, other.type), name_of(&other) };
    CK_OBJECT_HANDLE none;

    assert_rv(p11->C_UnwrapKey(test_session, way, kek, wrapped, len, template_, 3, &none), CKR_TEMPLATE_INCONSISTENT);
}

static void private_keys_of_every_set_come_back_in_every_way(void **state)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_RSA_AES_KEY_WRAP_PARAMS rsa_aes = { 256, &oaep };
    CK_MECHANISM ways[] = { { CKM_AES_KEY_WRAP_KWP, NULL, 0 },
                            { CKM_AES_KEY_WRAP_PAD, NULL, 0 },
                            { CKM_AES_CBC_PAD, iv, sizeof iv },
                            { CKM_RSA_AES_KEY_WRAP, &rsa_aes, sizeof rsa_aes } };
    CK_OBJECT_HANDLE kek = make_kek(), rsa_public, rsa_private;

    (void)state;
    make_rsa(&rsa_public, &rsa_private);
    for (size_t i = 0; i < COUNT(sets); i++) {
        pair made = make_pair(&sets[i]);
        for (size_t way = 0; way < COUNT(ways); way++) {
            bool by_rsa = ways[way].mechanism == CKM_RSA_AES_KEY_WRAP;
            CK_OBJECT_HANDLE opener = by_rsa ? rsa_private : kek, back;
            CK_BYTE wrapped[VALUE_MOST];
            CK_ULONG len = sizeof wrapped;
            struct set other = sets[is_kem(&sets[i]) ? 0 : 3];

            assert_ok(
                p11->C_WrapKey(test_session, &ways[way], by_rsa ? rsa_public : kek, made.private_key, wrapped, &len));
            assert_ok(unwrap(&sets[i], &ways[way], opener, wrapped, len, &back));
            assert_pair_works(&sets[i], made.public_key, back);
            assert_rv(unwrap(&other, &ways[way], opener, wrapped, len, &back), CKR_WRAPPED_KEY_INVALID);
            if (way == 0)
                refuses_the_name_of_another_set(i, &ways[way], opener, wrapped, len);
            wrapped[1] ^= 1; /* CBC alone would not notice a change further behind */
            assert_rv(unwrap(&sets[i], &ways[way], opener, wrapped, len, &back), CKR_WRAPPED_KEY_INVALID);
        }
    }
}

static void public_keys_of_every_set_come_in_as_their_spki(void **state)
{
    CK_MECHANISM way = { CKM_IBM_TRANSPORTKEY, NULL, 0 };
    CK_OBJECT_HANDLE kek = make_kek();

    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, public_class), ATTR(CKA_KEY_TYPE, sets[i].type),
                                     ATTR_BOOL(is_kem(&sets[i]) ? CKA_ENCAPSULATE : CKA_VERIFY, true) };
        CK_BYTE spki[VALUE_MOST];
        pair made = make_pair(&sets[i]);
        CK_ULONG len = read_into(made.public_key, CKA_PUBLIC_KEY_INFO, spki, sizeof spki);
        CK_OBJECT_HANDLE back;

        assert_ok(p11->C_UnwrapKey(test_session, &way, kek, spki, len, template_, 3, &back));
        assert_pair_works(&sets[i], back, made.private_key);
        assert_rv(p11->C_UnwrapKey(test_session, &way, kek, spki, len - 1, template_, 3, &back),
                  CKR_WRAPPED_KEY_INVALID);
    }
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(keys_of_every_set_are_created_from_their_values),
        IN(a_seed_makes_the_pair_of_every_set_that_has_one),
        IN(keys_of_ibms_types_are_their_parts),
        IN(coefficients_out_of_range_are_refused),
        IN(private_keys_of_every_set_come_back_in_every_way),
        IN(public_keys_of_every_set_come_in_as_their_spki),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
