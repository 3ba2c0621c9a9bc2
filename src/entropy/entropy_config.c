/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "entropy/entropy.h"

/* The record with the list that another table reads; the rows' places are the same in both. */
typedef struct entropy_map {
    qk_entropy_config config;
    const qk_config_node *sources;
} entropy_map;

#define AT(field) offsetof(entropy_map, config.field)

/* clang-format off */
const qk_config_row qk_entropy_config_rows[] = {
    { "sources", QK_CONFIG_LIST, offsetof(entropy_map, sources),
      .help = "Noise sources, each with the keys below. Without the list: the kernel, and CPU instructions if there are any." },
    { "strict_start", QK_CONFIG_BOOL, AT(strict_start), .fallback = "false",
      .help = "A source gives nothing before its first statistical run has passed, beyond the start-up test." },
    { "reserve", QK_CONFIG_UINT, AT(reserve), .fallback = "4M", .min = 64 * 1024, .max = UINT64_C(1) << 32,
      .help = "Bytes of finished quantum random kept in locked memory." },
    { "reserve_file", QK_CONFIG_TEXT, AT(reserve_file),
      .help = "File for more of it, sealed under a key that is in memory only; erased at each start. Without: none." },
    { "reserve_file_size", QK_CONFIG_UINT, AT(reserve_file_size), .fallback = "1G", .min = 64 * 1024,
      .max = UINT64_C(1) << 40, .help = "Bytes that file may have at most." },
    { "serve_reserve_when_down", QK_CONFIG_BOOL, AT(serve_reserve_when_down), .fallback = "false",
      .help = "Answer from the reserve while no source is healthy; it was made before any of them failed." },
    { "tap_every", QK_CONFIG_UINT, AT(tap_every), .fallback = "16", .max = 1000000,
      .help = "Every so many conditioned blocks, one goes to the statistical tests and to nobody else; 0: none." },
};
/* clang-format on */

const size_t qk_entropy_config_row_count = sizeof qk_entropy_config_rows / sizeof qk_entropy_config_rows[0];

qk_err qk_entropy_config_read(const qk_config *file, const qk_config_node *map, qk_entropy_config *out)
{
    entropy_map record = { 0 };
    qk_source_config *sources;

    QK_TRY(qk_config_read(file, map, qk_entropy_config_rows, qk_entropy_config_row_count, QK_CONFIG_REFUSE, &record));
    QK_TRY(qk_source_configs_read(file, record.sources, &sources, &record.config.source_count));
    record.config.sources = sources;
    *out = record.config;
    return QK_OK;
}

/* The array was ours from the start; const is for the readers. */
void qk_entropy_config_done(qk_entropy_config *config)
{
    free((void *)(uintptr_t)config->sources);
    *config = (qk_entropy_config){ 0 };
}
