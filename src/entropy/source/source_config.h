/* SPDX-License-Identifier: Apache-2.0 */
/* What makes the description of a source a good one, beyond the types of its keys. */
#ifndef QK_ENTROPY_SOURCE_CONFIG_H
#define QK_ENTROPY_SOURCE_CONFIG_H

#include "entropy/source/source.h"

/* QK_E_CONFIG says which key is wrong and what would be right. */
QK_MUST_CHECK qk_err qk_source_config_check(const qk_source_config *config);

#endif
