/* SPDX-License-Identifier: Apache-2.0 */
#include "module/library/tell.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"

/* What whoever runs the program can mend; the names of the other errors say enough. */
static const qk_err mendable[] = {
    QK_E_CONFIG,           QK_E_SYSTEM,          QK_E_SERVER_AWAY,  QK_E_SERVER_UNTRUSTED,
    QK_E_PROTOCOL,         QK_E_TIMEOUT,         QK_E_PIN_LOCKED,   QK_E_NOT_AUTHORIZED,
    QK_E_KEYSTORE_MISSING, QK_E_TOKEN_READ_ONLY, QK_E_STORE_BROKEN, QK_E_STORE_BUSY,
};

static atomic_ullong last_told; /* a hash of the words; two threads may at worst say the same thing twice */

static unsigned long long hash(const char *words) /* FNV-1a */
{
    unsigned long long value = 0xcbf29ce484222325;

    for (; *words; words++)
        value = (value ^ (unsigned char)*words) * 0x100000001b3;
    return value;
}

/* Control characters become '?': words may come from a server, and terminals obey some. */
static void say(const char *words)
{
    char text[sizeof qk_failure_last()->words];

    snprintf(text, sizeof text, "%s", words);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    fprintf(stderr, "libquantoki: %s\n", text);
    atomic_store(&last_told, hash(words));
}

void qk_tell(qk_err err)
{
    if (err == QK_E_CONFIG || err == QK_E_SYSTEM)
        say(qk_err_words(err));
}

void qk_tell_at_terminal(qk_err err)
{
    bool known = false;

    for (size_t i = 0; i < sizeof mendable / sizeof mendable[0]; i++)
        known |= mendable[i] == err;
    if (known && !qk_log_wants(QK_LOG_PANIC) && isatty(STDERR_FILENO) &&
        hash(qk_err_words(err)) != atomic_load(&last_told))
        say(qk_err_words(err));
}
