/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/message.h"
#include "rpc/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void a_message_survives_the_way_through_an_arena(void **state)
{
    qk_arena arena;
    qk_view bytes;
    Grep11__SignSingleRequest *read, request = GREP11__SIGN_SINGLE_REQUEST__INIT;

    (void)state;
    qk_arena_init(&arena, 0);
    request.data = qk_message_bytes(QK_VIEW_LITERAL("to be signed"));
    assert_int_equal(qk_message_write(&request.base, 0, &arena, &bytes), QK_OK);
    assert_int_equal(qk_message_read(&grep11__sign_single_request__descriptor, bytes, &arena, (void **)&read), QK_OK);
    assert_true(qk_view_equal(qk_message_view(read->data), QK_VIEW_LITERAL("to be signed")));
    assert_null(read->mech);
    qk_arena_done(&arena);
}

static void writing_leaves_room_in_front(void **state)
{
    qk_arena arena;
    qk_view bare, framed;
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;

    (void)state;
    qk_arena_init(&arena, 0);
    request.len = 32;
    assert_int_equal(qk_message_write(&request.base, 0, &arena, &bare), QK_OK);
    assert_int_equal(qk_message_write(&request.base, 5, &arena, &framed), QK_OK);
    assert_int_equal(framed.len, bare.len + 5);
    assert_true(qk_view_equal(qk_view_slice(framed, 5, SIZE_MAX), bare));
    qk_arena_done(&arena);
}

static void no_bytes_are_the_empty_message(void **state)
{
    qk_arena arena;
    Grep11__GenerateRandomRequest *read;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(
        qk_message_read(&grep11__generate_random_request__descriptor, QK_VIEW_NONE, &arena, (void **)&read), QK_OK);
    assert_int_equal(read->len, 0);
    qk_arena_done(&arena);
}

static void a_truncated_message_is_malformed(void **state)
{
    qk_arena arena;
    void *read = NULL;

    (void)state;
    qk_arena_init(&arena, 0);
    /* field 3 of length 16, of which two bytes are there */
    assert_int_equal(
        qk_message_read(&grep11__sign_single_request__descriptor, QK_VIEW_LITERAL("\x1a\x10xy"), &arena, &read),
        QK_E_MESSAGE_MALFORMED);
    assert_null(read);
    qk_arena_done(&arena);
}

/* Each two-byte empty map entry becomes structures of more than fifty bytes. */
static void an_expanding_message_stops_at_the_limit(void **state)
{
    qk_arena arena;
    uint8_t entries[8192];
    void *read;

    (void)state;
    for (size_t i = 0; i < sizeof entries; i += 2) {
        entries[i] = 0x32; /* GenerateKeyRequest.Template */
        entries[i + 1] = 0;
    }
    qk_arena_init(&arena, 4 * sizeof entries);
    assert_int_equal(
        qk_message_read(&grep11__generate_key_request__descriptor, qk_view_of(entries, sizeof entries), &arena, &read),
        QK_E_NO_MEMORY);
    qk_arena_done(&arena);
    qk_arena_init(&arena, 200 * sizeof entries);
    assert_int_equal(
        qk_message_read(&grep11__generate_key_request__descriptor, qk_view_of(entries, sizeof entries), &arena, &read),
        QK_OK);
    qk_arena_done(&arena);
}

static void every_attribute_map_has_the_common_layout(void **state)
{
    const ProtobufCMessageDescriptor *entry = &grep11__generate_key_request__template_entry__descriptor;

    (void)state;
    assert_int_equal(entry->sizeof_message, sizeof(qk_map_entry));
    assert_int_equal(entry->fields[0].offset, offsetof(qk_map_entry, key));
    assert_int_equal(entry->fields[1].offset, offsetof(qk_map_entry, value));
}

static void actions_are_found_by_their_names(void **state)
{
    (void)state;
    for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++)
        assert_int_equal(qk_action_find(qk_action_name(action)), action);
    assert_int_equal(qk_action_find("hs-crypto.crypto.launch"), QK_ACTION_NONE);
    assert_string_equal(qk_action_name(QK_ACTION_NONE), "");
}

static void a_caller_needs_the_action(void **state)
{
    qk_caller caller = { .identity = "app", .actions = QK_ACTION_BIT(QK_ACTION_SIGN) };

    (void)state;
    assert_int_equal(qk_caller_may(&caller, QK_ACTION_SIGN), QK_OK);
    assert_int_equal(qk_caller_may(&caller, QK_ACTION_NONE), QK_OK);
    assert_int_equal(qk_caller_may(&caller, QK_ACTION_DECRYPT), QK_E_NOT_AUTHORIZED);
    assert_non_null(strstr(qk_err_words(QK_E_NOT_AUTHORIZED), "hs-crypto.crypto.decrypt"));
    assert_int_equal(qk_caller_may(NULL, QK_ACTION_DECRYPT), QK_OK);
}

