/* SPDX-License-Identifier: Apache-2.0 */
/* Vector files for tests: those of tests/vectors/lattice, or complete ones in the folder that QUANTOKI_VECTORS names
 * (the same layout). JSON files have a list of test groups with tests; members are hexadecimal. */
#ifndef QK_CRYPTO_LATTICE_VECTOR_FILES_H
#define QK_CRYPTO_LATTICE_VECTOR_FILES_H

#include <jansson.h>

#include "crypto/lattice/testing.h"

static inline bool have_complete_vectors(void)
{
    const char *folder = getenv("QUANTOKI_VECTORS");

    return folder && *folder;
}

static inline const char *vector_path(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/%s", have_complete_vectors() ? getenv("QUANTOKI_VECTORS") : VECTORS_FOLDER, name);
    return path;
}

/* A member's bytes; none if it is absent. Kept until all are dropped. */
enum { MEMBERS = 16 };
static qk_buf member_bytes[MEMBERS];
static unsigned member_count;

static inline qk_view member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    qk_buf *into;

    if (!text)
        return QK_VIEW_NONE;
    assert_true(member_count < MEMBERS);
    into = &member_bytes[member_count++];
    assert_qk_ok(qk_hex_read(text, into));
    return qk_buf_view(into);
}

static inline void members_drop(void)
{
    while (member_count > 0)
        qk_buf_done(&member_bytes[--member_count]);
}

static inline bool has_text(const json_t *object, const char *name, const char *wanted)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text && strcmp(text, wanted) == 0;
}

static inline bool has_flag(const json_t *test, const char *wanted)
{
    const json_t *flag;
    size_t i;

    json_array_foreach(json_object_get(test, "flags"), i,
                       flag) if (strcmp(json_string_value(flag), wanted) == 0) return true;
    return false;
}

typedef void vector_fn(const json_t *group, const json_t *test);

/* On every table of functions that the machine has. */
static inline void run_vector(vector_fn *run, const json_t *group, const json_t *test)
{
    FOR_EACH_BACKEND(table)
    {
        run(group, test);
        members_drop();
    }
}

/* Each test of each group; how many there were. */
static inline size_t for_each_vector(const char *name, vector_fn *run)
{
    json_error_t error;
    json_t *all = json_load_file(vector_path(name), 0, &error);
    const json_t *group, *test;
    size_t i, j, count = 0;

    if (!all)
        fail_msg("%s: %s", vector_path(name), error.text);
    json_array_foreach(json_object_get(all, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), j, test)
        {
            run_vector(run, group, test);
            count++;
        }
    }
    json_decref(all);
    assert_true(count > 0);
    print_message("# %s: %zu\n", name, count);
    return count;
}

/* A file that is a list. */
static inline size_t for_each_entry(const char *name, vector_fn *run)
{
    json_error_t error;
    json_t *all = json_load_file(vector_path(name), 0, &error);
    const json_t *entry;
    size_t i;

    if (!all)
        fail_msg("%s: %s", vector_path(name), error.text);
    json_array_foreach(all, i, entry)
    {
        run_vector(run, NULL, entry);
    }
    i = json_array_size(all);
    json_decref(all);
    assert_true(i > 0);
    print_message("# %s: %zu\n", name, i);
    return i;
}

/* The records of a response file in NIST's format ("name = HEX" lines, a record ends with an empty line), given as
 * JSON objects. The excerpt has few of these files: one that it lacks gives 0. */
static inline size_t for_each_record(const char *name, vector_fn *run)
{
    static char line[64 * 1024];
    FILE *file = fopen(vector_path(name), "r");
    json_t *record = json_object();
    size_t count = 0;
    bool more = true;

    if (!file && have_complete_vectors())
        fail_msg("%s cannot be read", vector_path(name));
    while (file && more) {
        char *equals;

        more = fgets(line, sizeof line, file) != NULL;
        equals = more ? strstr(line, " = ") : NULL;
        if (equals) {
            *equals = equals[3 + strcspn(equals + 3, "\r\n")] = '\0';
            json_object_set_new(record, line, json_string(equals + 3));
        } else if (json_object_size(record) > 0) {
            run_vector(run, NULL, record);
            json_object_clear(record);
            count++;
        }
    }
    json_decref(record);
    if (!file)
        return 0;
    fclose(file);
    assert_true(count > 0);
    print_message("# %s: %zu\n", name, count);
    return count;
}

static inline void assert_same(qk_view bytes, qk_view wanted)
{
    assert_int_equal(bytes.len, wanted.len);
    assert_memory_equal(bytes.data, wanted.data, wanted.len);
}

#endif
