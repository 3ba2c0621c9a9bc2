/* SPDX-License-Identifier: Apache-2.0 */
/* A server that signs as it is asked to, and everything that may go wrong on the way from it to us. */
#include "entropy/signature/question.h"

#include "base/encoding.h"
#include "base/file.h"
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/signature/rfc9421_testing.h"

enum { NOW = 1800000000 };

static const char other_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                                "-----END PRIVATE KEY-----\n";

static qk_signing_key *private_key, *stranger, *signer;

/* ---- the server's side ---- */

/* What it takes for values; a test changes one. */
typedef struct server {
    const qk_signing_key *key;
    const char *status, *method, *path, *query;
    const char *nonce, *keyid, *alg;
    int64_t created;
    const char *body;
    qk_buf digest, input, signature;
} server;

static void serve(server *it, const qk_question *question, qk_signed_answer *out)
{
    QK_OWNED(qk_buf_done) qk_buf base = QK_BUF_NONE;
    uint8_t signature[QK_SIGNATURE_LEN];
    qk_signed_input input = { .component_count = qk_signed_by_default_count };
    const qk_signed_param params[] = {
        { QK_SIGNED_CREATED, true, it->created, QK_VIEW_NONE },
        { QK_SIGNED_NONCE, true, 0, qk_view_text(it->nonce ? it->nonce : question->nonce) },
        { QK_SIGNED_KEYID, true, 0, qk_view_text(it->keyid) },
        { QK_SIGNED_ALG, true, 0, qk_view_text(it->alg) },
    };

    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++)
        assert_true(qk_signed_param_add(&input, &params[i]));
    memcpy(input.components, qk_signed_by_default, qk_signed_by_default_count * sizeof input.components[0]);
    assert_qk_ok(qk_content_digest_write(qk_view_text(it->body), &it->digest));
    const qk_view values[] = { qk_view_text(it->status), qk_buf_view(&it->digest), qk_view_text(it->method),
                               qk_view_text(it->path), qk_view_text(it->query) };
    qk_signature_base_write(&input, values, &base);
    assert_qk_ok(qk_signing_key_sign(it->key, qk_buf_view(&base), signature));
    qk_buf_put_text(&it->input, QK_SIGNATURE_LABEL "=");
    qk_signed_input_write(&input, &it->input);
    qk_buf_put_text(&it->signature, QK_SIGNATURE_LABEL "=:");
    qk_base64_write(qk_view_of(signature, sizeof signature), &it->signature);
    qk_buf_put_text(&it->signature, ":");
    *out = (qk_signed_answer){ 200, qk_view_text(it->body), qk_buf_view(&it->digest), qk_buf_view(&it->input),
                               qk_buf_view(&it->signature) };
}

typedef struct fixture {
    server server;
    qk_question question;
    qk_signed_answer answer;
} fixture;

/* A good answer to a fresh question. */
static int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    f->server = (server){ .key = private_key,
                          .status = "200",
                          .method = "GET",
                          .path = "/api/v1/random/raw",
                          .query = "?bytes=5",
                          .keyid = qk_signing_key_id(private_key),
                          .alg = QK_SIGNATURE_ALG,
                          .created = NOW,
                          .body = "hello" };
    assert_qk_ok(qk_question_init(&f->question, "GET", "/api/v1/random/raw?bytes=5"));
    *state = f;
    return 0;
}

static int tear_down_fixture(void **state)
{
    fixture *f = *state;

    qk_buf_done(&f->server.digest);
    qk_buf_done(&f->server.input);
    qk_buf_done(&f->server.signature);
    free(f);
    return 0;
}

static qk_err check(fixture *f, int64_t now_s)
{
    return qk_question_check(&f->question, signer, &f->answer, now_s);
}

static void assert_untrusted(fixture *f, const char *words)
{
    assert_qk_err(check(f, NOW), QK_E_SERVER_UNTRUSTED);
    assert_words(words);
}

