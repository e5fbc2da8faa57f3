// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;

/**
 * Reads a symbol table from its first entry to its last, a block at a time: for those who want all of it, a hundred
 * thousand symbols, before anything is compiled. Each entry has the numbers that it has in its {@link ElfSymbols}.
 *
 * <pre>{@code
 * for (int n = entries.next(); n > 0; n = entries.next())
 *     for (int i = 0; i < n; i++) ... entries.first() + i is the number of the block's i-th entry
 * }</pre>
 */
public final class SymbolEntries {
    /** Most entries of a block. Few, so that a method which handles one is soon called often enough to be compiled. */
    public static final int BLOCK = 128;

    public static final int WORDS = 3;
    /** Read from a file at once. */
    private static final int BLOCKS_READ = 8;

    private final ElfSymbols symbols;
    private final Bytes table;
    private final boolean inPlace;
    private final byte[] bytes;
    /** What {@link #bytes} hold. */
    private final LongBuffer entries;
    /** A block as little-endian ELF64 has it. */
    private final long[] words = new long[BLOCK * WORDS];

    private int first;
    private int count;
    private int read;

    SymbolEntries(ElfSymbols symbols, Bytes table, boolean narrow) {
        this.symbols = symbols;
        this.table = table;
        this.inPlace = !narrow && table.order() == ByteOrder.LITTLE_ENDIAN;
        this.bytes = new byte[inPlace ? BLOCKS_READ * BLOCK * WORDS * Long.BYTES : 0];
        this.entries = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    }

    /**
     * Goes to the next block.
     *
     * @return entries in it; 0 behind the last
     * @throws io.dwunw.bytes.MalformedDataException if the file was cut off
     */
    public int next() {
        first += count;
        count = Math.min(BLOCK, symbols.count() - first);
        if (inPlace) {
            if (first == read && count > 0) {
                int entriesRead = Math.min(BLOCKS_READ * BLOCK, symbols.count() - first);
                int entryBytes = WORDS * Long.BYTES;
                table.copy((long) first * entryBytes, bytes, 0, entriesRead * entryBytes);
                entries.clear();
                read += entriesRead;
            }
            entries.get(words, 0, count * WORDS);
        } else {
            for (int i = 0; i < count; i++) {
                words[WORDS * i] = symbols.nameOffset(first + i)
                        | (long) symbols.info(first + i) << 32
                        | (long) symbols.sectionIndex(first + i) << 48;
                words[WORDS * i + 1] = symbols.svma(first + i);
                words[WORDS * i + 2] = symbols.size(first + i);
            }
        }
        return count;
    }

    /** Number, in the table, of the block's entry 0. */
    public int first() {
        return first;
    }

    /**
     * The block's entries, {@link #WORDS} numbers each, as little-endian ELF64 has them whatever the file's format:
     * {@code st_name | st_info << 32 | st_other << 40 | st_shndx << 48}, {@code st_value}, {@code st_size}. Valid until
     * the next call of {@link #next}; not to be changed.
     */
    public long[] words() {
        return words;
    }
}
