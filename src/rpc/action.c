/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/action.h"

#include <string.h>

static const char *const names[QK_ACTION_COUNT] = { [QK_ACTION_NONE] = "",
#define QK_ROW(name, text) [QK_ACTION_##name] = text,
                                                    QK_ACTIONS(QK_ROW)
#undef QK_ROW
};

_Static_assert(QK_ACTION_COUNT <= 64, "a caller's actions are bits of a uint64_t");

const char *qk_action_name(qk_action action)
{
    return action < QK_ACTION_COUNT ? names[action] : "";
}

qk_action qk_action_find(const char *name)
{
    for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++)
        if (strcmp(names[action], name) == 0)
            return action;
    return QK_ACTION_NONE;
}
