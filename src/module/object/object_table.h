/* SPDX-License-Identifier: Apache-2.0 */
/* Handles of one slot: handle → object, and (id of a token object) → handle.
 *
 * 1. A handle is never used again within the process, also not after C_Finalize.
 * 2. A handle keeps naming its object while the object changes, and across reconnects.
 * 3. Looking a handle up takes one read lock out of sixteen; the object comes back referenced.
 * 4. Everything else is rare and takes the table's own lock. */
#ifndef QK_MODULE_OBJECT_TABLE_H
#define QK_MODULE_OBJECT_TABLE_H

#include "module/object/object.h"

typedef struct qk_object_table qk_object_table;

QK_MUST_CHECK qk_err qk_object_table_new(qk_object_table **out_table);
void qk_object_table_free(qk_object_table **table);

/* Puts a new object in and gives it its handle. The table takes a reference of its own. */
QK_MUST_CHECK qk_err qk_object_table_add(qk_object_table *table, qk_object *object);
/* A token object as the keystore has just shown it: takes the place of an older version, or gets a handle. The object
 * that is in the table afterwards comes back referenced. */
QK_MUST_CHECK qk_err qk_object_table_meet(qk_object_table *table, qk_object *object, qk_object **out_known);
/* Referenced. QK_E_OBJECT_HANDLE. */
QK_MUST_CHECK qk_err qk_object_table_get(qk_object_table *table, CK_OBJECT_HANDLE handle, qk_object **out_object);
/* `changed` takes the place of the object with that handle; nothing happens if it is gone meanwhile, or if the keystore
 * has shown a newer version. */
void qk_object_table_replace(qk_object_table *table, CK_OBJECT_HANDLE handle, qk_object *changed);
void qk_object_table_remove(qk_object_table *table, CK_OBJECT_HANDLE handle);
/* Removes the session objects of a session that closes. */
void qk_object_table_remove_owned(qk_object_table *table, CK_SESSION_HANDLE owner);
/* Removes all for which `gone` is true. */
typedef bool (*qk_object_test)(const qk_object *object, const void *context);
void qk_object_table_remove_if(qk_object_table *table, qk_object_test gone, const void *context);
/* Calls `see` with each session object, under the table's lock; stops at its first error. */
typedef qk_err (*qk_object_visitor)(qk_object *object, void *context);
QK_MUST_CHECK qk_err qk_object_table_each_session_object(qk_object_table *table, qk_object_visitor see, void *context);

#endif
