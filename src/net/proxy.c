/* SPDX-License-Identifier: Apache-2.0 */
#include "net/proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "net/http_parser.h"
#include "net/socket.h"

/* ---- which one ---- */

static const char *variable(const char *const names[])
{
    for (size_t i = 0; names[i]; i++) {
        const char *value = secure_getenv(names[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

/* "example.org" and ".example.org" mean the host and whatever lies below it. */
static bool is_below(const char *host, const char *domain, size_t len)
{
    size_t host_len = strlen(host);

    if (len > 0 && *domain == '.') {
        domain++;
        len--;
    }
    return len > 0 && len <= host_len && strncasecmp(host + host_len - len, domain, len) == 0 &&
           (len == host_len || host[host_len - len - 1] == '.');
}

static bool is_excepted(const char *host, const char *list)
{
    for (size_t len; list && *(list += strspn(list, ", ")); list += len) {
        len = strcspn(list, ", ");
        if ((len == 1 && *list == '*') || is_below(host, list, len))
            return true;
    }
    return false;
}

static const char *of_environment(const qk_url *url)
{
    static const char *const proxies[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };
    static const char *const exceptions[] = { "no_proxy", "NO_PROXY", NULL };

    if (qk_url_is_loopback(url) || is_excepted(url->host, variable(exceptions)))
        return NULL;
    return variable(proxies);
}

qk_err qk_proxy_choose(const char *setting, const qk_url *url, qk_url *out_proxy)
{
    const char *chosen = setting && *setting ? setting : of_environment(url);
    qk_url proxy;

    *out_proxy = (qk_url){ 0 };
    if (!url->tls || !chosen || strcmp(chosen, "none") == 0)
        return QK_OK;
    if (strchr(chosen, '@'))
        return qk_fail(QK_E_CONFIG, "the proxy's address holds a name and a password: a login at a proxy is not known");
    if (qk_url_read(chosen, &proxy) != QK_OK || proxy.tls || strcmp(proxy.path, "/") != 0)
        return qk_fail(QK_E_CONFIG, "%.200s is no proxy: http://host:port, or none", chosen);
    *out_proxy = proxy;
    return QK_OK;
}

/* ---- the tunnel ---- */

static qk_err send_all(int fd, qk_view bytes, qk_deadline_ms deadline)
{
    while (bytes.len > 0) {
        size_t sent = 0;
        qk_io io = qk_socket_send(fd, bytes.data, bytes.len, deadline, &sent);
        if (io != QK_IO_DONE)
            return qk_fail(QK_E_SERVER_AWAY, "the proxy takes nothing: %s",
                           io == QK_IO_LATE ? "not in time" : strerror(errno));
        bytes = qk_view_slice(bytes, sent, bytes.len);
    }
    return QK_OK;
}

/* Byte for byte: what follows the head is the server's. */
static qk_err read_head(int fd, qk_http_parser *parser, qk_deadline_ms deadline)
{
    while (!qk_http_parser_complete(parser)) {
        uint8_t byte;
        size_t len = 0;
        qk_io io = qk_socket_recv(fd, &byte, 1, deadline, &len);
        if (io != QK_IO_DONE)
            return qk_fail(QK_E_SERVER_AWAY, "the proxy answers nothing: %s",
                           io == QK_IO_LATE  ? "not in time"
                           : io == QK_IO_END ? "it closed the connection"
                                             : strerror(errno));
        QK_TRY(qk_http_parser_feed(parser, qk_view_of(&byte, 1)));
    }
    return QK_OK;
}

qk_err qk_proxy_tunnel(int fd, const char *host, uint16_t port, qk_deadline_ms deadline)
{
    QK_OWNED(qk_buf_done) qk_buf request = QK_BUF_NONE;
    QK_OWNED(qk_http_parser_done) qk_http_parser parser;
    bool address = strchr(host, ':') != NULL;

    qk_http_parser_init(&parser, 0, true);
    for (int i = 0; i < 2; i++)
        qk_buf_printf(&request, "%s%s%s%s:%u%s", i ? "Host: " : "CONNECT ", address ? "[" : "", host,
                      address ? "]" : "", port, i ? "\r\n" : " HTTP/1.1\r\n");
    qk_buf_put_text(&request, "User-Agent: quantoki/" QK_VERSION "\r\n\r\n");
    QK_TRY(qk_buf_check(&request));
    QK_TRY(send_all(fd, qk_buf_view(&request), deadline));
    QK_TRY(read_head(fd, &parser, deadline));
    if (parser.status >= 200 && parser.status < 300)
        return QK_OK;
    return qk_fail(QK_E_SERVER_AWAY, "the proxy makes no connection to %s:%u (HTTP %d%s)", host, port, parser.status,
                   parser.status == 407 ? ": it wants a login, which is not known here" : "");
}
