/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz_hsm.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"

enum { MOST_BLOBS = 32 };

static qk_ring *ring;
static qk_hsm *hsm;
static qk_arena lasting; /* what is made at the start */
static qk_view blobs[MOST_BLOBS];
static size_t blob_count, key_count;

qk_ring *fuzz_ring(void)
{
    return ring;
}

qk_hsm *fuzz_hsm(void)
{
    return hsm;
}

qk_view fuzz_blob(unsigned number)
{
    return blobs[number % blob_count];
}

size_t fuzz_blob_count(void)
{
    return blob_count;
}

size_t fuzz_key_count(void)
{
    return key_count;
}

qk_uuid fuzz_uuid(unsigned number)
{
    qk_uuid uuid = { { 0x51, 0x55 } };

    uuid.bytes[15] = (uint8_t)number;
    return uuid;
}

/* ---- the blobs ---- */

static qk_err call(qk_hsm_method method, const ProtobufCMessage *request, void **out_response)
{
    qk_call it = { .arena = &lasting, .deadline = QK_DEADLINE_NEVER };
    return qk_hsm_call(hsm, &it, method, request, out_response);
}

static void keep(ProtobufCBinaryData blob)
{
    promise(blob_count < MOST_BLOBS && blob.len > 0);
    blobs[blob_count++] = qk_message_view(blob);
}

static Grep11__Mechanism *mechanism(CK_MECHANISM_TYPE type)
{
    static const uint8_t iv[16] = "initialisation!";
    qk_mech_use use = { .mech = qk_mech_find(type) };
    Grep11__Mechanism *message;

    if (use.mech->param == QK_PARAM_IV)
        use.iv = qk_view_of(iv, sizeof iv);
    must(qk_mech_use_to_message(&use, &lasting, &message));
    return message;
}

static void secret_key_make(CK_MECHANISM_TYPE type, bool extractable)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    Grep11__GenerateKeyRequest request;
    Grep11__GenerateKeyResponse *response;

    must(qk_attrs_set_ulong(&attrs, CKA_VALUE_LEN, 32));
    must(qk_attrs_set_bool(&attrs, CKA_EXTRACTABLE, extractable));
    must(qk_attrs_set_bool(&attrs, CKA_SENSITIVE, !extractable));
    for (size_t i = 0; i < qk_attribute_count; i++)
        if ((qk_attributes[i].flags & QK_ATTRIBUTE_USAGE) && (qk_attributes[i].of & QK_OF_SECRET))
            must(qk_attrs_set_bool(&attrs, qk_attributes[i].type, true));
    grep11__generate_key_request__init(&request);
    request.mech = mechanism(type);
    must(qk_attrs_to_map(&attrs, &grep11__generate_key_request__template_entry__descriptor, &lasting,
                         &request.template_, &request.n_template_));
    must(call(QK_GENERATE_KEY, &request.base, (void **)&response));
    keep(response->key->keyblobs[0]);
}

static void pair_make(CK_MECHANISM_TYPE type, qk_view ec_params)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    Grep11__GenerateKeyPairRequest request;
    Grep11__GenerateKeyPairResponse *response;

    if (ec_params.len)
        must(qk_attrs_set(&attrs, CKA_EC_PARAMS, ec_params));
    else
        must(qk_attrs_set_ulong(&attrs, CKA_MODULUS_BITS, 1024));
    grep11__generate_key_pair_request__init(&request);
    request.mech = mechanism(type);
    must(qk_attrs_to_map(&attrs, &grep11__generate_key_pair_request__pub_key_template_entry__descriptor, &lasting,
                         &request.pubkeytemplate, &request.n_pubkeytemplate));
    must(call(QK_GENERATE_KEY_PAIR, &request.base, (void **)&response));
    keep(response->privkey->keyblobs[0]);
    keep(response->pubkey->keyblobs[0]);
}

static void keys_make(void)
{
    static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    static const uint8_t ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };

    secret_key_make(CKM_AES_KEY_GEN, false);
    secret_key_make(CKM_AES_KEY_GEN, true);
    secret_key_make(CKM_GENERIC_SECRET_KEY_GEN, true);
    pair_make(CKM_RSA_PKCS_KEY_PAIR_GEN, QK_VIEW_NONE);
    pair_make(CKM_EC_KEY_PAIR_GEN, qk_view_of(p256, sizeof p256));
    pair_make(CKM_EC_KEY_PAIR_GEN, qk_view_of(ed25519, sizeof ed25519));
    key_count = blob_count;
}

/* Every ...InitRequest with a key has its fields at the same numbers, so the descriptor tells their places. */
static void state_make(qk_hsm_method method, CK_MECHANISM_TYPE type, unsigned key)
{
    const ProtobufCMessageDescriptor *descriptor = qk_hsm_methods[method].request;
    const ProtobufCFieldDescriptor *mech = protobuf_c_message_descriptor_get_field(descriptor, 2);
    const ProtobufCFieldDescriptor *blob = protobuf_c_message_descriptor_get_field(descriptor, 3);
    uint8_t *request = qk_message_new(descriptor, &lasting);
    Grep11__SignInitResponse *response;

    promise(request && mech);
    *(Grep11__Mechanism **)(void *)(request + mech->offset) = mechanism(type);
    if (blob)
        *(ProtobufCBinaryData *)(void *)(request + blob->offset) = qk_message_bytes(blobs[key]);
    must(call(method, (ProtobufCMessage *)(void *)request, (void **)&response));
    keep(response->state);
}

