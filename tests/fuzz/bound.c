/* SPDX-License-Identifier: Apache-2.0 */
/* Bound keys (CKM_IBM_ATTRIBUTEBOUND_WRAP; src/hsm/FORMATS.md), as somebody makes them who has the keys for it. Input:
 * how, then
 *   foreign  bytes as they come; the MAC is wrong
 *   maced    all that a MAC covers; ours is put behind it
 *   filled   magic and head of a good one, then what stands where the ciphertext is, and the MAC
 *   content  the plaintext inside: version, attributes, key. What opens is a bound key without a good history, leaves
 *            and comes back as what it was. */
#include "fuzz_hsm.h"

#include "crypto/crypto.h"
#include "hsm/codec/attribute_codec.h"

enum { FOREIGN, MACED, FILLED, CONTENT, KINDS };
enum { HEAD_END = 8 + 40 }; /* magic, version, length, and a wrapped AES-256 key */

static qk_key *kek, *mac;          /* the keys here, */
static qk_view kek_blob, mac_blob; /* and in the HSM */
static qk_arena lasting;
static qk_mech_use bound;

static qk_view import(CK_KEY_TYPE type, qk_view value, qk_key **out_key)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_call call = { .arena = &lasting, .deadline = QK_DEADLINE_NEVER };
    Quantoki__V1__ImportKeyRequest request;
    Quantoki__V1__ImportKeyResponse *response;

    must(qk_key_read(CKO_SECRET_KEY, type, value, out_key));
    must(qk_attrs_set_ulong(&attrs, CKA_CLASS, CKO_SECRET_KEY));
    must(qk_attrs_set_ulong(&attrs, CKA_KEY_TYPE, type));
    must(qk_attrs_set(&attrs, CKA_VALUE, value));
    for (size_t i = 0; i < qk_attribute_count; i++)
        if ((qk_attributes[i].flags & QK_ATTRIBUTE_USAGE) && (qk_attributes[i].of & QK_OF_SECRET))
            must(qk_attrs_set_bool(&attrs, qk_attributes[i].type, true));
    must(qk_attrs_set_bool(&attrs, CKA_IBM_ATTRBOUND, true));
    must(qk_attrs_set_bool(&attrs, CKA_EXTRACTABLE, false));
    quantoki__v1__import_key_request__init(&request);
    must(qk_attrs_to_map(&attrs, &quantoki__v1__import_key_request__template_entry__descriptor, &lasting,
                         &request.template_, &request.n_template_));
    must(qk_hsm_call(fuzz_hsm(), &call, QK_IMPORT_KEY, &request.base, (void **)&response));
    return qk_message_view(response->key->keyblobs[0]);
}

void fuzz_start(void)
{
    fuzz_hsm_start();
    qk_arena_init(&lasting, 0);
    kek_blob = import(CKK_AES, QK_VIEW_LITERAL("the wrapping key of all the runs"), &kek);
    mac_blob = import(CKK_GENERIC_SECRET, QK_VIEW_LITERAL("the MAC key of all of the runs.."), &mac);
    bound = (qk_mech_use){ .mech = qk_mech_find(CKM_IBM_ATTRIBUTEBOUND_WRAP) };
    bound.second.key = mac;
}

static qk_view with_mac(qk_view covered, qk_arena *arena)
{
    qk_mech_use hmac = { .mech = qk_mech_find(CKM_SHA256_HMAC) };
    uint8_t *whole;
    qk_view tag;

    must(qk_crypto_sign(mac, &hmac, covered, arena, &tag));
    must(qk_arena_bytes(arena, covered.len + tag.len, &whole));
    if (covered.len > 0)
        memcpy(whole, covered.data, covered.len);
    memcpy(whole + covered.len, tag.data, tag.len);
    return qk_view_of(whole, covered.len + tag.len);
}

static qk_view wrapped_around(qk_view content, qk_arena *arena)
{
    qk_view wrapped;

    must(qk_crypto_encrypt(kek, &bound, content, arena, &wrapped));
    return wrapped;
}

