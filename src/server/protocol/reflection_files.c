/* SPDX-License-Identifier: Apache-2.0 */
/* Names are looked up by walking down from the package; the files are few and the questions seldom. */
#include "server/protocol/reflection_files.h"

#include "rpc/message.h"

qk_err qk_proto_files_read(qk_arena *arena, qk_proto_files *out)
{
    const Quantoki__Descriptor__Files *set;
    qk_proto_file *files;
    void *message;

    QK_TRY(qk_message_read(&quantoki__descriptor__files__descriptor, qk_view_of(qk_descriptors, qk_descriptors_len),
                           arena, &message));
    set = message;
    files = qk_arena_zalloc(arena, set->n_file * sizeof *files);
    if (!files)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the .proto files");
    for (size_t i = 0; i < set->n_file; i++) {
        files[i].bytes = qk_message_view(set->file[i]);
        QK_TRY(qk_message_read(&quantoki__descriptor__file__descriptor, files[i].bytes, arena, &message));
        files[i].names = message;
    }
    *out = (qk_proto_files){ files, set->n_file };
    return QK_OK;
}

const qk_proto_file *qk_proto_files_named(const qk_proto_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->files[i].names->name, name) == 0)
            return &files->files[i];
    return NULL;
}

/* What follows `name` in `path`: "" at its end, the rest behind a dot, or NULL if `name` does not come first. */
static const char *behind(const char *path, const char *name)
{
    size_t len = strlen(name);

    if (strncmp(path, name, len) != 0)
        return NULL;
    if (path[len] == '.' && path[len + 1])
        return path + len + 1;
    return path[len] ? NULL : path + len;
}

static bool is_one_of(const char *path, Quantoki__Descriptor__Named *const *named, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(path, named[i]->name) == 0)
            return true;
    return false;
}

/* A value belongs to the scope around its enumeration. Source: protobuf, language guide, "Enumerations". */
static bool in_enumerations(const char *path, Quantoki__Descriptor__Enumeration *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(path, types[i]->name) == 0 || is_one_of(path, types[i]->value, types[i]->n_value))
            return true;
    return false;
}

static bool in_types(const char *path, Quantoki__Descriptor__Type *const *types, size_t count, bool types_alone)
{
    for (size_t i = 0; i < count; i++) {
        const Quantoki__Descriptor__Type *type = types[i];
        const char *rest = behind(path, type->name);

        if (!rest)
            continue;
        if (!*rest || in_types(rest, type->nested_type, type->n_nested_type, types_alone))
            return true;
        if (!types_alone &&
            (is_one_of(rest, type->field, type->n_field) || in_enumerations(rest, type->enum_type, type->n_enum_type)))
            return true;
    }
    return false;
}

static bool in_services(const char *path, const Quantoki__Descriptor__File *file)
{
    for (size_t i = 0; i < file->n_service; i++) {
        const char *rest = behind(path, file->service[i]->name);

        if (rest && (!*rest || is_one_of(rest, file->service[i]->method, file->service[i]->n_method)))
            return true;
    }
    return false;
}

/* Packages may share a beginning, so every file whose package fits is asked. */
const qk_proto_file *qk_proto_files_with(const qk_proto_files *files, const char *symbol)
{
    for (size_t i = 0; i < files->count; i++) {
        const Quantoki__Descriptor__File *file = files->files[i].names;
        const char *path = behind(symbol, file->package);

        if (path && (in_types(path, file->message_type, file->n_message_type, false) ||
                     in_enumerations(path, file->enum_type, file->n_enum_type) || in_services(path, file)))
            return &files->files[i];
    }
    return NULL;
}

bool qk_proto_files_have_type(const qk_proto_files *files, const char *name)
{
    for (size_t i = 0; i < files->count; i++) {
        const Quantoki__Descriptor__File *file = files->files[i].names;
        const char *path = behind(name, file->package);

        if (path && in_types(path, file->message_type, file->n_message_type, true))
            return true;
    }
    return false;
}
