/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

static const qk_command commands[] = {
    { "init", "make a new instance: keys, certificates, keystores, configuration", qk_command_init },
};

static int usage(FILE *out, int status)
{
    fprintf(out, "Usage: quantoki COMMAND [OPTION...]\n\nCommands:\n");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n'quantoki COMMAND --help' explains a command; 'quantoki --version' tells the version.\n");
    return status;
}

static int run(const qk_command *command, int argc, char **argv)
{
    char name[64];
    qk_err err;

    snprintf(name, sizeof name, "quantoki %s", command->name);
    argv[0] = name;
    err = command->run(argc, argv);
    if (err != QK_OK)
        fprintf(stderr, "%s: %s\n", name, qk_err_words(err));
    return err == QK_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr, 2);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout, 0);
    if (strcmp(argv[1], "--version") == 0) {
        printf("quantoki %s\n", QK_VERSION);
        return 0;
    }
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run(&commands[i], argc - 1, argv + 1);
    fprintf(stderr, "quantoki: there is no command '%s'\n\n", argv[1]);
    return usage(stderr, 2);
}
