/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_IBM_BTC_DERIVE: trees of keys. Sources: BIP-32 (secp256k1), SLIP-0010 (secp256k1, P-256, Ed25519).
 *
 * Both compute I = HMAC-SHA-512(chain code, what stands for the parent || index); the left half of I is added to the
 * parent, the right half is the child's chain code. They differ where a child would be no key, which happens once in
 * 2^127 times: BIP-32 has no such child, SLIP-0010 hashes again. */
#include <openssl/crypto.h>

#include "crypto/curve/ec_arithmetic.h"
#include "crypto/curve/ec_key.h"
#include "crypto/engine.h"
#include "crypto/hash/hmac.h"

enum { HALF = 32, NODE_LEN = 2 * HALF, SEED_LEAST = 16, SEED_MOST = 64 };

static const uint32_t hardened_bit = 0x80000000;

/* ---- the eight derivations ---- */

typedef enum step { MASTER, PRIVATE_TO_PRIVATE, PRIVATE_TO_PUBLIC, PUBLIC_TO_PUBLIC } step;

static const struct derivation {
    unsigned type;
    bool slip10;
    step step;
} derivations[] = {
    { CK_IBM_BIP0032_PRV2PRV, false, PRIVATE_TO_PRIVATE }, { CK_IBM_BIP0032_PRV2PUB, false, PRIVATE_TO_PUBLIC },
    { CK_IBM_BIP0032_PUB2PUB, false, PUBLIC_TO_PUBLIC },   { CK_IBM_BIP0032_MASTERK, false, MASTER },
    { CK_IBM_SLIP0010_PRV2PRV, true, PRIVATE_TO_PRIVATE }, { CK_IBM_SLIP0010_PRV2PUB, true, PRIVATE_TO_PUBLIC },
    { CK_IBM_SLIP0010_PUB2PUB, true, PUBLIC_TO_PUBLIC },   { CK_IBM_SLIP0010_MASTERK, true, MASTER },
};

static const struct tree {
    const char *curve;
    bool slip10_only;
    const char *hmac_key; /* of the master key */
} trees[] = {
    { "secp256k1", false, "Bitcoin seed" },
    { "P-256", true, "Nist256p1 seed" },
    { "Ed25519", true, "ed25519 seed" },
};

typedef struct job {
    const struct derivation *how;
    const struct tree *tree;
    const qk_curve *curve;
    const qk_key *base;
    const qk_mech_use *use;
    qk_scalar n; /* order; not set for Ed25519 */
} job;

static bool is_edwards(const job *it)
{
    return it->curve->kind == QK_CURVE_EDWARDS;
}

static bool is_hardened(const job *it)
{
    return it->use->btc.child & hardened_bit;
}

/* ---- what is asked ---- */

static const struct tree *tree_of(const qk_curve *curve, bool slip10)
{
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++)
        if (curve == qk_curve_find(qk_view_of(trees[i].curve, strlen(trees[i].curve))))
            return trees[i].slip10_only && !slip10 ? NULL : &trees[i];
    return NULL;
}

static qk_err find_curve(const qk_key_wanted *wanted, job *it)
{
    qk_view named = wanted->template_ ? qk_attrs_view(wanted->template_, CKA_EC_PARAMS) : QK_VIEW_NONE;

    it->curve = it->how->step == MASTER ? qk_curve_find(named) : it->base->curve;
    if (it->how->step == MASTER && !named.len)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s: a master key needs CKA_EC_PARAMS", it->use->mech->name);
    if (named.len && qk_curve_find(named) != it->curve)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s: a child stays on its parent's curve", it->use->mech->name);
    it->tree = it->curve ? tree_of(it->curve, it->how->slip10) : NULL;
    if (!it->tree)
        return qk_fail(QK_E_CURVE_NOT_SUPPORTED, "%s: no such derivation on this curve", it->use->mech->name);
    return is_edwards(it) ? QK_OK : qk_curve_order(it->curve, &it->n);
}

