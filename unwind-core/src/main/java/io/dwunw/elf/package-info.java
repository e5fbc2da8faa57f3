// SPDX-License-Identifier: MIT
/**
 * The structure of ELF files: header, segments, sections, notes, build id, symbols, load bias. ELF32 and ELF64, both
 * byte orders, with extended numbering, with or without section headers, from a file or from a process's memory.
 *
 * <p>Must not know DWARF, names' meanings, or who maps a file where. {@link io.dwunw.elf.ElfImage} is immutable apart
 * from lazily read parts and belongs to one thread; iterating symbols allocates nothing until a name is asked for.
 * Every count and size from a file is capped by a constant in {@link io.dwunw.elf.ElfLimits}.
 */
@NullMarked
package io.dwunw.elf;

import org.jspecify.annotations.NullMarked;
