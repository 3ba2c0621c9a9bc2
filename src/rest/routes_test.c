/* SPDX-License-Identifier: Apache-2.0 */
/* The table and its document; tokens for API keys; the page. */
#include "rest/document/page.h"
#include "rest/rest_fixture.h"

/* ---- OpenAPI ---- */

/* A body or an answer (of which an array is made) describes this member. */
static void assert_member(json_t *of, const char *content_type, const qk_rest_parameter *member)
{
    json_t *schema = json_object_get(json_object_get(json_object_get(of, "content"), content_type), "schema");
    json_t *it;

    if (json_object_get(schema, "items"))
        schema = json_object_get(schema, "items");
    it = json_object_get(json_object_get(schema, "properties"), member->name);
    assert_string_equal(json_string_value(json_object_get(it, "description")), member->help);
    assert_non_null(json_object_get(it, "type"));
}

static void the_openapi_document_holds_every_route(void **state)
{
    json_t *paths = json_object_get(fetch("/api/v1/openapi.json"), "paths");

    (void)state;
    assert_string_equal(at(document, "openapi"), "\"3.0.3\"");
    assert_int_equal(json_object_size(paths), qk_rest_route_count);
    for (size_t i = 0; i < qk_rest_route_count; i++) {
        const qk_rest_route *route = &qk_rest_routes[i];
        json_t *method =
            json_object_get(json_object_get(paths, route->path), route->methods & QK_HTTP_GET ? "get" : "post");
        assert_string_equal(json_string_value(json_object_get(method, "summary")), route->summary);
        assert_non_null(json_object_get(json_object_get(method, "responses"), route->produces ? "200" : "204"));
        assert_int_equal(json_array_size(json_object_get(method, "security")), route->access ? 2 : 0);
        assert_true(!route->body == !json_object_get(method, "requestBody"));
        for (const qk_rest_parameter *member = route->body; member && member->name; member++)
            assert_member(json_object_get(method, "requestBody"),
                          route->style == QK_STYLE_IBM ? "application/x-www-form-urlencoded" : "application/json",
                          member);
        for (const qk_rest_parameter *member = route->answer; member && member->name; member++)
            assert_member(json_object_get(json_object_get(method, "responses"), "200"), route->produces, member);
        for (const qk_rest_parameter *query = route->query; query && query->name; query++)
            assert_string_equal(
                json_string_value(json_object_get(
                    json_array_get(json_object_get(method, "parameters"), (size_t)(query - route->query)), "name")),
                query->name);
    }
}

static bool is_of(json_t *value, const char *type)
{
    if (type[strlen(type) - 1] == 's')
        return json_is_array(value);
    return strcmp(type, "string") == 0    ? json_is_string(value)
           : strcmp(type, "integer") == 0 ? json_is_integer(value)
           : strcmp(type, "number") == 0  ? json_is_number(value)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
                                          : json_is_object(value) || json_is_null(value);
}

static void answers_hold_what_the_document_says(void **state)
{
    char target[128];
    unsigned seen = 0;

    (void)state;
    add_runs();
    for (size_t i = 0; i < qk_rest_route_count; i++) {
        const qk_rest_route *route = &qk_rest_routes[i];
        json_t *answer;
        if (!route->answer || !(route->methods & QK_HTTP_GET))
            continue;
        snprintf(target, sizeof target, "%s%s", route->path,
                 strstr(route->path, "g_logs") ? "?include_random=true" : "");
        answer = fetch(target);
        for (const qk_rest_parameter *member = route->answer; member->name; member++, seen++)
            if (!is_of(json_object_get(route->answers_array ? json_array_get(answer, 0) : answer, member->name),
                       member->type))
                fail_msg("%s of %s is no %s", member->name, target, member->type);
    }
    assert_true(seen > 60);
}

