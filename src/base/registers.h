/* SPDX-License-Identifier: Apache-2.0 */
/* What stays in registers. Copying and mixing go through the processor's vector registers, up to half a KiB of them,
 * and what they held lies on the stack as soon as somebody saves them: the dynamic linker does when it resolves a
 * symbol at its first call, the kernel when it delivers a signal. */
#ifndef QK_BASE_REGISTERS_H
#define QK_BASE_REGISTERS_H

/* Zeroes the vector registers, of x86-64 and arm64; elsewhere nothing. After work on random or keys that the caller's
 * process is not to keep: tens of nanoseconds. */
void qk_registers_wipe(void);

#endif
