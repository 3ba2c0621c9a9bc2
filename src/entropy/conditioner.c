/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/conditioner.h"

#include <math.h>

#include "crypto/openssl.h"

qk_err qk_conditioner_init(qk_conditioner *conditioner)
{
    conditioner->hash_ = qk_digest_of(CKM_SHA512);
    if (!conditioner->hash_)
        return qk_fail(QK_E_GENERAL, "this OpenSSL has no SHA-512");
    conditioner->context_ = EVP_MD_CTX_new();
    if (!conditioner->context_)
        return qk_fail(QK_E_NO_MEMORY, "no memory for conditioning");
    conditioner->failed_ = true; /* nothing was begun */
    return QK_OK;
}

void qk_conditioner_done(qk_conditioner *conditioner)
{
    EVP_MD_CTX_free(conditioner->context_); /* wipes the state */
    *conditioner = (qk_conditioner){ 0 };
}

static void add(qk_conditioner *conditioner, const void *data, size_t len)
{
    if (len > 0 && EVP_DigestUpdate(conditioner->context_, data, len) != 1)
        conditioner->failed_ = true;
}

static void add_u64(qk_conditioner *conditioner, uint64_t value)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(value >> (56 - 8 * i));
    add(conditioner, bytes, sizeof bytes);
}

static void add_counted(qk_conditioner *conditioner, qk_view bytes)
{
    add_u64(conditioner, bytes.len);
    add(conditioner, bytes.data, bytes.len);
}

void qk_conditioner_begin(qk_conditioner *conditioner, const char *use, uint64_t serial)
{
    conditioner->failed_ = EVP_DigestInit_ex2(conditioner->context_, conditioner->hash_, NULL) != 1;
    add_counted(conditioner, QK_VIEW_LITERAL("quantoki conditioner 1"));
    add_counted(conditioner, qk_view_text(use));
    add_u64(conditioner, serial);
}

void qk_conditioner_add(qk_conditioner *conditioner, const char *label, qk_view contribution)
{
    add_counted(conditioner, qk_view_text(label));
    add_counted(conditioner, contribution);
}

qk_err qk_conditioner_finish(qk_conditioner *conditioner, uint8_t out[QK_BLOCK_LEN])
{
    if (conditioner->failed_ || EVP_DigestFinal_ex(conditioner->context_, out, NULL) != 1) {
        conditioner->failed_ = true;
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "conditioning");
    }
    conditioner->failed_ = true; /* until the next begin */
    return QK_OK;
}

/* In multiples of 2^-n, so that numbers near 1 keep their small parts: with r = P_low 2^n_in, which is 1 but for terms
 * of 2^-h_in and 2^-n_in, steps 3 to 5 become psi 2^n = r + 2^(n - h_in), omega 2^n = r (1 + sqrt(2 n ln 2 / 2^(n_in -
 * n))). */
double qk_conditioner_shortfall(double n_in, double n_out, double n_w, double h_in)
{
    long double n = n_out < n_w ? n_out : n_w;
    long double all = exp2l(-(long double)n_in), high = exp2l(-(long double)h_in);
    long double r_less_1 = (all - high) / (1 - all);
    long double psi_less_1 = r_less_1 + exp2l(n - h_in);
    long double spread = sqrtl(2 * n * logl(2) * exp2l(n - n_in));
    long double omega_less_1 = r_less_1 + spread + r_less_1 * spread;

    return (double)(log1pl(psi_less_1 > omega_less_1 ? psi_less_1 : omega_less_1) / logl(2));
}

double qk_conditioner_credit(double n_in, double n_out, double n_w, double h_in)
{
    return (n_out < n_w ? n_out : n_w) - qk_conditioner_shortfall(n_in, n_out, n_w, h_in);
}
