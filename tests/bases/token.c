/* SPDX-License-Identifier: Apache-2.0 */
/* A PKCS #11 library for tests of the seeder, driven by files in the folder $TOKEN_FOLDER:
 *
 *   tokens       a line for each slot from 0 on: LABEL SERIAL (no file: no token); %41 is A, % alone nothing
 *   answer-F     number that function F (C_Login, C_SeedRandom, ...) answers, instead of what it would do
 *   answer-C_SeedRandom-SERIAL  the same for one token
 *   flags, flags-SERIAL         flags of the tokens, or of one, beside those it has
 *   no-flags, no-flags-SERIAL   flags that it has not
 *   count-F      how often F was called is appended to: a line each
 *   seeds-SERIAL every seed that came, as it came
 *   slow, slow-SERIAL, crash    C_SeedRandom takes so many milliseconds, or ends the process
 *   slow-login   C_Login takes so many milliseconds
 *   exit-login   and ends the process then
 *   garbage-SERIAL  C_SeedRandom writes it to descriptor 3, which is the worker's, and does not return
 *
 * As the standard says, slots are counted anew only when C_GetSlotList is asked without a buffer.
 *
 * With TOKEN_COUNT=N there are N tokens, bench-0 on, with serial numbers 0 on, that only count: no file is touched but
 * `total`, which C_Finalize writes: how many seeds there were, and the fewest and most of one token. */
#include <quantoki/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 2000 };

static CK_SLOT_ID slot_of[100000];
static CK_SESSION_HANDLE last;
static int open_sessions;

static CK_ULONG known_slots; /* when they were last counted */

static long counting; /* so many tokens that only count */
static unsigned counts[SLOTS];

static FILE *open_file(const char *name, const char *suffix, const char *mode)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s%s", getenv("TOKEN_FOLDER"), name, suffix);
    return fopen(path, mode);
}

static long number_in(const char *name, const char *suffix, long otherwise)
{
    FILE *file = open_file(name, suffix, "r");
    char text[32] = "";

    if (!file)
        return otherwise;
    if (!fgets(text, sizeof text, file))
        text[0] = 0;
    fclose(file);
    return strtol(text, NULL, 0);
}

static CK_RV note(const char *function)
{
    FILE *file = counting ? NULL : open_file("count-", function, "a");

    if (counting)
        return CKR_OK;
    if (file) {
        fprintf(file, "%d sessions %d\n", (int)getpid(), open_sessions);
        fclose(file);
    }
    return (CK_RV)number_in("answer-", function, CKR_OK);
}

static void decode(const char *text, char out[64])
{
    size_t len = 0;

    for (const char *at = text; *at && len < 63; at++) {
        char digits[3] = { at[0] == '%' ? at[1] : 0, at[0] == '%' && at[1] ? at[2] : 0, 0 };
        if (*at != '%')
            out[len++] = *at;
        else if (digits[1])
            out[len++] = (char)strtol(digits, NULL, 16);
        at += *at == '%' && digits[1] ? 2 : 0;
    }
    out[len] = 0;
}

/* Label and serial of a slot; false if there is none. */
static int read_token(CK_SLOT_ID slot, char label[64], char serial[64])
{
    FILE *file = counting ? NULL : open_file("tokens", "", "r");
    char words[2][100];
    CK_SLOT_ID at = 0;

    if (counting) {
        snprintf(label, 64, "bench-%lu", slot);
        snprintf(serial, 64, "%lu", slot);
        return slot < (CK_SLOT_ID)counting;
    }
    while (file && fscanf(file, "%99s %99s", words[0], words[1]) == 2)
        if (at++ == slot) {
            fclose(file);
            decode(words[0], label);
            decode(words[1], serial);
            return 1;
        }
    if (file)
        fclose(file);
    return 0;
}

static CK_ULONG count_slots(void)
{
    char label[64], serial[64];
    CK_ULONG found = 0;

    while (found < SLOTS && read_token(found, label, serial))
        found++;
    return found;
}

static void pad(CK_UTF8CHAR *out, size_t room, const char *text)
{
    memset(out, ' ', room);
    memcpy(out, text, strlen(text) < room ? strlen(text) : room);
}

static CK_RV initialise(CK_VOID_PTR arguments)
{
    const char *text = getenv("TOKEN_COUNT");

    (void)arguments;
    counting = text ? strtol(text, NULL, 10) : 0;
    known_slots = count_slots();
    return note("C_Initialize");
}

