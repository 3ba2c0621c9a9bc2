/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that are signed, looked at by the client that asked for it (entropy/signature/question.h). */
#include "rest/draw/signing.h"

#include "base/file.h"
#include "crypto/crypto.h"
#include "entropy/signature/question.h"
#include "entropy/signature/rfc9421_testing.h"
#include "rest/rest_fixture.h"

#define ENTROPY "/api/v1/entropy"
#define QUANTUM "/api/v1/quantum-entropy"
#define RAW     "/api/v1/random/raw"
#define BODY    "{\"block_size\":16,\"block_count\":3}"
#define ALL     "(\"@status\" \"content-digest\" \"@method\";req \"@path\";req \"@query\";req)"

static qk_signing_key *signer;
static char key_path[128];

static const reply *ask_for(const char *method, const char *target, const char *accept, const char *body)
{
    char headers[2000];

    snprintf(headers, sizeof headers, GOOD "%s", accept);
    return ask(method, target, headers, body);
}

static qk_err check(const qk_question *question, const reply *answer)
{
    const char *digest = header(answer, "Content-Digest"), *input = header(answer, "Signature-Input"),
               *signature = header(answer, "Signature");

    return qk_question_check(question, signer,
                             &(qk_signed_answer){ answer->status, qk_view_of(answer->body, answer->len),
                                                  qk_view_text(digest), qk_view_text(input), qk_view_text(signature) },
                             qk_clock_unix_s());
}

static const reply *ask_well(const char *method, const char *target, const char *body, qk_question *question)
{
    QK_OWNED(qk_buf_done) qk_buf line = QK_BUF_NONE;

    assert_qk_ok(qk_question_init(question, method, target));
    qk_question_write(question, &line);
    return ask_for(method, target, qk_buf_text(&line), body);
}

/* ---- what is signed ---- */

static void every_way_to_entropy_is_signed_for_whoever_asks(void **state)
{
    static const struct {
        const char *method, *target, *body;
    } cases[] = {
        { "GET", QUANTUM, NULL },        { "GET", QUANTUM "?size=512", NULL },    { "GET", QUANTUM "?", NULL },
        { "GET", RAW "?bytes=1", NULL }, { "GET", RAW "?bytes=1048576", NULL },   { "POST", ENTROPY, BODY },
        { "POST", "/v1/entropy", BODY }, { "POST", "/api/v1/get_entropy", BODY },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_question question;
        const reply *answer = ask_well(cases[i].method, cases[i].target, cases[i].body, &question);
        assert_int_equal(answer->status, 200);
        assert_qk_ok(check(&question, answer));
    }
}

static void bytes_instead_of_json_are_signed_as_they_are(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf line = QK_BUF_NONE;
    qk_question question;
    const reply *answer;

    (void)state;
    assert_qk_ok(qk_question_init(&question, "POST", ENTROPY));
    qk_question_write(&question, &line);
    qk_buf_put_text(&line, "Accept: application/octet-stream\r\n");
    answer = ask_for("POST", ENTROPY, qk_buf_text(&line), BODY);
    assert_int_equal(answer->len, 48);
    assert_qk_ok(check(&question, answer));
}

static void a_signed_answer_holds_the_same_as_another(void **state)
{
    qk_question question;
    char *plain;

    (void)state;
    world.next = 7;
    plain = strdup(post(ENTROPY, BODY)->body);
    world.next = 7;
    assert_string_equal(ask_well("POST", ENTROPY, BODY, &question)->body, plain);
    free(plain);
}

static void the_client_chooses_label_parts_and_nonce(void **state)
{
    char wanted[200];
    const reply *answer = ask_for(
        "GET", RAW "?bytes=1", "Accept-Signature: me=(\"@query\";req \"@status\");nonce=\"a\\\"b\";created\r\n", NULL);

    (void)state;
    assert_int_equal(answer->status, 200);
    snprintf(wanted, sizeof wanted, ";keyid=\"%s\";alg=\"ed25519\";nonce=\"a\\\"b\"", rfc_thumbprint);
    assert_memory_equal(header(answer, "Signature-Input"), "me=(\"@query\";req \"@status\");created=", 36);
    assert_non_null(strstr(header(answer, "Signature-Input"), wanted));
    assert_memory_equal(header(answer, "Signature"), "me=:", 4);
}

/* ---- what is not ---- */

static void who_does_not_ask_gets_the_answer_of_old(void **state)
{
    char *with_key;
    const reply *answer;

    (void)state;
    world.next = 7;
    with_key = strdup(post(ENTROPY, BODY)->head);
    assert_null(header(ask_for("GET", QUANTUM, "Accept-Signature: \r\n", NULL), "Signature"));
    fixture_new(&(qk_rest_config){ 0 });
    world.next = 7;
    answer = post(ENTROPY, BODY);
    assert_string_equal(strstr(answer->head, "Content-Type"), strstr(with_key, "Content-Type"));
    assert_null(header(answer, "Signature"));
    assert_null(header(answer, "Signature-Input"));
    assert_null(header(answer, "Content-Digest"));
    free(with_key);
}

static void without_a_key_nobody_is_signed_for_and_nothing_is_refused(void **state)
{
    const reply *answer;

    (void)state;
    fixture_new(&(qk_rest_config){ 0 });
    answer = ask_for("GET", QUANTUM, "Accept-Signature: nonsense\r\n", NULL);
    assert_int_equal(answer->status, 200);
    assert_null(header(answer, "Signature"));
}

