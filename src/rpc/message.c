/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf-c with an arena as its allocator: a message, its fields and the decoder's notes are released with the arena.
 * The arena's limit is what bounds a hostile message; nesting needs no bound of its own, since no message type of ours
 * contains itself. */
#include "rpc/message.h"

typedef struct source {
    qk_arena *arena;
    bool ran_out;
} source;

static void *take(void *context, size_t len)
{
    source *from = context;
    void *place = qk_arena_alloc(from->arena, len);

    from->ran_out |= !place;
    return place;
}

static void give_back(void *context, void *place)
{
    (void)context;
    (void)place;
}

qk_err qk_message_read(const ProtobufCMessageDescriptor *descriptor, qk_view bytes, qk_arena *arena, void **out_message)
{
    source from = { arena, false };
    ProtobufCAllocator allocator = { take, give_back, &from };
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.data);

    if (!message && from.ran_out)
        return qk_fail(QK_E_NO_MEMORY, "a %s of %zu bytes unpacks to more than %zu bytes", descriptor->name, bytes.len,
                       arena->limit);
    if (!message)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "%zu bytes are not a %s", bytes.len, descriptor->name);
    *out_message = message;
    return QK_OK;
}

qk_err qk_message_write(const ProtobufCMessage *message, size_t reserve, qk_arena *arena, qk_view *out)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, reserve + len, &place));
    protobuf_c_message_pack(message, place + reserve);
    *out = qk_view_of(place, reserve + len);
    return QK_OK;
}

void *qk_message_new(const ProtobufCMessageDescriptor *descriptor, qk_arena *arena)
{
    ProtobufCMessage *message = qk_arena_alloc(arena, descriptor->sizeof_message);

    if (message)
        protobuf_c_message_init(descriptor, message);
    return message;
}
