// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.sample.SampleDescriptor;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HooksQueueTest {
    private static final int CELLS = 16;
    private static final int STACK_CELL_UNITS = 4;
    private static final int STACK_CELL_ROOM = STACK_CELL_UNITS * HooksQueue.UNIT_BYTES - HooksQueue.CELL_HEADER_BYTES;
    private static final int STACKS = 0;
    private static final int FREES = 2;
    private static final int FIRST_STACK = HooksQueue.HEADER_BYTES / HooksQueue.UNIT_BYTES;
    private static final int FIRST_BARE = FIRST_STACK + CELLS * STACK_CELL_UNITS;
    private static final int FIRST_FREE = FIRST_BARE + CELLS;
    private static final int OWN_PART = (FIRST_FREE + CELLS) * HooksQueue.UNIT_BYTES;

    private final ByteBuffer memory = ByteBuffer.allocateDirect(OWN_PART + 4096).order(ByteOrder.LITTLE_ENDIAN);
    private HooksQueue queue;
    private final List<Long> drained = new ArrayList<>();

    @BeforeEach
    void open() {
        memory.putLong(0, memory.capacity()).putLong(HooksQueue.OWN_PART, OWN_PART);
        pool(0, FIRST_STACK, STACK_CELL_UNITS);
        pool(1, FIRST_BARE, 1);
        pool(FREES, FIRST_FREE, 1);
        queue = new HooksQueue(memory);
    }

    private void pool(int number, int first, int units) {
        int at = HooksQueue.POOLS + number * HooksQueue.POOL_BYTES;
        memory.putLong(at + HooksQueue.POOL_FIRST, first);
        memory.putLong(at + HooksQueue.POOL_CELLS, CELLS);
        memory.putLong(at + HooksQueue.POOL_CELL_UNITS, units);
        for (int i = CELLS - 1; i >= 0; i--) {
            int cell = first + i * units;
            memory.putInt(cell * HooksQueue.UNIT_BYTES + HooksQueue.NEXT_CELL, free(number));
            memory.putLong(at + HooksQueue.POOL_FREE, cell);
        }
    }

    private int free(int pool) {
        return (int) memory.getLong(HooksQueue.POOLS + pool * HooksQueue.POOL_BYTES + HooksQueue.POOL_FREE);
    }

    private int freeCells(int pool) {
        int count = 0;
        for (int cell = free(pool); cell != 0; count++) {
            cell = memory.getInt(cell * HooksQueue.UNIT_BYTES + HooksQueue.NEXT_CELL);
        }
        return count;
    }

    /** As a producer does. */
    private int take(int pool, int count) {
        int at = HooksQueue.POOLS + pool * HooksQueue.POOL_BYTES + HooksQueue.POOL_FREE;
        int first = free(pool);
        int last = first;
        for (int i = 1; i < count; i++) {
            last = memory.getInt(last * HooksQueue.UNIT_BYTES + HooksQueue.NEXT_CELL);
        }
        memory.putLong(at, memory.getInt(last * HooksQueue.UNIT_BYTES + HooksQueue.NEXT_CELL));
        memory.putInt(last * HooksQueue.UNIT_BYTES + HooksQueue.NEXT_CELL, 0);
        return first;
    }

    private void publish(int cell, int length) {
        int at = cell * HooksQueue.UNIT_BYTES;
        memory.putInt(at + HooksQueue.LENGTH, length);
        memory.putInt(at + HooksQueue.NEXT_RECORD, (int) memory.getLong(HooksQueue.PUBLISHED));
        memory.putLong(HooksQueue.PUBLISHED, cell);
    }

    private int write(long address) {
        int cell = take(FREES, 1);
        int at = cell * HooksQueue.UNIT_BYTES + HooksQueue.CELL_HEADER_BYTES;
        memory.putShort(at + SampleDescriptor.KIND, (short) SampleDescriptor.KIND_FREE);
        memory.putLong(at + SampleDescriptor.ADDRESS, address);
        return cell;
    }

    private void produce(long address) {
        publish(write(address), SampleDescriptor.FREE_BYTES);
    }

    private void take(Sample sample) {
        drained.add(sample.address());
    }

    private int drain() {
        return queue.drain(this::take, Integer.MAX_VALUE);
    }

    @Test
    void recordsAreShownOnceAheadOfBeingHandedOver() {
        List<Long> shown = new ArrayList<>();
        produce(1);
        produce(2);
        queue.lookAhead(s -> shown.add(s.address()));
        queue.lookAhead(s -> shown.add(s.address()));
        assertThat(shown).containsExactly(1L, 2L);
        produce(3);
        assertThat(queue.drain(this::take, 1)).isEqualTo(1);
        produce(4);
        queue.lookAhead(s -> shown.add(s.address()));
        assertThat(shown).containsExactly(1L, 2L, 3L, 4L);
        produce(5);
        assertThat(drain()).isEqualTo(4);
        assertThat(drained).containsExactly(1L, 2L, 3L, 4L, 5L);
        produce(6);
        queue.lookAhead(s -> shown.add(s.address()));
        assertThat(shown).as("what was handed over is not shown any more").containsExactly(1L, 2L, 3L, 4L, 6L);
        assertThat(drain()).isEqualTo(1);
    }

    @Test
    void anEmptyQueueHasNothing() {
        assertThat(drain()).isZero();
        assertThat(queue.backlog()).isZero();
    }

    @Test
    void recordsComeInOrderAndOnce() {
        produce(1);
        produce(2);
        assertThat(queue.backlog()).isEqualTo(128);
        assertThat(queue.crowded()).isFalse();
        produce(3);
        assertThat(drain()).isEqualTo(3);
        assertThat(drain()).isZero();
        assertThat(drained).containsExactly(1L, 2L, 3L);
        assertThat(queue.backlog()).isZero();
        assertThat(freeCells(FREES)).isEqualTo(CELLS);
    }

    @Test
    void aRecordThatIsNeverFinishedHoldsUpNoOther() {
        write(1);
        produce(2);
        produce(3);
        assertThat(drain()).isEqualTo(2);
        assertThat(drained).containsExactly(2L, 3L);
        assertThat(queue.backlog()).isZero();
    }

    @Test
    void allThatIsThereIsDrainedAndNoMore() {
        for (int i = 1; i <= 5; i++) {
            produce(i);
        }
        SampleHandler busy = sample -> {
            take(sample);
            produce(100 + sample.address()); // another for each that is taken
        };
        assertThat(queue.drainAll(busy, 0)).as("ends").isBetween(5L, 1000L);
        assertThat(drained).startsWith(1L, 2L, 3L, 4L, 5L);
        assertThat(queue.backlog()).isEqualTo(5 * 64);
    }

    /** Its parts are put together; a part of the stack is at the very end. */
    @Test
    void aRecordMayBeScatteredOverCells() {
        for (int length : new int[] {STACK_CELL_ROOM, STACK_CELL_ROOM + 1, 1000, 3 * STACK_CELL_ROOM}) {
            int stack = length - SampleDescriptor.ALLOCATION_HEADER_BYTES;
            byte[] record = new byte[length];
            ByteBuffer fields = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);
            boolean bare = stack < Long.BYTES;
            fields.putShort(SampleDescriptor.KIND, (short)
                    (bare ? SampleDescriptor.KIND_BARE : SampleDescriptor.KIND_ALLOCATION));
            fields.putLong(SampleDescriptor.ADDRESS, length);
            if (!bare) {
                fields.putInt(SampleDescriptor.STACK_LENGTH, stack).putLong(SampleDescriptor.STACK_BASE, 0x1000);
                fields.putLong(length - Long.BYTES, 0x1234_5678_9abc_def0L);
            }
            int cells = (length + STACK_CELL_ROOM - 1) / STACK_CELL_ROOM;
            int first = take(STACKS, cells);
            for (int i = 0, cell = first; i < cells; i++) {
                int done = i * STACK_CELL_ROOM;
                int at = cell * HooksQueue.UNIT_BYTES;
                memory.put(at + HooksQueue.CELL_HEADER_BYTES, record, done, Math.min(STACK_CELL_ROOM, length - done));
                cell = memory.getInt(at + HooksQueue.NEXT_CELL);
            }
            publish(first, length);
            boolean[] seen = {false};
            queue.drain(
                    sample -> {
                        seen[0] = sample.isAllocation() && sample.address() == length;
                        assertThat(sample.isBare()).isEqualTo(bare);
                        if (!bare) {
                            long end = sample.stack().highAvma();
                            assertThat(end).isEqualTo(0x1000 + stack);
                            assertThat(sample.stack().word(end - Long.BYTES)).isEqualTo(0x1234_5678_9abc_def0L);
                        }
                    },
                    10);
            assertThat(seen[0]).isTrue();
            assertThat(freeCells(STACKS)).isEqualTo(CELLS);
        }
        assertThat(queue.malformed()).isZero();
    }

    @Test
    void goesOnForManyTimesItsSize() {
        List<Long> expected = new ArrayList<>();
        for (long i = 1; i <= 500; i++) {
            produce(i);
            expected.add(i);
            if (i % 7 == 0) {
                queue.drain(this::take, 3);
                drain();
            }
        }
        drain();
        assertThat(drained).isEqualTo(expected);
        assertThat(freeCells(FREES)).isEqualTo(CELLS);
        assertThat(queue.malformed()).isZero();
    }

    @Test
    void drainingAllocatesNothing() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        SampleHandler handler = sample -> {};
        long before = 0;
        for (int i = 0; i < 2000; i++) {
            if (i == 1000) { // warm by now
                before = threads.getCurrentThreadAllocatedBytes();
            }
            produce(i + 1);
            queue.drain(handler, 10);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(queue.backlog()).isZero();
        assertThat(allocated).isLessThan(1000);
    }

    @Test
    void theLimitIsKept() {
        for (int i = 0; i < 5; i++) {
            produce(i + 1);
        }
        assertThat(queue.crowded()).isTrue();
        assertThat(queue.drain(this::take, 2)).isEqualTo(2);
        assertThat(queue.crowded()).isFalse();
        assertThat(queue.drain(this::take, 2)).isEqualTo(2);
        assertThat(queue.drain(this::take, 2)).isEqualTo(1);
    }

    @Test
    void aRecordThatIsNoSampleIsCountedAndSkipped() {
        int cell = write(1);
        memory.putShort(cell * HooksQueue.UNIT_BYTES + HooksQueue.CELL_HEADER_BYTES, (short) 77);
        publish(cell, SampleDescriptor.FREE_BYTES);
        produce(2);
        assertThat(drain()).isEqualTo(1);
        assertThat(queue.malformed()).isEqualTo(1);
        assertThat(drained).containsExactly(2L);
    }

    @Test
    void aHandlerThatThrowsGetsTheRecordOnlyOnce() {
        produce(1);
        produce(2);
        assertThatThrownBy(() -> queue.drain(
                        sample -> {
                            throw new IllegalStateException("no");
                        },
                        10))
                .isInstanceOf(IllegalStateException.class);
        drain();
        assertThat(drained).containsExactly(2L);
        assertThat(freeCells(FREES)).isEqualTo(CELLS);
    }
}
