/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are not keys. */
#include "hsm/contract/contract.h"

static qk_err seal(contract *it, qk_view data, qk_view bound, qk_view *out)
{
    Quantoki__V1__SealDataRequest request = QUANTOKI__V1__SEAL_DATA_REQUEST__INIT;
    Quantoki__V1__SealDataResponse *answer;

    request.data = qk_message_bytes(data);
    request.bound = qk_message_bytes(bound);
    QK_TRY(perform(it, QK_SEAL_DATA, &request, &answer));
    *out = qk_message_view(answer->sealed);
    return QK_OK;
}

static qk_err open(contract *it, qk_view sealed, qk_view bound, qk_view *out)
{
    Quantoki__V1__OpenDataRequest request = QUANTOKI__V1__OPEN_DATA_REQUEST__INIT;
    Quantoki__V1__OpenDataResponse *answer;

    request.sealed = qk_message_bytes(sealed);
    request.bound = qk_message_bytes(bound);
    QK_TRY(perform(it, QK_OPEN_DATA, &request, &answer));
    *out = qk_message_view(answer->data);
    return QK_OK;
}

static void data_opens_with_what_it_was_bound_to(contract *it)
{
    qk_view data = QK_VIEW_LITERAL("private data"), bound = QK_VIEW_LITERAL("object 17"), sealed, out;

    works(seal(it, data, bound, &sealed));
    works(open(it, sealed, bound, &out));
    assert_view_equal(out, data);
    works(seal(it, QK_VIEW_NONE, QK_VIEW_NONE, &sealed));
    works(open(it, sealed, QK_VIEW_NONE, &out));
    assert_int_equal(out.len, 0);
}

static void data_bound_elsewhere_or_changed_does_not_open(contract *it)
{
    qk_view data = QK_VIEW_LITERAL("private data"), bound = QK_VIEW_LITERAL("object 17"), sealed, out;
    uint8_t changed[200];

    works(seal(it, data, bound, &sealed));
    refuses(open(it, sealed, QK_VIEW_LITERAL("object 18"), &out), QK_E_BLOB_DAMAGED);
    refuses(open(it, sealed, QK_VIEW_NONE, &out), QK_E_BLOB_DAMAGED);
    memcpy(changed, sealed.data, sealed.len);
    changed[sealed.len - 1] ^= 1;
    refuses(open(it, qk_view_of(changed, sealed.len), bound, &out), QK_E_BLOB_DAMAGED);
    refuses(open(it, QK_VIEW_NONE, bound, &out), QK_E_BLOB_DAMAGED);
}

static void data_and_keys_are_not_mixed_up(contract *it)
{
    qk_view sealed, out;
    client_key made = aes_key(it), wrong;
    ProtobufCBinaryData bytes;
    Grep11__KeyBlob message = GREP11__KEY_BLOB__INIT;

    refuses(open(it, made.bytes, QK_VIEW_NONE, &out), QK_E_BLOB_PURPOSE);
    works(seal(it, QK_VIEW_LITERAL("sixteen bytes   "), QK_VIEW_NONE, &sealed));
    bytes = qk_message_bytes(sealed);
    message.keyblobs = &bytes;
    message.n_keyblobs = 1;
    wrong = (client_key){ sealed, &message, QK_VIEW_NONE };
    refuses(sign(it, mech(it, CKM_SHA256_HMAC), &wrong, sealed, &out), QK_E_BLOB_PURPOSE);
}

const contract_case contract_data[] = {
    CASE(data_opens_with_what_it_was_bound_to),
    CASE(data_bound_elsewhere_or_changed_does_not_open),
    CASE(data_and_keys_are_not_mixed_up),
    { NULL, NULL },
};
