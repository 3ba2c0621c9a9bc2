/* SPDX-License-Identifier: Apache-2.0 */
/* The data parameters of SP 800-108 in a flat form: what the pseudo-random function is fed, piece by piece. An
 * application gives an array of structures (CK_PRF_DATA_PARAM); messages and qk_mech_use carry these bytes:
 *
 *     for each piece   u8 type (CK_SP800_108_...), then
 *     ITERATION_VARIABLE, OPTIONAL_COUNTER   u8 little endian?, u8 width in bits (0: the piece is no counter)
 *     DKM_LENGTH                             u8 method, u8 little endian?, u8 width in bits
 *     BYTE_ARRAY                             u32 length, bytes
 *     KEY_HANDLE                             nothing; the key is qk_mech_use.second, so there is one at most
 *
 * Source: PKCS #11 3.2, SP800-108 key derivation. */
#ifndef QK_P11_KDF108_H
#define QK_P11_KDF108_H

#include "p11/mechanism.h"

typedef struct qk_kdf108_piece {
    unsigned type;   /* CK_SP800_108_... */
    unsigned method; /* DKM_LENGTH: CK_SP800_108_DKM_LENGTH_... */
    bool little;
    unsigned bits; /* width of a number */
    qk_view bytes; /* BYTE_ARRAY */
} qk_kdf108_piece;

/* The next piece; false at the end, and if what follows is none: then the reader has not ended. */
bool qk_kdf108_next(qk_reader *reader, qk_kdf108_piece *out);
void qk_kdf108_put(qk_buf *buf, const qk_kdf108_piece *piece);
/* The pseudo-random functions: HMAC and CMAC. */
bool qk_kdf108_is_prf(CK_MECHANISM_TYPE prf);

#endif
