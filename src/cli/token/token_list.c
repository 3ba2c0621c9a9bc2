/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/token_list.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/token/token_text.h"

/* ---- the table ---- */

enum { COLUMNS = 7, CELL = QK_TOKEN_TEXT };

typedef char row_cells[COLUMNS][CELL];

static void fill_row(const qk_token_record *record, int64_t now, row_cells cells)
{
    snprintf(cells[0], CELL, "%s", record->name);
    qk_token_scopes_write(record->scopes, cells[1]);
    snprintf(cells[2], CELL, "%s", qk_token_state(record, now));
    qk_token_time_write(record->expires_unix_s, cells[3]);
    qk_token_rate_write(record, cells[4]);
    snprintf(cells[5], CELL, "unlimited");
    if (record->allotment_bytes)
        qk_token_bytes_write(record->allotment_bytes, cells[5]);
    qk_token_bytes_write(record->used_bytes, cells[6]);
}

static void print_row(row_cells cells, const size_t widths[COLUMNS])
{
    for (size_t i = 0; i + 1 < COLUMNS; i++)
        printf("%-*s  ", (int)widths[i], cells[i]);
    printf("%s\n", cells[COLUMNS - 1]);
}

void qk_token_print_table(const qk_token_record *records, size_t count, int64_t now)
{
    row_cells head = { "NAME", "SCOPES", "STATE", "EXPIRES", "RATE", "MONTHLY", "USED" }, cells;
    size_t widths[COLUMNS];

    for (size_t i = 0; i < COLUMNS; i++)
        widths[i] = strlen(head[i]);
    for (size_t i = 0; i < count; i++) {
        fill_row(&records[i], now, cells);
        for (size_t c = 0; c < COLUMNS; c++)
            if (strlen(cells[c]) > widths[c])
                widths[c] = strlen(cells[c]);
    }
    print_row(head, widths);
    for (size_t i = 0; i < count; i++) {
        fill_row(&records[i], now, cells);
        print_row(cells, widths);
    }
}

/* ---- one ---- */

void qk_token_print(const qk_token_record *record, int64_t now)
{
    char text[QK_TOKEN_TEXT], until[QK_TOKEN_TEXT];

    printf("name         %s\n", record->name);
    qk_token_scopes_write(record->scopes, text);
    printf("scopes       %s\n", text);
    printf("state        %s\n", qk_token_state(record, now));
    qk_token_time_write(record->created_unix_s, text);
    printf("made         %s\n", text);
    if (record->not_before_unix_s) {
        qk_token_time_write(record->not_before_unix_s, text);
        printf("valid from   %s\n", text);
    }
    qk_token_time_write(record->expires_unix_s, text);
    printf("expires      %s\n", text);
    qk_token_rate_write(record, text);
    printf("rate         %s\n", text);
    qk_token_bytes_write(record->allotment_bytes, text);
    printf("allotment    %s\n", record->allotment_bytes ? text : "unlimited");
    qk_token_bytes_write(record->used_bytes, text);
    qk_token_time_write(record->period_ends_unix_s, until);
    printf("used         %s in the period that ends %s\n", text, until);
    qk_token_bytes_write(record->total_bytes, text);
    printf("in all       %s\n", text);
}

/* ---- JSON ---- */

static json_t *time_or_null(int64_t unix_s)
{
    return unix_s ? json_integer(unix_s) : json_null();
}

static json_t *describe(const qk_token_record *record, int64_t now)
{
    json_t *scopes = json_array();

    for (unsigned bit = 1; bit <= QK_SCOPE_ADMIN; bit <<= 1)
        if (record->scopes & bit)
            json_array_append_new(scopes, json_string(qk_scope_name((qk_scope)bit)));
    return json_pack(
        "{s:s, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:I, s:I, s:I, s:I}", "name", record->name, "scopes", scopes, "state",
        qk_token_state(record, now), "created", (json_int_t)record->created_unix_s, "not_before",
        time_or_null(record->not_before_unix_s), "expires", time_or_null(record->expires_unix_s), "rate",
        record->rate_requests ? json_pack("{s:I, s:I}", "requests", (json_int_t)record->rate_requests, "seconds",
                                          (json_int_t)record->rate_seconds)
                              : json_null(),
        "allotment_bytes", record->allotment_bytes ? json_integer((json_int_t)record->allotment_bytes) : json_null(),
        "used_bytes", (json_int_t)record->used_bytes, "total_bytes", (json_int_t)record->total_bytes, "period_starts",
        (json_int_t)record->period_starts_unix_s, "period_ends", (json_int_t)record->period_ends_unix_s);
}

qk_err qk_token_print_json(const qk_token_record *records, size_t count, bool array, int64_t now)
{
    json_t *all = json_array();
    char *text;

    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, describe(&records[i], now));
    text = json_dumps(array ? all : json_array_get(all, 0), JSON_INDENT(2));
    json_decref(all);
    if (!text)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a list of tokens");
    puts(text);
    free(text);
    return QK_OK;
}
