// SPDX-License-Identifier: MIT
/**
 * Where a walk reads the target's memory: a whole process, cold ({@link io.dwunw.memory.MemoryReader}), or one stack,
 * hot ({@link io.dwunw.memory.StackMemory}).
 *
 * <p>Must not know modules, DWARF or registers. Implementations state their own threading; the hot interface allocates
 * nothing.
 */
@NullMarked
package io.dwunw.memory;

import org.jspecify.annotations.NullMarked;
