/* SPDX-License-Identifier: Apache-2.0 */
/* The external entropy pool of an ESXi host (8.0 U1 and later), through its vCenter: what it lacks is added, and
 * nothing more, since ESXi discards the rest. One sink is one user of one vCenter; orders name the host. Source:
 * vSphere Automation API 8.0.1, Host Entropy External Pool. */
#include <stdio.h>

#include "base/encoding.h"
#include "base/registers.h"
#include "seeder/sink/sink_kind.h"
#include "seeder/sink/vcenter.h"
#include "seeder/sink/vcenter_answer.h"

/* "host-21" is an identifier, whatever else is a name: vCenter makes such identifiers itself. */
static bool is_identifier(const char *host)
{
    static const char start[] = "host-";
    const char *digits = host + sizeof start - 1;

    return strncmp(host, start, sizeof start - 1) == 0 && *digits && strspn(digits, "0123456789") == strlen(digits);
}

static CK_RV find_host(qk_vcenter *it, const char *host, char out_id[QK_VCENTER_MOST_ID])
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    char path[128];
    qk_view body;
    qk_err err;
    CK_RV rv;

    qk_arena_init(&arena, 0);
    if (!qk_vcenter_is_id(host))
        return QK_SEED_VCENTER_NO_HOST;
    snprintf(path, sizeof path, "/api/vcenter/host?names=%s", host);
    if (is_identifier(host)) {
        snprintf(out_id, QK_VCENTER_MOST_ID, "%s", host);
        return CKR_OK;
    }
    rv = qk_vcenter_ask(it, "GET", path, QK_VIEW_NONE, &arena, &body);
    if (rv != CKR_OK)
        return rv;
    err = qk_vcenter_host_read(body, out_id);
    return err == QK_OK ? CKR_OK : qk_vcenter_failed(it, err);
}

static CK_RV look_at_pool(qk_vcenter *it, const char *path, uint64_t *out_missing)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_vcenter_pool pool = { 0 };
    qk_view body;
    qk_err err;
    CK_RV rv;

    qk_arena_init(&arena, 0);
    rv = qk_vcenter_ask(it, "GET", path, QK_VIEW_NONE, &arena, &body);
    if (rv != CKR_OK)
        return rv;
    err = qk_vcenter_pool_read(body, &pool);
    if (err != QK_OK)
        return qk_vcenter_failed(it, err);
    *out_missing = pool.missing;
    return pool.enabled ? CKR_OK : QK_SEED_ESXI_POOL_OFF;
}

static CK_RV add(qk_vcenter *it, const char *pool, qk_view seed)
{
    QK_OWNED(qk_buf_done) qk_buf json = QK_BUF_NONE; /* wiped: the seed */
    QK_OWNED(qk_arena_done) qk_arena arena;
    char path[160];
    qk_view body;

    qk_arena_init(&arena, 0);
    snprintf(path, sizeof path, "%s?action=add", pool);
    qk_buf_put_text(&json, "{\"data\":\"");
    qk_base64_write(seed, &json);
    qk_buf_put_text(&json, "\"}");
    qk_registers_wipe();
    if (qk_buf_check(&json) != QK_OK)
        return CKR_HOST_MEMORY;
    return qk_vcenter_ask(it, "POST", path, qk_buf_view(&json), &arena, &body);
}

/* In a session. */
static CK_RV feed(qk_vcenter *it, const qk_seed_order *order, qk_seed_report *report)
{
    char id[QK_VCENTER_MOST_ID], path[128];
    uint64_t missing = 0;
    CK_RV rv;

    report->step = QK_SEED_STEP_FIND;
    rv = find_host(it, order->name, id);
    if (rv != CKR_OK)
        return rv;
    snprintf(path, sizeof path, "/api/vcenter/host/%s/entropy/external-pool", id);
    rv = look_at_pool(it, path, &missing);
    if (rv != CKR_OK || order->ask != QK_SEED_ASK_SEED || missing == 0)
        return rv;
    report->step = QK_SEED_STEP_SEED;
    if (missing > order->seed.len)
        missing = order->seed.len;
    rv = add(it, path, qk_view_slice(order->seed, 0, (size_t)missing));
    if (rv == CKR_OK)
        report->taken = (uint32_t)missing;
    return rv;
}

static CK_RV log_in(qk_vcenter *it, const qk_seed_order *order, qk_seed_report *report)
{
    CK_RV rv;

    report->step = QK_SEED_STEP_LOGIN;
    if (order->pin.len == 0)
        return QK_SEED_PIN_WANTED;
    report->login_tried = true;
    rv = qk_vcenter_login(it, order->pin, order->target);
    report->logged_in = rv == CKR_OK;
    return rv;
}

/* A session that vCenter has forgotten is made anew once. */
static CK_RV enter_and_feed(qk_vcenter *it, const qk_seed_order *order, qk_seed_report *report)
{
    bool had = qk_vcenter_has_session(it);
    CK_RV rv = had ? CKR_OK : log_in(it, order, report);

    if (rv == CKR_OK)
        rv = feed(it, order, report);
    if (rv != QK_SEED_VCENTER_NO_SESSION || !had)
        return rv;
    rv = log_in(it, order, report);
    return rv == CKR_OK ? feed(it, order, report) : rv;
}

static CK_RV esxi_serve(void *it, const qk_seed_order *order, qk_seed_report *report)
{
    CK_RV rv = order->ask == QK_SEED_ASK_FIND ? qk_vcenter_reach(it) : enter_and_feed(it, order, report);

    report->login_held = rv == CKR_OK && qk_vcenter_has_session(it);
    return rv;
}

static void *esxi_open(const char *place)
{
    return qk_vcenter_new(place);
}

static void esxi_leave(void *it)
{
    qk_vcenter *vcenter = it;

    qk_vcenter_free(&vcenter);
}

const qk_sink_kind qk_sink_esxi = { "esxi", esxi_open, esxi_serve, esxi_leave };
