/* SPDX-License-Identifier: Apache-2.0 */
#include "server/protocol/reflection_files.h"

#include "base/testing.h"

typedef struct world {
    qk_arena arena;
    qk_proto_files files;
} world;

static int set_up(void **state)
{
    static world it;

    qk_arena_init(&it.arena, 0);
    *state = &it;
    return qk_proto_files_read(&it.arena, &it.files) == QK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    qk_arena_done(&((world *)*state)->arena);
    return 0;
}

static const char *file_with(const world *w, const char *symbol)
{
    const qk_proto_file *file = qk_proto_files_with(&w->files, symbol);

    return file ? file->names->name : "none";
}

static void names_of_every_kind_lead_to_their_file(void **state)
{
    static const char *const rows[][2] = {
        { "grep11.Crypto", "grep11.proto" },
        { "grep11.Crypto.SignSingle", "grep11.proto" },
        { "grep11.Mechanism", "grep11.proto" },
        { "grep11.Mechanism.ParameterB", "grep11.proto" },
        { "grep11.RSAOAEPParm.Mask", "grep11.proto" },
        { "grep11.RSAOAEPParm.CkgMgf1Sha1", "grep11.proto" },
        { "grep11.GenerateKeyRequest.TemplateEntry", "grep11.proto" },
        { "grep11.GenerateKeyRequest.TemplateEntry.key", "grep11.proto" },
        { "grep11.Grep11Error", "errors.proto" },
        { "quantoki.v1.Keystore", "quantoki.proto" },
        { "grpc.health.v1.Health.Watch", "health.proto" },
        { "grpc.reflection.v1.ServerReflection", "reflection.proto" },
        { "grpc.reflection.v1alpha.ServerReflection", "reflection_v1alpha.proto" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(file_with(*state, rows[i][0]), rows[i][1]);
}

static void parts_of_names_and_strange_ones_lead_nowhere(void **state)
{
    static const char *const names[] = {
        "",
        ".",
        "grep11",
        "grep11.",
        ".grep11.Crypto",
        "grep11.Crypto.",
        "grep11.Crypt",
        "grep11.Cryptos",
        "grep11.Crypto.SignSingle.More",
        "grep11.Mechanism.ParameterB.More",
        "grep11.RSAOAEPParm.Mask.CkgMgf1Sha1", /* a value is named beside its enumeration */
        "Crypto",
        "grpc.reflection",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_string_equal(file_with(*state, names[i]), "none");
}

static void files_are_found_by_their_whole_name(void **state)
{
    const world *w = *state;

    assert_non_null(qk_proto_files_named(&w->files, "quantoki.proto"));
    assert_null(qk_proto_files_named(&w->files, "quantoki"));
    assert_null(qk_proto_files_named(&w->files, "/quantoki.proto"));
    assert_null(qk_proto_files_named(&w->files, "status.proto")); /* only we know it */
}

static void what_a_file_imports_is_here(void **state)
{
    const world *w = *state;

    for (size_t i = 0; i < w->files.count; i++)
        for (size_t j = 0; j < w->files.files[i].names->n_dependency; j++)
            assert_non_null(qk_proto_files_named(&w->files, w->files.files[i].names->dependency[j]));
}

static void types_are_messages(void **state)
{
    const world *w = *state;

    assert_true(qk_proto_files_have_type(&w->files, "grep11.Mechanism"));
    assert_true(qk_proto_files_have_type(&w->files, "grep11.GenerateKeyRequest.TemplateEntry"));
    assert_false(qk_proto_files_have_type(&w->files, "grep11.Crypto"));
    assert_false(qk_proto_files_have_type(&w->files, "grep11.RSAOAEPParm.Mask"));
    assert_false(qk_proto_files_have_type(&w->files, "grep11.Mechanism.ParameterB"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names_of_every_kind_lead_to_their_file),
        TEST(parts_of_names_and_strange_ones_lead_nowhere),
        TEST(files_are_found_by_their_whole_name),
        TEST(what_a_file_imports_is_here),
        TEST(types_are_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
