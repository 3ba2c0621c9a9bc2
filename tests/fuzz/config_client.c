/* SPDX-License-Identifier: Apache-2.0 */
/* grep11client.yaml, as it comes from elsewhere. */
#include "fuzz.h"

#include "module/library/client_config.h"

void fuzz(qk_view input)
{
    QK_OWNED(qk_client_config_done) qk_client_config config = QK_CLIENT_CONFIG_NONE;

    if (qk_client_config_parse("input.yaml", input, &config) != QK_OK) {
        promise(strncmp(qk_failure_last()->words, "input.yaml", 10) == 0);
        return;
    }
    for (size_t i = 0; i < config.token_count; i++) {
        promise(i == 0 || config.tokens[i - 1].slot < config.tokens[i].slot);
        fuzz_touch(qk_view_text(config.tokens[i].address));
        fuzz_touch(qk_view_text(config.tokens[i].users[QK_CLIENT_NORMAL].tokenspace));
    }
}
