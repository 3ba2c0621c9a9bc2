/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/document/page.h"

static const qk_rest_page_file *find(const char *path)
{
    for (size_t i = 0; i < qk_rest_page_file_count; i++)
        if (strcmp(path, qk_rest_page_files[i].path) == 0)
            return &qk_rest_page_files[i];
    return NULL;
}

bool qk_rest_page_find(const char *path, const char **out_content_type, qk_view *out_bytes, qk_view *out_gzipped)
{
    const qk_rest_page_file *file = find(path);

    if (!file)
        return false;
    *out_content_type = file->content_type;
    *out_bytes = file->bytes;
    *out_gzipped = file->gzipped;
    return true;
}

const char *qk_rest_page_etag(const char *path)
{
    const qk_rest_page_file *file = find(path);
    return file ? file->etag : NULL;
}
