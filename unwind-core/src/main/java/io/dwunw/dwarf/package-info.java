// SPDX-License-Identifier: MIT
/**
 * DWARF call frame information: CIEs and FDEs in {@code .eh_frame} and {@code .debug_frame}, the {@code .eh_frame_hdr}
 * search table, the programs that yield unwind rows, and the expressions that rows may refer to.
 *
 * <p>References: DWARF 5 §6.4 (call frame information), §7.24 (encoding), §2.5 (expressions); LSB 5.0 Core, §10.6
 * ({@code .eh_frame}). Must not know ELF, files, processes or caches: input is sections as bytes with their addresses.
 * All addresses here are SVMAs, except what an expression computes. Damaged input throws {@link
 * io.dwunw.bytes.MalformedDataException}. Not thread-safe; cold, allocates moderately.
 */
@NullMarked
package io.dwunw.dwarf;

import org.jspecify.annotations.NullMarked;
