/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that must be signed, from a service that signs and from what may stand before it. */
#include "entropy/service/service.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/signature/question.h"
#include "entropy/signature/rfc9421_testing.h"
#include "net/test_server.h"

enum { LONG_MS = 60000 };

/* What is done to a good answer on its way. */
typedef enum change { NOTHING, STRIPPED, OTHER_BODY, REPLAYED, REWRITTEN_PATH, ERROR_UNSIGNED } change;

typedef struct service {
    raw_server server;
    atomic_int requests;
    change change;
    char asked[4096];
    qk_buf first; /* the first answer, whole */
} service;

static qk_signing_key *key;
static char signer_path[128];

/* ---- a service that signs ---- */

/* Of the request: between `before` and `after`, copied. */
static void cut(const char *text, const char *before, const char *after, char out[512])
{
    const char *start = strstr(text, before);

    start = start ? start + strlen(before) : "";
    snprintf(out, 512, "%.*s", (int)(strstr(start, after) ? strstr(start, after) - start : 0), start);
}

static void put_signature(service *it, const qk_buf *digest, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf base = QK_BUF_NONE;
    char accept[512], target[512], path[512], method[512];
    uint8_t signature[QK_SIGNATURE_LEN];
    qk_signed_input input;

    cut(it->asked, "Accept-Signature: ", "\r\n", accept);
    cut(it->asked, " ", " ", target);
    snprintf(path, sizeof path, "%s%.*s", it->change == REWRITTEN_PATH ? "/behind" : "", (int)strcspn(target, "?"),
             target);
    snprintf(method, sizeof method, "%.*s", (int)strcspn(it->asked, " "), it->asked);
    if (qk_signed_input_read(qk_view_text(accept), &input) != QK_OK ||
        !qk_signed_param_add(&input,
                             &(qk_signed_param){ QK_SIGNED_KEYID, true, 0, qk_view_text(qk_signing_key_id(key)) }))
        return;
    input.params[0] = (qk_signed_param){ QK_SIGNED_CREATED, true, qk_clock_unix_s(), QK_VIEW_NONE };
    qk_signature_base_write(&input,
                            (qk_view[]){ QK_VIEW_LITERAL("200"), qk_buf_view(digest), qk_view_text(method),
                                         qk_view_text(path),
                                         qk_view_text(strchr(target, '?') ? strchr(target, '?') : "?") },
                            &base);
    if (qk_signing_key_sign(key, qk_buf_view(&base), signature) != QK_OK)
        return;
    qk_buf_printf(out, "content-digest: %.*s\r\nsignature-input: quantoki=", (int)digest->len,
                  (const char *)digest->data);
    qk_signed_input_write(&input, out);
    qk_buf_put_text(out, "\r\nSignature: quantoki=:");
    qk_base64_write(qk_view_of(signature, sizeof signature), out);
    qk_buf_put_text(out, ":\r\n");
}

/* As many bytes as are asked for, in the way that is asked for. */
static void put_body(const service *it, qk_buf *out)
{
    unsigned long size = 0;
    uint8_t block[1024];

    memset(block, 7, sizeof block);
    if (sscanf(it->asked, "GET /api/v1/random/raw?bytes=%lu ", &size) == 1) {
        qk_buf_put(out, qk_view_of(block, size));
        return;
    }
    if (sscanf(strstr(it->asked, "\r\n\r\n"), " {\"block_size\":%lu,", &size) == 1)
        qk_buf_put_text(out, "{\"entropy\":[\"");
    else
        qk_buf_put_text(out, "{\"random\":[\"");
    qk_base64_write(qk_view_of(block, size ? size : 1024), out);
    qk_buf_put_text(out, "\"]}");
}

static void answer(service *it, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf digest = QK_BUF_NONE;

    put_body(it, &body);
    qk_buf_printf(out, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n",
                  it->change == ERROR_UNSIGNED ? "503 Service Unavailable" : "200 OK", body.len);
    if (it->change != STRIPPED && it->change != ERROR_UNSIGNED)
        if (qk_content_digest_write(qk_buf_view(&body), &digest) == QK_OK)
            put_signature(it, &digest, out);
    if (it->change == OTHER_BODY)
        body.data[body.len / 2] ^= 1;
    qk_buf_put_text(out, "\r\n");
    qk_buf_put(out, qk_buf_view(&body));
}

static void serve_connection(int fd, const void *context)
{
    service *it = *(service *const *)context;

    while (take_request(fd, it->asked, sizeof it->asked)) {
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        bool replays = it->change == REPLAYED && it->first.len > 0;
        it->requests++;
        if (!replays)
            answer(it, &out);
        if (it->first.len == 0)
            qk_buf_put(&it->first, qk_buf_view(&out));
        send_all(fd, replays ? it->first.data : out.data, replays ? it->first.len : out.len);
    }
}

typedef struct fixture {
    service service;
    struct service *context;
    char url[64];
    qk_entropy_service *client;
} fixture;

