/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "http/session.h"

/* Made anew once in a second. Source: RFC 9110, section 5.6.7 (the names do not follow the locale). */
const char *qk_http_date(void)
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    static _Thread_local char text[64];
    static _Thread_local time_t made_s;
    time_t now_s = (time_t)qk_clock_unix_s();
    struct tm tm;

    if (now_s == made_s || !gmtime_r(&now_s, &tm))
        return text;
    snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    made_s = now_s;
    return text;
}
