// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import org.jspecify.annotations.Nullable;

/**
 * The binary search table of {@code .eh_frame_hdr} (LSB 5.0 Core §10.6.2), read in place.
 *
 * <pre>
 * 0 version (1)   1 eh_frame_ptr encoding   2 fde_count encoding   3 table encoding
 * 4 eh_frame_ptr, fde_count, then fde_count pairs (initial location, FDE address), sorted by location
 * </pre>
 */
public final class EhFrameHdr {
    private static final int VERSION = 1;
    private static final int PREAMBLE_BYTES = 4;
    /** Rows looked at between two looks at the clock. */
    private static final int ROWS_WATCHED = 1024;

    private final Bytes bytes;
    private final long svma;
    private final int wordBytes;
    private final int tableEncoding;
    private final long ehFrameSvma;
    private final long table;
    private final int entryBytes;
    private final int count;
    private final ByteCursor cursor;

    private EhFrameHdr(Bytes bytes, long svma, int wordBytes, ByteCursor at) {
        this.bytes = bytes;
        this.svma = svma;
        this.wordBytes = wordBytes;
        this.cursor = at;
        if (bytes.u8(0) != VERSION) {
            throw new MalformedDataException("unknown .eh_frame_hdr version", bytes.u8(0));
        }
        int frameEncoding = bytes.u8(1);
        int countEncoding = bytes.u8(2);
        tableEncoding = bytes.u8(3);
        at.position(PREAMBLE_BYTES);
        ehFrameSvma = pointer(frameEncoding);
        boolean searchable = countEncoding != EhPointer.DW_EH_PE_OMIT && tableEncoding != EhPointer.DW_EH_PE_OMIT;
        long stated = searchable ? EhPointer.value(at, countEncoding, wordBytes) : 0;
        table = at.position();
        entryBytes = 2 * EhPointer.fixedBytes(tableEncoding, wordBytes);
        boolean fits = entryBytes > 0
                && stated > 0
                && stated <= Math.min(at.remaining() / entryBytes, CfiLimits.MAX_INDEXED_FDES);
        count = fits ? (int) stated : 0;
    }

    /**
     * Reads the header.
     *
     * @param svma address of the first byte
     * @return null if it is damaged
     */
    public static @Nullable EhFrameHdr parse(Bytes bytes, long svma, int wordBytes) {
        try {
            return new EhFrameHdr(bytes, svma, wordBytes, bytes.cursor());
        } catch (MalformedDataException damaged) {
            return null;
        }
    }

    /** Where {@code .eh_frame} begins. */
    public long ehFrameSvma() {
        return ehFrameSvma;
    }

    /** Number of FDEs in the table; 0 when there is none that can be searched. */
    public int count() {
        return count;
    }

    /** Whether there is a table and it is in order; one pass over it. */
    public boolean isSearchable() {
        try {
            for (int i = 1; i < count; i++) {
                if (i % ROWS_WATCHED == 0) {
                    bytes.account().watch();
                }
                if (Long.compareUnsigned(startSvma(i - 1), startSvma(i)) > 0) {
                    return false;
                }
            }
            return count > 0;
        } catch (MalformedDataException damaged) {
            return false;
        }
    }

    /** Index of the last FDE that starts at or before this address, or -1. */
    int lastNotAfter(long address) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(startSvma(middle), address) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** Initial location of the table's entry. */
    long startSvma(int index) {
        cursor.position(table + (long) index * entryBytes);
        return pointer(tableEncoding);
    }

    /** Address of the FDE itself. */
    long fdeSvma(int index) {
        cursor.position(table + (long) index * entryBytes + entryBytes / 2);
        return pointer(tableEncoding);
    }

    private long pointer(int encoding) {
        return EhPointer.read(cursor, encoding, wordBytes, svma, svma, 0);
    }

    @Override
    public String toString() {
        return ".eh_frame_hdr of " + count + " FDEs in " + bytes.size() + " bytes";
    }
}
