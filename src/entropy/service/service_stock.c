/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_stock.h"

#include <assert.h>
#include <string.h>

enum { ROOM = 1024 };

void qk_service_stock_take(qk_service_stock *stock, uint8_t *out, size_t len)
{
    uint8_t *from;

    assert(len <= stock->left);
    if (len == 0)
        return;
    from = qk_secret_fill(&stock->place) + stock->place.len - stock->left;
    memcpy(out, from, len);
    explicit_bzero(from, len);
    stock->left -= len;
}

void qk_service_stock_keep(qk_service_stock *stock, qk_view fresh)
{
    assert(fresh.len < ROOM);
    qk_service_stock_drop(stock);
    if (fresh.len == 0 || qk_secret_new(ROOM, &stock->place) != QK_OK)
        return;
    memcpy(qk_secret_fill(&stock->place) + ROOM - fresh.len, fresh.data, fresh.len);
    stock->left = fresh.len;
    stock->came_ms = qk_clock_monotonic_ms();
}

void qk_service_stock_age(qk_service_stock *stock, int64_t most_ms)
{
    if (stock->left && qk_clock_monotonic_ms() - stock->came_ms >= most_ms)
        qk_service_stock_drop(stock);
}

void qk_service_stock_drop(qk_service_stock *stock)
{
    qk_secret_free(&stock->place);
    *stock = (qk_service_stock){ 0 };
}
