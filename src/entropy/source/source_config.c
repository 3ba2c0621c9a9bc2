/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of `entropy.sources`: rows, defaults that depend on the driver, and what the rows cannot check. */
#include "entropy/source/source_config.h"

#include <stdio.h>
#include <stdlib.h>

#include "entropy/driver/driver.h"

enum { NAME_MOST = 63, TAP_RAW = 0, TAP_CONDITIONED, TAP_OFF }; /* taps in the order of their texts */

static const char *const kinds[] = { "quantum", "physical", "other", NULL };
static const char *const apis[] = { "get", "post", "raw", NULL }; /* qk_entropy_api */
static const char *const taps[] = { "raw", "conditioned", "off", NULL };

#define AT(member) offsetof(qk_source_config, member)

/* clang-format off */
const qk_config_row qk_source_config_rows[] = {
    { "name", QK_CONFIG_TEXT, AT(name), .required = true,
      .help = "Its name in the status, the log and commands: letters, digits, - _ . and unique." },
    { "driver", QK_CONFIG_CHOICE, AT(driver), .required = true, .choices = qk_driver_names,
      .help = "device (character device, FIFO, serial line), hwrng, kernel, cpu, upstream or file (tests only)." },
    { "enabled", QK_CONFIG_BOOL, AT(enabled), "true", .help = "Off: described, but not used." },
    { "kind", QK_CONFIG_CHOICE, AT(kind), .choices = kinds,
      .help = "quantum, physical or other. Answers of type quantum need a source of kind quantum." },
    { "path", QK_CONFIG_TEXT, AT(path), .help = "device, file: what to read. hwrng: if it is not /dev/hwrng." },
    { "baud", QK_CONFIG_UINT, AT(baud), "0", .max = 4000000,
      .help = "device: speed of a serial line; 0 leaves the speed as it is, as USB serial devices want." },
    { "sample_bits", QK_CONFIG_UINT, AT(sample_bits), "8", .min = 1, .max = 8,
      .help = "So many low bits of each byte are one sample." },
    { "min_entropy", QK_CONFIG_DECIMAL, AT(min_entropy), .min = 100, .max = 8000,
      .help = "Claimed min-entropy of a sample in bits, at most 7.8 for whole bytes." },
    { "rate", QK_CONFIG_UINT, AT(rate), .min = 1, .max = UINT64_C(100000000000),
      .help = "Claimed samples per second; the tests' false alarms follow from it." },
    { "priority", QK_CONFIG_UINT, AT(priority), .min = 1, .max = 1000, .help = "1 is asked first." },
    { "credited", QK_CONFIG_BOOL, AT(credited), "true",
      .help = "Counts towards full entropy. Off for what somebody else may see or choose; it is mixed in all the same." },
    { "timeout_ms", QK_CONFIG_UINT, AT(timeout_ms), "10000", .min = 100, .max = 3600000,
      .help = "No sample for so long is a failure." },
    { "statistics", QK_CONFIG_CHOICE, AT(statistics), .choices = taps,
      .help = "What the statistical tests see of it: raw samples, conditioned bits, or off." },
    { "loop", QK_CONFIG_BOOL, AT(loop), "false", .help = "file: start again at its end. The bytes repeat: tests only." },
    { "url", QK_CONFIG_TEXT, AT(url), .help = "upstream: https://host[:port][/prefix] of an entropy service." },
    { "api", QK_CONFIG_CHOICE, AT(api), "post", .choices = apis,
      .help = "upstream: which of its calls; get and post are in every version, raw (no JSON) only in quantokid." },
    { "token_file", QK_CONFIG_TEXT, AT(token_file), .help = "upstream: file with the bearer token, mode 0600." },
    { "cacert", QK_CONFIG_TEXT, AT(cacert), .help = "upstream: PEM file of authorities; the system's if empty." },
    { "signer_key", QK_CONFIG_TEXT, AT(signer_key),
      .help = "upstream: PEM file with the Ed25519 public key that must have signed its answers; none if empty." },
};
/* clang-format on */
const size_t qk_source_config_row_count = sizeof qk_source_config_rows / sizeof qk_source_config_rows[0];

/* ---- checks ---- */

static bool good_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;

    return len > 0 && len <= NAME_MOST &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == len;
}

static qk_err check_claim(const qk_source_config *config)
{
    double most = config->sample_bits == 8 ? 7.8 : (double)config->sample_bits;

    if (config->sample_bits < 1 || config->sample_bits > 8)
        return qk_fail(QK_E_CONFIG, "entropy source %s: sample_bits: expected 1 to 8", config->name);
    if (config->min_entropy < 0.1 || config->min_entropy > most + 1e-9)
        return qk_fail(QK_E_CONFIG, "entropy source %s: min_entropy: expected 0.1 to %.1f for samples of %u bits",
                       config->name, most, (unsigned)config->sample_bits);
    return QK_OK;
}

