/* SPDX-License-Identifier: Apache-2.0 */
#include "server/instance.h"

void qk_instance_close(qk_instance *instance)
{
    qk_test_log_close(&instance->test_log);
    qk_tokens_close(&instance->tokens);
    qk_iam_close(&instance->iam);
    qk_endpoint_free(&instance->keystore);
    qk_endpoint_free(&instance->hsm);
    qk_ring_free(&instance->ring);
    qk_database_close(&instance->database);
}

static qk_err load_ring(const char *master_key_path, qk_ring **out_ring)
{
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;
    QK_OWNED(qk_ring_free) qk_ring *ring = NULL;

    QK_TRY(qk_master_key_load(master_key_path, &master_key));
    QK_TRY(qk_ring_new(&ring));
    QK_TRY(qk_ring_set(ring, QK_UNDER_INSTANCE, &master_key));
    *out_ring = ring;
    ring = NULL;
    return QK_OK;
}

qk_err qk_instance_open(const char *database_path, const char *master_key_path, const qk_hsm_options *options,
                        qk_instance *out_instance)
{
    QK_OWNED(qk_instance_close) qk_instance instance = QK_INSTANCE_NONE;

    QK_TRY(load_ring(master_key_path, &instance.ring));
    QK_TRY(qk_database_open(database_path, &instance.database));
    QK_TRY(qk_hsm_local_new(instance.ring, options, &instance.hsm));
    QK_TRY(qk_keystore_local_new(instance.database, instance.ring, instance.hsm, &instance.keystore));
    QK_TRY(qk_iam_open(instance.database, instance.ring, &instance.iam));
    QK_TRY(qk_tokens_open(instance.database, &instance.tokens));
    QK_TRY(qk_test_log_open(instance.database, &instance.test_log));
    *out_instance = instance;
    instance = QK_INSTANCE_NONE;
    return QK_OK;
}

bool qk_instance_find(qk_instance *instance, const char *path, const qk_method **out_method, qk_endpoint **out_endpoint)
{
    const qk_method *method = qk_hsm_method_find(path);

    *out_endpoint = instance->hsm;
    if (!method) {
        method = qk_keystore_method_find(path);
        *out_endpoint = instance->keystore;
    }
    *out_method = method;
    return method != NULL;
}
