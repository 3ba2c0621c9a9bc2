/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages of every method. Input: which message, its bytes. What was decoded is encoded, decoded and encoded
 * again: the same bytes. */
#include "fuzz.h"

#include "hsm/hsm.h"
#include "keystore/keystore.h"

enum { ROOM = 16 << 20 };

static const ProtobufCMessageDescriptor *descriptor_of(unsigned number)
{
    const qk_method *method;
    bool response = number & 1;

    number = number / 2 % (QK_HSM_METHOD_COUNT + QK_KEYSTORE_METHOD_COUNT);
    method =
        number < QK_HSM_METHOD_COUNT ? &qk_hsm_methods[number] : &qk_keystore_methods[number - QK_HSM_METHOD_COUNT];
    return response ? method->response : method->request;
}

/* Fields that we do not know are kept, even those with numbers that the decoder would refuse the next time. */
static void forget_unknown(ProtobufCMessage *message);

static void forget_in_field(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const uint8_t *base = (const uint8_t *)message;
    ProtobufCMessage *const *list = (ProtobufCMessage *const *)(const void *)(base + field->offset);
    size_t count = 1;

    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        count = *(const size_t *)(const void *)(base + field->quantifier_offset);
        list = *(ProtobufCMessage *const *const *)(const void *)list;
    } else if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
               *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id) {
        count = 0;
    }
    for (size_t i = 0; i < count; i++)
        if (list[i])
            forget_unknown(list[i]);
}

static void forget_unknown(ProtobufCMessage *message)
{
    message->n_unknown_fields = 0;
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (message->descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            forget_in_field(message, &message->descriptor->fields[i]);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader reader = qk_reader_of(input);
    const ProtobufCMessageDescriptor *descriptor = descriptor_of(qk_read_u8(&reader));
    qk_view written, again;
    void *message;

    qk_arena_init(&arena, ROOM);
    if (qk_message_read(descriptor, fuzz_rest(&reader), &arena, &message) != QK_OK)
        return;
    forget_unknown(message);
    must(qk_message_write(message, 0, &arena, &written));
    must(qk_message_read(descriptor, written, &arena, &message));
    must(qk_message_write(message, 0, &arena, &again));
    promise(qk_view_equal(written, again));
}
