/* SPDX-License-Identifier: Apache-2.0 */
/* Keys as others serialise them: SubjectPublicKeyInfo, PKCS #8, raw values. Input: class and type, the key. A key that
 * is taken is written and read again: the same bytes, the same attributes. Also names of curves. */
#include "fuzz.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"

static const struct {
    CK_OBJECT_CLASS class;
    CK_KEY_TYPE type;
} kinds[] = {
    { CKO_PUBLIC_KEY, CKK_RSA },
    { CKO_PUBLIC_KEY, CKK_EC },
    { CKO_PUBLIC_KEY, CKK_EC_EDWARDS },
    { CKO_PRIVATE_KEY, CKK_RSA },
    { CKO_PRIVATE_KEY, CKK_EC },
    { CKO_PRIVATE_KEY, CKK_EC_EDWARDS },
    { CKO_SECRET_KEY, CKK_AES },
    { CKO_SECRET_KEY, CKK_GENERIC_SECRET },
    { CKO_CERTIFICATE, CKK_EC },
    { CKO_PUBLIC_KEY, CKK_AES },
    { CKO_PUBLIC_KEY, CKK_DSA },
    { CKO_PRIVATE_KEY, CKK_DSA },
    { CKO_PUBLIC_KEY, CKK_DH },
    { CKO_PRIVATE_KEY, CKK_DH },
    { CKO_PUBLIC_KEY, CKK_EC_MONTGOMERY },
    { CKO_PRIVATE_KEY, CKK_EC_MONTGOMERY },
    { CKO_DOMAIN_PARAMETERS, CKK_DSA },
    { CKO_DOMAIN_PARAMETERS, CKK_DH },
    { CKO_PUBLIC_KEY, CKK_ML_DSA },
    { CKO_PRIVATE_KEY, CKK_ML_DSA },
    { CKO_PUBLIC_KEY, CKK_ML_KEM },
    { CKO_PRIVATE_KEY, CKK_ML_KEM },
    { CKO_PUBLIC_KEY, CKK_IBM_PQC_DILITHIUM },
    { CKO_PRIVATE_KEY, CKK_IBM_PQC_DILITHIUM },
    { CKO_PUBLIC_KEY, CKK_IBM_PQC_KYBER },
    { CKO_PRIVATE_KEY, CKK_IBM_PQC_KYBER },
    { CKO_PUBLIC_KEY, CKK_IBM_ML_DSA },
    { CKO_PRIVATE_KEY, CKK_IBM_ML_DSA },
    { CKO_PUBLIC_KEY, CKK_IBM_ML_KEM },
    { CKO_PRIVATE_KEY, CKK_IBM_ML_KEM },
    { CKO_PUBLIC_KEY, CKK_SLH_DSA },
    { CKO_PRIVATE_KEY, CKK_SLH_DSA },
};

void fuzz_start(void)
{
    must(qk_crypto_start());
    must(qk_entropy_start(NULL));
}

static void both_ways(const qk_key *key)
{
    QK_OWNED(qk_secret_free) qk_secret first = QK_SECRET_NONE, second = QK_SECRET_NONE;
    QK_OWNED(qk_attrs_done) qk_attrs described = QK_ATTRS_NONE, again = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *copy = NULL;

    must(qk_key_write(key, &first));
    must(qk_key_read(qk_key_class(key), qk_key_type(key), qk_secret_reveal(&first), &copy));
    must(qk_key_write(copy, &second));
    promise(qk_ct_equal(qk_secret_reveal(&first), qk_secret_reveal(&second)));
    must(qk_key_describe(key, &described));
    must(qk_key_describe(copy, &again));
    promise(described.count == again.count && qk_attrs_match(&described, &again));
}

static void write_public(const qk_key *key)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE, standard = QK_BUF_NONE;
    QK_OWNED(qk_key_unref) qk_key *a = NULL;
    QK_OWNED(qk_key_unref) qk_key *b = NULL;

    if (qk_key_class(key) != CKO_PUBLIC_KEY && qk_key_class(key) != CKO_PRIVATE_KEY)
        return;
    must(qk_key_write_spki(key, false, &spki));
    must(qk_key_write_spki(key, true, &standard));
    must(qk_key_read(CKO_PUBLIC_KEY, qk_key_type(key), qk_buf_view(&spki), &a));
    must(qk_key_read(CKO_PUBLIC_KEY, qk_key_type(key), qk_buf_view(&standard), &b));
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_reader from = qk_reader_of(input);
    unsigned kind = qk_read_u8(&from) % (sizeof kinds / sizeof kinds[0]);

    (void)qk_curve_find(fuzz_rest(&from));
    if (qk_key_read(kinds[kind].class, kinds[kind].type, fuzz_rest(&from), &key) != QK_OK)
        return;
    both_ways(key);
    write_public(key);
}
