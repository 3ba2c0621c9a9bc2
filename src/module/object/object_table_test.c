/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "module/object/object_table.h"

static qk_object *make(uint8_t id, bool token, int64_t version, CK_SESSION_HANDLE owner)
{
    qk_object_parts parts = { .id = { { id, 0, 0, 0, 0, 0, 0, 0, id } },
                              .token = token,
                              .version = version,
                              .owner = owner,
                              .attrs = QK_ATTRS_NONE,
                              .blob = QK_BUF_NONE };
    qk_object *object = NULL;

    assert_qk_ok(qk_object_new(&parts, &object));
    return object;
}

/* Adds and lets go; the table keeps it. */
static CK_OBJECT_HANDLE add(qk_object_table *table, uint8_t id, bool token, CK_SESSION_HANDLE owner)
{
    QK_OWNED(qk_object_unref) qk_object *object = make(id, token, 0, owner);

    assert_qk_ok(qk_object_table_add(table, object));
    return object->handle;
}

static bool has(qk_object_table *table, CK_OBJECT_HANDLE handle)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL;

    return qk_object_table_get(table, handle, &object) == QK_OK;
}

static void handles_find_their_objects_however_many(void **state)
{
    QK_OWNED(qk_object_table_free) qk_object_table *table = NULL;
    CK_OBJECT_HANDLE handles[250];

    (void)state;
    assert_qk_ok(qk_object_table_new(&table));
    for (uint8_t i = 0; i < 250; i++)
        handles[i] = add(table, i, i % 2, 1);
    for (uint8_t i = 0; i < 250; i++) {
        QK_OWNED(qk_object_unref) qk_object *object = NULL;
        assert_qk_ok(qk_object_table_get(table, handles[i], &object));
        assert_int_equal(object->id.bytes[0], i);
    }
    assert_false(has(table, 0));
    assert_false(has(table, handles[249] + 1));
}

static void handles_are_not_used_again_in_another_table(void **state)
{
    QK_OWNED(qk_object_table_free) qk_object_table *first = NULL, *second = NULL;
    CK_OBJECT_HANDLE handle;

    (void)state;
    assert_qk_ok(qk_object_table_new(&first));
    assert_qk_ok(qk_object_table_new(&second));
    handle = add(first, 1, true, 0);
    assert_int_not_equal(add(second, 1, true, 0), handle);
}

static void a_newer_version_takes_the_handle_and_an_older_one_does_not(void **state)
{
    QK_OWNED(qk_object_table_free) qk_object_table *table = NULL;
    static const struct {
        int64_t shown, known;
    } steps[] = { { 5, 5 }, { 7, 7 }, { 6, 7 }, { 7, 7 } };
    CK_OBJECT_HANDLE handle = 0;

    (void)state;
    assert_qk_ok(qk_object_table_new(&table));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        QK_OWNED(qk_object_unref) qk_object *shown = make(9, true, steps[i].shown, 0), *known = NULL;
        assert_qk_ok(qk_object_table_meet(table, shown, &known));
        assert_int_equal(known->version, steps[i].known);
        assert_true(handle == 0 || known->handle == handle);
        handle = known->handle;
    }
}

static void an_object_in_use_outlives_its_handle(void **state)
{
    QK_OWNED(qk_object_table_free) qk_object_table *table = NULL;
    QK_OWNED(qk_object_unref) qk_object *used = NULL;
    CK_OBJECT_HANDLE handle;

    (void)state;
    assert_qk_ok(qk_object_table_new(&table));
    handle = add(table, 1, true, 0);
    assert_qk_ok(qk_object_table_get(table, handle, &used));
    qk_object_table_remove(table, handle);
    assert_false(has(table, handle));
    qk_object_table_remove(table, handle); /* once more does no harm */
    assert_int_equal(used->id.bytes[0], 1);
}

static qk_err count(qk_object *object, void *context)
{
    (void)object;
    ++*(int *)context;
    return QK_OK;
}

static void a_session_takes_its_objects_with_it(void **state)
{
    QK_OWNED(qk_object_table_free) qk_object_table *table = NULL;
    CK_OBJECT_HANDLE mine[3], its, lasting;
    int seen = 0;

    (void)state;
    assert_qk_ok(qk_object_table_new(&table));
    for (uint8_t i = 0; i < 3; i++)
        mine[i] = add(table, i, false, 100);
    its = add(table, 10, false, 200);
    lasting = add(table, 11, true, 0);
    assert_qk_ok(qk_object_table_each_session_object(table, count, &seen));
    assert_int_equal(seen, 4);
    qk_object_table_remove_owned(table, 100);
    for (size_t i = 0; i < 3; i++)
        assert_false(has(table, mine[i]));
    assert_true(has(table, its));
    assert_true(has(table, lasting));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_find_their_objects_however_many),
        cmocka_unit_test(handles_are_not_used_again_in_another_table),
        cmocka_unit_test(a_newer_version_takes_the_handle_and_an_older_one_does_not),
        cmocka_unit_test(an_object_in_use_outlives_its_handle),
        cmocka_unit_test(a_session_takes_its_objects_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
