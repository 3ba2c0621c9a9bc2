/* SPDX-License-Identifier: Apache-2.0 */
/* The one command for a TPM, and its answer. Source: TPM 2.0 Library, part 1, section 18 (structure of commands and
 * responses); part 2, section 6.6 (response codes); part 3, section 16.2 (TPM2_StirRandom). */
#ifndef QK_SEEDER_TPM_MESSAGE_H
#define QK_SEEDER_TPM_MESSAGE_H

#include <quantoki/pkcs11.h>

#include "base/bytes.h"

enum { QK_TPM_MOST_STIR = 128, QK_TPM_MOST_RESPONSE = 4096 };

/* TPM2_StirRandom with at most QK_TPM_MOST_STIR bytes; none is a command, too. */
void qk_tpm_stir_write(qk_view piece, qk_buf *out);
/* The length that a response says it has; 0: not enough of it is there to tell. Over QK_TPM_MOST_RESPONSE, or too short
 * for a response: SIZE_MAX. */
size_t qk_tpm_response_len(qk_view start);
/* The response code of a whole response. QK_E_PROTOCOL: it is no response to TPM2_StirRandom. */
QK_MUST_CHECK qk_err qk_tpm_response_read(qk_view response, uint32_t *out_code);
/* What a response code leads to. */
CK_RV qk_tpm_judge(uint32_t code);

#endif
