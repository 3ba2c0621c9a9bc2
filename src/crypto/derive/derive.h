/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from keys: what the ways of derivation share, for the files of this room. Each way gives a secret value, whose
 * length and type are judged here once. */
#ifndef QK_CRYPTO_DERIVE_H
#define QK_CRYPTO_DERIVE_H

#include "crypto/engine.h"
#include "crypto/key/key.h"
#include "crypto/key/pkey_ready.h"

/* How long the new key is to be: as asked, as its type has it, or `natural`, the bytes that the mechanism gives when
 * nobody asks (0: it gives whatever is asked). QK_E_TEMPLATE_INCOMPLETE if none of these says; QK_E_KEY_SIZE if the
 * type cannot have the length or the mechanism not give it (more than `most`); QK_E_TEMPLATE_INCONSISTENT if no secret
 * key has this type. */
QK_MUST_CHECK qk_err qk_derive_len(const qk_mech_use *use, const qk_key_wanted *wanted, size_t natural, size_t most,
                                   size_t *out_len);
/* Makes the key; `value` has the length of qk_derive_len and is moved in. Keys of DES get their parity. */
QK_MUST_CHECK qk_err qk_derive_key(const qk_key_wanted *wanted, qk_secret *value, qk_key **out_key);

/* The value that `base` and the other side's public key share, of `len` bytes. QK_E_MECHANISM_PARAM if there is none:
 * OpenSSL refuses points of small order. */
QK_MUST_CHECK qk_err qk_derive_agree(const qk_key *base, const qk_key *peer, const qk_pkey_purpose *purpose, size_t len,
                                     qk_secret *out_shared);
/* Of a shared value without a derivation function the last bytes are the key: truncation removes bytes from the leading
 * end, says PKCS #11. */
QK_MUST_CHECK qk_err qk_derive_last_bytes(const qk_secret *shared, size_t len, qk_secret *out);

/* The derivation functions after an agreement. X9.63, 5.6.3: Hash(shared || counter || info); SP 800-56C, 4.1, option
 * 1: Hash(counter || shared || info); counters from 1, 32 bits. */
typedef enum qk_stretch { QK_STRETCH_X963, QK_STRETCH_SP800_56 } qk_stretch;
QK_MUST_CHECK qk_err qk_stretch_bytes(qk_stretch how, CK_MECHANISM_TYPE hash, qk_view shared, qk_view info,
                                      qk_secret *out, size_t len);

#endif
