/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of client authorities as they stand in PEM texts. Also for `quantoki mtls`. */
#ifndef QK_SERVER_CLIENT_CERTIFICATES_H
#define QK_SERVER_CLIENT_CERTIFICATES_H

#include <openssl/x509.h>

#include "base/error.h"

void qk_certificates_free(STACK_OF(X509) * *certificates);
/* All certificates of the text. QK_E_BAD_ARGUMENT if there is none, or something else. */
QK_MUST_CHECK qk_err qk_client_certificates_read(OSSL_LIB_CTX *library, const char *pem,
                                                 STACK_OF(X509) * *out_certificates);

enum { QK_CERTIFICATE_TEXT = 256 };
typedef struct qk_certificate_facts {
    char subject[QK_CERTIFICATE_TEXT];
    int64_t expires_unix_s;
    bool is_authority;
} qk_certificate_facts;
void qk_certificate_describe(X509 *certificate, qk_certificate_facts *out);

#endif
