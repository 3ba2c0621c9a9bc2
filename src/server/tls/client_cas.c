/* SPDX-License-Identifier: Apache-2.0 */
#include "server/tls/client_cas.h"

#include "base/log.h"
#include "iam/record/record.h"
#include "server/server.h"

static bool are_same(const qk_client_ca *a, size_t a_count, const qk_client_ca *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (strcmp(a[i].name, b[i].name) != 0 || strcmp(a[i].pem, b[i].pem) != 0)
            return false;
    return true;
}

/* Without TLS nobody can show a certificate: grpc.c turns all calls away while there are authorities. */
static qk_err put_in_force(qk_server *server, const qk_client_ca *all, size_t count)
{
    if (server->grpc_tls)
        QK_TRY(qk_server_tls_set_client_cas(server->grpc_tls, all, count));
    atomic_store(&server->asks_certificates, count > 0);
    for (unsigned i = 0; i < server->worker_count; i++)
        qk_connections_renew(server->workers[i], &server->grpc);
    qk_log(QK_LOG_INFO, "op=client-authorities count=%zu mutual_tls=%s", count, count ? "on" : "off");
    return QK_OK;
}

qk_err qk_client_cas_refresh(qk_server *server)
{
    QK_OWNED(qk_record_free) qk_client_ca *all = NULL;
    qk_client_ca *old = server->client_cas;
    int64_t changes;
    size_t count;

    QK_TRY(qk_iam_changes(server->instance.iam, &changes));
    if (changes == server->client_cas_changes)
        return QK_OK;
    QK_TRY(qk_client_ca_list(server->instance.iam, &all, &count));
    if (!are_same(all, count, old, server->client_ca_count)) {
        QK_TRY(put_in_force(server, all, count));
        server->client_cas = all;
        server->client_ca_count = count;
        all = old;
    }
    server->client_cas_changes = changes;
    return QK_OK;
}
