/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/entropy_token/entropy_token_period.h"

#include <time.h>

/* Years beyond this are no dates but broken clocks; time_t and struct tm have no trouble below it. */
static const int64_t last_second = 253402300799; /* 9999-12-31T23:59:59Z */

static struct tm date_of(int64_t unix_s)
{
    time_t time_ = (time_t)(unix_s < 0 ? 0 : unix_s > last_second ? last_second : unix_s);
    struct tm date = { 0 };

    gmtime_r(&time_, &date);
    return date;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month] + (month == 1 && leap);
}

/* The period's first second in the month that lies `months` after that of `date`. */
static int64_t start_in(const struct tm *date, int months, int day)
{
    int month = date->tm_year * 12 + date->tm_mon + months;
    int year = 1900 + month / 12, last = days_in(1900 + month / 12, month % 12);
    struct tm start = { .tm_year = year - 1900, .tm_mon = month % 12, .tm_mday = day < last ? day : last };

    return (int64_t)timegm(&start);
}

qk_period qk_period_of(int64_t created, int64_t now)
{
    struct tm date = date_of(now);
    int day = date_of(created).tm_mday;
    int months = start_in(&date, 0, day) > now ? -1 : 0;

    return (qk_period){ start_in(&date, months, day), start_in(&date, months + 1, day) };
}

bool qk_period_move(qk_period *period, int64_t created, int64_t now)
{
    bool over = now >= period->ends;

    if (over || now < qk_period_of(created, period->starts - 1).starts)
        *period = qk_period_of(created, now);
    return over;
}
