/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki entropy status, quantoki entropy sources: the server's status document, as text or as it came. */
#include <stdio.h>

#include "cli/entropy/entropy_commands.h"
#include "cli/entropy/entropy_place.h"
#include "cli/entropy/entropy_report.h"
#include "crypto/crypto.h"

enum { OPTION_JSON = 256, CALL_MS = 15 * 1000 };

typedef struct order {
    qk_entropy_place place;
    bool json, sources;
} order;

static qk_err report(const order *order_, qk_view body)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    if (order_->json)
        qk_buf_put(&text, body);
    else if (order_->sources)
        QK_TRY(qk_entropy_report_sources(body, &text));
    else
        QK_TRY(qk_entropy_report_status(body, order_->place.address, &text));
    QK_TRY(qk_buf_check(&text));
    if (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        return qk_fail(QK_E_SYSTEM, "the output does not take any more");
    if (text.len && text.data[text.len - 1] != '\n')
        putchar('\n');
    return QK_OK;
}

static qk_err ask(order *order_)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_view body;
    int status;
    qk_err err;

    qk_arena_init(&arena, 0);
    QK_TRY(qk_entropy_place_open(&order_->place));
    err = qk_entropy_service_get(order_->place.service, "/api/v1/status", qk_deadline_in(CALL_MS), &arena, &status,
                                 &body);
    if (err == QK_OK)
        err = qk_entropy_service_check(order_->place.service, status, body);
    return err == QK_OK ? report(order_, body) : qk_entropy_place_explain(&order_->place, err, 0);
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    order *it = state->input;

    if (key != OPTION_JSON)
        return qk_entropy_place_parse(key, value, &it->place);
    it->json = true;
    return 0;
}

static const struct argp_option options[] = {
    QK_PLACE_OPTIONS,
    { "json", OPTION_JSON, NULL, 0, "Print the server's document as it is", 0 },
    { 0 },
};

static qk_err run(order *order_, const struct argp *parser, int argc, char **argv)
{
    qk_err err;

    argp_parse(parser, argc, argv, 0, NULL, order_);
    QK_TRY(qk_crypto_start());
    err = ask(order_);
    qk_entropy_place_close(&order_->place);
    qk_crypto_stop();
    return err;
}

qk_err qk_command_entropy_status(int argc, char **argv)
{
    static const struct argp parser = { .options = options,
                                        .parser = parse_option,
                                        .doc = "Shows state, reserve, what was served, and the noise sources of a "
                                               "server." };
    order order_ = { .sources = false };

    return run(&order_, &parser, argc, argv);
}

qk_err qk_command_entropy_sources(int argc, char **argv)
{
    static const struct argp parser = { .options = options,
                                        .parser = parse_option,
                                        .doc = "Shows each noise source of a server: state, claims, health tests, "
                                               "messages." };
    order order_ = { .sources = true };

    return run(&order_, &parser, argc, argv);
}
