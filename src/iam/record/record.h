/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the IAM: a kind, a name, and content that only its kind can read.
 *
 * Each carries a MAC over all three, so that nobody with the database alone gives roles, hands the API key of one
 * identity to another, or has a certificate authority trusted. Each change counts a number up, which replicas look at
 * once a second; the number also serves wherever a number must never come again. */
#ifndef QK_IAM_RECORD_H
#define QK_IAM_RECORD_H

#include "iam/record/secrets.h"

typedef enum qk_record_kind {
    QK_RECORD_IDENTITY = 1, /* numbers are stored: they stay */
    QK_RECORD_API_KEY = 2,
    QK_RECORD_ROLE = 3,
    QK_RECORD_POLICY = 4,
    QK_RECORD_CLIENT_CA = 5,
} qk_record_kind;

extern const char *const qk_iam_migrations[];
extern const size_t qk_iam_migration_count;

/* Takes content apart. What it returns is QK_OK or qk_record_broken. */
typedef qk_err (*qk_record_reader)(const char *name, qk_view content, void *out_item);

/* QK_E_OBJECT_CONFLICT if the name is taken. */
QK_MUST_CHECK qk_err qk_record_insert(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                                      const char *name, const qk_buf *content);
/* In the place of the record of that name, which is there. */
QK_MUST_CHECK qk_err qk_record_replace(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                                       const char *name, const qk_buf *content);
QK_MUST_CHECK qk_err qk_record_delete(qk_transaction *transaction, qk_record_kind kind, const char *name,
                                      bool *out_found);

/* QK_E_STORE_BROKEN if the record was changed by other hands. */
QK_MUST_CHECK qk_err qk_record_find(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                                    const char *name, qk_record_reader read, void *out_item, bool *out_found);
/* All of a kind in the order of their names (strcmp), as an array that the caller frees; NULL if there are none. */
QK_MUST_CHECK qk_err qk_records_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                                     qk_record_reader read, size_t item_size, void **out_items, size_t *out_count);

QK_MUST_CHECK qk_err qk_record_changes(qk_transaction *transaction, int64_t *out_changes);
/* Counts a change and gives its number. */
QK_MUST_CHECK qk_err qk_record_count_change(qk_transaction *transaction, int64_t *out_number);

qk_err qk_record_broken(const char *name);
/* Text of content; false if it does not fit. */
bool qk_record_read_text(qk_reader *reader, char *out, size_t room);
/* For QK_OWNED arrays. */
void qk_record_free(void *items);

#endif