static qk_err check_base(const job *it)
{
    static const CK_OBJECT_CLASS classes[] = { [MASTER] = CKO_SECRET_KEY,
                                               [PRIVATE_TO_PRIVATE] = CKO_PRIVATE_KEY,
                                               [PRIVATE_TO_PUBLIC] = CKO_PRIVATE_KEY,
                                               [PUBLIC_TO_PUBLIC] = CKO_PUBLIC_KEY };
    size_t len = it->base->class == CKO_SECRET_KEY ? it->base->value.len : 0;

    if (it->base->class != classes[it->how->step])
        return qk_fail(QK_E_KEY_TYPE, "%s: this derivation does not begin with a %s", it->use->mech->name,
                       qk_name_of_class(it->base->class));
    if (it->how->step == MASTER && (len < SEED_LEAST || len > SEED_MOST))
        return qk_fail(QK_E_KEY_SIZE, "%s: a seed of %zu bytes; it has 16 to 64", it->use->mech->name, len);
    return QK_OK;
}

static qk_err check_index(const job *it)
{
    bool hardened = is_hardened(it);

    if (it->how->step == MASTER)
        return QK_OK;
    if (it->use->btc.chain_code.len != HALF)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: a chain code of %zu bytes; it has 32", it->use->mech->name,
                       it->use->btc.chain_code.len);
    if (it->how->step == PUBLIC_TO_PUBLIC && (hardened || is_edwards(it)))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: such a child has no way from the public key", it->use->mech->name);
    if (is_edwards(it) && !hardened)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: Ed25519 has hardened children only", it->use->mech->name);
    return QK_OK;
}

static qk_err understand(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, job *it)
{
    *it = (job){ .base = base, .use = use };
    for (size_t i = 0; i < sizeof derivations / sizeof derivations[0]; i++)
        if (derivations[i].type == use->btc.type)
            it->how = &derivations[i];
    if (!it->how)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: derivation %u is not known", use->mech->name, use->btc.type);
    QK_TRY(check_base(it));
    QK_TRY(find_curve(wanted, it));
    return check_index(it);
}

/* ---- I ---- */

static qk_err hash(qk_view key, const qk_view *pieces, size_t count, uint8_t out[NODE_LEN])
{
    size_t len;

    return qk_hmac_pieces(CKM_SHA512, key, pieces, count, out, &len);
}

static void put_index(const job *it, uint8_t out[4])
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(it->use->btc.child >> (24 - 8 * i));
}

/* 0x00 || private key for hardened children, the compressed public key for others. */
static qk_err first_node(const job *it, uint8_t node[NODE_LEN])
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    uint8_t index[4], compressed[QK_COMPRESSED256_LEN], zero = 0;
    qk_view chain_code = it->use->btc.chain_code;

    if (it->how->step == MASTER)
        return hash(qk_view_of(it->tree->hmac_key, strlen(it->tree->hmac_key)),
                    (qk_view[]){ qk_secret_reveal(&it->base->value) }, 1, node);
    put_index(it, index);
    if (!is_hardened(it)) {
        qk_point_compress(it->base->point, compressed);
        return hash(chain_code,
                    (qk_view[]){ qk_view_of(compressed, sizeof compressed), qk_view_of(index, sizeof index) }, 2, node);
    }
    QK_TRY(qk_ec_private_value(it->base, &value));
    return hash(chain_code,
                (qk_view[]){ qk_view_of(&zero, 1), qk_secret_reveal(&value), qk_view_of(index, sizeof index) }, 3,
                node);
}

