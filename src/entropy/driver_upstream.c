/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/driver.h"

static qk_err upstream_check(const qk_source_config *config)
{
    return qk_fail(QK_E_CONFIG, "entropy source %s: this version has no client of entropy services", config->name);
}

static qk_err upstream_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline,
                            void **out_handle)
{
    (void)position;
    (void)deadline;
    (void)out_handle;
    return upstream_check(config);
}

const qk_driver qk_driver_upstream = {
    .name = "upstream",
    .kind = QK_SOURCE_OTHER,
    .min_entropy = 7.8,
    .rate = 1000000,
    .patient = true,
    .costly = true,
    .url = true,
    .check = upstream_check,
    .open = upstream_open,
};
