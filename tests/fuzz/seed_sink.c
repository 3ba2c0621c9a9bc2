/* SPDX-License-Identifier: Apache-2.0 */
/* What sinks of the seeder are answered: by a TPM, and by a vCenter in JSON. The first byte says which. */
#include "fuzz.h"

#include "seeder/sink/tpm_message.h"
#include "seeder/sink/vcenter_answer.h"
#include "seeder/worker/answers.h"

static void fuzz_tpm(qk_view input)
{
    size_t len = qk_tpm_response_len(input);
    uint32_t code = 0;

    promise(len == 0 || len == SIZE_MAX || (len >= 10 && len <= QK_TPM_MOST_RESPONSE));
    if (qk_tpm_response_read(input, &code) != QK_OK)
        return;
    promise(len == input.len);
    promise((qk_tpm_judge(code) == CKR_OK) == (code == 0));
    fuzz_touch(qk_view_text(qk_seed_advice(qk_tpm_judge(code))));
}

static void fuzz_session(qk_view input)
{
    QK_OWNED(qk_secret_free) qk_secret session = QK_SECRET_NONE;

    if (qk_vcenter_session_read(input, &session) != QK_OK)
        return;
    promise(session.len > 0 && session.len <= 1024);
    for (size_t i = 0; i < session.len; i++)
        promise(qk_secret_reveal(&session).data[i] > ' ' && qk_secret_reveal(&session).data[i] < 0x7f);
}

static void fuzz_pool(qk_view input)
{
    qk_vcenter_pool pool = { 0 };

    if (qk_vcenter_pool_read(input, &pool) == QK_OK)
        promise(pool.missing <= INT64_MAX && (pool.enabled || pool.missing == 0));
}

static void fuzz_host(qk_view input)
{
    char id[QK_VCENTER_MOST_ID];

    if (qk_vcenter_host_read(input, id) == QK_OK)
        promise(qk_vcenter_is_id(id) && !strpbrk(id, "/?#%\r\n "));
}

void fuzz(qk_view input)
{
    static void (*const targets[])(qk_view) = { fuzz_tpm, fuzz_session, fuzz_pool, fuzz_host };

    if (input.len > 0)
        targets[input.data[0] % 4](qk_view_slice(input, 1, input.len));
}
