/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests alone: real TLS servers (the openssl command line) and hostile ones (a thread on a raw socket), on
 * loopback ports that the system chooses. All end with the test. */
#ifndef QK_NET_TEST_SERVER_H
#define QK_NET_TEST_SERVER_H

#include <pthread.h>
#include <sys/types.h>

#include "net/tls.h"

/* Makes in the folder: ca.pem, other-ca.pem, and pairs NAME.pem / NAME.key: server (localhost, 127.0.0.1, ::1),
 * wrong (other.example, 192.0.2.1), expired, selfsigned, client, foreign (a client of the other CA). */
void make_certificates(const char *folder);

typedef struct tls_server {
    pid_t pid;
    uint16_t port;
    int input, output; /* what it writes to its client and what it says, unless options give them other meanings */
} tls_server;

/* `openssl s_server` in the folder with these options, e.g. "-cert server.pem -key server.key -rev"; returns once it
 * listens. */
tls_server start_tls_server(const char *folder, const char *options);
void stop_tls_server(tls_server *server);

/* Serves one connection after the other until it is stopped. */
typedef void (*raw_handler)(int fd, const void *context);
typedef struct raw_server {
    pthread_t thread;
    int listener;
    uint16_t port;
    raw_handler handle;
    const void *context;
} raw_server;

void start_raw_server(raw_server *server, raw_handler handle, const void *context);
void stop_raw_server(raw_server *server);
/* A port on which nobody listens. */
uint16_t unused_port(void);

/* For handlers. */
void send_all(int fd, const void *data, size_t len);
/* A whole request, with its body if it has a length, ended by a zero byte. False: the client has closed, or there is no
 * room; then nothing is written. */
bool take_request(int fd, char *out, size_t room);
void wait_for_close(int fd); /* reads and drops until the client closes */

#endif
