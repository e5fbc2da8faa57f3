/* SPDX-License-Identifier: MIT
 *
 * Numbers that the hooks' C and assembly sources share. hooks.h asserts each of them against the C structures.
 */
#ifndef DWUNW_HOOKS_LAYOUT_H
#define DWUNW_HOOKS_LAYOUT_H

/* Rows of the import table: libraries that the same function may come from (libc, a preloaded allocator, ...). */
#define HOOKS_FAMILIES 4
/* Columns: the allocators of sample.h up to munmap, then what opens libraries and looks into them, then what counts as
 * one of the former: C++'s operators new; and delete with C23's free_sized and free_aligned_sized; libc's own calls of
 * realloc. dlvsym takes the place that was left. */
#define HOOKS_SYMBOLS 40
#define HOOKS_DLOPEN 13
#define HOOKS_DLMOPEN 14
#define HOOKS_DLSYM 15
#define HOOKS_NEW 16
#define HOOKS_NEW_END 24
#define HOOKS_DELETE 24
#define HOOKS_DELETE_END 38
#define HOOKS_LIBC_REALLOC 38
#define HOOKS_DLVSYM 39

/* Counters of a thread, by allocator. The operators count as malloc and free. */
#define HOOKS_COUNTERS 16

/* struct hooks_thread */
#define HOOKS_THREAD_LEFT 0
#define HOOKS_THREAD_SEEN 64
#define HOOKS_SEEN_BYTES 16

/* Filter slot of an address: the top bits of its low half times the golden ratio (Fibonacci hashing), so that blocks
 * that lie side by side spread over the whole filter. */
#define HOOKS_FILTER_MULTIPLIER 0x9E3779B1
#define HOOKS_FILTER_SHIFT 16
#define HOOKS_FILTER_SLOTS 65536

/* Registers saved by hooks_slow_entry: DWARF numbers 0 to 15, then pc; rounded up to keep the stack aligned. */
#define HOOKS_REGISTERS 17
#define HOOKS_REGISTERS_BYTES 152

#endif
