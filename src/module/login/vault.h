/* SPDX-License-Identifier: Apache-2.0 */
/* What an embedded token remembers beside its objects: label, serial number, the ids of its keystores, and its private
 * master key, wrapped twice: under scrypt(SO PIN) and under scrypt(user PIN). One row of the token's database.
 *
 * Wrong PINs are counted in the database before they are tried, so that trying in parallel or killing the process gains
 * nothing. Three are free; from the fourth on each makes the next try wait, a second at first, then twice as long as
 * the one before, up to ten minutes: short waits pass inside the call, longer ones are QK_E_PIN_LOCKED until they are
 * over. A right PIN sets the count back. */
#ifndef QK_MODULE_VAULT_H
#define QK_MODULE_VAULT_H

#include "base/encoding.h"
#include "base/secret.h"
#include "database/database.h"
#include "module/login/token.h"

enum { QK_PIN_MIN = 4, QK_PIN_MAX = 255 };

typedef struct qk_vault_state {
    bool initialized, user_pin_set;
    char label[QK_LABEL_LEN + 1];
    char serial[17];
    qk_uuid public_store, private_store;
    unsigned so_fails, user_fails;
    bool so_waits, user_waits; /* the next try would be QK_E_PIN_LOCKED now */
} qk_vault_state;

/* Makes the table. */
QK_MUST_CHECK qk_err qk_vault_prepare(qk_database *database);
QK_MUST_CHECK qk_err qk_vault_read(qk_database *database, qk_vault_state *out_state);

/* First or new initialisation: a new private master key under the SO's PIN, no user PIN. Ids and serial are kept if
 * there are any, else `fresh`'s are taken. */
QK_MUST_CHECK qk_err qk_vault_reset(qk_database *database, qk_view so_pin, const char *label,
                                    const qk_vault_state *fresh);
/* The private master key. QK_E_PIN_INCORRECT, QK_E_PIN_LOCKED, QK_E_PIN_NOT_SET. */
QK_MUST_CHECK qk_err qk_vault_open(qk_database *database, qk_user user, qk_view pin, qk_secret *out_master_key);
/* Wraps it under a new PIN of the user or the SO. QK_E_PIN_LENGTH. */
QK_MUST_CHECK qk_err qk_vault_set_pin(qk_database *database, qk_user user, qk_view pin, const qk_secret *master_key);

/* QK_E_PIN_LENGTH. */
QK_MUST_CHECK qk_err qk_vault_check_pin_length(qk_view pin);

#endif
