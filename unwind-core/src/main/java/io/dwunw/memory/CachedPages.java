// SPDX-License-Identifier: MIT
package io.dwunw.memory;

import java.nio.ByteOrder;

/**
 * A stack read on demand through a {@link MemoryReader}: the pages last used are kept, so that a walk reads each page
 * once. Reading from kept pages allocates nothing. For one capture at one moment; not thread-safe.
 */
public final class CachedPages implements StackMemory {
    private static final int PAGE_BYTES = 4096;
    private static final int PAGES = 16;

    private final MemoryReader reader;
    private final boolean bigEndian;
    private final byte[][] pages = new byte[PAGES][];
    private final long[] pageAvmas = new long[PAGES];
    /** Readable part of each page, as offsets into it: a recording may begin and end anywhere. */
    private final int[] from = new int[PAGES];

    private final int[] to = new int[PAGES];

    public CachedPages(MemoryReader reader, ByteOrder order) {
        this.reader = reader;
        this.bigEndian = order == ByteOrder.BIG_ENDIAN;
    }

    /** Unknown: any address may be readable. */
    @Override
    public long lowAvma() {
        return 0;
    }

    /** Unknown: any address may be readable. */
    @Override
    public long highAvma() {
        return -1;
    }

    @Override
    public boolean contains(long avma, int bytes) {
        long at = avma;
        long end = avma + bytes;
        if (bytes < 0 || Long.compareUnsigned(end, avma) < 0) {
            return false;
        }
        while (at != end) {
            int slot = slot(at);
            int offset = (int) (at & (PAGE_BYTES - 1));
            if (offset < from[slot] || offset >= to[slot]) {
                return false;
            }
            long rest = to[slot] - (long) offset;
            at += Math.min(rest, end - at);
        }
        return true;
    }

    @Override
    public long word(long avma) {
        return unsigned(avma, Long.BYTES);
    }

    @Override
    public long unsigned(long avma, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            long at = bigEndian ? avma + i : avma + bytes - 1 - i;
            value = (value << Byte.SIZE) | (pages[slot(at)][(int) (at & (PAGE_BYTES - 1))] & 0xff);
        }
        return value;
    }

    /** The slot of this address's page; the address is readable if it lies in the slot's readable part. */
    private int slot(long avma) {
        long page = avma & -PAGE_BYTES;
        int offset = (int) (avma - page);
        int slot = (int) (page / PAGE_BYTES) & (PAGES - 1);
        if (pages[slot] == null) {
            pages[slot] = new byte[PAGE_BYTES];
        } else if (pageAvmas[slot] == page && offset >= from[slot]) {
            return slot;
        }
        pageAvmas[slot] = page;
        from[slot] = 0;
        to[slot] = reader.read(page, pages[slot], 0, PAGE_BYTES);
        if (to[slot] <= offset) {
            from[slot] = offset;
            to[slot] = offset + Math.max(0, reader.read(avma, pages[slot], offset, PAGE_BYTES - offset));
        }
        return slot;
    }
}
