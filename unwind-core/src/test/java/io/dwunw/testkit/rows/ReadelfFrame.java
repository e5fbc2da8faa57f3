// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import java.util.List;

/**
 * One entry of readelf's output.
 *
 * @param section {@code .eh_frame} or {@code .debug_frame}
 * @param offset of the entry in its section
 * @param cieOffset of its CIE; of itself, if it is one
 * @param isCie whether it is a CIE
 * @param returnAddressColumn of a CIE, else -1
 * @param columns names of the registers that the rows are about
 * @param rows as printed: location, CFA, then one word per column; empty if the program is all padding
 */
record ReadelfFrame(
        String section,
        long offset,
        long cieOffset,
        boolean isCie,
        int returnAddressColumn,
        long startSvma,
        long endSvma,
        List<String> columns,
        List<String[]> rows) {}
