/* SPDX-License-Identifier: Apache-2.0 */
/* A login that waits for its server: slot 1 is a remote token whose IAM service, a stand-in here, takes the request and
 * answers only when it is told to. Until then everybody else goes on, save who wants to log in to the same token.
 *
 * If one of them waited after all, the stand-in would give up some time and the check that the login still waits would
 * fail: so a mistake costs time, and what is right costs none. */
#include "conformance.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static const char granted[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n"
                              "Connection: close\r\n\r\n"
                              "{\"access_token\":\"a.bearer.token\",\"expires_in\":900}";
static const char denied[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

static int listener = -1;
static int tell[2], heard[2]; /* pipes: to the stand-in, and from it */
static atomic_bool over;      /* the login */
static char *key = (char *)(uintptr_t) "an API key";

/* ---- the stand-in ---- */

static unsigned short listen_somewhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 4) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&address, &len) == 0);
    return ntohs(address.sin_port);
}

/* Reads the request's head and the body of C_Login's key, which is one write of the module's. */
static bool read_request(int peer)
{
    char request[4096];
    size_t len = 0;

    while (len < sizeof request - 1) {
        ssize_t more = read(peer, request + len, sizeof request - 1 - len);
        if (more <= 0)
            return false;
        len += (size_t)more;
        request[len] = 0;
        if (strstr(request, "apikey=an%20API%20key"))
            return strncmp(request, "POST /identity/token ", 21) == 0;
    }
    return false;
}

/* One request; 'y' from the pipe grants it, anything else or nothing denies it. */
static void *stand_in(void *unused)
{
    struct pollfd told = { .fd = tell[0], .events = POLLIN };
    char word = 'n';
    int peer = accept(listener, NULL, NULL);
    const char *answer;

    (void)unused;
    CHECK(peer >= 0 && read_request(peer));
    CHECK(write(heard[1], "h", 1) == 1);
    if (poll(&told, 1, PATIENCE_MS) == 1)
        CHECK(read(tell[0], &word, 1) == 1);
    answer = word == 'y' ? granted : denied;
    CHECK(write(peer, answer, strlen(answer)) == (ssize_t)strlen(answer));
    close(peer);
    return NULL;
}

/* ---- who logs in ---- */

static CK_RV log_in(CK_SESSION_HANDLE at)
{
    return p11->C_Login(at, CKU_USER, (CK_UTF8CHAR *)key, strlen(key));
}

static void *log_in_slowly(void *at)
{
    CK_RV rv = log_in((CK_SESSION_HANDLE)(uintptr_t)at);

    atomic_store(&over, true);
    return (void *)(uintptr_t)rv;
}

static void *log_in_too(void *at)
{
    return (void *)(uintptr_t)log_in((CK_SESSION_HANDLE)(uintptr_t)at);
}

/* ---- who does not wait ---- */

static void work_beside(CK_SESSION_HANDLE at, CK_SLOT_ID slot)
{
    CK_BYTE out[64];
    CK_ULONG len = sizeof out;
    CK_SESSION_INFO info;
    CK_SLOT_INFO about;
    CK_SESSION_HANDLE another = open_on(slot, 0), third = open_on(slot, CKF_RW_SESSION);

    OK(p11->C_GetSlotInfo(slot, &about));
    OK(p11->C_GetSessionInfo(at, &info));
    OK(p11->C_DigestInit(at, &sha256));
    OK(p11->C_Digest(at, out, 16, out, &len));
    OK(p11->C_DestroyObject(at, make_data(at, false, false, "beside")));
    OK(p11->C_CloseSession(another));
    OK(p11->C_CloseSession(third));
    CHECK(!atomic_load(&over));
}

/* Of the slot that somebody is logging in to. */
static void the_same_slot_goes_on(CK_SESSION_HANDLE at)
{
    work_beside(at, 1);
    RV(p11->C_Logout(at), CKR_USER_NOT_LOGGED_IN);
    RV(p11->C_Login(at, CKU_CONTEXT_SPECIFIC, NULL, 4), CKR_ARGUMENTS_BAD);
    CHECK(!atomic_load(&over));
}

