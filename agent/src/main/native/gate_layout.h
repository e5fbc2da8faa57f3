/* SPDX-License-Identifier: MIT
 *
 * Numbers that the gate's C and assembly sources share. gate.h asserts each of them against the C structures.
 */
#ifndef DWUNW_GATE_LAYOUT_H
#define DWUNW_GATE_LAYOUT_H

/* Rows of the import table: libraries that the same function may come from (libc, a preloaded allocator, ...). */
#define GATE_FAMILIES 4
/* Columns: the allocators of sample.h up to munmap, then what opens libraries and looks into them, then what counts as
 * one of the former: C++'s operators new; and delete with C23's free_sized and free_aligned_sized; libc's own calls of
 * realloc. dlvsym takes the place that was left. */
#define GATE_SYMBOLS 40
#define GATE_DLOPEN 13
#define GATE_DLMOPEN 14
#define GATE_DLSYM 15
#define GATE_NEW 16
#define GATE_NEW_END 24
#define GATE_DELETE 24
#define GATE_DELETE_END 38
#define GATE_LIBC_REALLOC 38
#define GATE_DLVSYM 39

/* Counters of a thread, by allocator. The operators count as malloc and free. */
#define GATE_COUNTERS 16

/* struct gate_thread */
#define GATE_THREAD_LEFT 0
#define GATE_THREAD_SEEN 64
#define GATE_SEEN_BYTES 16

/* Filter slot of an address: the top bits of its low half times the golden ratio (Fibonacci hashing), so that blocks
 * that lie side by side spread over the whole filter. */
#define GATE_FILTER_MULTIPLIER 0x9E3779B1
#define GATE_FILTER_SHIFT 16
#define GATE_FILTER_SLOTS 65536

/* Registers saved by gate_slow_entry: DWARF numbers 0 to 15, then pc; rounded up to keep the stack aligned. */
#define GATE_REGISTERS 17
#define GATE_REGISTERS_BYTES 152

#endif
