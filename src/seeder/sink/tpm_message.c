/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/sink/tpm_message.h"

#include "seeder/worker/message.h"

enum {
    TAG_NO_SESSIONS = 0x8001,
    TAG_RSP_COMMAND = 0x00c4, /* of a TPM that does not know the tag, as TPM 1.2 */
    CC_STIR_RANDOM = 0x146,
    HEAD = 10,
    WARNINGS = 0x900, /* a warning's own number is in the seven bits below */
};

void qk_tpm_stir_write(qk_view piece, qk_buf *out)
{
    qk_buf_put_u16(out, TAG_NO_SESSIONS);
    qk_buf_put_u32(out, (uint32_t)(HEAD + 2 + piece.len));
    qk_buf_put_u32(out, CC_STIR_RANDOM);
    qk_buf_put_u16(out, (uint16_t)piece.len);
    qk_buf_put(out, piece);
}

size_t qk_tpm_response_len(qk_view start)
{
    qk_reader reader = qk_reader_of(start);
    uint32_t len;

    if (start.len < HEAD)
        return 0;
    (void)qk_read_u16(&reader);
    len = qk_read_u32(&reader);
    return len < HEAD || len > QK_TPM_MOST_RESPONSE ? SIZE_MAX : len;
}

qk_err qk_tpm_response_read(qk_view response, uint32_t *out_code)
{
    qk_reader reader = qk_reader_of(response);
    uint16_t tag = qk_read_u16(&reader);
    uint32_t len = qk_read_u32(&reader), code = qk_read_u32(&reader);

    if (!qk_reader_ended(&reader) || len != response.len)
        return qk_fail(QK_E_PROTOCOL, "the TPM's response has %zu bytes and says that it has %u", response.len, len);
    if (tag != TAG_NO_SESSIONS && !(tag == TAG_RSP_COMMAND && code != 0))
        return qk_fail(QK_E_PROTOCOL, "the TPM's response begins with the tag 0x%04x", tag);
    *out_code = code;
    return QK_OK;
}

/* clang-format off */
static const struct code_row {
    uint32_t code;
    CK_RV rv;
} code_rows[] = {
    { 0x000, CKR_OK },
    { 0x01e, QK_SEED_TPM_UNSUPPORTED }, /* BAD_TAG */
    { 0x100, QK_SEED_TPM_NOT_STARTED }, /* INITIALIZE */
    { 0x143, QK_SEED_TPM_UNSUPPORTED }, /* COMMAND_CODE */
};
/* clang-format on */

/* Warnings say that nothing is wrong with the command: YIELDED 0x908, TESTING 0x90a, RETRY 0x922 and the like. */
CK_RV qk_tpm_judge(uint32_t code)
{
    for (size_t i = 0; i < sizeof code_rows / sizeof code_rows[0]; i++)
        if (code_rows[i].code == code)
            return code_rows[i].rv;
    return (code & ~0x7fu) == WARNINGS ? QK_SEED_TPM_BUSY : QK_SEED_TPM_REFUSED;
}
