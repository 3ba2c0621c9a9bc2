/* SPDX-License-Identifier: Apache-2.0 */
/* mu: what is signed of a message. */
#include "crypto/lattice/dilithium_inside.h"

static qk_err check_form(const qk_dilithium_set *set, const qk_dilithium_message *message)
{
    if (set->generation != QK_DILITHIUM_FIPS204 &&
        (message->form == QK_DILITHIUM_PREHASHED || message->form == QK_DILITHIUM_INTERNAL || message->context.len > 0))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s knows no context and no pre-hashing", set->name);
    if (message->context.len > QK_DILITHIUM_CONTEXT_MAX)
        return qk_fail(QK_E_MECHANISM_PARAM, "a context of %zu bytes; the most is 255", message->context.len);
    if (message->form == QK_DILITHIUM_PREHASHED && message->hash_oid.len == 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "a pre-hashed message needs its hash function's OID");
    return QK_OK;
}

qk_err qk_dilithium_mu_begin(qk_dilithium_mu *mu, const qk_dilithium_set *set, qk_view tr,
                             const qk_dilithium_message *message)
{
    QK_TRY(check_form(set, message));
    qk_keccak_begin(&mu->sponge, QK_SHAKE256_RATE);
    mu->len = set->mu_len;
    qk_keccak_absorb(&mu->sponge, tr.data, set->tr_len);
    if (set->generation == QK_DILITHIUM_FIPS204 && message->form != QK_DILITHIUM_INTERNAL) {
        const uint8_t prefix[2] = { message->form == QK_DILITHIUM_PREHASHED, (uint8_t)message->context.len };

        qk_keccak_absorb(&mu->sponge, prefix, 2);
        qk_keccak_absorb(&mu->sponge, message->context.data, message->context.len);
        if (message->form == QK_DILITHIUM_PREHASHED)
            qk_keccak_absorb(&mu->sponge, message->hash_oid.data, message->hash_oid.len);
    }
    qk_keccak_absorb(&mu->sponge, message->bytes.data, message->bytes.len);
    return QK_OK;
}

void qk_dilithium_mu_add(qk_dilithium_mu *mu, qk_view part)
{
    qk_keccak_absorb(&mu->sponge, part.data, part.len);
}

void qk_dilithium_mu_finish(qk_dilithium_mu *mu, uint8_t out[QK_DILITHIUM_MU_MAX])
{
    qk_keccak_finish(&mu->sponge, QK_SHAKE_DOMAIN);
    qk_keccak_squeeze(&mu->sponge, out, mu->len);
    qk_keccak_done(&mu->sponge);
}

qk_err qk_dilithium_mu_of(const qk_dilithium_set *set, qk_view tr, const qk_dilithium_message *message,
                          uint8_t out[QK_DILITHIUM_MU_MAX])
{
    qk_dilithium_mu mu;

    if (message->form == QK_DILITHIUM_MU) {
        if (message->bytes.len != set->mu_len)
            return qk_fail(QK_E_BAD_LENGTH, "mu of %zu bytes instead of %zu", message->bytes.len, set->mu_len);
        memcpy(out, message->bytes.data, set->mu_len);
        return QK_OK;
    }
    QK_TRY(qk_dilithium_mu_begin(&mu, set, tr, message));
    qk_dilithium_mu_finish(&mu, out);
    return QK_OK;
}
