/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: compares a printed table with the copy that is kept beside the test, so that a change in what we offer
 * shows in review as a readable difference. After an intended change run the test with QUANTOKI_UPDATE_SNAPSHOTS=1 and
 * commit the file. `folder` is the test's source folder; the build passes it as QK_SNAPSHOT_DIR. */
#ifndef QK_P11_SNAPSHOT_H
#define QK_P11_SNAPSHOT_H

#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"

static inline void snapshot_print_difference(const char *path, const char *old, const char *new)
{
    size_t line = 1, start = 0, i = 0;

    for (; old[i] && old[i] == new[i]; i++)
        if (old[i] == '\n') {
            line++;
            start = i + 1;
        }
    fprintf(stderr, "%s, line %zu:\n- %.*s\n+ %.*s\n", path, line, (int)strcspn(old + start, "\n"), old + start,
            (int)strcspn(new + start, "\n"), new + start);
}

/* True if the file holds exactly `printed`. */
static inline bool snapshot_equal(const char *folder, const char *name, qk_buf *printed)
{
    char path[1024], kept[65536];
    bool update = getenv("QUANTOKI_UPDATE_SNAPSHOTS") != NULL;
    const char *text = qk_buf_text(printed);
    FILE *file;
    size_t len = 0;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, update ? "w" : "r");
    if (!file || !text)
        return false;
    if (update)
        fputs(text, file);
    else
        len = fread(kept, 1, sizeof(kept) - 1, file);
    fclose(file);
    if (update)
        return true;
    kept[len] = 0;
    if (strcmp(kept, text) == 0)
        return true;
    snapshot_print_difference(path, kept, text);
    return false;
}

#endif
