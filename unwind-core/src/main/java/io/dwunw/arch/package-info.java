// SPDX-License-Identifier: MIT
/**
 * What differs between processors: DWARF register numbers, the return-address column, the callee-saved registers, the
 * word size. One class per architecture, each citing its ABI document; {@link io.dwunw.arch.Architectures} is the
 * registry that a further one joins.
 *
 * <p>Must not know ELF parsing, files, or walks. Everything here is immutable; nothing allocates after start.
 */
@NullMarked
package io.dwunw.arch;

import org.jspecify.annotations.NullMarked;
