/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki mtls: authorities of client certificates, the second layer besides tokens. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/group.h"
#include "cli/iam/iam.h"
#include "cli/table.h"
#include "cli/token/token_text.h"
#include "crypto/openssl.h"
#include "iam/record/client_ca.h"
#include "iam/record/record.h"
#include "server/tls/client_certificates.h"

/* The first certificate of a text says who it is. */
static qk_err describe(const char *pem, qk_certificate_facts *out)
{
    QK_OWNED(qk_certificates_free) STACK_OF(X509) *all = NULL;

    QK_TRY(qk_client_certificates_read(qk_openssl(), pem, &all));
    qk_certificate_describe(sk_X509_value(all, 0), out);
    return QK_OK;
}

/* ---- list ---- */

static qk_err print_json(const qk_client_ca *all, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++) {
        qk_certificate_facts facts = { .subject = "" };
        qk_err err = describe(all[i].pem, &facts);
        if (err != QK_OK) {
            json_decref(array);
            return err;
        }
        json_array_append_new(array, json_pack("{s:s, s:s, s:I, s:I}", "name", all[i].name, "subject", facts.subject,
                                               "expires", (json_int_t)facts.expires_unix_s, "created",
                                               (json_int_t)all[i].created_unix_s));
    }
    return qk_iam_print_json(array);
}

static qk_err print_table(const qk_client_ca *all, size_t count)
{
    static const char *const head[] = { "NAME", "SUBJECT", "EXPIRES", "ADDED" };
    QK_OWNED(qk_table_done) qk_table table = QK_TABLE_NONE(4);
    char expires[QK_TOKEN_TEXT], added[QK_TOKEN_TEXT];

    QK_TRY(qk_table_add(&table, head));
    for (size_t i = 0; i < count; i++) {
        qk_certificate_facts facts;
        QK_TRY(describe(all[i].pem, &facts));
        qk_token_time_write(facts.expires_unix_s, expires);
        qk_token_time_write(all[i].created_unix_s, added);
        QK_TRY(qk_table_add(&table, (const char *const[]){ all[i].name, facts.subject, expires, added }));
    }
    qk_table_print(&table);
    return QK_OK;
}

static qk_err list(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, QK_IAM_JSON_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_record_free) qk_client_ca *all = NULL;
    qk_iam_order order = { .needed = 0 };
    size_t count;

    qk_iam_order_parse(argc, argv, options, NULL, "Lists the authorities of client certificates.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_client_ca_list(instance.iam, &all, &count));
    if (order.json)
        return print_json(all, count);
    if (count > 0)
        return print_table(all, count);
    printf("There are none: client certificates are not asked for; 'quantoki mtls add NAME FILE' changes that.\n");
    return QK_OK;
}

/* ---- add, remove ---- */

static qk_err check(const char *file, const char *pem)
{
    QK_OWNED(qk_certificates_free) STACK_OF(X509) *all = NULL;
    qk_err err = qk_client_certificates_read(qk_openssl(), pem, &all);

    if (err != QK_OK)
        return qk_fail_context(err, "%s: ", file);
    for (int i = 0; i < sk_X509_num(all); i++) {
        qk_certificate_facts facts;
        qk_certificate_describe(sk_X509_value(all, i), &facts);
        if (!facts.is_authority)
            return qk_fail(QK_E_BAD_ARGUMENT,
                           "%s: '%s' is no authority's certificate; add the one that signed the clients'", file,
                           facts.subject);
        if (facts.expires_unix_s <= qk_clock_unix_s())
            return qk_fail(QK_E_BAD_ARGUMENT, "%s: the certificate of '%s' has expired", file, facts.subject);
    }
    return QK_OK;
}

static qk_err add(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_buf_done) qk_buf pem = QK_BUF_NONE;
    qk_iam_order order = { .what = { "a NAME", "the FILE" }, .needed = 2, .allowed = 2 };

    qk_iam_order_parse(argc, argv, options, "NAME FILE",
                       "Has client certificates asked for, and those accepted that the authority in FILE (PEM, also an "
                       "intermediate one) signed.",
                       &order);
    QK_TRY(qk_file_read(order.names[1], QK_CLIENT_CA_PEM - 1, &pem));
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(check(order.names[1], qk_buf_text(&pem)));
    QK_TRY(qk_client_ca_add(instance.iam, order.names[0], qk_buf_text(&pem)));
    printf("%s is added: within a second every gRPC connection needs a client certificate.\n", order.names[0]);
    return QK_OK;
}

static qk_err remove_ca(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_record_free) qk_client_ca *all = NULL;
    qk_iam_order order = { .what = { "the NAME" }, .needed = 1, .allowed = 1 };
    size_t count;

    qk_iam_order_parse(argc, argv, options, "NAME",
                       "Takes an authority away. Without the last one client certificates are not asked for any more.",
                       &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_client_ca_remove(instance.iam, order.names[0]));
    QK_TRY(qk_client_ca_list(instance.iam, &all, &count));
    printf("%s is removed: %s.\n", order.names[0],
           count ? "within a second connections with its certificates end"
                 : "it was the last, so client certificates are not asked for any more");
    return QK_OK;
}

qk_err qk_command_mtls(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "list", "the authorities that are trusted", list },
        { "add", "trust an authority, and ask for certificates", add },
        { "remove", "trust it no more", remove_ca },
    };
    static const qk_command_group group = { "quantoki mtls", NULL, commands, sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&group, argc, argv);
}
