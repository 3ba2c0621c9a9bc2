/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a new instance: certificates, configurations, and the words about them. */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/init/certificate.h"
#include "cli/init/init_plan.h"
#include "entropy/entropy.h"

qk_err qk_init_path(const qk_init_plan *plan, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", plan->root, name) >= PATH_MAX)
        return qk_fail(QK_E_BAD_ARGUMENT, "the path %s/%s is too long", plan->root, name);
    return QK_OK;
}

qk_err qk_init_create(const qk_init_plan *plan, const char *name, unsigned mode, qk_view content)
{
    char path[PATH_MAX];

    QK_TRY(qk_init_path(plan, name, path));
    return qk_file_create(path, mode, content);
}

/* ---- certificates and configuration ---- */

qk_err qk_init_write_certificates(qk_init_plan *plan)
{
    QK_OWNED(qk_certificates_done)
    qk_certificates certificates = { QK_BUF_NONE, QK_BUF_NONE, QK_BUF_NONE, QK_BUF_NONE };
    const char *names[QK_INIT_HOSTS + 4];
    size_t count = 0;

    for (size_t i = 0; i < plan->host_count; i++)
        names[count++] = plan->hosts[i];
    names[count++] = "localhost";
    names[count++] = "127.0.0.1";
    names[count++] = "::1";
    if (gethostname(plan->host_name, sizeof plan->host_name - 1) == 0 && plan->host_name[0] &&
        strcmp(plan->host_name, "localhost") != 0)
        names[count++] = plan->host_name;
    QK_TRY(qk_certificates_make(names, count, &certificates));
    QK_TRY(qk_init_create(plan, "ca.pem", 0644, qk_buf_view(&certificates.ca)));
    QK_TRY(qk_init_create(plan, "tls/ca.key", 0600, qk_buf_view(&certificates.ca_key)));
    QK_TRY(qk_init_create(plan, "tls/server.pem", 0644, qk_buf_view(&certificates.server)));
    return qk_init_create(plan, "tls/server.key", 0600, qk_buf_view(&certificates.server_key));
}

static void put_entropy_example(qk_buf *out)
{
    qk_buf_put_text(out, "entropy:\n"
                         "  sources: # in the order of their priority; docs/entropy.md says more\n"
                         "    # A quantum device with a node under /dev, or a FIFO that a helper program fills:\n"
                         "    # - name: quantis0\n"
                         "    #   driver: device\n"
                         "    #   kind: quantum\n"
                         "    #   path: /dev/qrandom0\n"
                         "    #   rate: 500000 # samples (bytes) per second, as its maker says\n"
                         "    # A USB generator on a serial line:\n"
                         "    # - name: usb0\n"
                         "    #   driver: device\n"
                         "    #   kind: physical\n"
                         "    #   path: /dev/ttyACM0\n"
                         "    #   rate: 50000\n"
                         "    # Another entropy service:\n"
                         "    # - name: upstream\n"
                         "    #   driver: upstream\n"
                         "    #   url: \"https://entropy.example\"\n"
                         "    #   token_file: \"/etc/quantoki/upstream-token\"\n");
}

/* The default sources, spelled out as this machine has them. */
static qk_err put_entropy(qk_buf *out)
{
    qk_entropy_config config;

    QK_TRY(qk_entropy_config_read(NULL, NULL, &config));
    put_entropy_example(out);
    for (size_t i = 0; i < config.source_count; i++)
        qk_buf_printf(out, "    - name: %s\n      driver: %s\n", config.sources[i].name, config.sources[i].name);
    qk_entropy_config_done(&config);
    return QK_OK;
}

qk_err qk_init_write_server_config(const qk_init_plan *plan)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    qk_buf_printf(&text,
                  "# Configuration of quantokid, made by 'quantoki init'. docs/configuration.md explains every key.\n"
                  "grpc:\n"
                  "  address: \"%s\"\n"
                  "  port: %u\n"
                  "  certificate: \"%s/tls/server.pem\"\n"
                  "  key: \"%s/tls/server.key\"\n"
                  "https:\n"
                  "  address: \"%s\"\n"
                  "  port: %u\n"
                  "database:\n"
                  "  sqlite: \"%s/quantoki.db\"\n"
                  "master_key:\n"
                  "  file: \"%s/master-key\"\n"
                  "logging:\n"
                  "  level: info\n",
                  plan->listen, plan->grpc_port, plan->root, plan->root, plan->listen, plan->https_port, plan->root,
                  plan->root);
    QK_TRY(put_entropy(&text));
    QK_TRY(qk_buf_check(&text));
    return qk_init_create(plan, "quantokid.yaml", 0600, qk_buf_view(&text));
}

