/* SPDX-License-Identifier: Apache-2.0 */
/* A serial line (also USB serial) that carries bytes and nothing else. */
#ifndef QK_ENTROPY_DRIVER_SERIAL_H
#define QK_ENTROPY_DRIVER_SERIAL_H

#include "base/error.h"

/* QK_E_CONFIG with the list of speeds if there is none such. */
QK_MUST_CHECK qk_err qk_serial_check(uint64_t baud);
/* Raw mode: no echo, no line discipline, no flow control, no modem lines; speed unless `baud` is 0. What was received
 * before is thrown away. QK_E_CONFIG, QK_E_SYSTEM. */
QK_MUST_CHECK qk_err qk_serial_set_up(int fd, const char *path, uint64_t baud);

#endif
