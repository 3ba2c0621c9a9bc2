/* SPDX-License-Identifier: Apache-2.0 */
#include "net/test_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/testing.h"

/* Each certificate: a request, then a signature with the extensions it needs. The expired one lasts for no time at
 * all, since newer versions of openssl refuse a negative one. */
static const char script[] =
    "set -e; exec 2>openssl.log >&2; export OPENSSL_CONF=empty.cnf\n"
    "printf '[req]\\ndistinguished_name=dn\\n[dn]\\n' >empty.cnf\n"
    "key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; chmod 600 $1.key; }\n"
    "ca() { key $1; openssl req -new -key $1.key -subj /CN=$1 -out $1.csr\n"
    "  printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=keyCertSign\\nsubjectKeyIdentifier=hash\\n' >$1.ext\n"
    "  openssl x509 -req -in $1.csr -signkey $1.key -extfile $1.ext -days 30 -out $1.pem; }\n"
    "leaf() { key $1; openssl req -new -key $1.key -subj /CN=$1 -out $1.csr; printf \"$3\" >$1.ext\n"
    "  openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -extfile $1.ext -days $4 -out $1.pem; }\n"
    "local='subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\\n'\n"
    "ca ca; ca other-ca\n"
    "leaf server ca \"$local\" 30\n"
    "leaf wrong ca 'subjectAltName=DNS:other.example,IP:192.0.2.1\\n' 30\n"
    "leaf expired ca \"$local\" 0\n"
    "leaf client ca 'extendedKeyUsage=clientAuth\\n' 30\n"
    "leaf foreign other-ca 'extendedKeyUsage=clientAuth\\n' 30\n"
    "key selfsigned; openssl req -new -key selfsigned.key -subj /CN=selfsigned -out selfsigned.csr\n"
    "printf \"$local\" >selfsigned.ext\n"
    "openssl x509 -req -in selfsigned.csr -signkey selfsigned.key -extfile selfsigned.ext -out selfsigned.pem\n"
    "openssl pkey -in client.key -aes256 -passout pass:x -out locked.key; chmod 600 locked.key\n";

void make_certificates(const char *folder)
{
    char command[sizeof script + 128];

    snprintf(command, sizeof command, "cd '%s'\n%s", folder, script);
    assert_int_equal(system(command), 0);
}

/* --- the openssl command line --- */

static void run_server(const char *folder, const char *options, const int *in, const int *out)
{
    char command[512];

    snprintf(command, sizeof command, "exec openssl s_server -accept 127.0.0.1:0 %s", options);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    if (chdir(folder) == 0 && freopen("server.log", "a", stderr))
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

tls_server start_tls_server(const char *folder, const char *options)
{
    static const char ready[] = "ACCEPT 127.0.0.1:";
    tls_server server = { 0 };
    int in[2], out[2];
    char said[4096] = "";
    size_t len = 0;
    ssize_t got;

    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    server.pid = fork();
    assert_true(server.pid >= 0);
    if (server.pid == 0)
        run_server(folder, options, in, out);
    close(in[0]);
    close(out[1]);
    server.input = in[1];
    server.output = out[0];
    while (!strstr(said, ready) || said[len - 1] != '\n') { /* byte by byte: what follows belongs to the test */
        got = read(server.output, said + len, 1);
        if (got <= 0 || len + 2 > sizeof said)
            fail_msg("openssl s_server %s did not start: %s", options, said);
        len += (size_t)got;
        said[len] = 0;
    }
    server.port = (uint16_t)atoi(strstr(said, ready) + sizeof ready - 1);
    return server;
}

void stop_tls_server(tls_server *server)
{
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    close(server->input);
    close(server->output);
}

/* --- raw sockets --- */

static int listen_somewhere(uint16_t *out_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *out_port = ntohs(address.sin_port);
    return fd;
}

static void *serve(void *argument)
{
    raw_server *server = argument;

    for (;;) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return NULL;
        server->handle(fd, server->context);
        close(fd);
    }
}

void start_raw_server(raw_server *server, raw_handler handle, const void *context)
{
    server->listener = listen_somewhere(&server->port);
    server->handle = handle;
    server->context = context;
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

void stop_raw_server(raw_server *server)
{
    shutdown(server->listener, SHUT_RDWR); /* wakes accept() */
    pthread_join(server->thread, NULL);
    close(server->listener);
}

uint16_t unused_port(void)
{
    uint16_t port;

    close(listen_somewhere(&port));
    return port;
}

void send_all(int fd, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        at += sent;
        len -= (size_t)sent;
    }
}

bool take_request(int fd, char *out, size_t room)
{
    char *asked = calloc(1, room), *end = NULL, *length;
    size_t len = 0, body = 0;
    bool whole = false;

    while (asked && len < room - 1 && !whole) {
        ssize_t got = recv(fd, asked + len, room - 1 - len, 0);
        if (got <= 0)
            break;
        len += (size_t)got;
        end = strstr(asked, "\r\n\r\n");
        length = strstr(asked, "\r\nContent-Length: ");
        if (end && length)
            body = strtoul(length + 18, NULL, 10);
        whole = end && len >= (size_t)(end + 4 - asked) + body;
    }
    if (whole)
        memcpy(out, asked, room);
    free(asked);
    return whole;
}

void wait_for_close(int fd)
{
    char dropped[4096];

    while (recv(fd, dropped, sizeof dropped, 0) > 0)
        continue;
}
