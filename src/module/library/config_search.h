/* SPDX-License-Identifier: Apache-2.0 */
/* Where the configuration lies: EP11CLIENT_CFG, the application's folder, the current folder, /etc/ep11client,
 * /etc/quantoki; the first that exists counts. Applications run in folders that others may write to, so the
 * application's and the current folder count only if file and folder belong to root or the effective user and nobody
 * else may write there. A set-uid program looks below /etc alone: its environment and folders are its caller's. */
#ifndef QK_MODULE_CONFIG_SEARCH_H
#define QK_MODULE_CONFIG_SEARCH_H

#include <limits.h>

#include "base/error.h"

/* Finds the file. *out_found false: there is none. A file named by EP11CLIENT_CFG is taken as it is: whether it can be
 * read shows when it is. QK_E_SYSTEM. */
QK_MUST_CHECK qk_err qk_config_search(char out_path[PATH_MAX], bool *out_found);

/* The folder of the token that exists without any file: $XDG_DATA_HOME/quantoki/token, else
 * ~/.local/share/quantoki/token. QK_E_CONFIG if the user has no home. */
QK_MUST_CHECK qk_err qk_config_data_folder(char out_path[PATH_MAX]);

/* True if file and folder can have been written by root and the effective user alone. Symbolic links are followed. */
bool qk_config_is_safe(const char *path);

#endif
