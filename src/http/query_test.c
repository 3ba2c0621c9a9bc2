/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "http/server.h"

static qk_http_exchange exchange;

static void ask(const char *query, const char *name, const char *wanted, unsigned wanted_count)
{
    qk_view value;
    unsigned count;

    qk_arena_init(&exchange.arena, 0);
    exchange.query = qk_view_text(query);
    assert_qk_ok(qk_http_query(&exchange, name, &value, &count));
    if (count != wanted_count || !qk_view_equal(value, qk_view_text(wanted)))
        fail_msg("%s: %s is \"%.*s\", %u times", query, name, (int)value.len, (const char *)value.data, count);
    qk_arena_done(&exchange.arena);
}

static void values_are_found_and_decoded(void **state)
{
    (void)state;
    ask("", "a", "", 0);
    ask("a", "a", "", 1);
    ask("a=", "a", "", 1);
    ask("a=1", "a", "1", 1);
    ask("ba=1&ab=2&a=3", "a", "3", 1);
    ask("a=1&a=2&&a", "a", "1", 3);
    ask("a=b=c", "a", "b=c", 1);
    ask("a=x+y%2bz%2B%20", "a", "x y+z+ ", 1);
    ask("%61=1", "a", "1", 1);
    ask("a+b=1", "a b", "1", 1);
    ask("A=1", "a", "", 0);
    ask("=1&a=2", "a", "2", 1);
    ask("a=urn:ibm:params", "a", "urn:ibm:params", 1);
}

static void broken_escapes_are_refused(void **state)
{
    static const char *const queries[] = { "a=%", "a=%2", "a=%2g", "a=%g2", "a=x%%20", "a=1%" };
    qk_view value;
    unsigned count;

    (void)state;
    qk_arena_init(&exchange.arena, 0);
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        exchange.query = qk_view_text(queries[i]);
        assert_qk_err(qk_http_query(&exchange, "a", &value, &count), QK_E_BAD_ARGUMENT);
    }
    qk_arena_done(&exchange.arena);
    ask("b=%&a=1", "a", "1", 1); /* another one's */
    ask("%=1&%6=2&a=1", "a", "1", 1);
}

static void a_decoded_zero_is_a_character(void **state)
{
    qk_view value;
    unsigned count;

    (void)state;
    qk_arena_init(&exchange.arena, 0);
    exchange.query = QK_VIEW_LITERAL("a=x%00y&a%00=2");
    assert_qk_ok(qk_http_query(&exchange, "a", &value, &count));
    assert_int_equal(count, 1);
    assert_true(qk_view_equal(value, qk_view_of("x\0y", 3)));
    qk_arena_done(&exchange.arena);
}

static void without_memory_nothing_is_decoded(void **state)
{
    qk_view value;
    unsigned count;

    (void)state;
    qk_arena_init(&exchange.arena, 16);
    exchange.query = QK_VIEW_LITERAL("a=%20234567890123456789012345678901234567890");
    assert_qk_err(qk_http_query(&exchange, "a", &value, &count), QK_E_NO_MEMORY);
    qk_arena_done(&exchange.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_and_decoded),
        cmocka_unit_test(broken_escapes_are_refused),
        cmocka_unit_test(a_decoded_zero_is_a_character),
        cmocka_unit_test(without_memory_nothing_is_decoded),
    };

    return cmocka_run_group_tests_name("http query", tests, NULL, NULL);
}
