/* SPDX-License-Identifier: Apache-2.0 */
/* A server's key, known beforehand: besides the chain, the certificate's SubjectPublicKeyInfo must have this SHA-256.
 * Source: RFC 7469, section 2.4 (what is hashed, and how it is written). */
#include <stdlib.h>

#include <openssl/x509.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "net/tls_client.h"

qk_err qk_tls_pin_read(const char *base64, uint8_t out[QK_TLS_PIN_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    if (qk_base64_read(qk_view_text(base64), &bytes) != QK_OK || bytes.len != QK_TLS_PIN_LEN)
        return qk_fail(QK_E_CONFIG, "the pinned key must be the SHA-256 of a public key in base64, 44 characters");
    memcpy(out, bytes.data, QK_TLS_PIN_LEN);
    return QK_OK;
}

static void free_der(uint8_t **der)
{
    OPENSSL_free(*der);
}

bool qk_tls_pin_fits(SSL *ssl, const uint8_t pin[QK_TLS_PIN_LEN])
{
    QK_OWNED(free_der) uint8_t *der = NULL;
    X509 *certificate = SSL_get0_peer_certificate(ssl);
    int len = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der) : -1;
    uint8_t hash[QK_TLS_PIN_LEN];

    if (len <= 0 || qk_sha256(qk_view_of(der, (size_t)len), hash) != QK_OK)
        return false;
    return qk_ct_equal(qk_view_of(hash, sizeof hash), qk_view_of(pin, QK_TLS_PIN_LEN));
}
