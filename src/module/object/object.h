/* SPDX-License-Identifier: Apache-2.0 */
/* An object as the module knows it: attributes, and the sealed key or value.
 *
 * A qk_object never changes after it was made and is counted, so any thread reads it without a lock. A change makes a
 * new object with the same handle, which takes the old one's place in the table (object_table.h). What is worth
 * computing once (usages, length of results, the parsed public key, the message that carries the key) is kept. */
#ifndef QK_MODULE_OBJECT_H
#define QK_MODULE_OBJECT_H

#include <stdatomic.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "p11/attribute.h"
#include "rpc/message.h"
#include "rpc/method.h"

typedef struct qk_object {
    atomic_uint refs;
    CK_OBJECT_HANDLE handle; /* 0 until it is in a table */
    qk_uuid id;
    bool token; /* lies in a keystore; else in this process, owned by a session */
    bool is_private;
    qk_uuid keystore; /* token objects */
    int64_t version;
    CK_SESSION_HANDLE owner;    /* session objects */
    _Atomic int64_t checked_ms; /* when the keystore last said that this is the newest version */

    CK_OBJECT_CLASS class;
    CK_KEY_TYPE key_type; /* keys; else CK_UNAVAILABLE_INFORMATION */
    unsigned may;         /* QK_SIGN, ...: what the usage attributes allow */
    size_t part_len;      /* bytes of an RSA modulus, an EC coordinate, a DSA subprime, a lattice signature */
    bool ask_each_time;   /* CKA_ALWAYS_AUTHENTICATE */
    bool limited;         /* CKA_ALLOWED_MECHANISMS is not empty */
    qk_attrs attrs;       /* all that are not secret, CKA_TOKEN and CKA_PRIVATE apart */
    qk_buf blob;          /* key blob, or sealed value; empty if neither */

    Grep11__KeyBlob message; /* the key, as requests carry it */
    ProtobufCBinaryData message_blob;
    _Atomic(qk_key *) public_key; /* parsed at first use */
} qk_object;

/* What an object is made of. `attrs` and `blob` are taken (left empty), also on failure. */
typedef struct qk_object_parts {
    qk_uuid id;
    bool token, is_private;
    qk_uuid keystore;
    int64_t version;
    CK_SESSION_HANDLE owner;
    qk_attrs attrs;
    qk_buf blob;
} qk_object_parts;

void qk_object_parts_done(qk_object_parts *parts);
QK_MUST_CHECK qk_err qk_object_new(qk_object_parts *parts, qk_object **out_object);
/* The same object with other attributes or another blob (taken): a new version of it, with its handle and place. */
QK_MUST_CHECK qk_err qk_object_changed(const qk_object *object, qk_attrs *attrs, qk_buf *blob, int64_t version,
                                       qk_object **out_object);

qk_object *qk_object_ref(qk_object *object);
void qk_object_unref(qk_object **object); /* accepts a pointer to NULL; leaves NULL */

bool qk_object_is_key(const qk_object *object);
/* Under which master key its blobs are sealed. */
qk_seal_under qk_object_seal(const qk_object *object);
/* The SubjectPublicKeyInfo that a public blob begins with. QK_E_BLOB_DAMAGED. */
QK_MUST_CHECK qk_err qk_object_spki(const qk_object *object, qk_view *out_spki);
/* The parsed public key of a public key object; borrowed from the object. */
QK_MUST_CHECK qk_err qk_object_public_key(qk_object *object, qk_key **out_key);
/* Adds CKA_TOKEN, CKA_PRIVATE and CKA_UNIQUE_ID, or false if `type` is another. `out` has room for the id's text. */
bool qk_object_place_attribute(const qk_object *object, CK_ATTRIBUTE_TYPE type, uint8_t out[QK_UUID_TEXT],
                               size_t *out_len);
/* True if all of `wanted`, place attributes included, holds for it. */
bool qk_object_matches(const qk_object *object, const qk_attrs *wanted);

#endif
