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

/* The set that a template names. QK_E_TEMPLATE_INCOMPLETE if it names none; `unknown` for one that is not known. */
QK_MUST_CHECK qk_err qk_lattice_template_set(CK_KEY_TYPE type, const qk_attrs *attrs, qk_err unknown,
                                             const qk_lattice_set **out_set);

#endif
