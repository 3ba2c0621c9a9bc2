/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/token_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- reading ---- */

typedef struct unit_row {
    const char *name;
    uint64_t factor;
} unit_row;

static const unit_row time_units[] = {
    { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { NULL, 0 },
};
static const unit_row byte_units[] = {
    { "", 1 },           { "k", 1ull << 10 }, { "K", 1ull << 10 }, { "M", 1ull << 20 },
    { "G", 1ull << 30 }, { "T", 1ull << 40 }, { NULL, 0 },
};

/* Digits and a unit, to the end of the text. */
static bool read_quantity(const char *text, const unit_row *units, uint64_t most, uint64_t *out)
{
    unsigned long long number;
    char *unit;

    if (!isdigit((unsigned char)*text) || strlen(text) > 20)
        return false;
    number = strtoull(text, &unit, 10);
    for (; units->name; units++) {
        if (strcmp(units->name, unit) != 0)
            continue;
        if (number > most / units->factor)
            return false;
        *out = number * units->factor;
        return true;
    }
    return false;
}

qk_err qk_token_rate_read(const char *text, uint64_t *out_requests, uint64_t *out_seconds)
{
    const char *slash = strchr(text, '/');
    char count[24] = "";
    uint64_t requests, seconds;

    if (strcmp(text, "unlimited") == 0) {
        *out_requests = *out_seconds = 0;
        return QK_OK;
    }
    if (slash && (size_t)(slash - text) < sizeof count)
        memcpy(count, text, (size_t)(slash - text));
    if (!slash || !read_quantity(count, time_units, UINT32_MAX, &requests) || !isdigit((unsigned char)slash[-1]) ||
        !read_quantity(slash + 1, time_units, 86400, &seconds) || requests == 0 || seconds == 0)
        return qk_fail(QK_E_BAD_ARGUMENT,
                       "'%.40s' is no rate: write 30/10s (requests per time, at most a day), or "
                       "unlimited",
                       text);
    *out_requests = requests;
    *out_seconds = seconds;
    return QK_OK;
}

qk_err qk_token_bytes_read(const char *text, uint64_t *out_bytes)
{
    uint64_t bytes = 0;

    if (strcmp(text, "unlimited") != 0 && (!read_quantity(text, byte_units, INT64_MAX, &bytes) || bytes == 0))
        return qk_fail(QK_E_BAD_ARGUMENT,
                       "'%.40s' is no allotment: write a number of bytes such as 500k, 100M, 5G, or "
                       "unlimited",
                       text);
    *out_bytes = bytes;
    return QK_OK;
}

/* True if the text is a whole date, with or without time. timegm turns 31 February into 3 March, so the day that comes
 * out must be the one that went in. */
static bool read_date(const char *text, int64_t *out)
{
    struct tm date = { 0 }, asked;
    const char *end = strptime(text, "%Y-%m-%d", &date);
    time_t time_;

    if (!end || end != text + 10) /* strptime takes 2027-1-1 too */
        return false;
    if (*end)
        end = strptime(end, "T%H:%M:%SZ", &date);
    if (!end || *end)
        return false;
    asked = date;
    time_ = timegm(&date);
    *out = (int64_t)time_;
    return time_ > 0 && date.tm_mday == asked.tm_mday && date.tm_mon == asked.tm_mon && date.tm_sec == asked.tm_sec;
}

qk_err qk_token_time_read(const char *text, int64_t now, int64_t *out_unix_s)
{
    uint64_t seconds;

    if (strcmp(text, "never") == 0)
        *out_unix_s = 0;
    else if (read_quantity(text, time_units, 1000000ull * 86400, &seconds) && seconds > 0)
        *out_unix_s = now + (int64_t)seconds;
    else if (!read_date(text, out_unix_s))
        return qk_fail(QK_E_BAD_ARGUMENT,
                       "'%.40s' is no time: write 365d, 12h, 2027-01-01, 2027-01-01T12:00:00Z, or "
                       "never",
                       text);
    return QK_OK;
}

/* ---- writing ---- */

void qk_token_rate_write(const qk_token_record *record, char out[QK_TOKEN_TEXT])
{
    if (record->rate_requests == 0)
        snprintf(out, QK_TOKEN_TEXT, "unlimited");
    else
        snprintf(out, QK_TOKEN_TEXT, "%llu in %llu s", (unsigned long long)record->rate_requests,
                 (unsigned long long)record->rate_seconds);
}

void qk_token_bytes_write(uint64_t bytes, char out[QK_TOKEN_TEXT])
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double number = (double)bytes;
    size_t unit = 0;

    while (number >= 1024 && unit + 1 < sizeof units / sizeof units[0]) {
        number /= 1024;
        unit++;
    }
    snprintf(out, QK_TOKEN_TEXT, number == (double)(uint64_t)number ? "%.0f %s" : "%.1f %s", number, units[unit]);
}

void qk_token_time_write(int64_t unix_s, char out[QK_TOKEN_TEXT])
{
    time_t time_ = (time_t)unix_s;
    struct tm date = { 0 };

    if (unix_s == 0 || !gmtime_r(&time_, &date))
        snprintf(out, QK_TOKEN_TEXT, "never");
    else
        strftime(out, QK_TOKEN_TEXT, "%Y-%m-%d %H:%M UTC", &date);
}

void qk_token_scopes_write(unsigned scopes, char out[QK_TOKEN_TEXT])
{
    size_t len = 0;

    *out = 0;
    for (unsigned bit = 1; bit <= QK_SCOPE_ADMIN; bit <<= 1)
        if (scopes & bit)
            len +=
                (size_t)snprintf(out + len, QK_TOKEN_TEXT - len, "%s%s", len ? "," : "", qk_scope_name((qk_scope)bit));
}

const char *qk_token_state(const qk_token_record *record, int64_t now)
{
    if (record->revoked)
        return "revoked";
    if (record->expires_unix_s != 0 && now >= record->expires_unix_s)
        return "expired";
    return now < record->not_before_unix_s ? "not yet valid" : "valid";
}