static void errors_and_heads_are_not_signed(void **state)
{
    qk_question question;

    (void)state;
    assert_null(header(ask_well("HEAD", QUANTUM, NULL, &question), "Signature"));
    assert_null(header(ask_well("GET", QUANTUM "?size=0", NULL, &question), "Signature"));
    assert_null(header(ask_well("GET", "/api/v1/capabilities", NULL, &question), "Signature"));
    world.types = 0;
    assert_refused(ask_well("GET", QUANTUM, NULL, &question), 503, "source_unavailable");
    assert_null(header(get(QUANTUM), "Signature"));
}

static void what_cannot_be_signed_as_asked_is_refused_before_anything_is_taken(void **state)
{
    static const char *const accepts[] = {
        "nonsense",
        "a=(\"@status\"), b=(\"@status\")",
        "a=(\"date\")",
        "a=(\"@status\";req)",
        "a=(\"@path\")",
        ("a=" ALL ";created=1800000000"),
        ("a=" ALL ";alg=\"hmac-sha256\""),
        ("a=" ALL ";keyid=\"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k\""),
        ("a=" ALL ";expires"),
        ("a=" ALL ";tag=\"x\""),
        ("a=" ALL ";nonce=\"0123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678901234567890123456789012345678\""),
        ("a2345678901234567890123456789012345678901234567890123456789012345=" ALL),
    };

    (void)state;
    for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++) {
        char line[600];
        snprintf(line, sizeof line, "Accept-Signature: %s\r\n", accepts[i]);
        assert_refused(ask_for("POST", ENTROPY, line, BODY), 400, "parameter");
        assert_int_equal(ask_for("POST", "/v1/entropy", line, BODY)->status, 422);
        assert_refused(ask_for("GET", RAW "?bytes=5", line, NULL), 400, "parameter");
    }
    assert_int_equal(world.drawn, 0);
    assert_int_equal(world.tokens[0].takes, 0);
}

static void the_description_says_who_signs(void **state)
{
    json_t *post_entropy =
        json_object_get(json_object_get(json_object_get(fetch("/api/v1/openapi.json"), "paths"), ENTROPY), "post");

    (void)state;
    assert_string_equal(at(post_entropy, "parameters.0.name"), "\"Accept-Signature\"");
    assert_string_equal(at(post_entropy, "parameters.0.in"), "\"header\"");
    assert_string_equal(at(post_entropy, "responses.200.headers.Signature.schema.type"), "\"string\"");
    assert_null(strstr(strstr(get("/api/v1/openapi.json")->body, "/api/v1/capabilities"), "Accept-Signature"));
    fixture_new(&(qk_rest_config){ 0 });
    assert_null(strstr(get("/api/v1/openapi.json")->body, "Signature"));
}

/* ---- always ---- */

static void an_answer_is_signed_unasked_where_it_is_always(void **state)
{
    char wanted[300];
    const reply *answer;
    qk_question question;

    (void)state;
    fixture_new(&(qk_rest_config){ .signing_key = key_path, .sign = QK_REST_SIGN_ALWAYS });
    answer = get(RAW "?bytes=32");
    snprintf(wanted, sizeof wanted, ";keyid=\"%s\";alg=\"ed25519\"", rfc_thumbprint);
    assert_memory_equal(header(answer, "Signature-Input"), "quantoki=" ALL ";created=", sizeof ALL - 1 + 18);
    assert_string_equal(strstr(header(answer, "Signature-Input"), ";keyid"), wanted);
    assert_non_null(header(answer, "Content-Digest"));
    assert_qk_ok(check(&question, ask_well("GET", QUANTUM, NULL, &question)));
}

/* ---- the key ---- */

static void a_key_that_cannot_be_read_ends_the_start(void **state)
{
    qk_rest *rest = NULL;

    (void)state;
    assert_qk_err(qk_rest_new(&(qk_rest_config){ .signing_key = "/nowhere/key" }, NULL, NULL, NULL, NULL, &rest),
                  QK_E_CONFIG);
    assert_words("/nowhere/key");
    assert_qk_err(qk_rest_new(&(qk_rest_config){ .sign = QK_REST_SIGN_ALWAYS }, NULL, NULL, NULL, NULL, &rest),
                  QK_E_CONFIG);
    assert_words("rest.signing_key");
    assert_null(rest);
}

static int set_up_signed(void **state)
{
    (void)state;
    fixture_new(&(qk_rest_config){ .signing_key = key_path });
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_signed, fixture_teardown)

static int set_up(void **state)
{
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK)
        return -1;
    snprintf(key_path, sizeof key_path, "%s", test_path("key"));
    assert_qk_ok(qk_file_write(key_path, 0600, qk_view_text(rfc_private_key)));
    assert_qk_ok(qk_file_write(test_path("public"), 0644, qk_view_text(rfc_public_key)));
    assert_qk_ok(qk_signer_key_load(test_path("public"), &signer));
    return 0;
}

static int tear_down(void **state)
{
    qk_signing_key_free(&signer);
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_way_to_entropy_is_signed_for_whoever_asks),
        TEST(bytes_instead_of_json_are_signed_as_they_are),
        TEST(a_signed_answer_holds_the_same_as_another),
        TEST(the_client_chooses_label_parts_and_nonce),
        TEST(who_does_not_ask_gets_the_answer_of_old),
        TEST(without_a_key_nobody_is_signed_for_and_nothing_is_refused),
        TEST(errors_and_heads_are_not_signed),
        TEST(what_cannot_be_signed_as_asked_is_refused_before_anything_is_taken),
        TEST(the_description_says_who_signs),
        TEST(an_answer_is_signed_unasked_where_it_is_always),
        TEST(a_key_that_cannot_be_read_ends_the_start),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