static void each_route_is_found_and_answers_one_way(void **state)
{
    char name[64];

    (void)state;
    for (size_t i = 0; i < qk_rest_route_count; i++) {
        const char *path = qk_rest_routes[i].path;
        if (strchr(path, '{'))
            path = "/api/v1/sources/quantis-0.1_a/restart";
        assert_ptr_equal(qk_rest_route_find(path, name), &qk_rest_routes[i]);
        assert_true(!qk_rest_routes[i].make != !qk_rest_routes[i].give);
        assert_true(!(qk_rest_routes[i].methods & QK_HTTP_GET) == !(qk_rest_routes[i].methods & QK_HTTP_HEAD));
    }
    assert_string_equal(name, "quantis-0.1_a");
}

/* ---- tokens for API keys, and the page ---- */

#define GRANT "grant_type=urn:ibm:params:oauth:grant-type:apikey"

static void an_api_key_is_exchanged_in_both_forms(void **state)
{
    (void)state;
    assert_string_equal(at(parse(ask("POST", "/identity/token", "", GRANT "&apikey=key%20one")), "access_token"),
                        "\"a.b.c\"");
    assert_string_equal(at(document, "expires_in"), "3600");
    assert_string_equal(at(document, "token_type"), "\"Bearer\"");
    assert_false(world.answered_on_loop);
    assert_string_equal(at(parse(ask("POST", "/identity/token?apikey=key+one&" GRANT, "", NULL)), "expiration"),
                        "1800003600");
    assert_int_equal(ask("POST", "/identity/token?" GRANT "&apikey=key+one", "", "")->status, 200);
    assert_int_equal(
        ask("POST", "/identity/token", "", "grant_type=urn%3aibm%3Aparams:oauth:grant-type:apikey&apikey=key+one")
            ->status,
        200);
}

static void refusals_of_the_exchange_have_codes_of_ibm(void **state)
{
    (void)state;
    assert_string_equal(at(parse(ask("POST", "/identity/token", "", GRANT "&apikey=nobody")), "errorCode"),
                        "\"BXNIM0415E\"");
    assert_int_equal(ask("POST", "/identity/token", "", GRANT "&apikey=nobody")->status, 400);
    assert_string_equal(at(parse(ask("POST", "/identity/token", "", "apikey=x")), "errorCode"), "\"BXNIM0109E\"");
    assert_int_equal(ask("POST", "/identity/token", "", "")->status, 400);
    assert_int_equal(ask("POST", "/identity/token", "", "grant_type=password&apikey=key+one")->status, 400);
    assert_int_equal(ask("POST", "/identity/token", "", GRANT "&apikey=%")->status, 400);
    assert_string_equal(at(parse(get("/identity/token")), "errorCode"), "\"METHOD\"");
}

static void the_page_is_served_plain_and_compressed(void **state)
{
    const char *type;
    qk_view plain, small;
    const reply *answer = ask("GET", "/", "", NULL);

    (void)state;
    assert_true(qk_rest_page_find("/", &type, &plain, &small));
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->len, plain.len);
    assert_string_equal(header(answer, "X-Content-Type-Options"), "nosniff");
    assert_non_null(header(answer, "Content-Security-Policy"));
    assert_null(header(answer, "Content-Encoding"));
    answer = ask("GET", "/", "Accept-Encoding: deflate, gzip;q=0.5\r\n", NULL);
    assert_int_equal(answer->len, small.len);
    assert_string_equal(header(answer, "Content-Encoding"), "gzip");
    assert_int_equal(ask("HEAD", "/", "", NULL)->status, 200);
    assert_int_equal(ask("POST", "/", "", "")->status, 405);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_openapi_document_holds_every_route),     TEST(answers_hold_what_the_document_says),
        TEST(each_route_is_found_and_answers_one_way),    TEST(an_api_key_is_exchanged_in_both_forms),
        TEST(refusals_of_the_exchange_have_codes_of_ibm), TEST(the_page_is_served_plain_and_compressed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
