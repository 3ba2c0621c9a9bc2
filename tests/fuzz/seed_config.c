/* SPDX-License-Identifier: Apache-2.0 */
/* The seeder's configuration, ours and the reference's. */
#include "fuzz.h"

#include "seeder/config/config.h"

void fuzz(qk_view input)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };

    if (qk_seed_config_parse("/nowhere/input.yaml", input, &config) != QK_OK)
        return;
    promise(config.target_count > 0);
    for (size_t i = 0; i < config.target_count; i++) {
        const qk_seed_target_config *target = &config.targets[i];
        promise((*target->library == '/') == (target->sink == QK_SEED_SINK_TOKEN));
        promise(target->size >= 1 && target->size <= QK_SEED_MOST && target->period >= 1);
        promise(strlen(target->wanted) < sizeof target->wanted);
        promise(!target->pin || *target->pin == 0); /* wiped */
        fuzz_touch(qk_secret_reveal(&target->pin_kept));
    }
}
