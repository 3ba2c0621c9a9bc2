/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash/mac.h"

size_t qk_mac_len(const qk_mech_use *use, size_t whole)
{
    if (use->mech->param != QK_PARAM_MAC_LEN)
        return whole;
    return use->mac_len < whole ? use->mac_len : whole;
}

qk_err qk_mac_compare(qk_view mac, qk_view signature)
{
    if (signature.len != mac.len)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a MAC of %zu bytes where %zu belong", signature.len, mac.len);
    return qk_ct_equal(mac, signature) ? QK_OK : qk_fail(QK_E_SIGNATURE_INVALID, "the MAC does not fit the data");
}

qk_err qk_mac_sign(qk_mac_fn *mac, const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                   qk_view *out_signature)
{
    uint8_t *place;
    size_t len;

    QK_TRY(qk_arena_bytes(arena, QK_MAX_MAC, &place));
    QK_TRY(mac(key, use, data, place, &len));
    *out_signature = qk_view_of(place, len);
    return QK_OK;
}

qk_err qk_mac_verify(qk_mac_fn *mac, const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t expected[QK_MAX_MAC];
    size_t len;
    qk_err err;

    QK_TRY(mac(key, use, data, expected, &len));
    err = qk_mac_compare(qk_view_of(expected, len), signature);
    explicit_bzero(expected, sizeof expected);
    return err;
}
