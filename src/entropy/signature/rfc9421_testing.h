/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: the keys and messages of RFC 9421, appendix B.1.4 (test-key-ed25519), B.2 (test-request) and B.2.6 (its
 * signature); their thumbprint by RFC 7638. */
#ifndef QK_ENTROPY_RFC9421_TESTING_H
#define QK_ENTROPY_RFC9421_TESTING_H

/* clang-format off */
static const char rfc_private_key[] __attribute__((unused)) =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
    "-----END PRIVATE KEY-----\n";
static const char rfc_public_key[] __attribute__((unused)) =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
    "-----END PUBLIC KEY-----\n";
static const char rfc_thumbprint[] __attribute__((unused)) = "poqkLGiymh_W0uP6PZFw-dvez3QJT5SolqXBCW38r0U";

static const char rfc_body[] __attribute__((unused)) = "{\"hello\": \"world\"}";
static const char rfc_digest[] __attribute__((unused)) =
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

#define RFC_PARAMS "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")" \
                   ";created=1618884473;keyid=\"test-key-ed25519\""
static const char rfc_input[] __attribute__((unused)) = "sig-b26=" RFC_PARAMS;
static const char *const rfc_values[] __attribute__((unused)) = {
    "Tue, 20 Apr 2021 02:07:55 GMT", "POST", "/foo", "example.com", "application/json", "18",
};
static const char rfc_base[] __attribute__((unused)) =
    "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n"
    "\"@method\": POST\n"
    "\"@path\": /foo\n"
    "\"@authority\": example.com\n"
    "\"content-type\": application/json\n"
    "\"content-length\": 18\n"
    "\"@signature-params\": " RFC_PARAMS;
static const char rfc_signature[] __attribute__((unused)) =
    "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";
/* clang-format on */

#endif