/* Keys that the driver needs, and keys that would silently do nothing. */
static qk_err check_keys(const qk_source_config *config, const qk_driver *driver)
{
    const char *missing = driver->path && !config->path ? "path" : driver->url && !config->url ? "url" : NULL;
    const char *vain = config->path && !driver->path && driver != &qk_driver_hwrng ? "path"
                       : config->baud && driver != &qk_driver_device               ? "baud"
                       : config->loop && driver != &qk_driver_file                 ? "loop"
                       : !driver->url && config->url                               ? "url"
                       : !driver->url && config->token_file                        ? "token_file"
                       : !driver->url && config->cacert                            ? "cacert"
                       : !driver->url && config->signer_key                        ? "signer_key"
                                                                                   : NULL;

    if (missing)
        return qk_fail(QK_E_CONFIG, "entropy source %s: %s: is missing; the driver `%s` needs it", config->name,
                       missing, driver->name);
    if (vain)
        return qk_fail(QK_E_CONFIG, "entropy source %s: %s: the driver `%s` has no such key", config->name, vain,
                       driver->name);
    return QK_OK;
}

qk_err qk_source_config_check(const qk_source_config *config)
{
    const qk_driver *driver;

    if (!good_name(config->name))
        return qk_fail(QK_E_CONFIG, "entropy source: name: expected 1 to %d letters, digits, - _ .", NAME_MOST);
    if (config->driver < 0 || (size_t)config->driver >= qk_driver_count)
        return qk_fail(QK_E_CONFIG, "entropy source %s: driver: no such driver", config->name);
    driver = qk_drivers[config->driver];
    QK_TRY(check_claim(config));
    QK_TRY(check_keys(config, driver));
    return config->enabled && driver->check ? driver->check(config) : QK_OK;
}

/* ---- reading ---- */

/* What the operator left open. `map` NULL: everything. */
static void fill_defaults(qk_source_config *config, const qk_config_node *map, size_t index)
{
    const qk_driver *driver = qk_drivers[config->driver];
    bool claimed = config->min_entropy > 0;

    if (config->kind < 0)
        config->kind = (int)driver->kind;
    if (!claimed && config->sample_bits == 8) /* of other samples the driver cannot know */
        config->min_entropy = driver->min_entropy;
    if (config->rate == 0)
        config->rate = driver->rate;
    if (config->priority == 0)
        config->priority = index + 1;
    if (!map || !qk_config_get(map, "credited"))
        config->credited = driver->credited;
    if (config->statistics < 0) /* a suite for finished bits fails honest samples of low entropy; fetched ones cost */
        config->statistics = driver->costly ? TAP_OFF : config->min_entropy >= 7.5 ? TAP_RAW : TAP_CONDITIONED;
}

static qk_err read_one(const qk_config *file, const qk_config_node *map, size_t index, qk_source_config *configs)
{
    qk_source_config *config = &configs[index];
    qk_err err = qk_config_read(file, map, qk_source_config_rows, qk_source_config_row_count, QK_CONFIG_REFUSE, config);

    if (err != QK_OK)
        return err;
    fill_defaults(config, map, index);
    err = qk_source_config_check(config);
    for (size_t i = 0; err == QK_OK && i < index; i++)
        if (strcmp(configs[i].name, config->name) == 0)
            err = qk_fail(QK_E_CONFIG, "entropy source %s: name: there are two of that name", config->name);
    return err == QK_OK ? QK_OK : qk_fail_context(err, "%s:%u: ", qk_config_path(file), qk_config_line(map));
}

static void put_default(qk_source_config *configs, size_t index, int driver)
{
    configs[index] = (qk_source_config){ .name = qk_drivers[driver]->name,
                                         .driver = driver,
                                         .kind = -1,
                                         .enabled = true,
                                         .sample_bits = 8,
                                         .timeout_ms = 10000,
                                         .statistics = -1 };
    fill_defaults(&configs[index], NULL, index);
}

static size_t count_items(const qk_config_node *list)
{
    const qk_config_node *item;
    const char *key;
    size_t count = 0;

    while (list && qk_config_at(list, count, &key, &item))
        count++;
    return count;
}

qk_err qk_source_configs_read(const qk_config *config, const qk_config_node *list, qk_source_config **out_configs,
                              size_t *out_count)
{
    size_t count = list ? count_items(list) : qk_driver_cpu_present() ? 2 : 1;
    qk_source_config *configs = calloc(count ? count : 1, sizeof *configs);
    const qk_config_node *item;
    const char *key;
    qk_err err = QK_OK;

    if (!configs)
        return qk_fail(QK_E_NO_MEMORY, "entropy sources: no memory");
    if (list && (!qk_config_is_list(list) || count == 0))
        err = qk_fail(QK_E_CONFIG, "%s:%u: entropy.sources: expected a list with at least one source",
                      qk_config_path(config), qk_config_line(list));
    for (size_t i = 0; !list && i < count; i++)
        put_default(configs, i, i == 0 ? QK_DRIVER_KERNEL : QK_DRIVER_CPU);
    for (size_t i = 0; list && err == QK_OK && i < count && qk_config_at(list, i, &key, &item); i++)
        err = read_one(config, item, i, configs);
    if (err != QK_OK) {
        free(configs);
        return err;
    }
    *out_configs = configs;
    *out_count = count;
    return QK_OK;
}
