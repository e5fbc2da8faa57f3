// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.dwarf.CallFrameInfo;

/**
 * CFI that was cut out of a module's file, into its debug file or {@code .gnu_debugdata}.
 *
 * @param shift SVMA of the module's file − SVMA in the CFI's terms; 0 unless the file was prelinked
 */
public record SeparateCfi(CallFrameInfo cfi, long shift) {}
