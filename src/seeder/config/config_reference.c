/* SPDX-License-Identifier: Apache-2.0 */
/* A flat file of the reference, as one target. */
#include <stddef.h>
#include <stdlib.h>

#include "base/log.h"
#include "seeder/config/config_parts.h"

/* A file of the reference; also the names of its environment variables, two generations of them. */
typedef struct reference {
    const char *token, *library, *slot, *pin;
    uint64_t size, period;
} reference;

#define OF(member) offsetof(reference, member)
/* clang-format off */
static const qk_config_row reference_rows[] = {
    { .key = "qrypt_token", .type = QK_CONFIG_TEXT, .offset = OF(token), .required = true, .help = "the service's token" },
    { .key = "size", .type = QK_CONFIG_UINT, .offset = OF(size), .fallback = "48", .min = 1, .max = 65536 },
    { .key = "period", .type = QK_CONFIG_UINT, .offset = OF(period), .fallback = "10", .min = 1, .max = 31536000 },
    { .key = "cryptoki_lib", .type = QK_CONFIG_TEXT, .offset = OF(library), .required = true, .help = "path of the library" },
    { .key = "cryptoki_slot_id", .type = QK_CONFIG_TEXT, .offset = OF(slot), .required = true, .help = "number of the slot" },
    { .key = "cryptoki_user_pin", .type = QK_CONFIG_TEXT, .offset = OF(pin), .required = true, .help = "PIN of the user" },
};
/* clang-format on */

enum { REFERENCE_ROWS = sizeof reference_rows / sizeof reference_rows[0] };

static const char reference_url[] = "https://api-eus.qrypt.com";

static const struct override {
    const char *variable;
    size_t offset;
    uint64_t most; /* 0: a text */
} overrides[] = {
    { "QRYPT_TOKEN", OF(token), 0 },          { "QSEED_SIZE", OF(size), QK_SEED_MOST },
    { "QSEED_PERIOD", OF(period), 31536000 }, { "CRYPTOKI_LIB", OF(library), 0 },
    { "CRYPTOKI_SLOT_ID", OF(slot), 0 },
};

static qk_err override_from_environment(reference *it)
{
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        const char *value = secure_getenv(overrides[i].variable);
        uint64_t number;
        if (!value || !*value)
            continue;
        if (overrides[i].most == 0)
            memcpy((uint8_t *)it + overrides[i].offset, &value, sizeof value);
        else if (qk_seed_number_read(value, &number) && number >= 1 && number <= overrides[i].most)
            memcpy((uint8_t *)it + overrides[i].offset, &number, sizeof number);
        else
            return qk_fail(QK_E_CONFIG, "environment variable %s must be a number from 1 to %ju", overrides[i].variable,
                           (uintmax_t)overrides[i].most);
    }
    if (secure_getenv("CRYPTOKI_USER_PIN"))
        qk_log(QK_LOG_WARNING, "op=configure warning=\"CRYPTOKI_USER_PIN is not used: every process of the user could "
                               "read it. Put the PIN into the file, or use pin_file\"");
    return QK_OK;
}

static qk_err take_reference(qk_seed_config *config, const reference *it, const char *path)
{
    qk_seed_target_config *target = calloc(1, sizeof *target);

    if (!target)
        return qk_fail(QK_E_NO_MEMORY, "target");
    config->targets = target;
    config->target_count = 1;
    QK_TRY(qk_config_read(NULL, NULL, qk_seed_rows, qk_seed_row_count - 1, QK_CONFIG_REFUSE, config));
    QK_TRY(qk_config_read(NULL, NULL, qk_seed_target_rows + 2, qk_seed_target_row_count - 2, QK_CONFIG_REFUSE, target));
    config->url = reference_url;
    config->token = it->token;
    target->name = "qseed";
    target->library = it->library;
    target->slot = it->slot;
    target->pin = it->pin;
    target->size = it->size;
    target->period = it->period;
    target->file = path;
    return qk_seed_target_check(target);
}

qk_err qk_seed_reference_read(qk_seed_config *config)
{
    reference it = { 0 };

    QK_TRY(qk_config_read(config->file, qk_config_root(config->file), reference_rows, REFERENCE_ROWS, QK_CONFIG_WARN,
                          &it));
    QK_TRY(override_from_environment(&it));
    if (qk_seed_mode_check(qk_config_path(config->file), "a PIN") != QK_OK)
        qk_log(QK_LOG_WARNING, "op=configure warning=\"%s\"", qk_failure_last()->words);
    return take_reference(config, &it, qk_config_path(config->file));
}
