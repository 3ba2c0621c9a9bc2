/* SPDX-License-Identifier: Apache-2.0 */
/* An object as it lies in the database: its place, its content and the MAC that binds the two.
 *
 * The columns class, key_type, label and cka_id are copies of attributes for the indexes; nothing believes them. What
 * is believed is under the MAC: id, keystore, version, TxID, the packed attributes and the blob.
 *
 * In an authenticated keystore the packed attributes are sealed in the login session, and so are public keys, which
 * come in clear from the HSM; there are no copies, and the MAC needs the session's secret, too. */
#ifndef QK_KEYSTORE_ROW_H
#define QK_KEYSTORE_ROW_H

#include "keystore/content.h"
#include "keystore/login.h"

enum { QK_TXID_LEN = 16, QK_ROW_MAC_LEN = 32 };

typedef struct qk_row {
    int64_t number; /* rises with each stored object; pages of a search follow it */
    qk_uuid id, keystore;
    int64_t version;
    uint8_t txid[QK_TXID_LEN];
    qk_seal_under under;       /* the register whose key made the MAC */
    uint8_t wkid[QK_WKID_LEN]; /* that key's name */
    uint8_t mac[QK_ROW_MAC_LEN];
    qk_view attributes; /* packed, in clear */
    qk_view blob;       /* key blob, sealed value, or empty */
} qk_row;

/* Columns in the order that qk_row_load expects. */
#define QK_ROW_COLUMNS "number, id, version, txid, register, wkid, mac, attributes, blob"

/* Fills wkid and mac. QK_E_NOT_LOGGED_IN if the row is the user's and the user's key is absent. */
QK_MUST_CHECK qk_err qk_row_seal(qk_ring *ring, const qk_keystore_place *place, qk_row *row);
/* Takes the current row of a statement (views valid until the next one) and checks its MAC.
 * QK_E_STORE_BROKEN if the row was changed by other hands, QK_E_BLOB_MASTER_KEY if it belongs to another master key,
 * QK_E_NOT_LOGGED_IN. */
QK_MUST_CHECK qk_err qk_row_load(qk_statement *statement, qk_keystore_place *place, qk_ring *ring, qk_row *out_row);

/* Adds the row. *out_added false if the keystore has an object of that id. */
QK_MUST_CHECK qk_err qk_row_insert(qk_transaction *transaction, const qk_keystore_place *place, qk_ring *ring,
                                   const qk_row *row, const qk_attrs *attrs, bool *out_added);
/* Replaces the row of the same id. */
QK_MUST_CHECK qk_err qk_row_replace(qk_transaction *transaction, const qk_keystore_place *place, qk_ring *ring,
                                    const qk_row *row, const qk_attrs *attrs);
/* By id. *out_found false if absent. The statement is the caller's and holds what the row points to. */
QK_MUST_CHECK qk_err qk_row_get(qk_transaction *transaction, qk_keystore_place *place, const qk_uuid *id, qk_ring *ring,
                                qk_statement **out_statement, bool *out_found, qk_row *out_row);

/* The row as a message in the arena. */
QK_MUST_CHECK qk_err qk_row_to_message(const qk_row *row, const qk_attrs *attrs, qk_arena *arena,
                                       Quantoki__V1__Object **out_object);

#endif
