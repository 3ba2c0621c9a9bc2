/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_table(const qk_command_group *group, FILE *out)
{
    fprintf(out, "Usage: %s COMMAND [OPTION...]\n\nCommands:\n", group->name);
    for (size_t i = 0; i < group->count; i++)
        fprintf(out, "  %-10s %s\n", group->commands[i].name, group->commands[i].summary);
    fprintf(out, "\n'%s COMMAND --help' explains a command%s\n", group->name, group->more ? group->more : ".");
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static qk_err run(const qk_command_group *group, const qk_command *command, int argc, char **argv)
{
    char name[64];

    snprintf(name, sizeof name, "%s %s", group->name, command->name);
    argv[0] = name;
    return command->run(argc, argv);
}

qk_err qk_command_group_run(const qk_command_group *group, int argc, char **argv)
{
    if (argc >= 2 && is_help(argv[1])) {
        print_table(group, stdout);
        exit(0);
    }
    for (size_t i = 0; argc >= 2 && i < group->count; i++)
        if (strcmp(argv[1], group->commands[i].name) == 0)
            return run(group, &group->commands[i], argc - 1, argv + 1);
    if (argc >= 2)
        fprintf(stderr, "%s: there is no command '%s'\n\n", group->name, argv[1]);
    print_table(group, stderr);
    exit(2);
}