/* ---- asking ---- */

static void a_question_asks_for_what_it_checks(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_buf_done) qk_buf header = QK_BUF_NONE;
    char wanted[400];

    qk_question_write(&f->question, &header);
    snprintf(wanted, sizeof wanted,
             "Accept-Signature: quantoki=(\"@status\" \"content-digest\" \"@method\";req \"@path\";req \"@query\";req)"
             ";created;nonce=\"%s\";alg=\"ed25519\"\r\n",
             f->question.nonce);
    assert_string_equal(qk_buf_text(&header), wanted);
}

static void each_question_has_a_nonce_of_its_own(void **state)
{
    fixture *f = *state;
    qk_question next;

    assert_qk_ok(qk_question_init(&next, "GET", "/"));
    assert_int_equal(strlen(next.nonce), 44);
    assert_string_not_equal(next.nonce, f->question.nonce);
}

/* ---- good answers ---- */

static void a_good_answer_is_good(void **state)
{
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    assert_qk_ok(check(f, NOW));
    assert_qk_ok(check(f, NOW + QK_SIGNED_WINDOW_S));
    assert_qk_ok(check(f, NOW - QK_SIGNED_WINDOW_S));
}

static void a_target_without_a_query_has_an_empty_one(void **state)
{
    fixture *f = *state;

    assert_qk_ok(qk_question_init(&f->question, "POST", "/api/v1/entropy"));
    f->server.method = "POST";
    f->server.path = "/api/v1/entropy";
    f->server.query = "?";
    serve(&f->server, &f->question, &f->answer);
    assert_qk_ok(check(f, NOW));
    f->question.target = "/api/v1/entropy?";
    assert_qk_ok(check(f, NOW));
}

/* ---- others ---- */

static void an_answer_without_a_signature_is_not_used(void **state)
{
    fixture *f = *state;
    qk_signed_answer whole;

    serve(&f->server, &f->question, &f->answer);
    whole = f->answer;
    f->answer.input = f->answer.signature = QK_VIEW_NONE;
    assert_untrusted(f, "it is not signed");
    f->answer = whole;
    f->answer.input = QK_VIEW_NONE;
    assert_untrusted(f, "Signature-Input is missing");
    f->answer = whole;
    f->answer.signature = QK_VIEW_NONE;
    assert_untrusted(f, "Signature is missing");
    f->answer = whole;
    f->answer.digest = QK_VIEW_NONE;
    assert_untrusted(f, "Content-Digest is missing");
}

/* Whatever the server saw or sent that is not what we see or sent. */
static void each_covered_part_is_covered(void **state)
{
    static const size_t parts[] = { offsetof(server, status), offsetof(server, method), offsetof(server, path),
                                    offsetof(server, query) };
    static const char *const values[] = { "201", "POST", "/api/v1/random/raW", "?bytes=6" };

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        fixture *f;
        if (i) {
            tear_down_fixture(state);
            set_up_fixture(state);
        }
        f = *state;
        memcpy((char *)&f->server + parts[i], &values[i], sizeof values[i]);
        serve(&f->server, &f->question, &f->answer);
        assert_untrusted(f, "its signature is wrong");
    }
}

static void another_status_is_found_out(void **state)
{
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    f->answer.status = 203;
    assert_untrusted(f, "its signature is wrong");
}

static void another_body_is_found_out(void **state)
{
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    f->answer.body = QK_VIEW_LITERAL("jello");
    assert_untrusted(f, "the body is not the one that Content-Digest tells of");
    f->answer.body = QK_VIEW_NONE;
    assert_untrusted(f, "the body is not");
}

static void another_body_with_its_own_digest_is_found_out(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_buf_done) qk_buf digest = QK_BUF_NONE;

    serve(&f->server, &f->question, &f->answer);
    f->answer.body = QK_VIEW_LITERAL("jello");
    assert_qk_ok(qk_content_digest_write(f->answer.body, &digest));
    f->answer.digest = qk_buf_view(&digest);
    assert_untrusted(f, "its signature is wrong");
}

