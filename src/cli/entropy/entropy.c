/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki entropy: random bytes, and how they come about. */
#include "cli/cli.h"
#include "cli/entropy/entropy_commands.h"
#include "cli/group.h"

qk_err qk_command_entropy(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "get", "random bytes of a service, or of this machine's sources", qk_command_entropy_get },
        { "status", "how a server's entropy is doing", qk_command_entropy_status },
        { "sources", "a server's noise sources, one by one", qk_command_entropy_sources },
        { "test", "what statistics say about the bytes of a file", qk_command_entropy_test },
    };
    static const qk_command_group entropy = { "quantoki entropy", NULL, commands,
                                              sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&entropy, argc, argv);
}