static qk_view filled(qk_view body, qk_arena *arena)
{
    qk_view good = wrapped_around(QK_VIEW_LITERAL("any"), arena);
    uint8_t *covered;

    must(qk_arena_bytes(arena, HEAD_END + body.len, &covered));
    memcpy(covered, good.data, HEAD_END);
    if (body.len > 0)
        memcpy(covered + HEAD_END, body.data, body.len);
    return with_mac(qk_view_of(covered, HEAD_END + body.len), arena);
}

/* As GREP11 clients have it: the MAC key stands beside the others. */
static Grep11__Mechanism mechanism_message(void)
{
    Grep11__Mechanism message = GREP11__MECHANISM__INIT;

    message.mechanism = CKM_IBM_ATTRIBUTEBOUND_WRAP;
    return message;
}

static qk_err unwrap(qk_view wrapped, qk_arena *arena, Grep11__UnwrapKeyResponse **out_response)
{
    qk_call call = { .arena = arena, .deadline = QK_DEADLINE_NEVER };
    Grep11__Mechanism mechanism = mechanism_message();
    Grep11__UnwrapKeyRequest request;

    grep11__unwrap_key_request__init(&request);
    request.wrapped = qk_message_bytes(wrapped);
    request.kekv1 = qk_message_bytes(kek_blob);
    request.mackeyv1 = qk_message_bytes(mac_blob);
    request.mech = &mechanism;
    return qk_hsm_call(fuzz_hsm(), &call, QK_UNWRAP_KEY, &request.base, (void **)out_response);
}

static qk_err wrap(qk_view blob, qk_arena *arena, qk_view *out_wrapped)
{
    qk_call call = { .arena = arena, .deadline = QK_DEADLINE_NEVER };
    Grep11__Mechanism mechanism = mechanism_message();
    Grep11__WrapKeyResponse *response;
    Grep11__WrapKeyRequest request;

    grep11__wrap_key_request__init(&request);
    request.keyv1 = qk_message_bytes(blob);
    request.kekv1 = qk_message_bytes(kek_blob);
    request.mackeyv1 = qk_message_bytes(mac_blob);
    request.mech = &mechanism;
    QK_TRY(qk_hsm_call(fuzz_hsm(), &call, QK_WRAP_KEY, &request.base, (void **)&response));
    *out_wrapped = qk_message_view(response->wrapped);
    return QK_OK;
}

static void promise_no_good_history(const qk_attrs *attrs)
{
    promise(qk_attrs_bool(attrs, CKA_IBM_ATTRBOUND, false));
    promise(!qk_attrs_bool(attrs, CKA_LOCAL, true));
    promise(!qk_attrs_bool(attrs, CKA_ALWAYS_SENSITIVE, false));
    promise(!qk_attrs_bool(attrs, CKA_NEVER_EXTRACTABLE, false));
}

static void leaves_and_comes_back(const Grep11__UnwrapKeyResponse *key, qk_arena *arena)
{
    QK_OWNED(qk_attrs_done) qk_attrs before = QK_ATTRS_NONE, after = QK_ATTRS_NONE;
    Grep11__UnwrapKeyResponse *again;
    qk_view wrapped;

    must(qk_hsm_blob_attributes(fuzz_hsm(), &(qk_call){ .arena = arena }, qk_message_view(key->unwrappedbytes),
                                &before));
    promise_no_good_history(&before);
    if (wrap(qk_message_view(key->unwrappedbytes), arena, &wrapped) != QK_OK)
        return;
    must(unwrap(wrapped, arena, &again));
    must(qk_hsm_blob_attributes(fuzz_hsm(), &(qk_call){ .arena = arena }, qk_message_view(again->unwrappedbytes),
                                &after));
    promise(before.count == after.count && qk_attrs_match(&before, &after));
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    unsigned kind = qk_read_u8(&from) % KINDS;
    qk_view rest = fuzz_rest(&from), wrapped;
    Grep11__UnwrapKeyResponse *key;
    qk_err err;

    qk_arena_init(&arena, 16 << 20);
    wrapped = kind == MACED     ? with_mac(rest, &arena)
              : kind == FILLED  ? filled(rest, &arena)
              : kind == CONTENT ? wrapped_around(rest, &arena)
                                : rest;
    err = unwrap(wrapped, &arena, &key);
    promise(err != QK_OK || kind == CONTENT); /* no key comes of what nobody encrypted */
    if (err == QK_OK)
        leaves_and_comes_back(key, &arena);
}