qk_err qk_init_write_client_config(const qk_init_plan *plan, qk_view anonymous_key)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    const char *host = plan->host_count ? plan->hosts[0] : "127.0.0.1";
    const char *bracket[2] = { strchr(host, ':') ? "[" : "", strchr(host, ':') ? "]" : "" };
    char private_keystore[QK_UUID_TEXT], public_keystore[QK_UUID_TEXT];

    qk_uuid_write(&plan->private_keystore, private_keystore);
    qk_uuid_write(&plan->public_keystore, public_keystore);
    qk_buf_printf(&text,
                  "# Configuration of libquantoki.so for this instance, made by 'quantoki init'.\n"
                  "# Applications find it through EP11CLIENT_CFG=<this file>.\n"
                  "iamcredentialtemplate: &iam\n"
                  "  enabled: true\n"
                  "  endpoint: \"https://%s%s%s:%u\"\n"
                  "tokens:\n"
                  "  0:\n"
                  "    grep11connection:\n"
                  "      address: \"%s\"\n"
                  "      port: \"%u\"\n"
                  "      tls:\n"
                  "        enabled: true\n"
                  "        mutual: false\n"
                  "        cacert: \"%s/ca.pem\"\n"
                  "        certfile:\n"
                  "        keyfile:\n"
                  "    storage:\n"
                  "      remotestore:\n"
                  "        enabled: true\n"
                  "    users:\n"
                  "      0: # security officer\n"
                  "        name: \"SO User\"\n"
                  "        iamauth: *iam\n"
                  "      1: # normal user\n"
                  "        name: \"Normal User\"\n"
                  "        tokenspaceID: \"%s\"\n"
                  "        iamauth: *iam\n"
                  "      2: # anonymous user\n"
                  "        name: \"Anonymous\"\n"
                  "        tokenspaceID: \"%s\"\n"
                  "        iamauth:\n"
                  "          <<: *iam\n"
                  "          apikey: \"%.*s\"\n"
                  "logging:\n"
                  "  loglevel: warning\n"
                  "  logpath:\n",
                  bracket[0], host, bracket[1], plan->https_port, host, plan->grpc_port, plan->root, private_keystore,
                  public_keystore, (int)anonymous_key.len, (const char *)anonymous_key.data);
    QK_TRY(qk_buf_check(&text));
    return qk_init_create(plan, "grep11client.yaml", 0600, qk_buf_view(&text));
}

void qk_init_tell(const qk_init_plan *plan)
{
    printf("A new instance is in %s:\n"
           "  quantokid.yaml     configuration of the server\n"
           "  grep11client.yaml  configuration of applications, with the anonymous user's API key\n"
           "  api-keys/          API keys (PINs): so, user, anonymous; entropy: a token of the REST API\n"
           "  ca.pem, tls/       certificates for %s and this host\n"
           "  master-key         protects every key; keep a copy in a safe place\n"
           "  quantoki.db        keystores and identities; the token is initialised, its label is '%s'\n\n"
           "Start it:  quantokid --config %s/quantokid.yaml\n"
           "Use it:    export EP11CLIENT_CFG=%s/grep11client.yaml\n"
           "           pkcs11-tool --module libquantoki.so --login --pin \"$(cat %s/api-keys/user)\" --list-objects\n"
           "           curl --cacert %s/ca.pem -H \"Authorization: Bearer $(cat %s/api-keys/entropy)\" \\\n"
           "               \"https://127.0.0.1:%u/api/v1/quantum-entropy?size=1\"\n"
           "See it:    https://127.0.0.1:%u/ is the status page of its entropy service\n",
           plan->root, plan->host_count ? plan->hosts[0] : "localhost", QK_INIT_TOKEN_LABEL, plan->root, plan->root,
           plan->root, plan->root, plan->root, plan->https_port, plan->https_port);
}