static void an_answer_to_another_question_is_a_replay(void **state)
{
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    assert_qk_ok(qk_question_init(&f->question, "GET", "/api/v1/random/raw?bytes=5"));
    assert_untrusted(f, "an old answer, sent again?");
}

/* The parameters are signed too. */
static void a_replay_with_our_nonce_put_in_is_found_out(void **state)
{
    fixture *f = *state;
    char *nonce;

    f->server.nonce = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    serve(&f->server, &f->question, &f->answer);
    nonce = strstr(qk_buf_text(&f->server.input), f->server.nonce);
    memcpy(nonce, f->question.nonce, strlen(f->question.nonce));
    assert_untrusted(f, "its signature is wrong");
}

static void an_old_or_early_signature_is_told_with_its_age(void **state)
{
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    assert_qk_err(check(f, NOW + QK_SIGNED_WINDOW_S + 1), QK_E_SERVER_UNTRUSTED);
    assert_words("301 s ago");
    assert_qk_err(check(f, NOW - QK_SIGNED_WINDOW_S - 1), QK_E_SERVER_UNTRUSTED);
    assert_words("301 s in the future");
    assert_words("clocks");
}

static void a_time_that_was_changed_is_found_out(void **state)
{
    fixture *f = *state;
    char *created;

    f->server.created = 1700000000;
    serve(&f->server, &f->question, &f->answer);
    created = strstr(qk_buf_text(&f->server.input), "1700000000");
    memcpy(created, "1800000000", 10);
    assert_untrusted(f, "its signature is wrong");
}

static void another_key_is_told_by_its_id(void **state)
{
    fixture *f = *state;

    f->server.key = stranger;
    f->server.keyid = qk_signing_key_id(stranger);
    serve(&f->server, &f->question, &f->answer);
    assert_untrusted(f, "signed with another key (kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k)");
}

static void another_key_under_our_keys_id_is_found_out(void **state)
{
    fixture *f = *state;

    f->server.key = stranger;
    serve(&f->server, &f->question, &f->answer);
    assert_untrusted(f, "its signature is wrong");
}

static void another_algorithm_is_refused(void **state)
{
    fixture *f = *state;

    f->server.alg = "hmac-sha256"; /* which would take the public key for its secret */
    serve(&f->server, &f->question, &f->answer);
    assert_untrusted(f, "not of the algorithm ed25519");
}

static void parameters_that_are_missing_are_missed(void **state)
{
    static const struct {
        const char *input, *words;
    } cases[] = {
        { "%s;nonce=\"N\";keyid=\"K\";alg=\"ed25519\"", "when it was made" },
        { "%s;created;nonce=\"N\";keyid=\"K\";alg=\"ed25519\"", "when it was made" },
        { "%s;created=1800000000;keyid=\"K\";alg=\"ed25519\"", "another request" },
        { "%s;created=1800000000;nonce=\"N\";alg=\"ed25519\"", "another key ()" },
        { "%s;created=1800000000;nonce=\"N\";keyid=\"K\"", "algorithm" },
        { "%s", "algorithm" },
    };
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        QK_OWNED(qk_buf_done) qk_buf input = QK_BUF_NONE;
        qk_buf_put_text(&input,
                        "quantoki=(\"@status\" \"content-digest\" \"@method\";req \"@path\";req \"@query\";req)");
        for (const char *at = cases[i].input + 2; *at; at++)
            if (*at == 'N' || *at == 'K')
                qk_buf_put_text(&input, *at == 'N' ? f->question.nonce : rfc_thumbprint);
            else
                qk_buf_put_u8(&input, (uint8_t)*at);
        f->answer.input = qk_buf_view(&input);
        assert_untrusted(f, cases[i].words);
    }
}