/* When the node gave no key. */
static qk_err next_node(const job *it, uint8_t node[NODE_LEN])
{
    uint8_t index[4], one = 1, next[NODE_LEN];
    qk_err err;

    if (!it->how->slip10)
        return qk_fail(QK_E_FUNCTION_FAILED, "%s: this seed or index has no key; take the next one",
                       it->use->mech->name);
    put_index(it, index);
    if (it->how->step == MASTER)
        err = hash(qk_view_of(it->tree->hmac_key, strlen(it->tree->hmac_key)),
                   (qk_view[]){ qk_view_of(node, NODE_LEN) }, 1, next);
    else
        err = hash(it->use->btc.chain_code,
                   (qk_view[]){ qk_view_of(&one, 1), qk_view_of(node + HALF, HALF), qk_view_of(index, sizeof index) },
                   3, next);
    memcpy(node, next, NODE_LEN);
    OPENSSL_cleanse(next, sizeof next);
    return err;
}

/* ---- the child of a node ---- */

/* The private value; false if it is none. Only that is told by time. */
static qk_err private_child(const job *it, const uint8_t node[NODE_LEN], uint8_t out[HALF], bool *is_key)
{
    qk_scalar child, parent = { { 0 } };
    qk_err err = QK_OK;

    memcpy(out, node, HALF);
    *is_key = true;
    if (is_edwards(it))
        return QK_OK;
    qk_scalar_read(&child, node);
    *is_key = qk_scalar_below(&child, &it->n);
    if (it->how->step != MASTER)
        err = qk_scalar_of_key(it->base, &parent);
    if (err == QK_OK && *is_key) {
        qk_scalar_add(&child, &child, &parent, &it->n);
        *is_key = !qk_scalar_is_zero(&child);
        qk_scalar_write(&child, out);
    }
    OPENSSL_cleanse(&child, sizeof child);
    OPENSSL_cleanse(&parent, sizeof parent);
    return err;
}

static qk_err from_private(const job *it, const uint8_t node[NODE_LEN], qk_key **out_key, bool *is_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    uint8_t value[HALF];
    qk_err err = private_child(it, node, value, is_key);

    if (err == QK_OK && *is_key)
        err = qk_ec_make_private(CKK_EC, it->curve, qk_view_of(value, HALF), QK_VIEW_NONE, &key);
    OPENSSL_cleanse(value, sizeof value);
    QK_TRY(err);
    if (*is_key && it->how->step == PRIVATE_TO_PUBLIC)
        return qk_ec_make_public(CKK_EC, it->curve, qk_view_of(key->point, key->point_len), out_key);
    *out_key = key;
    key = NULL;
    return QK_OK;
}

static qk_err from_public(const job *it, const uint8_t node[NODE_LEN], qk_key **out_key, bool *is_key)
{
    static const qk_scalar one = { { 1 } };
    uint8_t point[QK_POINT256_LEN];
    qk_scalar tweak;
    qk_err err;

    qk_scalar_read(&tweak, node);
    *is_key = qk_scalar_below(&tweak, &it->n);
    if (!*is_key)
        return QK_OK;
    err = qk_curve_combine(it->curve, &tweak, &one, it->base->point, point);
    *is_key = err != QK_E_SIGNATURE_INVALID; /* the point at infinity */
    if (!*is_key)
        return QK_OK;
    QK_TRY(err);
    return qk_ec_make_public(CKK_EC, it->curve, qk_view_of(point, sizeof point), out_key);
}

static qk_err child_of(const job *it, const uint8_t node[NODE_LEN], qk_key **out_key, bool *is_key)
{
    return it->how->step == PUBLIC_TO_PUBLIC ? from_public(it, node, out_key, is_key)
                                             : from_private(it, node, out_key, is_key);
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    uint8_t node[NODE_LEN];
    bool is_key = false;
    qk_err err;
    job it;

    QK_TRY(understand(base, use, wanted, &it));
    err = first_node(&it, node);
    while (err == QK_OK && !is_key) {
        err = child_of(&it, node, out_key, &is_key);
        if (err == QK_OK && !is_key)
            err = next_node(&it, node);
    }
    if (err == QK_OK) {
        memcpy((*out_key)->chain_code, node + HALF, HALF);
        (*out_key)->has_chain_code = true;
    }
    OPENSSL_cleanse(node, sizeof node);
    return err;
}

const qk_engine qk_engine_btc = { .derive = derive };
