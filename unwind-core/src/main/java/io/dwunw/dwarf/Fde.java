// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/**
 * A frame description entry (DWARF 5 §6.4.1): the CFI of one contiguous range of code.
 *
 * @param section where it stands
 * @param offset of the entry in its section
 * @param startSvma first address that it covers
 * @param bytes extent of the covered range
 * @param instructions offset of its instructions
 * @param end offset behind the entry
 */
public record Fde(CfiSection section, long offset, Cie cie, long startSvma, long bytes, long instructions, long end) {
    /** Whether the range includes this address. */
    public boolean covers(long svma) {
        return Long.compareUnsigned(svma - startSvma, bytes) < 0;
    }
}
