/* SPDX-License-Identifier: Apache-2.0 */
/* The target as an ordinary test: every kept input, and mutations of them that are the same in each run.
 *
 *     usage: <target>_replay MUTATIONS FILE...
 *
 * One case is the seeds, one the mutations, and each input that once did harm (a file in found/) is a case of its own.
 * If the program dies (or hangs and is ended) it says on which input, and leaves it as crash-<target> in the current
 * folder. */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_INPUTS = 512, LONGEST = 1 << 20, LONGEST_MUTATION = 64 * 1024 };

typedef struct input {
    const char *path;
    uint8_t *data;
    size_t len;
} input;

static input inputs[MOST_INPUTS];
static size_t input_count;

/* ---- what is running, for the last words ---- */

static const char *program;
static char label[512];
static qk_view running;

static void last_words(void)
{
    char path[256];
    int fd;

    snprintf(path, sizeof path, "crash-%s", program);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dprintf(STDERR_FILENO, "died of %s; the input is in %s\n", label, path);
    if (fd >= 0 && write(fd, running.data, running.len) < 0)
        dprintf(STDERR_FILENO, "%s: %s\n", path, strerror(errno));
}

static void on_signal(int number)
{
    last_words();
    signal(number, SIG_DFL);
    raise(number);
}

/* The sanitizers' runtime has this; elsewhere it is NULL. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

static void watch_for_death(const char *path)
{
    static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM };

    program = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(last_words);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i] == SIGABRT || numbers[i] == SIGTERM || !__sanitizer_set_death_callback)
            signal(numbers[i], on_signal);
}

/* A copy of exactly its length, so that a byte beyond it is not ours. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    memcpy(copy, data, len);
    running = qk_view_of(copy, len);
    fuzz(running);
    free(copy);
}

/* ---- mutations ---- */

static uint64_t noise_state = 0x51554154544f4b49;

static size_t below(size_t limit) /* xorshift64 */
{
    noise_state ^= noise_state << 13;
    noise_state ^= noise_state >> 7;
    noise_state ^= noise_state << 17;
    return limit ? (size_t)(noise_state >> 11) % limit : 0;
}

/* What length fields and counters stumble over. */
static const uint8_t edges[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff, '"', '\n', ' ', '%' };

static void flip_bit(uint8_t *data, size_t *len)
{
    if (*len)
        data[below(*len)] ^= (uint8_t)(1U << below(8));
}

static void set_edge(uint8_t *data, size_t *len)
{
    if (*len)
        data[below(*len)] = edges[below(sizeof edges)];
}

static void set_run(uint8_t *data, size_t *len) /* up to eight equal bytes: a wide length */
{
    size_t at = below(*len), count = 1 + below(8);

    if (count <= *len - at)
        memset(data + at, edges[below(6)], count);
}

static void add_one(uint8_t *data, size_t *len)
{
    size_t at = below(*len);

    if (*len)
        data[at] = (uint8_t)(data[at] + (below(2) ? 1 : 0xff));
}

static void cut_out(uint8_t *data, size_t *len)
{
    size_t at = below(*len), count = 1 + below(16);

    if (count > *len - at)
        count = *len - at;
    memmove(data + at, data + at + count, *len - at - count);
    *len -= count;
}

static void truncate_it(uint8_t *data, size_t *len)
{
    (void)data;
    *len = below(*len + 1);
}

static void repeat_part(uint8_t *data, size_t *len)
{
    size_t at = below(*len), count = 1 + below(*len - at);

    if (*len && count <= LONGEST_MUTATION - *len) {
        memmove(data + at + count, data + at, *len - at);
        *len += count;
    }
}

static void splice_another(uint8_t *data, size_t *len)
{
    const input *other = &inputs[below(input_count)];
    size_t from = below(other->len), count = below(other->len - from + 1), at = below(*len + 1);

    if (count > LONGEST_MUTATION - at)
        count = LONGEST_MUTATION - at;
    memcpy(data + at, other->data + from, count);
    if (at + count > *len)
        *len = at + count;
}

static void (*const mutations[])(uint8_t *data, size_t *len) = {
    flip_bit, flip_bit, set_edge, set_edge, set_run, add_one, cut_out, truncate_it, repeat_part, splice_another,
};

static void run_mutation(size_t number)
{
    static uint8_t data[LONGEST_MUTATION];
    const input *seed = &inputs[number % input_count];
    size_t len = seed->len < LONGEST_MUTATION ? seed->len : LONGEST_MUTATION;

    memcpy(data, seed->data, len);
    for (size_t left = 1 + below(4); left > 0; left--)
        mutations[below(sizeof mutations / sizeof mutations[0])](data, &len);
    snprintf(label, sizeof label, "mutation %zu, of %s", number, seed->path);
    run(data, len);
}

/* ---- the test ---- */

static void load(const char *path)
{
    input *it = &inputs[input_count];
    FILE *file = fopen(path, "rb");

    it->path = path;
    it->data = malloc(LONGEST);
    if (!file || !it->data || input_count == MOST_INPUTS - 1) {
        printf("Bail out! %s cannot be loaded\n", path);
        exit(1);
    }
    it->len = fread(it->data, 1, LONGEST, file);
    fclose(file);
    input_count++;
}

static bool was_found(const input *it)
{
    return strstr(it->path, "/found/") != NULL;
}

static void run_kept(const input *it)
{
    snprintf(label, sizeof label, "%s", it->path);
    run(it->data, it->len);
}

int main(int argc, char **argv)
{
    size_t cases = 0, count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

    for (int i = 2; i < argc; i++)
        load(argv[i]);
    if (!input_count) {
        printf("Bail out! no inputs\n");
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    watch_for_death(argv[0]);
    fuzz_start();
    for (size_t i = 0; i < input_count; i++) {
        run_kept(&inputs[i]);
        if (was_found(&inputs[i]))
            printf("ok %zu - %s does no harm any more\n", ++cases, strrchr(inputs[i].path, '/') + 1);
    }
    printf("ok %zu - %zu kept inputs do no harm\n", ++cases, input_count);
    for (size_t i = 0; i < count; i++)
        run_mutation(i);
    printf("ok %zu - %zu mutations of them do no harm\n1..%zu\n", cases + 1, count, cases + 1);
    for (size_t i = 0; i < input_count; i++)
        free(inputs[i].data);
    return 0;
}
