/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests alone: a source on a driver and a clock of the test's own. */
#ifndef QK_ENTROPY_SOURCE_TESTING_H
#define QK_ENTROPY_SOURCE_TESTING_H

#include "entropy/driver/driver.h"

/* As qk_source_new, but takes the configuration as it is. */
QK_MUST_CHECK qk_err qk_source_new_with_driver(const qk_source_config *config, const qk_driver *driver,
                                               int64_t (*clock_ms)(void), qk_source **out_source);

#endif
