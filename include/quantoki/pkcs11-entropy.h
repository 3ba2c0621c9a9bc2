/* SPDX-License-Identifier: Apache-2.0
 *
 * quantoki/pkcs11-entropy.h - return codes of libquantoki-entropy.so beside the standard's.
 *
 * The names and numbers are those that applications of Qrypt's wrapper know. */
/* clang-format off: tables are aligned by hand */
#ifndef QUANTOKI_PKCS11_ENTROPY_H
#define QUANTOKI_PKCS11_ENTROPY_H

#include "pkcs11.h"

#define CKR_QRYPT_BASE_HSM_EMPTY       (CKR_VENDOR_DEFINED + 0x78560UL)  /* no base library is named */
#define CKR_QRYPT_BASE_HSM_OPEN_FAILED (CKR_VENDOR_DEFINED + 0x78561UL)  /* the base library cannot be loaded */
#define CKR_QRYPT_TOKEN_EMPTY          (CKR_VENDOR_DEFINED + 0x78562UL)  /* no token for the entropy service */
#define CKR_QRYPT_TOKEN_INVALID        (CKR_VENDOR_DEFINED + 0x78563UL)  /* the service refuses the token (401) */
#define CKR_QRYPT_TOKEN_OTHER_FAIL     (CKR_VENDOR_DEFINED + 0x78564UL)  /* blocked, or its allotment is used (403) */
#define CKR_QRYPT_CA_CERT_FAILURE      (CKR_VENDOR_DEFINED + 0x78565UL)  /* the service's certificate is not trusted */

#endif
