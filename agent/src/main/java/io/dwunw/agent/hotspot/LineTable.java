// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Source lines by bytecode index, in HotSpot's compressed form (HotSpot, {@code code/compressedStream.hpp}, {@code
 * CompressedLineNumberReadStream}): a byte 0 ends the table; a byte 0xFF is followed by two signed numbers, the steps
 * of bytecode index and line; any other byte holds both steps, 5 and 3 bits wide.
 */
final class LineTable {
    static final LineTable NONE = new LineTable(new byte[] {0}, 0);

    private static final int ESCAPE = 0xff;
    private static final int LINE_BITS = 3;

    private final byte[] compressed;
    private final int excludedBytes;

    /** @param excludedBytes 1 where HotSpot's numbers contain no zero byte (JDK 20 and later), else 0 */
    LineTable(byte[] compressed, int excludedBytes) {
        this.compressed = compressed;
        this.excludedBytes = excludedBytes;
    }

    /** The table at the start of {@code bytes}, without what follows it. */
    static LineTable of(byte[] bytes, int excludedBytes) {
        Unsigned5 numbers = new Unsigned5(bytes, excludedBytes);
        while (numbers.hasMore()) {
            int step = numbers.u1();
            if (step == 0) {
                break;
            }
            if (step == ESCAPE) {
                numbers.nextSigned();
                numbers.nextSigned();
            }
        }
        return new LineTable(Arrays.copyOf(bytes, numbers.position()), excludedBytes);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LineTable table && Arrays.equals(compressed, table.compressed);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(compressed);
    }

    /** The line of the entry with the greatest bytecode index that is not above {@code bci}; -1 if there is none. */
    int line(int bci) {
        Unsigned5 numbers = new Unsigned5(compressed, excludedBytes);
        int entryBci = 0;
        int entryLine = 0;
        int bestBci = -1;
        int bestLine = -1;
        while (numbers.hasMore()) {
            int step = numbers.u1();
            if (step == 0) {
                break;
            }
            if (step == ESCAPE) {
                entryBci += numbers.nextSigned();
                entryLine += numbers.nextSigned();
            } else {
                entryBci += step >> LINE_BITS;
                entryLine += step & ((1 << LINE_BITS) - 1);
            }
            if (entryBci == bci) {
                return entryLine;
            }
            if (entryBci < bci && entryBci >= bestBci) {
                bestBci = entryBci;
                bestLine = entryLine;
            }
        }
        return bestLine;
    }
}
