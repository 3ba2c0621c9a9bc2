/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands under `quantoki iam` and `quantoki mtls` share: options, the instance, JSON. */
#ifndef QK_CLI_IAM_H
#define QK_CLI_IAM_H

#include <argp.h>
#include <jansson.h>

#include "cli/cli.h"
#include "server/instance.h"

/* What they are told. */
typedef struct qk_iam_order {
    const char *names[2];     /* arguments */
    const char *what[2];      /* what they are, for the message that one is missing */
    unsigned needed, allowed; /* how many of them */
    const char *config, *description, *display, *actions, *roles, *resource_type, *resource_id, *expires;
    bool json, user, show_actions;
} qk_iam_order;

enum { QK_IAM_JSON = 256, QK_IAM_DISPLAY, QK_IAM_ACTIONS, QK_IAM_TYPE, QK_IAM_ID, QK_IAM_EXPIRES, QK_IAM_USER };

#define QK_IAM_CONFIG_OPTION                                                                                           \
    {                                                                                                                  \
        "config", 'c', "FILE", 0, "Configuration of the server (default: /etc/quantoki/quantokid.yaml)", 0             \
    }
#define QK_IAM_JSON_OPTION                                                                                             \
    {                                                                                                                  \
        "json", QK_IAM_JSON, NULL, 0, "Print JSON", 0                                                                  \
    }
#define QK_IAM_DESCRIPTION_OPTION                                                                                      \
    {                                                                                                                  \
        "description", 'd', "TEXT", 0, "A note, up to 255 bytes", 0                                                    \
    }

/* Ends the program if the command line is wrong. */
void qk_iam_order_parse(int argc, char **argv, const struct argp_option *options, const char *arguments,
                        const char *doc, qk_iam_order *order);
/* The place, and how to get there: the instance of the server's configuration. */
QK_MUST_CHECK qk_err qk_iam_enter(const qk_iam_order *order, qk_instance *out_instance);
void qk_iam_leave(qk_instance *instance);
/* QK_E_BAD_ARGUMENT if it does not fit. */
QK_MUST_CHECK qk_err qk_iam_copy(const char *what, const char *text, char *out, size_t room);
/* Takes the JSON. */
QK_MUST_CHECK qk_err qk_iam_print_json(json_t *json);
json_t *qk_iam_time_json(int64_t unix_s); /* null for 0 */

/* The groups below `quantoki iam`, a file each. */
qk_err qk_command_iam_role(int argc, char **argv);
qk_err qk_command_iam_policy(int argc, char **argv);
qk_err qk_command_iam_service_id(int argc, char **argv);
qk_err qk_command_iam_api_key(int argc, char **argv);

#endif
