// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Sample;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Consumer of the hooks' queue ({@code hooks_queue.c}).
 *
 * <pre>
 * header: | bytes of all u64 | offset of the reader's own part u64 | ... | 64: published u64 | ...
 *         | 128: pools of 64 bytes each | ...
 * pool:   | first free cell u32, changes u32 | cells ever used u64 | first cell u64 | cells u64 | units of a cell u64 |
 * cell:   | next record u32 | next cell u32 | bytes of the record u32 | - | a part of the record |
 * </pre>
 *
 * Cells are named by their distance from the header in units of 64 bytes; 0 means no cell. Producers publish a record
 * by making it the head of a list, of which {@link #drain} takes all there is and reverses it. Hot: draining allocates
 * nothing. One thread at a time.
 */
final class HooksQueue implements SampleSource {
    static final int HEADER_BYTES = 4096;
    static final int OWN_PART = 8;
    static final int UNIT_BYTES = 64;
    static final int PUBLISHED = 64;
    static final int POOLS = 128;
    static final int POOL_BYTES = 64;
    static final int POOL_COUNT = 3;
    static final int POOL_FREE = 0;
    static final int POOL_FIRST = 16;
    static final int POOL_CELLS = 24;
    static final int POOL_CELL_UNITS = 32;
    static final int NEXT_RECORD = 0;
    static final int NEXT_CELL = 4;
    static final int LENGTH = 8;
    static final int CELL_HEADER_BYTES = 16;

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** All of it, the header too. */
    private final ByteBuffer memory;
    /** Where the parts of a record that is scattered are put together: behind the cells. */
    private final int whole;

    private final int[] firsts = new int[POOL_COUNT];
    private final int[] cellBytes = new int[POOL_COUNT];
    private final long[] poolBytes = new long[POOL_COUNT];
    private final long[] waiting = new long[POOL_COUNT];
    private final Sample sample = new Sample();
    /** Records that were taken, in order of publication. */
    private int head;

    private int tail;
    /** The first of them that {@link #lookAhead} has not shown; 0 = all have been. */
    private int ahead;

    private long consumed;
    private long malformed;

    HooksQueue(ByteBuffer memory) {
        this.memory = memory.order(ByteOrder.LITTLE_ENDIAN);
        this.whole = (int) memory.getLong(OWN_PART);
        for (int i = 0; i < POOL_COUNT; i++) {
            int pool = POOLS + i * POOL_BYTES;
            firsts[i] = (int) memory.getLong(pool + POOL_FIRST);
            cellBytes[i] = (int) memory.getLong(pool + POOL_CELL_UNITS) * UNIT_BYTES;
            poolBytes[i] = memory.getLong(pool + POOL_CELLS) * cellBytes[i];
        }
    }

    /** Over the process's own queue, which is never unmapped. */
    static HooksQueue at(long address) {
        ByteBuffer header = Linux.memory(address, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return new HooksQueue(Linux.memory(address, header.getLong(0)));
    }

    @Override
    public int drain(SampleHandler handler, int limit) {
        int handled = 0;
        while (handled < limit && (head != 0 || take())) {
            int cell = head;
            head = memory.getInt(at(cell) + NEXT_RECORD);
            tail = head == 0 ? 0 : tail;
            ahead = ahead == cell ? head : ahead;
            int pool = pool(cell);
            int length = memory.getInt(at(cell) + LENGTH);
            try {
                if (hand(handler, cell, pool, length)) {
                    handled++;
                }
            } finally {
                giveBack(cell, pool, length);
            }
        }
        return handled;
    }

    /** Takes what was published since the last time, and appends it; whether there was anything. */
    private boolean take() {
        int newest = (int) (long) LONG.getAndSetAcquire(memory, PUBLISHED, 0L);
        if (newest == 0) {
            return false;
        }
        int reversed = 0;
        int at = newest;
        while (at != 0) {
            int older = memory.getInt(at(at) + NEXT_RECORD);
            memory.putInt(at(at) + NEXT_RECORD, reversed);
            int pool = pool(at);
            waiting[pool] += bytes(pool, memory.getInt(at(at) + LENGTH));
            reversed = at;
            at = older;
        }
        if (tail == 0) {
            head = reversed;
        } else {
            memory.putInt(at(tail) + NEXT_RECORD, reversed);
        }
        tail = newest;
        ahead = ahead == 0 ? reversed : ahead;
        return true;
    }

    @Override
    public void lookAhead(SampleHandler handler) {
        take();
        while (ahead != 0) {
            int cell = ahead;
            ahead = memory.getInt(at(cell) + NEXT_RECORD);
            int room = cellBytes[pool(cell)] - CELL_HEADER_BYTES;
            int length = Math.min(room, memory.getInt(at(cell) + LENGTH));
            if (sample.wrap(memory, at(cell) + CELL_HEADER_BYTES, length)) {
                handler.onSample(sample);
            }
        }
    }

    private boolean hand(SampleHandler handler, int cell, int pool, int length) {
        boolean readable;
        if (length <= cellBytes[pool] - CELL_HEADER_BYTES) {
            readable = sample.wrap(memory, at(cell) + CELL_HEADER_BYTES, length);
        } else {
            readable = gather(cell, pool, length) && sample.wrap(memory, whole, length);
        }
        if (!readable) {
            malformed++;
            return false;
        }
        handler.onSample(sample);
        return true;
    }

    private boolean gather(int first, int pool, int length) {
        int room = cellBytes[pool] - CELL_HEADER_BYTES;
        int done = 0;
        int cell = first;
        while (length <= memory.capacity() - whole && cell != 0 && done < length) {
            int piece = Math.min(room, length - done);
            memory.put(whole + done, memory, at(cell) + CELL_HEADER_BYTES, piece);
            done += piece;
            cell = memory.getInt(at(cell) + NEXT_CELL);
        }
        return done == length;
    }

    /** The whole chain becomes the front of the free ones. */
    private void giveBack(int first, int pool, int length) {
        int last = first;
        int next = memory.getInt(at(last) + NEXT_CELL);
        while (next != 0) {
            last = next;
            next = memory.getInt(at(last) + NEXT_CELL);
        }
        int free = POOLS + pool * POOL_BYTES + POOL_FREE;
        long before = (long) LONG.getVolatile(memory, free);
        long after;
        do {
            memory.putInt(at(last) + NEXT_CELL, (int) before);
            after = ((before >>> Integer.SIZE) + 1) << Integer.SIZE | Integer.toUnsignedLong(first);
            long seen = (long) LONG.compareAndExchange(memory, free, before, after);
            if (seen == before) {
                break;
            }
            before = seen;
        } while (true);
        long bytes = bytes(pool, length);
        waiting[pool] -= bytes;
        consumed += bytes;
    }

    private static int at(int cell) {
        return cell * UNIT_BYTES;
    }

    private int pool(int cell) {
        int pool = POOL_COUNT - 1;
        while (pool > 0 && cell < firsts[pool]) {
            pool--;
        }
        return pool;
    }

    /** What a record takes of its pool. */
    private long bytes(int pool, int length) {
        int room = cellBytes[pool] - CELL_HEADER_BYTES;
        return (long) ((length + room - 1) / room) * cellBytes[pool];
    }

    /** Records that were no samples: 0 unless Java and C are of different versions. */
    long malformed() {
        return malformed;
    }

    /** Of address space: as much is resident as was needed at the same time. */
    @Override
    public long capacity() {
        return memory.capacity();
    }

    @Override
    public long room() {
        return poolBytes[0] / 4;
    }

    @Override
    public long produced() {
        take();
        return consumed + waiting[0] + waiting[1] + waiting[2];
    }

    @Override
    public long consumed() {
        return consumed;
    }

    @Override
    public boolean crowded() {
        take();
        for (int i = 0; i < POOL_COUNT; i++) {
            if (waiting[i] >= poolBytes[i] / 4) {
                return true;
            }
        }
        return false;
    }
}