static void other_slots_go_on(void)
{
    CK_SESSION_HANDLE at = open_on(0, CKF_RW_SESSION);
    CK_OBJECT_HANDLE public_key, private_key;

    OK(login(at, CKU_USER));
    work_beside(at, 0);
    make_ec(at, &public_key, &private_key);
    CHECK(count_label(at, "nobody has this label") == 0);
    OK(p11->C_Logout(at));
    OK(p11->C_CloseAllSessions(0));
    CHECK(!atomic_load(&over));
}

/* ---- together ---- */

static char *configure(unsigned short port)
{
    char yaml[512];

    snprintf(yaml, sizeof yaml,
             "tokens:\n"
             "  0:\n    embedded: { path: \"%s/token0\" }\n"
             "  1:\n    grep11connection: { address: \"127.0.0.1\", port: 9, call_timeout_ms: 20000, "
             "tls: { enabled: false } }\n"
             "    storage: { remotestore: { enabled: false } }\n"
             "    users:\n"
             "      1: { name: user, iamauth: { enabled: true, endpoint: \"http://127.0.0.1:%u\" } }\n",
             folder, port);
    return use_config(yaml);
}

static void begin_login(CK_SESSION_HANDLE at, pthread_t *server, pthread_t *thread)
{
    char word;

    atomic_store(&over, false);
    CHECK(pthread_create(server, NULL, stand_in, NULL) == 0);
    CHECK(pthread_create(thread, NULL, log_in_slowly, (void *)(uintptr_t)at) == 0);
    CHECK(read(heard[0], &word, 1) == 1); /* from here on it waits */
}

static void end_login(const char *word, pthread_t server, pthread_t thread, CK_RV wanted)
{
    void *rv;

    CHECK(write(tell[1], word, 1) == 1);
    CHECK(pthread_join(thread, &rv) == 0);
    CHECK((CK_RV)(uintptr_t)rv == wanted);
    CHECK(pthread_join(server, NULL) == 0);
}

static void log_in_beside_others(void)
{
    CK_SESSION_HANDLE slow = open_on(1, CKF_RW_SESSION), beside = open_on(1, CKF_RW_SESSION);
    pthread_t server, thread, second;
    CK_SESSION_INFO info;
    void *rv;

    begin_login(slow, &server, &thread);
    the_same_slot_goes_on(beside);
    other_slots_go_on();
    end_login("n", server, thread, CKR_PIN_INCORRECT);
    begin_login(slow, &server, &thread);
    CHECK(pthread_create(&second, NULL, log_in_too, (void *)(uintptr_t)beside) == 0);
    OK(p11->C_GetSlotInfo(1, &(CK_SLOT_INFO){ .flags = 0 }));
    end_login("y", server, thread, CKR_OK);
    CHECK(pthread_join(second, &rv) == 0);
    CHECK((CK_RV)(uintptr_t)rv == CKR_USER_ALREADY_LOGGED_IN);
    OK(p11->C_GetSessionInfo(beside, &info));
    CHECK(info.state == CKS_RW_USER_FUNCTIONS);
    OK(p11->C_Logout(beside));
}

static void a_slow_login_keeps_nobody_waiting(void)
{
    char *usual;

    CHECK(pipe(tell) == 0 && pipe(heard) == 0);
    usual = configure(listen_somewhere());
    OK(p11->C_Initialize(NULL));
    log_in_beside_others();
    OK(p11->C_Finalize(NULL));
    use_usual_config(usual);
    close(listener);
    for (int i = 0; i < 2; i++) {
        close(tell[i]);
        close(heard[i]);
    }
}

const test_case slow_cases[] = {
    { "a slow login keeps nobody waiting", a_slow_login_keeps_nobody_waiting, false, true },
    { NULL, NULL, false, false },
};
