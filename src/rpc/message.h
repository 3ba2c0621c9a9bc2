/* SPDX-License-Identifier: Apache-2.0 */
/* Protobuf messages in arenas. */
#ifndef QK_RPC_MESSAGE_H
#define QK_RPC_MESSAGE_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"

#include "grep11.pb-c.h"

/* Decodes into the arena. QK_E_MESSAGE_MALFORMED; QK_E_NO_MEMORY when the arena's limit stops an expanding message. */
QK_MUST_CHECK qk_err qk_message_read(const ProtobufCMessageDescriptor *descriptor, qk_view bytes, qk_arena *arena,
                                     void **out_message);
/* Encodes into the arena, leaving `reserve` bytes free in front (for a frame header); the view includes them. */
QK_MUST_CHECK qk_err qk_message_write(const ProtobufCMessage *message, size_t reserve, qk_arena *arena, qk_view *out);
/* A zeroed, initialised message in the arena; NULL if memory is out. */
void *qk_message_new(const ProtobufCMessageDescriptor *descriptor, qk_arena *arena);

static inline qk_view qk_message_view(ProtobufCBinaryData bytes)
{
    return qk_view_of(bytes.data, bytes.len);
}

/* For filling a message's field with bytes that outlive the message. Messages never write through it. */
static inline ProtobufCBinaryData qk_message_bytes(qk_view view)
{
    return (ProtobufCBinaryData){ view.len, (uint8_t *)(uintptr_t)view.data };
}

/* protoc-c makes one entry type per map field; every map<uint64, AttributeValue> has this layout. */
typedef struct qk_map_entry {
    ProtobufCMessage base;
    uint64_t key;
    Grep11__AttributeValue *value;
} qk_map_entry;

#endif
