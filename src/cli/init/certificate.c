/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/init/certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.h"
#include "entropy/random.h"

enum { CA_DAYS = 3650, SERVER_DAYS = 730, SERIAL_LEN = 16 };

static void free_pkey(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_x509(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static void free_md(EVP_MD **md)
{
    EVP_MD_free(*md);
}

void qk_certificates_done(qk_certificates *certificates)
{
    qk_buf_done(&certificates->ca);
    qk_buf_done(&certificates->ca_key);
    qk_buf_done(&certificates->server);
    qk_buf_done(&certificates->server_key);
}

static qk_err take_pem(BIO *bio, qk_buf *out)
{
    char *text;
    long len = BIO_get_mem_data(bio, &text);

    qk_buf_put(out, qk_view_of(text, (size_t)len));
    explicit_bzero(text, (size_t)len);
    return qk_buf_check(out);
}

static qk_err write_pem(X509 *certificate, EVP_PKEY *key, qk_buf *out_certificate, qk_buf *out_key)
{
    QK_OWNED(free_bio) BIO *certificate_bio = BIO_new(BIO_s_mem());
    QK_OWNED(free_bio) BIO *key_bio = BIO_new(BIO_s_mem());

    if (!certificate_bio || !key_bio || !PEM_write_bio_X509(certificate_bio, certificate) ||
        !PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "writing a certificate");
    QK_TRY(take_pem(certificate_bio, out_certificate));
    return take_pem(key_bio, out_key);
}

static bool set_serial(X509 *certificate)
{
    uint8_t bytes[SERIAL_LEN];
    BIGNUM *number;
    bool done;

    if (qk_random_bytes(bytes, sizeof bytes) != QK_OK)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, and always of full length */
    number = BN_bin2bn(bytes, sizeof bytes, NULL);
    done = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return done;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool done;

    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    done = extension && X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return done;
}

typedef struct extension_row {
    int nid;
    const char *value;
} extension_row;

typedef struct profile {
    const char *organization, *name;
    int days;
    const extension_row *extensions;
    size_t extension_count;
} profile;

/* `issuer` NULL: signed by itself. */
static qk_err make_certificate(const profile *profile_, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
                               X509 **out_certificate)
{
    QK_OWNED(free_x509) X509 *certificate = X509_new_ex(qk_openssl(), NULL);
    QK_OWNED(free_md) EVP_MD *sha256 = EVP_MD_fetch(qk_openssl(), "SHA256", NULL);
    X509_NAME *name = certificate ? X509_get_subject_name(certificate) : NULL;
    X509 *signer = issuer ? issuer : certificate;

    if (!name || !sha256 || !X509_set_version(certificate, X509_VERSION_3) || !set_serial(certificate) ||
        !X509_gmtime_adj(X509_getm_notBefore(certificate), -300) ||
        !X509_gmtime_adj(X509_getm_notAfter(certificate), 86400L * profile_->days) ||
        !X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8, (const uint8_t *)profile_->organization, -1, -1, 0) ||
        !X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)profile_->name, -1, -1, 0) ||
        !X509_set_issuer_name(certificate, X509_get_subject_name(signer)) || !X509_set_pubkey(certificate, key))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "making a certificate");
    for (size_t i = 0; i < profile_->extension_count; i++)
        if (!add_extension(certificate, signer, profile_->extensions[i].nid, profile_->extensions[i].value))
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, profile_->extensions[i].value);
    if (!X509_sign(certificate, issuer_key, sha256))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "signing a certificate");
    *out_certificate = certificate;
    certificate = NULL;
    return QK_OK;
}

static qk_err alternative_names(const char *const *hosts, size_t count, qk_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t address[16];
        bool is_address = inet_pton(AF_INET, hosts[i], address) == 1 || inet_pton(AF_INET6, hosts[i], address) == 1;
        if (!*hosts[i] || strpbrk(hosts[i], ", \t\n"))
            return qk_fail(QK_E_BAD_ARGUMENT, "'%s' is not a host name or address", hosts[i]);
        qk_buf_printf(out, "%s%s:%s", i ? "," : "", is_address ? "IP" : "DNS", hosts[i]);
    }
    return qk_buf_text(out) ? QK_OK : qk_fail(QK_E_NO_MEMORY, "host names");
}

qk_err qk_certificates_make(const char *const *hosts, size_t count, qk_certificates *out)
{
    QK_OWNED(qk_buf_done) qk_buf names = QK_BUF_NONE;
    QK_OWNED(free_pkey) EVP_PKEY *ca_key = EVP_PKEY_Q_keygen(qk_openssl(), NULL, "EC", "P-256");
    QK_OWNED(free_pkey) EVP_PKEY *server_key = EVP_PKEY_Q_keygen(qk_openssl(), NULL, "EC", "P-256");
    QK_OWNED(free_x509) X509 *ca = NULL;
    QK_OWNED(free_x509) X509 *server = NULL;

    if (!ca_key || !server_key)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "making keys for certificates");
    QK_TRY(alternative_names(hosts, count, &names));
    const extension_row ca_extensions[] = {
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
        { NID_subject_key_identifier, "hash" },
    };
    const extension_row server_extensions[] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_ext_key_usage, "serverAuth" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid:always" },
        { NID_subject_alt_name, qk_buf_text(&names) },
    };
    const profile ca_profile = { "Quantoki", "Quantoki instance CA", CA_DAYS, ca_extensions, 3 };
    const profile server_profile = { "Quantoki", hosts[0], SERVER_DAYS, server_extensions, 6 };
    QK_TRY(make_certificate(&ca_profile, ca_key, NULL, ca_key, &ca));
    QK_TRY(make_certificate(&server_profile, server_key, ca, ca_key, &server));
    QK_TRY(write_pem(ca, ca_key, &out->ca, &out->ca_key));
    return write_pem(server, server_key, &out->server, &out->server_key);
}
