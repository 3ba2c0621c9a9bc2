/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP proxies on the way to an HTTPS server: which one, and how it is asked for a tunnel. What passes through the
 * tunnel is TLS with the server itself; the proxy learns its name and how many bytes there are. No login at the proxy.
 */
#ifndef QK_NET_PROXY_H
#define QK_NET_PROXY_H

#include "net/http.h"

/* The proxy on the way to `url`; an empty host if there is none.
 *
 *   setting   http://host[:port], or "none"; NULL or "": as the environment says (https_proxy, HTTPS_PROXY, all_proxy,
 *             ALL_PROXY; no_proxy, NO_PROXY), as curl reads it; in set-uid programs that says nothing
 *
 * Plain http (it goes to loopback alone) has none, and what the environment says is not for loopback. QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_proxy_choose(const char *setting, const qk_url *url, qk_url *out_proxy);

/* On a connection to the proxy: asks for a tunnel to host and port (CONNECT; RFC 9110, section 9.3.6). Afterwards the
 * connection is one to them. QK_E_SERVER_AWAY says what the proxy answered, QK_E_PROTOCOL that it is none. */
QK_MUST_CHECK qk_err qk_proxy_tunnel(int fd, const char *host, uint16_t port, qk_deadline_ms deadline);

#endif