static void connect_client(fixture *f, qk_entropy_api api)
{
    qk_entropy_service_config config = { .url = f->url, .api = api, .signer_key = signer_path };

    qk_entropy_service_free(&f->client);
    assert_qk_ok(qk_entropy_service_new(&config, &f->client));
}

static int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    f->context = &f->service;
    start_raw_server(&f->service.server, serve_connection, &f->context);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u", f->service.server.port);
    connect_client(f, QK_ENTROPY_API_RAW);
    *state = f;
    return 0;
}

static int tear_down_fixture(void **state)
{
    fixture *f = *state;

    qk_entropy_service_free(&f->client);
    stop_raw_server(&f->service.server);
    qk_buf_done(&f->service.first);
    free(f);
    return 0;
}

static qk_err fetch(fixture *f, uint8_t out[64])
{
    memset(out, 0xee, 64);
    return qk_entropy_service_fetch(f->client, out, 64, qk_deadline_in(LONG_MS), NULL);
}

static bool is_all(const uint8_t out[64], uint8_t value)
{
    for (size_t i = 0; i < 64; i++)
        if (out[i] != value)
            return false;
    return true;
}

/* ---- the tests ---- */

static void signed_answers_are_used_whichever_way_they_come(void **state)
{
    fixture *f = *state;
    uint8_t out[64];

    for (qk_entropy_api api = QK_ENTROPY_API_GET; api <= QK_ENTROPY_API_RAW; api++) {
        connect_client(f, api);
        for (unsigned i = 0; i < 3; i++)
            assert_qk_ok(fetch(f, out));
        assert_true(is_all(out, 7));
    }
}

static void what_was_changed_on_the_way_is_not_used(void **state)
{
    static const struct {
        change change;
        const char *words;
    } cases[] = {
        { STRIPPED, "it is not signed" },
        { OTHER_BODY, "the body is not the one that Content-Digest tells of" },
        { REPLAYED, "belongs to another request" },
        { REWRITTEN_PATH, "its signature is wrong" },
    };
    fixture *f = *state;
    uint8_t out[64];

    for (qk_entropy_api api = QK_ENTROPY_API_GET; api <= QK_ENTROPY_API_RAW; api++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            connect_client(f, api);
            qk_buf_clear(&f->service.first);
            f->service.change = NOTHING;
            assert_qk_ok(fetch(f, out));
            f->service.change = cases[i].change;
            assert_qk_err(fetch(f, out), QK_E_SERVER_UNTRUSTED);
            assert_words(cases[i].words);
            assert_words("the answer of the entropy service at 127.0.0.1 is not used");
            assert_true(is_all(out, 0xee));
            f->service.change = NOTHING;
            assert_qk_ok(fetch(f, out));
        }
}

static void errors_need_no_signature(void **state)
{
    fixture *f = *state;
    uint8_t out[64];

    f->service.change = ERROR_UNSIGNED;
    assert_qk_err(fetch(f, out), QK_E_NO_RANDOM);
    assert_true(is_all(out, 0xee));
}

static void nobody_asks_for_signatures_without_a_key(void **state)
{
    fixture *f = *state;
    qk_entropy_service_config config = { .url = f->url, .api = QK_ENTROPY_API_RAW };
    uint8_t out[64];

    assert_qk_ok(fetch(f, out));
    assert_non_null(strstr(f->service.asked, "\r\nAccept-Signature: quantoki=(\"@status\" "));
    qk_entropy_service_free(&f->client);
    assert_qk_ok(qk_entropy_service_new(&config, &f->client));
    f->service.change = STRIPPED;
    assert_qk_ok(fetch(f, out));
    assert_null(strstr(f->service.asked, "Accept-Signature"));
}

static void a_key_that_cannot_be_read_makes_no_client(void **state)
{
    fixture *f = *state;
    qk_entropy_service_config config = { .url = f->url, .signer_key = test_path("private") };
    qk_entropy_service *client = NULL;

    assert_qk_err(qk_entropy_service_new(&config, &client), QK_E_CONFIG);
    assert_words("Ed25519 public key");
    config.signer_key = "/nowhere/key";
    assert_qk_err(qk_entropy_service_new(&config, &client), QK_E_CONFIG);
    assert_null(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

static int set_up(void **state)
{
    alarm(300); /* whatever happens, this ends */
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK)
        return -1;
    snprintf(signer_path, sizeof signer_path, "%s", test_path("public"));
    assert_qk_ok(qk_file_write(test_path("private"), 0600, qk_view_text(rfc_private_key)));
    assert_qk_ok(qk_file_write(signer_path, 0644, qk_view_text(rfc_public_key)));
    assert_qk_ok(qk_signing_key_load(test_path("private"), &key));
    return 0;
}

static int tear_down(void **state)
{
    qk_signing_key_free(&key);
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(signed_answers_are_used_whichever_way_they_come),
        TEST(what_was_changed_on_the_way_is_not_used),
        TEST(errors_need_no_signature),
        TEST(nobody_asks_for_signatures_without_a_key),
        TEST(a_key_that_cannot_be_read_makes_no_client),
    };

    return cmocka_run_group_tests_name("service_signed", tests, set_up, tear_down);
}
