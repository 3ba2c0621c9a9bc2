/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 12 };

void qk_table_done(qk_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    table->cells = NULL;
    table->count = 0;
}

qk_err qk_table_add(qk_table *table, const char *const *texts)
{
    char **grown = reallocarray(table->cells, table->count + table->columns, sizeof *grown);

    if (!grown)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a table");
    table->cells = grown;
    for (size_t i = 0; i < table->columns; i++) {
        grown[table->count] = strdup(texts[i]);
        if (!grown[table->count])
            return qk_fail(QK_E_NO_MEMORY, "no memory for a table");
        table->count++;
    }
    return QK_OK;
}

void qk_table_print(const qk_table *table)
{
    size_t widths[COLUMNS] = { 0 }, columns = table->columns;

    for (size_t i = 0; i < table->count; i++)
        if (strlen(table->cells[i]) > widths[i % columns])
            widths[i % columns] = strlen(table->cells[i]);
    for (size_t i = 0; i < table->count; i++)
        if (i % columns + 1 < columns)
            printf("%-*s  ", (int)widths[i % columns], table->cells[i]);
        else
            printf("%s\n", table->cells[i]);
}
