/* SPDX-License-Identifier: Apache-2.0 */
/* Text in columns: rows are gathered, then printed with columns as wide as what is in them. */
#ifndef QK_CLI_TABLE_H
#define QK_CLI_TABLE_H

#include <stddef.h>

#include "base/error.h"

typedef struct qk_table {
    size_t columns, count; /* cells */
    char **cells;
} qk_table;

#define QK_TABLE_NONE(columns_) ((qk_table){ .columns = (columns_) })

void qk_table_done(qk_table *table);
/* As many texts as there are columns; copied. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_table_add(qk_table *table, const char *const *texts);
/* The first row is the head. */
void qk_table_print(const qk_table *table);

#endif
