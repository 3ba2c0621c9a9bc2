/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read whole, written whole or not at all. */
#ifndef QK_BASE_FILE_H
#define QK_BASE_FILE_H

#include "base/secret.h"

/* Reads at most max_len bytes; QK_E_SYSTEM names path and reason, QK_E_OBJECT_MISSING if it does not exist. */
QK_MUST_CHECK qk_err qk_file_read(const char *path, size_t max_len, qk_buf *out);
/* For keys: refuses files that group or others may read (QK_E_CONFIG says chmod 600). */
QK_MUST_CHECK qk_err qk_file_read_secret(const char *path, size_t max_len, qk_secret *out);
/* For systemd's credentials, in the folder that only the unit's user enters: root's files, which an access control list
 * opens to that user, so they seem readable for a group (0440). Refuses what others may read, or others may write. */
QK_MUST_CHECK qk_err qk_file_read_credential(const char *path, size_t max_len, qk_secret *out);
/* Writes a temporary neighbour, fsyncs, renames, fsyncs the folder. `mode` e.g. 0600. QK_E_DEVICE_FULL, QK_E_SYSTEM. */
QK_MUST_CHECK qk_err qk_file_write(const char *path, unsigned mode, qk_view content);
/* As above, but fails with QK_E_SYSTEM if the file exists: a key is never overwritten. */
QK_MUST_CHECK qk_err qk_file_create(const char *path, unsigned mode, qk_view content);
bool qk_file_exists(const char *path);
/* mkdir -p with mode for the folders it makes. */
QK_MUST_CHECK qk_err qk_folder_make(const char *path, unsigned mode);

#endif
