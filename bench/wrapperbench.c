/* SPDX-License-Identifier: Apache-2.0 */
/* What the wrapper costs: a forwarded C_GetSessionInfo beside the direct call, and C_GenerateRandom from its pool.
 *
 * wrapperbench WRAPPER BASE; the environment names the service (docs/entropy-wrapper.md). */
#include <dlfcn.h>
#include <pthread.h>
#include <quantoki/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CALLS = 20000000, ROUNDS = 5, DRAWS = 1000000, LATE_DRAWS = 100000 };

static CK_FUNCTION_LIST *wrapper;

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static CK_FUNCTION_LIST *load(const char *path)
{
    CK_FUNCTION_LIST *list = NULL;
    CK_C_GetFunctionList get = NULL;
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (handle)
        *(void **)&get = dlsym(handle, "C_GetFunctionList");
    if (!get || get(&list) != CKR_OK) {
        fprintf(stderr, "wrapperbench: %s: %s\n", path, dlerror());
        exit(1);
    }
    return list;
}

static double call_ns(CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;
    double start = now_ns();

    for (int i = 0; i < CALLS; i++)
        list->C_GetSessionInfo(session, &info);
    return (now_ns() - start) / CALLS;
}

static void measure_forwarding(CK_FUNCTION_LIST *base, CK_SESSION_HANDLE session)
{
    double direct = 1e9, wrapped = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        double a = call_ns(base, session), b = call_ns(wrapper, session);
        direct = a < direct ? a : direct;
        wrapped = b < wrapped ? b : wrapped;
    }
    printf("C_GetSessionInfo            direct %.1f ns, wrapped %.1f ns, forwarding %.1f ns\n", direct, wrapped,
           wrapped - direct);
}

static void *draw(void *arg)
{
    CK_SESSION_HANDLE session;
    CK_BYTE out[32];

    (void)arg;
    if (wrapper->C_OpenSession(7, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
        exit(1);
    for (int i = 0; i < DRAWS; i++)
        if (wrapper->C_GenerateRandom(session, out, sizeof out) != CKR_OK) {
            fprintf(stderr, "wrapperbench: C_GenerateRandom fails\n");
            exit(1);
        }
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Most calls find the pool full: what one of those takes, without the downloads. */
static void measure_latency(CK_SESSION_HANDLE session)
{
    double *each = malloc(LATE_DRAWS * sizeof *each);
    CK_BYTE out[32];

    for (int i = 0; each && i < LATE_DRAWS; i++) {
        double start = now_ns();
        if (wrapper->C_GenerateRandom(session, out, sizeof out) != CKR_OK)
            exit(1);
        each[i] = now_ns() - start;
    }
    if (!each)
        exit(1);
    qsort(each, LATE_DRAWS, sizeof *each, compare);
    printf("C_GenerateRandom 32 bytes   from the pool: p50 %.0f ns, p90 %.0f ns (a clock call of these included)\n",
           each[LATE_DRAWS / 2], each[LATE_DRAWS / 10 * 9]);
    free(each);
}

static void measure_random(long threads)
{
    pthread_t ids[64];
    double start = now_ns(), seconds;

    for (long i = 0; i < threads; i++)
        pthread_create(&ids[i], NULL, draw, NULL);
    for (long i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    seconds = (now_ns() - start) / 1e9;
    printf("C_GenerateRandom 32 bytes   %ld thread(s): %.0f calls/s, %.2f us each\n", threads,
           (double)(DRAWS * threads) / seconds, seconds * 1e6 * (double)threads / (double)(DRAWS * threads));
}

int main(int argc, char **argv)
{
    CK_FUNCTION_LIST *base;
    CK_SESSION_HANDLE session;

    if (argc < 3)
        return 2;
    base = load(argv[2]);
    wrapper = load(argv[1]);
    if (wrapper->C_Initialize(NULL) != CKR_OK || wrapper->C_OpenSession(7, CKF_SERIAL_SESSION, NULL, NULL, &session))
        return 1;
    measure_forwarding(base, session);
    measure_latency(session);
    measure_random(1);
    measure_random(4);
    wrapper->C_Finalize(NULL);
    return 0;
}
