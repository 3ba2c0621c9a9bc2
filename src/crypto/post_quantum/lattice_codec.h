/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice families' DER (lattice_der.c), for the record of the family (lattice_codec.c). As the functions of
 * key_family.h with these names. */
#ifndef QK_CRYPTO_LATTICE_CODEC_H
#define QK_CRYPTO_LATTICE_CODEC_H

#include "crypto/key/key_family.h"
#include "crypto/post_quantum/lattice_key.h"

QK_MUST_CHECK qk_err qk_lattice_read_private(const qk_algorithm *algorithm, qk_view octets, qk_view outer_public,
                                             qk_key **out_key);
QK_MUST_CHECK qk_err qk_lattice_read_public(const qk_algorithm *algorithm, qk_view bits, qk_key **out_key);
QK_MUST_CHECK qk_err qk_lattice_write_private(const qk_key *key, qk_der_writer *writer);
QK_MUST_CHECK qk_err qk_lattice_write_public(const qk_key *key, qk_der_writer *writer);
/* OID and parameters. */
QK_MUST_CHECK qk_err qk_lattice_write_algorithm(const qk_key *key, qk_der_writer *writer);

/* IBM's attributes of a key's bytes (lattice_parts.c). A key made of them; QK_E_TEMPLATE_INCOMPLETE,
 * QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_lattice_from_parts(const qk_lattice_set *set, CK_OBJECT_CLASS class, const qk_attrs *attrs,
                                           qk_key **out_key);
/* Those that a template has must be the key's. QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_lattice_check_parts(const qk_key *key, const qk_attrs *attrs);
QK_MUST_CHECK qk_err qk_lattice_describe_parts(const qk_key *key, qk_attrs *attrs);
QK_MUST_CHECK qk_err qk_lattice_reveal_part(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value);
/* The attribute that holds what a pair was made of. */
CK_ATTRIBUTE_TYPE qk_lattice_seed_name(CK_KEY_TYPE type);

/* The set that a template names. QK_E_TEMPLATE_INCOMPLETE if it names none; `unknown` for one that is not known. */
QK_MUST_CHECK qk_err qk_lattice_template_set(CK_KEY_TYPE type, const qk_attrs *attrs, qk_err unknown,
                                             const qk_lattice_set **out_set);

#endif
