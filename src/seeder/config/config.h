/* SPDX-License-Identifier: Apache-2.0 */
/* The seeder's configuration: our own format (a map `service`, a list `targets`), or a flat file of the reference
 * (qrypt_token, cryptoki_lib, ...) as one target. In ours an unknown key is an error, in the reference's a warning.
 * Source: spec of the seeder, sections 3 and 7.1. */
#ifndef QK_SEEDER_CONFIG_H
#define QK_SEEDER_CONFIG_H

#include "base/config.h"
#include "base/secret.h"
#include "entropy/service/service_supply.h"
#include "seeder/worker/message.h"

enum { QK_SEED_WORKER = 33 }; /* room for the name of one */

typedef enum qk_seed_unsupported { QK_SEED_DISABLE, QK_SEED_RETRY } qk_seed_unsupported;

typedef enum qk_seed_verify { QK_SEED_VERIFY_TLS, QK_SEED_VERIFY_NONE, QK_SEED_VERIFY_SIGNATURE } qk_seed_verify;

/* What is seeded. */
typedef enum qk_seed_sink_choice {
    QK_SEED_SINK_TOKEN,
    QK_SEED_SINK_KERNEL,
    QK_SEED_SINK_TPM,
    QK_SEED_SINK_FILE,
    QK_SEED_SINK_ESXI,
    QK_SEED_SINK_CHOICES
} qk_seed_sink_choice;

typedef struct qk_seed_target_config {
    const char *name;
    int sink;            /* qk_seed_sink_choice */
    const char *library; /* of others than tokens: the address of the sink (sink.h), which is `address` */
    char *address;       /* owned by the configuration's own target; NULL for tokens */
    const char *device, *path;
    uint64_t credit_bits;
    const char *url, *host, *user, *password_file, *password_credential, *ca_file;
    const char *slot; /* a number as text, so that none is told from 0 */
    const char *token_label, *token_serial, *uri;
    bool all_tokens;
    const char *login; /* user, so, context, limited, none, or a number */
    const char *pin_file, *pin_credential, *pin_command;
    const char *pin;    /* wiped in the document when it was read */
    qk_secret pin_kept; /* of the configuration's own target alone; borrowed by copies of it */
    uint64_t size, period, jitter_percent, split;
    bool keep_session;
    int on_unsupported; /* qk_seed_unsupported */
    const char *worker; /* "": the library's common one */
    /* from the above */
    qk_seed_choice choice;
    uint64_t slot_number, login_type;
    char wanted[65];  /* label or serial number; of ESXi: the host */
    const char *file; /* where it is written, for messages */
} qk_seed_target_config;

typedef struct qk_seed_config {
    qk_config *file; /* owns the texts */
    const qk_config_node *urls;
    const char *url;           /* of a reference file */
    char *url_words;           /* of the environment: owned, cut into pieces */
    qk_supply_config services; /* from the above: their addresses alone */
    const char *token;         /* wiped likewise, if the file has it */
    qk_secret token_kept;
    const char *token_file, *token_credential, *ca_file;
    int api;
    const char *client_cert, *client_key, *pinned_key, *signer_key, *proxy;
    int verify; /* qk_seed_verify */
    uint64_t attempt_timeout_ms, connect_timeout_ms;
    const char *state_folder, *metrics_file, *status_file;
    int mix; /* kernel, none */
    uint64_t call_timeout_s;
    bool exit_when_idle;
    int log_level;
    const char *log_path;
    const qk_config_node *target_list, *defaults;
    qk_seed_target_config *targets;
    size_t target_count;
} qk_seed_config;

extern const qk_config_row qk_seed_rows[], qk_seed_target_rows[];
extern const size_t qk_seed_row_count, qk_seed_target_row_count;

/* The path: `given`, QSEED_CONFIG_FILE, /etc/quantoki/seed.yaml, /etc/qseed/qseed_config.yml; the first there is.
 * QK_E_CONFIG with file, line and key. */
QK_MUST_CHECK qk_err qk_seed_config_load(const char *given, qk_seed_config *out);
/* The same from memory; `name` stands for the path. */
QK_MUST_CHECK qk_err qk_seed_config_parse(const char *name, qk_view text, qk_seed_config *out);
void qk_seed_config_done(qk_seed_config *config);

/* The PIN from wherever the target has it, read anew for each use. Empty for login none. Waits for a
 * pin_command: the loop starts one itself (worker/command.h). QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_seed_pin_read(const qk_seed_target_config *target, qk_secret *out_pin);
/* The service's token likewise. */
QK_MUST_CHECK qk_err qk_seed_token_read(const qk_seed_config *config, qk_secret *out_token);

#endif
