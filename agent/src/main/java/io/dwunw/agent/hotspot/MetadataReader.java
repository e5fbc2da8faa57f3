// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.memory.MemoryReader;

/**
 * Reads the JVM's metadata through the fault-safe reader, a page at a time, because one method is spread over a handful
 * of neighbouring structures and a system call costs a thousand times what a load does.
 *
 * <p>Nothing throws: a read that meets unreadable memory returns 0 and raises {@link #faulted()}, which the caller asks
 * once, after it has read all that it wants. Pages are kept only between two calls of {@link #begin()}, so that nothing
 * older than the decoding at hand is ever believed.
 *
 * <p>Cold: numbers are put together byte by byte, because a buffer's accessors take thirty times as long before they
 * are compiled, and that is when most is read. Not thread-safe; allocates nothing after construction.
 */
final class MetadataReader {
    private static final int PAGE_BITS = 12;
    private static final int PAGES = 16;

    private final MemoryReader memory;
    private final int pageBits;
    private final int pageBytes;
    private final byte[][] pages;
    private final long[] pageNumbers = new long[PAGES];
    private final int[] lengths = new int[PAGES];
    private int used;
    private int victim;
    private int last;
    private boolean faulted;

    MetadataReader(MemoryReader memory) {
        this(memory, PAGE_BITS);
    }

    /**
     * Reads pieces of {@code 1 << pageBits} bytes at a time: a recording wants to see what is needed, and nothing else.
     */
    MetadataReader(MemoryReader memory, int pageBits) {
        this.memory = memory;
        this.pageBits = pageBits;
        pageBytes = 1 << pageBits;
        pages = new byte[PAGES][pageBytes];
    }

    /** Forgets every page and the fault of an earlier decoding. */
    void begin() {
        used = 0;
        victim = 0;
        faulted = false;
    }

    /** Whether any read since {@link #begin()} met memory that could not be read. */
    boolean faulted() {
        return faulted;
    }

    int u1(long avma) {
        int page = page(avma);
        int at = offsetInPage(avma);
        if (at >= lengths[page]) {
            faulted = true;
            return 0;
        }
        return pages[page][at] & 0xff;
    }

    int u2(long avma) {
        int page = page(avma);
        int at = offsetInPage(avma);
        if (at + Short.BYTES <= lengths[page]) {
            return u2(pages[page], at);
        }
        return u1(avma) | u1(avma + 1) << 8;
    }

    int s4(long avma) {
        int page = page(avma);
        int at = offsetInPage(avma);
        if (at + Integer.BYTES <= lengths[page]) {
            return s4(pages[page], at);
        }
        return u2(avma) | u2(avma + 2) << 16;
    }

    long word(long avma) {
        int page = page(avma);
        int at = offsetInPage(avma);
        if (at + Long.BYTES <= lengths[page]) {
            return (s4(pages[page], at) & 0xffff_ffffL) | ((long) s4(pages[page], at + Integer.BYTES) << Integer.SIZE);
        }
        return (s4(avma) & 0xffff_ffffL) | (long) s4(avma + 4) << 32;
    }

    private static int u2(byte[] page, int at) {
        return (page[at] & 0xff) | ((page[at + 1] & 0xff) << 8);
    }

    private static int s4(byte[] page, int at) {
        return u2(page, at) | (u2(page, at + Short.BYTES) << 16);
    }

    /** Copies {@code length} bytes; those that cannot be read stay as they are and raise {@link #faulted()}. */
    void bytes(long avma, byte[] destination, int length) {
        int done = 0;
        while (done < length) {
            long from = avma + done;
            int page = page(from);
            int at = offsetInPage(from);
            int here = Math.min(length - done, lengths[page] - at);
            if (here <= 0) {
                faulted = true;
                return;
            }
            System.arraycopy(pages[page], at, destination, done, here);
            done += here;
        }
    }

    /**
     * The bytes before the first zero byte, at most as many as fit.
     *
     * @return how many there are; fewer, with {@link #faulted()}, if the string runs into unreadable memory
     */
    int string(long avma, byte[] destination) {
        int length = 0;
        while (length < destination.length) {
            int page = page(avma + length);
            int at = offsetInPage(avma + length);
            byte[] bytes = pages[page];
            int end = Math.min(lengths[page], at + destination.length - length);
            if (at >= end) {
                faulted = true;
                return length;
            }
            while (at < end) {
                byte b = bytes[at++];
                if (b == 0) {
                    return length;
                }
                destination[length++] = b;
            }
        }
        return length;
    }

    private int page(long avma) {
        long number = avma >>> pageBits;
        // Nearly always the page of the last read, or of the one before it.
        if (last < used && pageNumbers[last] == number) {
            return last;
        }
        for (int i = 0; i < used; i++) {
            if (pageNumbers[i] == number) {
                last = i;
                return i;
            }
        }
        last = load(number);
        return last;
    }

    private int load(long number) {
        int page = used;
        if (used < PAGES) {
            used++;
        } else {
            page = victim;
            victim = (victim + 1) % PAGES;
        }
        pageNumbers[page] = number;
        lengths[page] = Math.max(0, memory.read(number << pageBits, pages[page], 0, pageBytes));
        return page;
    }

    private int offsetInPage(long avma) {
        return (int) avma & (pageBytes - 1);
    }
}
