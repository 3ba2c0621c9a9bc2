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

/* ---- config_sink.c ---- */

extern const char *const qk_seed_sink_choices[];
bool qk_seed_sink_has_key(int sink, const char *key);
/* Each kind of sink has keys of its own; any other in `node`, the target's map, is an error with its line. What it
 * cannot do without may stand in `defaults` (NULL: there are none). */
QK_MUST_CHECK qk_err qk_seed_sink_check_keys(const qk_seed_target_config *target, const qk_config_node *node,
                                             const qk_config_node *defaults);
/* For targets that are no tokens, as qk_seed_target_check. */
QK_MUST_CHECK qk_err qk_seed_sink_check(qk_seed_target_config *target);

/* ---- config_defaults.c ---- */

/* The keys of `defaults`, for themselves. */
QK_MUST_CHECK qk_err qk_seed_defaults_check(const qk_seed_config *config);
/* One target, with what `defaults` has for it. */
QK_MUST_CHECK qk_err qk_seed_target_read(const qk_seed_config *config, const qk_config_node *node,
                                         qk_seed_target_config *target);

/* ---- config_reference.c ---- */

/* From config->file and the environment. */
QK_MUST_CHECK qk_err qk_seed_reference_read(qk_seed_config *config);

#endif
