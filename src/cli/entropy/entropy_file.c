/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki entropy test FILE: what statistics can say about the bytes of a file or pipe. */
#include "cli/entropy/entropy_commands.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/entropy/examination.h"

enum { STATUS_FAILED = 3 };

typedef struct order {
    const char *path;
    qk_examination_order examine;
    bool json;
} order;

static const struct argp_option options[] = {
    { "bits", 'b', "N", 0, "Bits of a sequence for SP 800-22, a multiple of 8, 1024 to 16777216 (default: 1048576)",
      0 },
    { "min-entropy", 'm', "H", 0, "Claimed min-entropy in bits per byte, for the health tests (default: 7.8)", 0 },
    { "sequences", 's', "N", 0, "Test at most so many sequences, 1 to 10000 (default: 100)", 0 },
    { "json", 'j', NULL, 0, "Print the report as JSON", 0 },
    { 0 },
};

static const char description[] =
    "Tests the bytes of FILE ('-': standard input): health tests of SP 800-90B, FIPS 140-2 blocks, the fifteen tests "
    "of "
    "SP 800-22 and min-entropy estimates of SP 800-90B."
    "\vEverything but SP 800-22 (the first sequences) and min-entropy (the first million bytes) looks at the whole "
    "file. "
    "With the defaults 13.1 MB are a full test; it takes some 15 seconds. Do not use bytes for anything secret that "
    "were tested.\n\nExit status: 0 if no defect was found (also if the verdict is doubtful), 1 if the test could not "
    "be "
    "run, 3 if the bytes failed, 64 if it was called wrongly.";

/* A whole number from `least` to `most`. */
static unsigned long read_number(struct argp_state *state, const char *option, const char *text, unsigned long least,
                                 unsigned long most)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (end == text || *end || errno || text[0] == '-' || value < least || value > most)
        argp_error(state, "--%s %s: must be a number from %lu to %lu", option, text, least, most);
    return value;
}

static double read_entropy(struct argp_state *state, const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value >= 0.1 && value <= 8))
        argp_error(state, "--min-entropy %s: must be a number from 0.1 to 8, in bits per byte", text);
    return value;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    order *it = state->input;

    switch (key) {
    case 'b':
        it->examine.sequence_bits = read_number(state, "bits", value, 1024, 1 << 24);
        if (it->examine.sequence_bits % 8)
            argp_error(state, "--bits %s: must be a multiple of 8", value);
        return 0;
    case 'm':
        it->examine.min_entropy = read_entropy(state, value);
        return 0;
    case 's':
        it->examine.sequences = (unsigned)read_number(state, "sequences", value, 1, 10000);
        return 0;
    case 'j':
        it->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (it->path)
            argp_error(state, "'%s' is one argument too many", value);
        it->path = value;
        return 0;
    case ARGP_KEY_END:
        if (!it->path)
            argp_error(state, "which FILE? '-' is standard input");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void close_file(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

static qk_err read_all(const order *it, FILE *file, qk_examination *examination)
{
    static uint8_t buffer[65536];
    size_t len;

    while ((len = fread(buffer, 1, sizeof buffer, file)) > 0)
        QK_TRY(qk_examination_feed(examination, qk_view_of(buffer, len)));
    if (ferror(file))
        return qk_fail(QK_E_SYSTEM, "%s cannot be read: %s", it->path, strerror(errno));
    if (examination->bytes == 0)
        return qk_fail(QK_E_BAD_LENGTH, "%s is empty", it->path);
    return QK_OK;
}

static qk_err examine(const order *it, qk_opinion *out)
{
    bool from_stdin = strcmp(it->path, "-") == 0;
    QK_OWNED(close_file) FILE *file = from_stdin ? stdin : fopen(it->path, "rbe");
    QK_OWNED(qk_examination_free) qk_examination *examination = NULL;
    const char *name = from_stdin ? "standard input" : it->path;
    qk_err err;

    if (!file)
        return qk_fail(QK_E_SYSTEM, "%s cannot be opened: %s", it->path, strerror(errno));
    QK_TRY(qk_examination_new(&it->examine, &examination));
    QK_TRY(read_all(it, file, examination));
    err = qk_examination_finish(examination);
    if (err != QK_OK)
        return qk_fail_context(err, "%s: ", name);
    if (it->json)
        QK_TRY(qk_examination_print_json(examination, name, stdout));
    else
        qk_examination_print(examination, name, stdout);
    if (fflush(stdout) != 0)
        return qk_fail(QK_E_SYSTEM, "the report could not be written: %s", strerror(errno));
    *out = qk_examination_overall(examination);
    return QK_OK;
}

qk_err qk_command_entropy_test(int argc, char **argv)
{
    static const struct argp parser = { options, parse_option, "FILE", description, NULL, NULL, NULL };
    order it = { .examine = { .min_entropy = 7.8, .sequence_bits = 1 << 20, .sequences = 100 } };
    qk_opinion opinion;

    argp_parse(&parser, argc, argv, 0, NULL, &it);
    QK_TRY(examine(&it, &opinion));
    if (opinion == QK_OPINION_BAD)
        exit(STATUS_FAILED);
    return QK_OK;
}