static void a_limited_caller_stays_in_its_keystores(void **state)
{
    qk_uuid mine = { "mine............" }, other = { "other..........." };
    qk_caller caller = { .identity = "anonymous",
                         .keystore_actions = QK_ACTION_BIT(QK_ACTION_FIND_KEYS),
                         .keystores = { { mine, QK_ACTION_BIT(QK_ACTION_FIND_KEYS) } },
                         .keystore_count = 1 };

    (void)state;
    assert_int_equal(qk_caller_may(&caller, QK_ACTION_FIND_KEYS), QK_OK);
    assert_int_equal(qk_caller_may_in(&caller, QK_ACTION_FIND_KEYS, &mine), QK_OK);
    assert_int_equal(qk_caller_may_in(&caller, QK_ACTION_FIND_KEYS, &other), QK_E_NOT_AUTHORIZED);
    assert_int_equal(qk_caller_may_in(&caller, QK_ACTION_STORE_KEY, &mine), QK_E_NOT_AUTHORIZED);
    assert_int_equal(qk_caller_may_in(NULL, QK_ACTION_STORE_KEY, &mine), QK_OK);
}

static qk_err count_runs(void *context, const qk_call *call, const void *request, void *response)
{
    (void)call;
    (void)request;
    (void)response;
    ++*(int *)context;
    return QK_OK;
}

static void a_method_does_not_run_without_its_action(void **state)
{
    qk_method method = { .path = "/t/Sign",
                         .response = &grep11__sign_single_response__descriptor,
                         .action = QK_ACTION_SIGN,
                         .second_action = QK_ACTION_DIGEST,
                         .handler = count_runs };
    qk_caller caller = { .identity = "app", .actions = QK_ACTION_BIT(QK_ACTION_SIGN) };
    qk_arena arena;
    qk_call call = { .arena = &arena, .caller = &caller };
    void *response = NULL;
    int runs = 0;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(qk_method_run(&method, &runs, &call, NULL, &response), QK_E_NOT_AUTHORIZED);
    assert_null(response);
    caller.actions |= QK_ACTION_BIT(QK_ACTION_DIGEST);
    assert_int_equal(qk_method_run(&method, &runs, &call, NULL, &response), QK_OK);
    assert_non_null(response);
    assert_int_equal(runs, 1);
    method.handler = NULL;
    assert_int_equal(qk_method_run(&method, &runs, &call, NULL, &response), QK_E_NOT_SUPPORTED);
    qk_arena_done(&arena);
}

/* Key generation and the like: the sources' health is looked at before each call. */
static void a_method_that_needs_random_does_not_run_without_sources(void **state)
{
    qk_method method = { .path = "/t/GenerateKey",
                         .response = &grep11__sign_single_response__descriptor,
                         .action = QK_ACTION_NONE,
                         .second_action = QK_ACTION_NONE,
                         .flags = QK_METHOD_NEEDS_RANDOM,
                         .handler = count_runs };
    qk_arena arena;
    qk_call call = { .arena = &arena };
    void *response = NULL;
    int runs = 0;

    (void)state;
    qk_arena_init(&arena, 0);
    assert_int_equal(qk_method_run(&method, &runs, &call, NULL, &response), QK_E_NO_RANDOM);
    assert_null(response);
    assert_int_equal(runs, 0);
    method.flags = 0;
    assert_int_equal(qk_method_run(&method, &runs, &call, NULL, &response), QK_OK);
    assert_int_equal(runs, 1);
    qk_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_survives_the_way_through_an_arena),
        cmocka_unit_test(writing_leaves_room_in_front),
        cmocka_unit_test(no_bytes_are_the_empty_message),
        cmocka_unit_test(a_truncated_message_is_malformed),
        cmocka_unit_test(an_expanding_message_stops_at_the_limit),
        cmocka_unit_test(every_attribute_map_has_the_common_layout),
        cmocka_unit_test(actions_are_found_by_their_names),
        cmocka_unit_test(a_caller_needs_the_action),
        cmocka_unit_test(a_limited_caller_stays_in_its_keystores),
        cmocka_unit_test(a_method_does_not_run_without_its_action),
        cmocka_unit_test(a_method_that_needs_random_does_not_run_without_sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