static void a_signature_over_less_or_other_parts_is_refused(void **state)
{
    static const char *const inputs[] = {
        "quantoki=()",
        "quantoki=(\"@status\" \"content-digest\" \"@method\";req \"@path\";req)",
        "quantoki=(\"@status\" \"content-digest\" \"@method\" \"@path\";req \"@query\";req)",
        "quantoki=(\"@status\" \"content-type\" \"@method\";req \"@path\";req \"@query\";req)",
        "quantoki=(\"content-digest\" \"@status\" \"@method\";req \"@path\";req \"@query\";req)",
        "quantoki=(\"@status\" \"content-digest\" \"@method\";req \"@path\";req \"@query\";req \"date\")",
    };
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        f->answer.input = qk_view_text(inputs[i]);
        assert_untrusted(f, "covers other parts");
    }
}

static void a_second_signature_beside_the_good_one_is_refused(void **state)
{
    fixture *f = *state;
    QK_OWNED(qk_buf_done) qk_buf two = QK_BUF_NONE;
    qk_signed_answer whole;

    serve(&f->server, &f->question, &f->answer);
    whole = f->answer;
    qk_buf_put(&two, f->answer.input);
    qk_buf_put_text(&two, ", evil=(\"@status\")");
    f->answer.input = qk_buf_view(&two);
    assert_untrusted(f, "Signature-Input: there is more than one signature");
    f->answer = whole;
    qk_buf_clear(&two);
    qk_buf_put(&two, f->answer.signature);
    qk_buf_put_text(&two, ", evil=:AAAA:");
    f->answer.signature = qk_buf_view(&two);
    assert_untrusted(f, "Signature: there is more than one signature");
}

static void another_label_does_not_matter_if_both_headers_have_it(void **state)
{
    fixture *f = *state;

    serve(&f->server, &f->question, &f->answer);
    memcpy(f->server.input.data, "relabels", 8);
    assert_untrusted(f, "Signature: ");
    memcpy(f->server.signature.data, "relabels", 8);
    assert_qk_ok(check(f, NOW));
}

/* ---- all of them ---- */

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

static const char *put(const char *name, const char *content)
{
    const char *path = test_path(name);

    assert_qk_ok(qk_file_write(path, 0600, qk_view_text(content)));
    return path;
}

static int set_up(void **state)
{
    if (make_test_folder(state) != 0 || qk_crypto_start() != QK_OK)
        return -1;
    assert_qk_ok(qk_signing_key_load(put("private", rfc_private_key), &private_key));
    assert_qk_ok(qk_signing_key_load(put("other", other_key), &stranger));
    assert_qk_ok(qk_signer_key_load(put("public", rfc_public_key), &signer));
    return 0;
}

static int tear_down(void **state)
{
    qk_signing_key_free(&private_key);
    qk_signing_key_free(&stranger);
    qk_signing_key_free(&signer);
    qk_crypto_stop();
    return remove_test_folder(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_question_asks_for_what_it_checks),
        TEST(each_question_has_a_nonce_of_its_own),
        TEST(a_good_answer_is_good),
        TEST(a_target_without_a_query_has_an_empty_one),
        TEST(an_answer_without_a_signature_is_not_used),
        TEST(each_covered_part_is_covered),
        TEST(another_status_is_found_out),
        TEST(another_body_is_found_out),
        TEST(another_body_with_its_own_digest_is_found_out),
        TEST(an_answer_to_another_question_is_a_replay),
        TEST(a_replay_with_our_nonce_put_in_is_found_out),
        TEST(an_old_or_early_signature_is_told_with_its_age),
        TEST(a_time_that_was_changed_is_found_out),
        TEST(another_key_is_told_by_its_id),
        TEST(another_key_under_our_keys_id_is_found_out),
        TEST(another_algorithm_is_refused),
        TEST(parameters_that_are_missing_are_missed),
        TEST(a_signature_over_less_or_other_parts_is_refused),
        TEST(a_second_signature_beside_the_good_one_is_refused),
        TEST(another_label_does_not_matter_if_both_headers_have_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
