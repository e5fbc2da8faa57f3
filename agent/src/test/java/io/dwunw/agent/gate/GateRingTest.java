package io.dwunw.agent.gate;

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
import org.junit.jupiter.api.Test;

class GateRingTest {
    private static final int DATA_BYTES = 1024;
    private static final int FREE_RECORD_UNITS = 1;

    private final ByteBuffer header = direct(GateRing.HEADER_BYTES);
    private final ByteBuffer data = direct(DATA_BYTES);
    private final ByteBuffer commits = direct(DATA_BYTES / GateRing.UNIT_BYTES * Long.BYTES);
    private final GateRing ring = new GateRing(header, data, commits);
    private final List<Long> drained = new ArrayList<>();
    private long position;

    private static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** As a producer does, but for the commit. */
    private long reserve(long address) {
        int at = (int) (position % DATA_BYTES);
        data.putInt(at, SampleDescriptor.FREE_BYTES);
        data.putInt(at + 4, 0);
        data.putShort(at + 8 + SampleDescriptor.KIND, (short) SampleDescriptor.KIND_FREE);
        data.putLong(at + 8 + SampleDescriptor.ADDRESS, address);
        long reserved = position;
        position += FREE_RECORD_UNITS * GateRing.UNIT_BYTES;
        header.putLong(GateRing.PRODUCER, position);
        return reserved;
    }

    private void pad() {
        int at = (int) (position % DATA_BYTES);
        data.putInt(at, DATA_BYTES - at - 8);
        data.putInt(at + 4, 1);
        commit(position);
        position += DATA_BYTES - at;
        header.putLong(GateRing.PRODUCER, position);
    }

    private void commit(long reserved) {
        commits.putLong((int) (reserved % DATA_BYTES) / GateRing.UNIT_BYTES * Long.BYTES, reserved + 1);
    }

    private void take(Sample sample) {
        drained.add(sample.address());
    }

    private int drain() {
        return ring.drain(this::take, Integer.MAX_VALUE);
    }

    @Test
    void anEmptyRingHasNothing() {
        assertThat(drain()).isZero();
    }

    @Test
    void recordsComeInOrderAndOnce() {
        commit(reserve(1));
        commit(reserve(2));
        assertThat(ring.backlog()).isEqualTo(128);
        assertThat(ring.crowded()).isFalse();
        assertThat(drain()).isEqualTo(2);
        assertThat(drain()).isZero();
        assertThat(drained).containsExactly(1L, 2L);
        assertThat(header.getLong(GateRing.CONSUMER)).isEqualTo(128);
        assertThat(ring.backlog()).isZero();
    }

    @Test
    void aRecordThatIsStillBeingWrittenHoldsUpThoseBehindIt() {
        long first = reserve(1);
        commit(reserve(2));
        assertThat(drain()).isZero();
        commit(first);
        assertThat(drain()).isEqualTo(2);
        assertThat(drained).containsExactly(1L, 2L);
    }

    @Test
    void allThatWasBegunIsDrainedAndNoMore() {
        for (int i = 1; i <= 5; i++) {
            commit(reserve(i));
        }
        SampleHandler busy = sample -> {
            take(sample);
            commit(reserve(100 + sample.address())); // another for each that is taken
        };
        assertThat(ring.drainAll(busy, 0)).as("ends").isBetween(5L, 1000L);
        assertThat(drained).startsWith(1L, 2L, 3L, 4L, 5L);
        assertThat(ring.backlog()).isEqualTo(5 * 64);
    }

    @Test
    void whoDoesNotFinishARecordIsWaitedForForAWhile() {
        commit(reserve(1));
        long second = reserve(2);
        assertThat(ring.drainAll(this::take, 1_000_000)).isEqualTo(1);
        Thread slow = new Thread(() -> commit(second));
        slow.start();
        assertThat(ring.drainAll(this::take, 60_000_000_000L)).isEqualTo(1);
        assertThat(drained).containsExactly(1L, 2L);
    }

    @Test
    void goesRoundManyTimesOverPaddingAndStaleCommits() {
        List<Long> expected = new ArrayList<>();
        for (long i = 1; i <= 500; i++) {
            if (position % DATA_BYTES == DATA_BYTES - 192) {
                pad();
            }
            long reserved = reserve(i);
            assertThat(drain()).as("the commit of the round before").isZero();
            commit(reserved);
            expected.add(i);
            drain();
        }
        assertThat(drained).isEqualTo(expected);
        assertThat(ring.malformed()).isZero();
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
            if (position % DATA_BYTES == DATA_BYTES - 192) {
                pad();
            }
            commit(reserve(i + 1));
            ring.drain(handler, 10);
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(ring.backlog()).isZero();
        assertThat(allocated).isLessThan(1000);
    }

    @Test
    void theLimitIsKept() {
        for (int i = 0; i < 5; i++) {
            commit(reserve(i + 1));
        }
        assertThat(ring.crowded()).isTrue();
        assertThat(ring.drain(this::take, 2)).isEqualTo(2);
        assertThat(ring.crowded()).isFalse();
        assertThat(ring.drain(this::take, 2)).isEqualTo(2);
        assertThat(ring.drain(this::take, 2)).isEqualTo(1);
    }

    @Test
    void aRecordThatIsNoSampleIsCountedAndSkipped() {
        long reserved = reserve(1);
        data.putShort((int) reserved + 8 + SampleDescriptor.KIND, (short) 77);
        commit(reserved);
        commit(reserve(2));
        assertThat(drain()).isEqualTo(1);
        assertThat(ring.malformed()).isEqualTo(1);
        assertThat(drained).containsExactly(2L);
    }

    @Test
    void aHandlerThatThrowsGetsTheRecordOnlyOnce() {
        commit(reserve(1));
        commit(reserve(2));
        assertThatThrownBy(() -> ring.drain(
                        sample -> {
                            throw new IllegalStateException("no");
                        },
                        10))
                .isInstanceOf(IllegalStateException.class);
        drain();
        assertThat(drained).containsExactly(2L);
    }
}