static void states_make(void)
{
    Grep11__DigestUpdateRequest update;
    Grep11__DigestUpdateResponse *updated;

    state_make(QK_ENCRYPT_INIT, CKM_AES_CBC_PAD, 0);
    state_make(QK_DECRYPT_INIT, CKM_AES_CBC_PAD, 0);
    state_make(QK_SIGN_INIT, CKM_SHA256_HMAC, 2);
    state_make(QK_VERIFY_INIT, CKM_SHA256_HMAC, 2);
    state_make(QK_SIGN_INIT, CKM_SHA256_RSA_PKCS, 3);
    state_make(QK_VERIFY_INIT, CKM_ECDSA_SHA256, 6);
    state_make(QK_DIGEST_INIT, CKM_SHA256, 0);
    grep11__digest_update_request__init(&update);
    update.state = qk_message_bytes(blobs[blob_count - 1]);
    update.data = qk_message_bytes(QK_VIEW_LITERAL("some data"));
    must(call(QK_DIGEST_UPDATE, &update.base, (void **)&updated));
    keep(updated->state);
}

static void data_make(void)
{
    Quantoki__V1__SealDataRequest request;
    Quantoki__V1__SealDataResponse *response;

    quantoki__v1__seal_data_request__init(&request);
    request.data = qk_message_bytes(QK_VIEW_LITERAL("some data"));
    must(call(QK_SEAL_DATA, &request.base, (void **)&response));
    keep(response->sealed);
}

void fuzz_hsm_start(void)
{
    static const qk_hsm_options options = { .cache_keys = 16 };
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;

    must(qk_crypto_start());

    must(qk_entropy_start(NULL));
    qk_arena_init(&lasting, 0);
    must(qk_secret_new(QK_MASTER_KEY_LEN, &master_key));
    memset(qk_secret_fill(&master_key), 0x51, QK_MASTER_KEY_LEN);
    must(qk_ring_new(&ring));
    must(qk_ring_set(ring, QK_UNDER_INSTANCE, &master_key));
    must(qk_hsm_local_new(ring, &options, &hsm));
    keys_make();
    states_make();
    data_make();
}

/* ---- requests ---- */

static void fill_bytes(ProtobufCBinaryData *bytes, qk_arena *arena)
{
    qk_view copy;

    if (bytes->len == 2 && bytes->data[0] == 'U') {
        qk_uuid uuid = fuzz_uuid(bytes->data[1]);
        must(qk_arena_copy(arena, qk_view_of(uuid.bytes, sizeof uuid.bytes), &copy));
    } else if ((bytes->len == 2 || bytes->len == 3) && bytes->data[0] == 'K') {
        must(qk_arena_copy(arena, fuzz_blob(bytes->data[1]), &copy));
        if (bytes->len == 3)
            ((uint8_t *)(uintptr_t)copy.data)[bytes->data[2] % copy.len] ^= 1;
    } else {
        return;
    }
    *bytes = qk_message_bytes(copy);
}

static void fill_item(const ProtobufCFieldDescriptor *field, void *item, qk_arena *arena)
{
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        fill_bytes(item, arena);
    else if (field->type == PROTOBUF_C_TYPE_MESSAGE && *(ProtobufCMessage **)item)
        fuzz_fill(*(ProtobufCMessage **)item, arena);
}

void fuzz_fill(ProtobufCMessage *message, qk_arena *arena)
{
    uint8_t *base = (uint8_t *)message;

    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        size_t size = field->type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData) : sizeof(void *);

        if (field->type != PROTOBUF_C_TYPE_BYTES && field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
            *(uint32_t *)(void *)(base + field->quantifier_offset) != field->id)
            continue;
        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            fill_item(field, base + field->offset, arena);
            continue;
        }
        for (size_t n = 0; n < *(size_t *)(void *)(base + field->quantifier_offset); n++)
            fill_item(field, *(uint8_t **)(void *)(base + field->offset) + n * size, arena);
    }
}

/* Generating RSA keys takes seconds. */
static bool takes_too_long(const qk_method *method, const void *request)
{
    const Grep11__GenerateKeyPairRequest *pair = request;
    const qk_mech *mech;

    if (method->request != &grep11__generate_key_pair_request__descriptor || !pair->mech)
        return false;
    mech = qk_mech_find((CK_MECHANISM_TYPE)pair->mech->mechanism);
    return mech && mech->key == CKK_RSA;
}

void fuzz_call(qk_endpoint *endpoint, const qk_method *method, qk_view bytes, qk_arena *arena)
{
    qk_call it = { .arena = arena, .deadline = QK_DEADLINE_NEVER };
    void *request, *response;
    qk_view answer;

    if (qk_message_read(method->request, bytes, arena, &request) != QK_OK || takes_too_long(method, request))
        return;
    fuzz_fill(request, arena);
    if (qk_perform(endpoint, &it, method, request, &response) != QK_OK) {
        promise(qk_failure_last()->words[0]);
        return;
    }
    must(qk_message_write(response, 0, arena, &answer));
    must(qk_message_read(method->response, answer, arena, &response));
}
