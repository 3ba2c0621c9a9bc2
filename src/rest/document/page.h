/* SPDX-License-Identifier: Apache-2.0 */
/* The status page's files, inside the program: a table that the build makes of web/. */
#ifndef QK_REST_PAGE_H
#define QK_REST_PAGE_H

#include "base/bytes.h"

typedef struct qk_rest_page_file {
    const char *path; /* as in a request: "/", "/page.js" */
    const char *content_type;
    qk_view bytes;
    qk_view gzipped;  /* empty if it would not be shorter */
    const char *etag; /* weak, since it stands for both */
} qk_rest_page_file;

/* The generated table. */
extern const qk_rest_page_file qk_rest_page_files[];
extern const size_t qk_rest_page_file_count;

/* False if there is no such file. Views live forever. */
bool qk_rest_page_find(const char *path, const char **out_content_type, qk_view *out_bytes, qk_view *out_gzipped);
/* NULL if there is no such file. */
const char *qk_rest_page_etag(const char *path);

#endif
