/* SPDX-License-Identifier: Apache-2.0 */
/* A build without blst. */
#include "crypto/curve/bls.h"

const qk_view qk_bls_suite = { NULL, 0 };

bool qk_bls_is_here(void)
{
    return false;
}

static qk_err absent(void)
{
    return qk_fail(QK_E_CURVE_NOT_SUPPORTED, "this build has no BLS12-381");
}

qk_err qk_bls_generate(qk_key *key)
{
    (void)key;
    return absent();
}

qk_err qk_bls_set_private(qk_key *key, qk_view value)
{
    (void)key;
    (void)value;
    return absent();
}

qk_err qk_bls_set_public(qk_key *key, qk_view point)
{
    (void)key;
    (void)point;
    return absent();
}

bool qk_bls_point_form_fits(qk_view point)
{
    (void)point;
    return false;
}

qk_err qk_bls_sign(const qk_key *key, qk_view suite, qk_view message, uint8_t out[QK_BLS_SIGNATURE_LEN])
{
    (void)key;
    (void)suite;
    (void)message;
    (void)out;
    return absent();
}

qk_err qk_bls_verify(const qk_key *key, qk_view suite, qk_view message, qk_view signature)
{
    (void)key;
    (void)suite;
    (void)message;
    (void)signature;
    return absent();
}

qk_err qk_bls_add_signatures(qk_view signatures, uint8_t out[QK_BLS_SIGNATURE_LEN])
{
    (void)signatures;
    (void)out;
    return absent();
}

qk_err qk_bls_add_points(qk_view points, uint8_t out[QK_BLS_POINT_LEN])
{
    (void)points;
    (void)out;
    return absent();
}
