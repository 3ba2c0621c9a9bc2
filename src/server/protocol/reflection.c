/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC server reflection: clients without .proto files get them from here. Each question is answered by itself, with a
 * file and all that it imports, so nothing is remembered between two. Versions v1 and v1alpha are the same bytes. */
#include "server/protocol/service.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/protocol/reflection_files.h"
#include "server/server.h"

#include "reflection.pb-c.h"

typedef Grpc__Reflection__V1__ServerReflectionRequest request;
typedef Grpc__Reflection__V1__ServerReflectionResponse response;

#define ANSWER_IS(kind) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##kind
#define ASKED_FOR(kind) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##kind

struct qk_reflection {
    qk_arena arena; /* of what follows */
    qk_proto_files files;
};

/* A question, what is known, and its answer; but for the files, all in one arena. */
typedef struct question {
    qk_arena *arena;
    const qk_proto_files *files;
    const request *asked;
    response *answer;
} question;

static void *make(const question *it, const ProtobufCMessageDescriptor *descriptor)
{
    return qk_message_new(descriptor, it->arena);
}

static qk_err no_memory(void)
{
    return qk_fail(QK_E_NO_MEMORY, "no memory for an answer of reflection");
}

/* The stream goes on after an error: it belongs to the one question. */
static qk_err answer_error(question *it, qk_grpc_status status, const char *what, const char *name)
{
    Grpc__Reflection__V1__ErrorResponse *error = make(it, &grpc__reflection__v1__error_response__descriptor);
    char words[160];

    snprintf(words, sizeof words, "%s%.96s", what, name);
    if (!error || !(error->error_message = qk_arena_text(it->arena, qk_view_text(words))))
        return no_memory();
    error->error_code = (int32_t)status;
    it->answer->message_response_case = ANSWER_IS(ERROR_RESPONSE);
    it->answer->error_response = error;
    return QK_OK;
}

/* Appends it and what it imports, each once. */
static void gather(const question *it, const qk_proto_file *file, ProtobufCBinaryData *out, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (out[i].data == file->bytes.data)
            return;
    out[(*count)++] = qk_message_bytes(file->bytes);
    for (size_t i = 0; i < file->names->n_dependency; i++) {
        const qk_proto_file *imported = qk_proto_files_named(it->files, file->names->dependency[i]);

        if (imported)
            gather(it, imported, out, count);
    }
}

static qk_err answer_file(question *it, const qk_proto_file *file, const char *name)
{
    Grpc__Reflection__V1__FileDescriptorResponse *answer;

    if (!file)
        return answer_error(it, QK_GRPC_NOT_FOUND, "not found: ", name);
    answer = make(it, &grpc__reflection__v1__file_descriptor_response__descriptor);
    if (!answer || !(answer->file_descriptor_proto =
                         qk_arena_zalloc(it->arena, it->files->count * sizeof *answer->file_descriptor_proto)))
        return no_memory();
    gather(it, file, answer->file_descriptor_proto, &answer->n_file_descriptor_proto);
    it->answer->message_response_case = ANSWER_IS(FILE_DESCRIPTOR_RESPONSE);
    it->answer->file_descriptor_response = answer;
    return QK_OK;
}

static qk_err by_filename(question *it)
{
    return answer_file(it, qk_proto_files_named(it->files, it->asked->file_by_filename), it->asked->file_by_filename);
}

static qk_err by_symbol(question *it)
{
    return answer_file(it, qk_proto_files_with(it->files, it->asked->file_containing_symbol),
                       it->asked->file_containing_symbol);
}

/* proto3 has no extensions. */
static qk_err by_extension(question *it)
{
    return answer_error(it, QK_GRPC_NOT_FOUND, "no extension of ",
                        it->asked->file_containing_extension->containing_type);
}

static qk_err extension_numbers(question *it)
{
    Grpc__Reflection__V1__ExtensionNumberResponse *answer;

    if (!qk_proto_files_have_type(it->files, it->asked->all_extension_numbers_of_type))
        return answer_error(it, QK_GRPC_NOT_FOUND, "no type ", it->asked->all_extension_numbers_of_type);
    answer = make(it, &grpc__reflection__v1__extension_number_response__descriptor);
    if (!answer)
        return no_memory();
    answer->base_type_name = it->asked->all_extension_numbers_of_type;
    it->answer->message_response_case = ANSWER_IS(ALL_EXTENSION_NUMBERS_RESPONSE);
    it->answer->all_extension_numbers_response = answer;
    return QK_OK;
}

