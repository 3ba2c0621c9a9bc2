/* SPDX-License-Identifier: Apache-2.0 */
/* Types of keys under names of our own, so that engines of the host never get hold of our keys.
 *
 * An OpenSSL engine that the host made its default for RSA or EC (libp11's does so in `openssl -engine pkcs11`, in
 * nginx and in Apache) takes over every EVP_PKEY_CTX whose type of key has a name that OpenSSL knows, in every library
 * context. Our own signature would go to the engine, which knows nothing of our key, and fail. Under a name that
 * OpenSSL does not know a key goes straight to its provider. */
#ifndef QK_CRYPTO_OWN_NAMES_H
#define QK_CRYPTO_OWN_NAMES_H

/* What to give to EVP_PKEY_CTX_new_from_name, EVP_PKEY_new_raw_private_key_ex and the like instead of OpenSSL's name
 * ("RSA", "EC", "ED25519", ...). A type that has no name of ours keeps its own. What asks for the type by name does not
 * know such keys (EVP_PKEY_is_a, EVP_PKEY_CTX_set_rsa_keygen_bits, OSSL_ENCODER): use parameters. */
const char *qk_own_name(const char *type);

#endif
