/* SPDX-License-Identifier: Apache-2.0 */
/* clang-format off */
/* An application that draws random through a PKCS #11 library, for what a test cannot do in its own process.
 *
 * wrapper-user LIBRARY SLOT start          tells what C_Initialize answers
 * wrapper-user LIBRARY SLOT draw N         N times 32 bytes, wiped at once; then "drawn", and waits for standard input
 * wrapper-user LIBRARY SLOT show N         the same, but the bytes go to standard output first
 * wrapper-user LIBRARY SLOT leave MS       ends the process after so many milliseconds, without C_Finalize
 * wrapper-user LIBRARY SLOT leave-late MS  the same, and draws and finalises in a handler that runs after the library's
 * wrapper-user LIBRARY SLOT cancel         draws in a thread and cancels it when a line comes; then C_Finalize
 * wrapper-user LIBRARY SLOT threads T N    N times 32 bytes in each of T threads; tells how often 64-bit words came twice
 */
/* clang-format on */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <quantoki/pkcs11.h>

enum { DRAW = 32, WORDS = DRAW / 8, MOST_THREADS = 256 };

static CK_FUNCTION_LIST_PTR p11;
static CK_SLOT_ID slot;
static size_t draws;
static CK_SESSION_HANDLE late_session;

static void fail(const char *what, CK_RV rv)
{
    printf("%s 0x%lx\n", what, rv);
    exit(1);
}

static void load(const char *path)
{
    CK_C_GetFunctionList get = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (handle)
        *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (!get || get(&p11) != CKR_OK)
        fail(dlerror(), 0);
}

static CK_SESSION_HANDLE open_session(void)
{
    CK_SESSION_HANDLE session = 0;
    CK_RV rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);

    if (rv != CKR_OK)
        fail("C_OpenSession", rv);
    return session;
}

static void draw_into(CK_SESSION_HANDLE session, CK_BYTE *place)
{
    CK_RV rv = p11->C_GenerateRandom(session, place, DRAW);

    if (rv != CKR_OK)
        fail("C_GenerateRandom", rv);
}

/* `show`: no copy of the bytes is kept, as stdio would. */
static void draw_and_wait(bool show)
{
    CK_SESSION_HANDLE session = open_session();
    CK_BYTE place[DRAW];

    for (size_t i = 0; i < draws; i++) {
        draw_into(session, place);
        if (show && write(STDOUT_FILENO, place, sizeof place) != sizeof place)
            fail("write", 0);
        explicit_bzero(place, sizeof place);
    }
    printf("drawn\n");
    fflush(stdout);
    getchar();
}

static void *draw_in_thread(void *arg)
{
    CK_SESSION_HANDLE session = open_session();

    for (size_t i = 0; i < draws; i++)
        draw_into(session, (CK_BYTE *)arg + i * DRAW);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void draw_in_threads(size_t count)
{
    pthread_t threads[MOST_THREADS];
    size_t words = count * draws * WORDS, twice = 0;
    uint64_t *all = calloc(words, sizeof *all);

    for (size_t i = 0; all && i < count; i++)
        if (pthread_create(&threads[i], NULL, draw_in_thread, all + i * draws * WORDS) != 0)
            fail("pthread_create", 0);
    for (size_t i = 0; all && i < count; i++)
        pthread_join(threads[i], NULL);
    if (!all)
        fail("calloc", 0);
    qsort(all, words, sizeof *all, compare);
    for (size_t i = 1; i < words; i++)
        twice += all[i] == all[i - 1];
    printf("words %zu twice %zu\n", words, twice);
    free(all);
}

/* Registered before C_Initialize, so it runs when OpenSSL is gone. */
static void finalise_late(void)
{
    CK_BYTE place[DRAW];
    CK_RV drawn = p11->C_GenerateRandom(late_session, place, sizeof place);

    printf("C_GenerateRandom 0x%lx C_Finalize 0x%lx\n", drawn, p11->C_Finalize(NULL));
}

static void leave(unsigned long ms)
{
    late_session = open_session();
    usleep((useconds_t)(ms * 1000));
    exit(0);
}

static void *draw_and_be_cancelled(void *arg)
{
    CK_BYTE place[DRAW];

    draw_into(open_session(), place);
    pthread_testcancel();
    return arg;
}

static void cancel_a_draw(void)
{
    pthread_t thread;
    void *result = NULL;

    if (pthread_create(&thread, NULL, draw_and_be_cancelled, NULL) != 0)
        fail("pthread_create", 0);
    getchar();
    pthread_cancel(thread);
    printf("cancelled\n");
    fflush(stdout);
    pthread_join(thread, &result);
    printf("%s\n", result == PTHREAD_CANCELED ? "ended" : "went on");
    fail("C_Finalize", p11->C_Finalize(NULL));
}

int main(int argc, char **argv)
{
    CK_C_INITIALIZE_ARGS arguments = { .flags = CKF_OS_LOCKING_OK };
    CK_RV rv;

    if (argc < 4)
        return 2;
    load(argv[1]);
    slot = strtoul(argv[2], NULL, 0);
    if (strcmp(argv[3], "leave-late") == 0 && atexit(finalise_late) != 0)
        fail("atexit", 0);
    rv = p11->C_Initialize(&arguments);
    if (rv != CKR_OK || strcmp(argv[3], "start") == 0)
        fail("C_Initialize", rv);
    draws = argc > 4 ? strtoul(argv[argc - 1], NULL, 0) : 0;
    if (strcmp(argv[3], "draw") == 0 || strcmp(argv[3], "show") == 0)
        draw_and_wait(argv[3][0] == 's');
    else if (strncmp(argv[3], "leave", 5) == 0)
        leave(draws);
    else if (strcmp(argv[3], "cancel") == 0)
        cancel_a_draw();
    else if (argc == 6 && strtoul(argv[4], NULL, 0) <= MOST_THREADS)
        draw_in_threads(strtoul(argv[4], NULL, 0));
    p11->C_Finalize(NULL);
    return 0;
}