static qk_err add_service(const question *it, const char *package, const char *name,
                          Grpc__Reflection__V1__ListServiceResponse *list)
{
    Grpc__Reflection__V1__ServiceResponse *service = make(it, &grpc__reflection__v1__service_response__descriptor);
    char full[128];

    snprintf(full, sizeof full, "%s.%s", package, name);
    if (!service || !(service->name = qk_arena_text(it->arena, qk_view_text(full))))
        return no_memory();
    list->service[list->n_service++] = service;
    return QK_OK;
}

static qk_err list_services(question *it)
{
    Grpc__Reflection__V1__ListServiceResponse *list =
        make(it, &grpc__reflection__v1__list_service_response__descriptor);
    size_t count = 0;

    for (size_t i = 0; i < it->files->count; i++)
        count += it->files->files[i].names->n_service;
    if (!list || !(list->service = qk_arena_zalloc(it->arena, count * sizeof(void *))))
        return no_memory();
    for (size_t i = 0; i < it->files->count; i++) {
        const Quantoki__Descriptor__File *file = it->files->files[i].names;

        for (size_t j = 0; j < file->n_service; j++)
            QK_TRY(add_service(it, file->package, file->service[j]->name, list));
    }
    it->answer->message_response_case = ANSWER_IS(LIST_SERVICES_RESPONSE);
    it->answer->list_services_response = list;
    return QK_OK;
}

static qk_err answer(question *it)
{
    static const struct {
        int kind;
        qk_err (*answer)(question *it);
    } rows[] = {
        { ASKED_FOR(FILE_BY_FILENAME), by_filename },
        { ASKED_FOR(FILE_CONTAINING_SYMBOL), by_symbol },
        { ASKED_FOR(FILE_CONTAINING_EXTENSION), by_extension },
        { ASKED_FOR(ALL_EXTENSION_NUMBERS_OF_TYPE), extension_numbers },
        { ASKED_FOR(LIST_SERVICES), list_services },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].kind == (int)it->asked->message_request_case)
            return rows[i].answer(it);
    return answer_error(it, QK_GRPC_INVALID_ARGUMENT, "the request asks for nothing", "");
}

qk_err qk_reflection_new(qk_reflection **out_reflection)
{
    QK_OWNED(qk_reflection_free) qk_reflection *it = calloc(1, sizeof *it);

    if (!it)
        return no_memory();
    qk_arena_init(&it->arena, 0);
    QK_TRY(qk_proto_files_read(&it->arena, &it->files));
    *out_reflection = it;
    it = NULL;
    return QK_OK;
}

void qk_reflection_free(qk_reflection **reflection)
{
    if (!*reflection)
        return;
    qk_arena_done(&(*reflection)->arena);
    free(*reflection);
    *reflection = NULL;
}

static void free_arena(qk_arena *arena)
{
    qk_arena_done(arena);
}

static qk_err on_message(qk_service_call *call, qk_view message)
{
    QK_OWNED(free_arena) qk_arena arena;
    question it = { .arena = &arena, .files = &call->connection->server->reflection->files };
    void *asked;

    qk_arena_init(&arena, 0);
    QK_TRY(qk_message_read(&grpc__reflection__v1__server_reflection_request__descriptor, message, &arena, &asked));
    it.asked = asked;
    it.answer = make(&it, &grpc__reflection__v1__server_reflection_response__descriptor);
    if (!it.answer)
        return no_memory();
    it.answer->valid_host = it.asked->host;
    it.answer->original_request = asked;
    QK_TRY(answer(&it));
    return qk_service_send(call, &it.answer->base);
}

const qk_service_method qk_reflection_v1 = { .path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                                             .on_message = on_message };
const qk_service_method qk_reflection_v1alpha = { .path =
                                                      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                                  .on_message = on_message };
