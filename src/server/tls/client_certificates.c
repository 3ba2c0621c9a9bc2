/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls/client_certificates.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <time.h>

#include "crypto/openssl.h"

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_one(X509 **certificate)
{
    X509_free(*certificate);
}

void qk_certificates_free(STACK_OF(X509) * *certificates)
{
    sk_X509_pop_free(*certificates, X509_free);
    *certificates = NULL;
}

/* False at the end of the text, or where something else begins. */
static bool read_one(OSSL_LIB_CTX *library, BIO *from, STACK_OF(X509) * to)
{
    QK_OWNED(free_one) X509 *certificate = X509_new_ex(library, NULL);

    if (!certificate || !PEM_read_bio_X509(from, &certificate, NULL, NULL) || sk_X509_push(to, certificate) <= 0)
        return false;
    certificate = NULL;
    return true;
}

qk_err qk_client_certificates_read(OSSL_LIB_CTX *library, const char *pem, STACK_OF(X509) * *out_certificates)
{
    QK_OWNED(free_bio) BIO *from = BIO_new_mem_buf(pem, -1);
    QK_OWNED(qk_certificates_free) STACK_OF(X509) *all = sk_X509_new_null();
    bool at_end;

    if (!from || !all)
        return qk_openssl_fail(QK_E_NO_MEMORY, "certificates");
    while (read_one(library, from, all)) {
    }
    at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    qk_openssl_forget();
    if (!at_end || sk_X509_num(all) == 0)
        return qk_fail(QK_E_BAD_ARGUMENT,
                       "there is no certificate in PEM (-----BEGIN CERTIFICATE-----), or a damaged one");
    *out_certificates = all;
    all = NULL;
    return QK_OK;
}

void qk_certificate_describe(X509 *certificate, qk_certificate_facts *out)
{
    QK_OWNED(free_bio) BIO *text = BIO_new(BIO_s_mem());
    struct tm expires = { 0 };
    int len = 0;

    if (text && X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
        len = BIO_read(text, out->subject, sizeof out->subject - 1);
    out->subject[len > 0 ? len : 0] = 0;
    ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &expires);
    out->expires_unix_s = timegm(&expires);
    out->is_authority = X509_check_ca(certificate) > 0;
}
