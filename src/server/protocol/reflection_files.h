/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled .proto files that this build serves, and which of them holds a name. */
#ifndef QK_SERVER_REFLECTION_FILES_H
#define QK_SERVER_REFLECTION_FILES_H

#include "base/arena.h"

#include "descriptor.pb-c.h"

/* A google.protobuf.FileDescriptorSet, made from proto/ (proto/meson.build). */
extern const uint8_t qk_descriptors[];
extern const size_t qk_descriptors_len;

typedef struct qk_proto_file {
    qk_view bytes; /* as it was compiled */
    const Quantoki__Descriptor__File *names;
} qk_proto_file;

typedef struct qk_proto_files {
    qk_proto_file *files;
    size_t count;
} qk_proto_files;

/* Reads them; everything lies in the arena or is constant. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_proto_files_read(qk_arena *arena, qk_proto_files *out);

/* NULL if there is none. A symbol is the full name of a service, method, message, field, enumeration or its value. */
const qk_proto_file *qk_proto_files_named(const qk_proto_files *files, const char *name);
const qk_proto_file *qk_proto_files_with(const qk_proto_files *files, const char *symbol);
bool qk_proto_files_have_type(const qk_proto_files *files, const char *name);

#endif