static CK_RV finalise(CK_VOID_PTR reserved)
{
    unsigned long total = 0;
    unsigned least = counts[0], most = 0;
    FILE *file = counting ? open_file("total", "", "w") : NULL;

    (void)reserved;
    for (long i = 0; i < counting; i++) {
        total += counts[i];
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
    }
    if (file) {
        fprintf(file, "%lu %u %u\n", total, least, most);
        fclose(file);
    }
    return note("C_Finalize");
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count)
{
    CK_ULONG room = *count;
    CK_RV rv = note("C_GetSlotList");

    (void)present;
    if (!slots)
        known_slots = count_slots();
    *count = known_slots;
    if (!slots || rv != CKR_OK)
        return rv;
    if (room < known_slots)
        return CKR_BUFFER_TOO_SMALL;
    for (CK_ULONG i = 0; i < known_slots; i++)
        slots[i] = i;
    return CKR_OK;
}

static CK_FLAGS flags_of(const char *serial)
{
    CK_FLAGS more = (CK_FLAGS)(number_in("flags", "", 0) | number_in("flags-", serial, 0));
    CK_FLAGS fewer = (CK_FLAGS)(number_in("no-flags", "", 0) | number_in("no-flags-", serial, 0));

    return ((CKF_TOKEN_INITIALIZED | CKF_RNG) | more) & ~fewer;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO_PTR info)
{
    char label[64], serial[64];

    memset(info, 0, sizeof *info);
    note("C_GetTokenInfo");
    if (!read_token(slot, label, serial))
        return CKR_TOKEN_NOT_PRESENT;
    pad(info->label, sizeof info->label, label);
    pad(info->serialNumber, sizeof info->serialNumber, serial);
    info->flags = counting ? CKF_TOKEN_INITIALIZED | CKF_RNG : flags_of(serial);
    return CKR_OK;
}

static CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE_PTR session)
{
    CK_RV rv = note("C_OpenSession");

    (void)flags;
    (void)application;
    (void)notify;
    if (rv != CKR_OK)
        return rv;
    *session = ++last;
    slot_of[last % 100000] = slot;
    open_sessions++;
    return CKR_OK;
}

static CK_RV close_session(CK_SESSION_HANDLE session)
{
    (void)session;
    open_sessions--;
    return note("C_CloseSession");
}

/* A library that takes a descriptor for its own. */
static void write_garbage(const char *serial)
{
    FILE *file = open_file("garbage-", serial, "r");
    char text[16];
    size_t len = file ? fread(text, 1, sizeof text, file) : 0;

    if (!file)
        return;
    fclose(file);
    if (write(3, text, len) == (ssize_t)len)
        for (;;)
            pause();
}

static void wait_ms(long ms)
{
    if (ms)
        nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

static CK_RV log_in(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG len)
{
    CK_RV rv = note("C_Login");

    (void)session;
    (void)user;
    wait_ms(counting ? 0 : number_in("slow-login", "", 0));
    if (!counting && number_in("exit-login", "", 0))
        _exit(0);
    if (rv != CKR_OK)
        return rv;
    if (len == 24 && memcmp(pin, "right:", 6) == 0) /* a long one, to be searched for in memory */
        return CKR_OK;
    return len == 4 && memcmp(pin, "1234", 4) == 0 ? CKR_OK : CKR_PIN_INCORRECT;
}

static CK_RV log_out(CK_SESSION_HANDLE session)
{
    (void)session;
    return note("C_Logout");
}

static CK_RV seed_random(CK_SESSION_HANDLE session, CK_BYTE_PTR seed, CK_ULONG len)
{
    long slow_ms = counting ? 0 : number_in("slow", "", 0);
    char label[64], serial[64];
    CK_RV rv = note("C_SeedRandom");
    FILE *file;

    if (counting) {
        counts[slot_of[session % 100000]]++;
        return CKR_OK;
    }
    if (number_in("crash", "", 0))
        abort();
    if (read_token(slot_of[session % 100000], label, serial)) {
        slow_ms = slow_ms ? slow_ms : number_in("slow-", serial, 0);
        write_garbage(serial);
        rv = rv != CKR_OK ? rv : (CK_RV)number_in("answer-C_SeedRandom-", serial, CKR_OK);
    }
    wait_ms(slow_ms);
    if (rv != CKR_OK || !read_token(slot_of[session % 100000], label, serial))
        return rv != CKR_OK ? rv : CKR_DEVICE_REMOVED;
    file = open_file("seeds-", serial, "ab");
    if (!file)
        return CKR_DEVICE_ERROR;
    setvbuf(file, NULL, _IONBF, 0); /* tests look for the seed in this process's memory */
    fwrite(seed, 1, len, file);
    fclose(file);
    return CKR_OK;
}

static CK_FUNCTION_LIST functions = {
    .version = { 2, 40 },
    .C_Initialize = initialise,
    .C_Finalize = finalise,
    .C_GetSlotList = get_slot_list,
    .C_GetTokenInfo = get_token_info,
    .C_OpenSession = open_session,
    .C_CloseSession = close_session,
    .C_Login = log_in,
    .C_Logout = log_out,
    .C_SeedRandom = seed_random,
};

__attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list)
{
    *list = &functions;
    return CKR_OK;
}
