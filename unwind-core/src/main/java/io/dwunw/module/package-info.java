// SPDX-License-Identifier: MIT
/**
 * What is mapped in a process: lines of {@code /proc/<pid>/maps}, and the ELF modules that they make up. Joins files
 * ({@code elf}) with addresses; the one package that opens files.
 *
 * <p>Must not know walks, registers or symbols' meaning. Not thread-safe. Finding a module allocates nothing; reading
 * the text of maps and opening a file do.
 */
@NullMarked
package io.dwunw.module;

import org.jspecify.annotations.NullMarked;
