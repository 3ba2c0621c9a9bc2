/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, as the configuration has them, and the headers of answers. Requests are in http_connection.c. */
#include "net/http.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* --- URLs --- */

static qk_err fail_url(const char *what)
{
    return qk_fail(QK_E_CONFIG, "an address must look like https://host:port/path: %s", what);
}

/* "host", "host:port", "[::1]:port" -> host and what follows it. */
static qk_err read_host(const char **text, qk_url *out)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    bool bracket = **text == '[';
    const char *start = *text + bracket;
    size_t len = strspn(start, bracket ? "0123456789abcdefABCDEF:." : name);

    if (len == 0 || len >= sizeof out->host)
        return fail_url("the host is missing, too long, or has characters that hosts do not have");
    memcpy(out->host, start, len);
    out->host[len] = 0;
    if (bracket && start[len] != ']')
        return fail_url("']' is missing");
    *text = start + len + bracket;
    return QK_OK;
}

static qk_err read_port(const char **text, qk_url *out)
{
    unsigned long port;
    char *end;

    if (**text != ':')
        return QK_OK;
    if (!isdigit((unsigned char)(*text)[1]))
        return fail_url("the port is not a number");
    port = strtoul(*text + 1, &end, 10);
    if (port == 0 || port > 65535)
        return fail_url("the port is not within 1 to 65535");
    out->port = (uint16_t)port;
    *text = end;
    return QK_OK;
}

static qk_err read_path(const char *text, qk_url *out)
{
    if (*text && *text != '/' && *text != '?')
        return fail_url("something unexpected follows the host");
    for (const char *c = text; *c; c++)
        if (*c <= 0x20 || *c >= 0x7f || *c == '#')
            return fail_url("spaces, '#' and characters beyond ASCII must be written as %XX");
    if ((size_t)snprintf(out->path, sizeof out->path, "%s%s", *text == '/' ? "" : "/", text) >= sizeof out->path)
        return fail_url("the path is too long");
    return QK_OK;
}

qk_err qk_url_read(const char *text, qk_url *out)
{
    qk_url url = { .tls = strncasecmp(text, "https://", 8) == 0 };

    if (!url.tls && strncasecmp(text, "http://", 7) != 0)
        return fail_url("it must begin with https:// or http://");
    text += url.tls ? 8 : 7;
    url.port = url.tls ? 443 : 80;
    QK_TRY(read_host(&text, &url));
    QK_TRY(read_port(&text, &url));
    QK_TRY(read_path(text, &url));
    *out = url;
    return QK_OK;
}

/* 127.0.0.1, and any other of 127.0.0.0/8 in full; "127.example" is a name like any other. */
static bool is_loopback_ipv4(const char *host)
{
    return strncmp(host, "127.", 4) == 0 && host[strspn(host, "0123456789.")] == 0;
}

bool qk_url_is_loopback(const qk_url *url)
{
    return is_loopback_ipv4(url->host) || strcmp(url->host, "::1") == 0 || strcasecmp(url->host, "localhost") == 0;
}

/* --- headers --- */

bool qk_http_answer_field(const qk_http_answer *answer, const char *name, qk_buf *out_value)
{
    qk_reader lines = qk_reader_of(answer->fields);
    size_t len = strlen(name);
    bool found = false;

    while (lines.rest.len > 0) {
        const uint8_t *end = memchr(lines.rest.data, '\n', lines.rest.len); /* there is one: so they were written */
        qk_view line = qk_read(&lines, (size_t)(end - lines.rest.data) + 1);
        if (line.len < len + 2 || line.data[len] != ':' || strncasecmp((const char *)line.data, name, len) != 0)
            continue;
        qk_buf_put_text(out_value, found ? ", " : "");
        qk_buf_put(out_value, qk_view_slice(line, len + 1, line.len - len - 2));
        found = true;
    }
    return found;
}
