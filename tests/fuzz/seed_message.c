/* SPDX-License-Identifier: Apache-2.0 */
/* What the seeder's supervisor and workers read from each other: the first byte says which. What was read is written
 * as it came, but for flags, which any number but 0 sets. */
#include "fuzz.h"

#include "seeder/worker/message.h"

static void fuzz_order(qk_view input)
{
    QK_OWNED(qk_buf_done) qk_buf again = QK_BUF_NONE;
    qk_seed_order order, twin;

    if (qk_seed_order_read(input, &order) != QK_OK)
        return;
    fuzz_touch(order.pin);
    fuzz_touch(order.seed);
    promise(strlen(order.name) < sizeof order.name && strlen(order.serial) < sizeof order.serial);
    qk_seed_order_write(&order, &again);
    must(qk_seed_order_read(qk_buf_view(&again), &twin));
    promise(qk_view_equal(order.seed, twin.seed) && qk_view_equal(order.pin, twin.pin));
}

static void fuzz_report(qk_view input)
{
    static qk_seed_listed tokens[QK_SEED_MOST_TOKENS], twin_tokens[QK_SEED_MOST_TOKENS];
    qk_seed_report report = { .tokens = tokens }, twin = { .tokens = twin_tokens };
    QK_OWNED(qk_buf_done) qk_buf again = QK_BUF_NONE;

    if (qk_seed_report_read(input, &report) != QK_OK)
        return;
    fuzz_touch(qk_view_text(qk_seed_step_name(report.step)));
    qk_seed_report_write(&report, &again);
    must(qk_seed_report_read(qk_buf_view(&again), &twin));
    promise(twin.rv == report.rv && twin.token_count == report.token_count);
}

void fuzz(qk_view input)
{
    if (input.len == 0)
        return;
    (input.data[0] & 1 ? fuzz_report : fuzz_order)(qk_view_slice(input, 1, input.len));
}
