/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of wrong PINs as files of the state folder, for latch.c. */
#ifndef QK_SEEDER_LATCH_FILES_H
#define QK_SEEDER_LATCH_FILES_H

#include "seeder/latch.h"

/* Whole, and on the disk. */
QK_MUST_CHECK qk_err qk_seed_notes_write(const qk_seeder *seeder, const qk_seed_target *target,
                                         const qk_seed_latch *latch, const char *name);
/* No other process looks at notes and begins a login until it is let go; -1 if the folder knows no locks. */
int qk_seed_notes_hold(const qk_seeder *seeder);
void qk_seed_notes_let_go(const int *held);
/* For a note that lives as long as a login: it outlives this process, not the machine. */
QK_MUST_CHECK qk_err qk_seed_notes_write_quickly(const qk_seeder *seeder, const qk_seed_target *target,
                                                 const qk_seed_latch *latch, const char *name);
/* QK_E_OBJECT_MISSING; an empty note of a login that was never begun counts as missing, too. */
QK_MUST_CHECK qk_err qk_seed_notes_read(const qk_seeder *seeder, const qk_seed_target *target, const char *name,
                                        qk_seed_latch *out);
void qk_seed_notes_remove(const qk_seeder *seeder, const char *name);
/* With its folder still there: one that was unmounted is nobody's word. */
bool qk_seed_notes_was_removed(const qk_seeder *seeder, const char *name);
/* Each note there is. QK_E_SYSTEM if the folder cannot be read; one that does not exist has none. */
QK_MUST_CHECK qk_err qk_seed_notes_each(const qk_seeder *seeder, void (*take)(void *context, const char *name),
                                        void *context);

#endif
