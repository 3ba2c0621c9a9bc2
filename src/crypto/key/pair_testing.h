/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of key pairs: making and reading them in a line each. */
#ifndef QK_CRYPTO_PAIR_TESTING_H
#define QK_CRYPTO_PAIR_TESTING_H

#include "base/testing.h"
#include "crypto/testing.h"

static inline void arena_done(qk_arena *arena)
{
    qk_arena_done(arena);
}

/* A serialised key from hexadecimal. */
static inline qk_key *read_hex(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *hex)
{
    QK_OWNED(qk_buf_done) qk_buf der = unhex(hex);
    qk_key *key = NULL;

    assert_qk_ok(qk_key_read(class, type, qk_buf_view(&der), &key));
    return key;
}

static inline void make_rsa_pair(CK_ULONG bits, qk_key **out_public, qk_key **out_private)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = use_of(CKM_RSA_PKCS_KEY_PAIR_GEN);

    assert_qk_ok(qk_attrs_set_ulong(&template_, CKA_MODULUS_BITS, bits));
    assert_qk_ok(qk_key_generate_pair(&use, &template_, out_public, out_private));
}

static inline qk_err try_ec_pair(CK_MECHANISM_TYPE type, const char *curve, qk_key **out_public, qk_key **out_private)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = use_of(type);

    assert_qk_ok(qk_attrs_set(&template_, CKA_EC_PARAMS, qk_view_text(curve)));
    return qk_key_generate_pair(&use, &template_, out_public, out_private);
}

static inline void make_ec_pair(CK_MECHANISM_TYPE type, const char *curve, qk_key **out_public, qk_key **out_private)
{
    assert_qk_ok(try_ec_pair(type, curve, out_public, out_private));
}

/* Sets a byte attribute from hexadecimal. */
static inline void set_hex(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, const char *hex)
{
    QK_OWNED(qk_buf_done) qk_buf value = unhex(hex);
    assert_qk_ok(qk_attrs_set(attrs, type, qk_buf_view(&value)));
}

/* The head of a template for qk_key_from_attrs. */
static inline void set_kind(qk_attrs *attrs, CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
    assert_qk_ok(qk_attrs_set_ulong(attrs, CKA_CLASS, class));
    assert_qk_ok(qk_attrs_set_ulong(attrs, CKA_KEY_TYPE, type));
}

static inline void set_curve(qk_attrs *attrs, const char *curve)
{
    assert_qk_ok(qk_attrs_set(attrs, CKA_EC_PARAMS, qk_view_text(curve)));
}

#endif
