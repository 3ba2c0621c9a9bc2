/* SPDX-License-Identifier: Apache-2.0 */
/* Opens many TLS connections to a server, leaves them alone, and says so: for measuring what an idle one costs there.
 * After each handshake the TLS object here is dropped without a word to the server, so that this side stays small.
 *
 *     idle PORT COUNT     on 127.0.0.1; prints "open COUNT" and ends with its standard input */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(unsigned short port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    perror("idle: connect");
    return -1;
}

static int shake_hands(SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    BIO *bio = BIO_new_socket(fd, BIO_NOCLOSE);
    int done;

    if (!ssl || !bio)
        return 0;
    SSL_set_bio(ssl, bio, bio);
    SSL_set_quiet_shutdown(ssl, 1);
    done = SSL_connect(ssl) == 1;
    if (!done)
        ERR_print_errors_fp(stderr);
    SSL_free(ssl);
    return done;
}

int main(int argc, char **argv)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct rlimit limit;
    long count = argc == 3 ? atol(argv[2]) : 0;

    if (count <= 0 || !context) {
        fprintf(stderr, "usage: idle PORT COUNT\n");
        return 2;
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    for (long i = 0; i < count; i++) {
        int fd = connect_to((unsigned short)atoi(argv[1]));
        if (fd < 0 || !shake_hands(context, fd)) {
            fprintf(stderr, "idle: only %ld connections\n", i);
            return 1;
        }
    }
    printf("open %ld\n", count);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
