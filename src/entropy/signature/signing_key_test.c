/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/signing_key.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/signature/rfc9421_testing.h"

static const char *put(const char *name, unsigned mode, const char *content)
{
    const char *path = test_path(name);

    assert_qk_ok(qk_file_write(path, mode, qk_view_text(content)));
    return path;
}

static void the_rfcs_key_makes_the_rfcs_signature(void **state)
{
    QK_OWNED(qk_signing_key_free) qk_signing_key *key = NULL;
    uint8_t signature[QK_SIGNATURE_LEN], published[QK_SIGNATURE_LEN];

    (void)state;
    assert_qk_ok(qk_signature_read(qk_view_text(rfc_signature), QK_VIEW_LITERAL("sig-b26"), published));
    assert_qk_ok(qk_signing_key_load(put("key", 0600, rfc_private_key), &key));
    assert_qk_ok(qk_signing_key_sign(key, qk_view_text(rfc_base), signature));
    assert_memory_equal(signature, published, sizeof signature);
    assert_string_equal(qk_signing_key_id(key), rfc_thumbprint);
}

static void the_rfcs_signature_verifies_and_no_other(void **state)
{
    QK_OWNED(qk_signing_key_free) qk_signing_key *key = NULL;
    uint8_t signature[QK_SIGNATURE_LEN];
    char base[sizeof rfc_base];

    (void)state;
    assert_qk_ok(qk_signature_read(qk_view_text(rfc_signature), QK_VIEW_LITERAL("sig-b26"), signature));
    assert_qk_ok(qk_signer_key_load(put("key", 0644, rfc_public_key), &key));
    assert_string_equal(qk_signing_key_id(key), rfc_thumbprint);
    assert_qk_ok(qk_signing_key_verify(key, qk_view_text(rfc_base), signature));
    for (size_t i = 0; i < sizeof rfc_base - 1; i += 7) {
        memcpy(base, rfc_base, sizeof base);
        base[i] ^= 1;
        assert_qk_err(qk_signing_key_verify(key, qk_view_text(base), signature), QK_E_SIGNATURE_INVALID);
    }
    for (size_t i = 0; i < QK_SIGNATURE_LEN; i++) {
        signature[i] ^= 0x10;
        assert_qk_err(qk_signing_key_verify(key, qk_view_text(rfc_base), signature), QK_E_SIGNATURE_INVALID);
        signature[i] ^= 0x10;
    }
}

/* RFC 8037, appendix A.3. */
static void a_thumbprint_is_the_published_one(void **state)
{
    static const char pem[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
                              "-----END PUBLIC KEY-----\n";
    QK_OWNED(qk_signing_key_free) qk_signing_key *key = NULL;

    (void)state;
    assert_qk_ok(qk_signer_key_load(put("key", 0644, pem), &key));
    assert_string_equal(qk_signing_key_id(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

/* What openssl makes for us. */
static const char *make_key(const char *name, const char *options)
{
    const char *path = test_path(name);
    char command[400];

    snprintf(command, sizeof command, "umask 077; openssl genpkey %s -out '%s' 2>/dev/null", options, path);
    assert_int_equal(system(command), 0);
    return path;
}

static void openssls_keys_do_if_they_are_of_ed25519_and_open(void **state)
{
    static const char *const others[] = { "-algorithm ed448", "-algorithm x25519",
                                          "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
                                          "-algorithm ed25519 -aes256 -pass pass:secret" };
    qk_signing_key *key = NULL;

    (void)state;
    assert_qk_ok(qk_signing_key_load(make_key("good", "-algorithm ed25519"), &key));
    qk_signing_key_free(&key);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_qk_err(qk_signing_key_load(make_key("bad", others[i]), &key), QK_E_CONFIG);
        assert_words("Ed25519 private key");
        assert_null(key);
    }
}

static void files_that_hold_something_else_are_refused(void **state)
{
    static const char *const texts[] = { "", "no", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
                                         "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" };
    qk_signing_key *key = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_qk_err(qk_signer_key_load(put("key", 0600, texts[i]), &key), QK_E_CONFIG);
    assert_qk_err(qk_signer_key_load(put("key", 0600, rfc_private_key), &key), QK_E_CONFIG);
    assert_words("Ed25519 public key");
    assert_qk_err(qk_signing_key_load(put("key", 0600, rfc_public_key), &key), QK_E_CONFIG);
    assert_qk_err(qk_signer_key_load(test_path("nowhere"), &key), QK_E_CONFIG);
    assert_words("nowhere");
    assert_qk_err(qk_signing_key_load(test_path("nowhere"), &key), QK_E_CONFIG);
    assert_qk_err(qk_signing_key_load(put("open", 0644, rfc_private_key), &key), QK_E_CONFIG);
    assert_words("chmod 600");
    assert_null(key);
}

static int set_up(void **state)
{
    return make_test_folder(state) == 0 && qk_crypto_start() == QK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_key_makes_the_rfcs_signature),
        cmocka_unit_test(the_rfcs_signature_verifies_and_no_other),
        cmocka_unit_test(a_thumbprint_is_the_published_one),
        cmocka_unit_test(openssls_keys_do_if_they_are_of_ed25519_and_open),
        cmocka_unit_test(files_that_hold_something_else_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
