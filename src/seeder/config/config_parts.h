/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the configuration share. */
#ifndef QK_SEEDER_CONFIG_PARTS_H
#define QK_SEEDER_CONFIG_PARTS_H

#include "seeder/config/config.h"

/* Decimal, 0x or 0 for octal, and nothing else. */
bool qk_seed_number_read(const char *text, uint64_t *out);

/* ---- config_target.c ---- */

/* QK_E_CONFIG with file and target. */
QK_MUST_CHECK qk_err qk_seed_target_fail(const qk_seed_target_config *target, const char *words);
/* Finds contradictions, and fills what follows from the texts. */
QK_MUST_CHECK qk_err qk_seed_target_check(qk_seed_target_config *target);
/* A file with a secret in it must be its owner's alone. `key` says which secret. */
QK_MUST_CHECK qk_err qk_seed_mode_check(const char *path, const char *key);

/* ---- config_reference.c ---- */

/* From config->file and the environment. */
QK_MUST_CHECK qk_err qk_seed_reference_read(qk_seed_config *config);

#endif
