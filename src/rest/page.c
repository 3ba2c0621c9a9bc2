/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/page.h"

bool qk_rest_page_find(const char *path, const char **out_content_type, qk_view *out_bytes, qk_view *out_gzipped)
{
    for (size_t i = 0; i < qk_rest_page_file_count; i++) {
        const qk_rest_page_file *file = &qk_rest_page_files[i];
        if (strcmp(path, file->path) != 0)
            continue;
        *out_content_type = file->content_type;
        *out_bytes = file->bytes;
        *out_gzipped = file->gzipped;
        return true;
    }
    return false;
}
