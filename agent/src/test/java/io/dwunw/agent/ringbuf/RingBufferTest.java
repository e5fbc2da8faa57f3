// SPDX-License-Identifier: MIT
package io.dwunw.agent.ringbuf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.SystemCall;
import io.dwunw.agent.sample.SampleDescriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A ring in shared memory laid out as the kernel does it, with the test as its producer. */
class RingBufferTest {
    private static final int MEMFD_CREATE = 319;
    private static final int FTRUNCATE = 77;
    private static final int PAGE = 4096;
    private static final int BYTES = 4096;
    private static final int SHARED = 1;
    private static final int PRIVATE_ANONYMOUS = 0x22;
    private static final int FIXED = 0x10;
    private static final int READ_WRITE = 3;
    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;

    private long fd;
    private ByteBuffer file = ByteBuffer.allocate(0);
    private long written;
    private static final int MADV_DONTFORK = 10;

    private final List<Long> seen = new ArrayList<>();

    @BeforeEach
    void create() throws Exception {
        NativeLibrary.load();
        ByteBuffer name = ByteBuffer.allocateDirect(8);
        fd = Kernel.RUNNING.call(MEMFD_CREATE, Linux.address(name));
        assertThat(Kernel.RUNNING.call(FTRUNCATE, fd, 2L * PAGE + BYTES, 0)).isZero();
        long address = Kernel.RUNNING.call(SystemCall.MMAP, 0, 2L * PAGE + BYTES, READ_WRITE, SHARED, fd, 0);
        file = Linux.memory(address, 2L * PAGE + BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    @AfterEach
    void close() {
        Kernel.RUNNING.call(SystemCall.MUNMAP, Linux.address(file), 2L * PAGE + BYTES, 0);
        Kernel.RUNNING.call(SystemCall.CLOSE, fd);
    }

    /** Maps the data twice in a row, as the kernel does for a BPF ring. */
    private static long map(long number, long a1, long length, long a3, long a4, long fd, long offset) {
        if (number != SystemCall.MMAP || offset == 0) {
            return Kernel.RUNNING.call(number, a1, length, a3, a4, fd, offset);
        }
        long base = Kernel.RUNNING.call(SystemCall.MMAP, 0, length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
        Kernel.RUNNING.call(SystemCall.MMAP, base, PAGE + BYTES, READ_WRITE, SHARED | FIXED, fd, PAGE);
        long again = base + PAGE + BYTES;
        Kernel.RUNNING.call(SystemCall.MMAP, again, BYTES, READ_WRITE, SHARED | FIXED, fd, 2L * PAGE);
        return base;
    }

    /** All that is mapped of a BPF ring counts as resident. */
    @Test
    void noMoreIsMappedTwiceThanTheLongestRecordNeeds() throws Exception {
        int bytes = 16 << 20;
        long[] mapped = {0};
        long[] keptFromChildren = {0};
        Kernel anonymous = (number, a1, length, a3, a4, descriptor, offset) -> {
            mapped[0] += number == SystemCall.MMAP ? length : 0;
            keptFromChildren[0] += number == SystemCall.MADVISE && a3 == MADV_DONTFORK ? length : 0;
            boolean maps = number == SystemCall.MMAP;
            return maps
                    ? Kernel.RUNNING.call(number, 0, length, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)
                    : Kernel.RUNNING.call(number, a1, length, a3, a4, descriptor, offset);
        };
        try (RingBuffer ring = RingBuffer.map(anonymous, (int) fd, bytes)) {
            assertThat(ring.capacity()).isEqualTo(bytes);
        }
        assertThat(keptFromChildren[0]).isEqualTo(mapped[0] - PAGE);
        assertThat(mapped[0]).isBetween(bytes + (128L << 10) + 512, bytes + (256L << 10));
    }

    private RingBuffer ring() throws IOException {
        return RingBuffer.map(RingBufferTest::map, (int) fd, BYTES);
    }

    private void put(long at, byte value) {
        file.put(2 * PAGE + (int) (at % BYTES), value);
    }

    private void putInt(long at, int value) {
        for (int i = 0; i < 4; i++) {
            put(at + i, (byte) (value >>> (8 * i)));
        }
    }

    /** A free of `address`, as a record of `length` bytes; returns where its header is. */
    private long write(long address, int length, int flags) {
        long at = written;
        putInt(at, length | flags);
        putInt(at + 8, SampleDescriptor.KIND_FREE);
        putInt(at + 8 + SampleDescriptor.ADDRESS, (int) address);
        putInt(at + 8 + SampleDescriptor.ADDRESS + 4, 0);
        written += (length + 8 + 7) & ~7;
        file.putLong(PAGE, written);
        return at;
    }

    @Test
    void recordsComeInOrderThroughManyTurnsOfTheRing() throws Exception {
        try (RingBuffer ring = ring()) {
            long next = 0;
            for (int turn = 0; turn < 500; turn++) {
                int count = 1 + turn % 7;
                for (int i = 0; i < count; i++) {
                    write(next++, 48 + (turn * 5 + i) % 60, 0);
                }
                assertThat(ring.drain(s -> seen.add(s.address()), 100)).isEqualTo(count);
                assertThat(file.getLong(0)).as("consumer's position").isEqualTo(written);
            }
            assertThat(written).isGreaterThan(10L * BYTES);
            for (int i = 0; i < next; i++) {
                assertThat(seen.get(i)).isEqualTo(i);
            }
        }
    }

    @Test
    void recordsAreShownOnceAheadOfBeingHandedOver() throws Exception {
        List<Long> shown = new ArrayList<>();
        try (RingBuffer ring = ring()) {
            long next = 0;
            for (int turn = 0; turn < 500; turn++) {
                for (int i = 0; i <= turn % 7; i++) {
                    write(next++, 48 + (turn * 5 + i) % 60, 0);
                }
                ring.lookAhead(s -> shown.add(s.address()));
                assertThat(shown).hasSize((int) next);
                ring.drain(s -> seen.add(s.address()), turn % 3 == 0 ? 100 : 5);
            }
            write(next++, 48, DISCARDED);
            long busy = write(next++, 48, BUSY);
            ring.lookAhead(s -> shown.add(s.address()));
            assertThat(shown).hasSize((int) next - 2);
            putInt(busy, 48);
            ring.drain(s -> seen.add(s.address()), 100);
            ring.lookAhead(s -> shown.add(s.address()));
            assertThat(shown).as("what was handed over is not shown any more").hasSize((int) next - 2);
            assertThat(seen).hasSize((int) next - 1).startsWith(shown.toArray(new Long[0]));
        }
    }

    @Test
    void aBusyRecordHoldsBackWhatComesAfterIt() throws Exception {
        try (RingBuffer ring = ring()) {
            write(1, 48, 0);
            long busy = write(2, 48, BUSY);
            write(3, 48, 0);
            assertThat(ring.drain(s -> seen.add(s.address()), 100)).isEqualTo(1);
            assertThat(ring.drain(s -> seen.add(s.address()), 100)).isZero();
            assertThat(ring.backlog()).isEqualTo(2 * 56);
            putInt(busy, 48);
            assertThat(ring.drain(s -> seen.add(s.address()), 100)).isEqualTo(2);
            assertThat(seen).containsExactly(1L, 2L, 3L);
        }
    }

    @Test
    void discardedAndForeignRecordsAreSkipped() throws Exception {
        try (RingBuffer ring = ring()) {
            write(1, 48, DISCARDED);
            write(2, 20, 0); // too short for a sample
            write(3, 48, 0);
            assertThat(ring.drain(s -> seen.add(s.address()), 100)).isEqualTo(1);
            assertThat(seen).containsExactly(3L);
            assertThat(ring.malformed()).isEqualTo(1);
            assertThat(ring.backlog()).isZero();
        }
    }

    @Test
    void theLimitIsKeptAndAHandlerThatThrowsLosesOneRecordOnly() throws Exception {
        try (RingBuffer ring = ring()) {
            for (int i = 0; i < 5; i++) {
                write(i, 48, 0);
            }
            assertThat(ring.drain(s -> seen.add(s.address()), 2)).isEqualTo(2);
            assertThatThrownBy(() -> ring.drain(
                            s -> {
                                throw new IllegalStateException("of the handler");
                            },
                            100))
                    .hasMessage("of the handler");
            assertThat(ring.drain(s -> seen.add(s.address()), 100)).isEqualTo(2);
            assertThat(seen).containsExactly(0L, 1L, 3L, 4L);
        }
    }

    @Test
    void aClosedRingIsEmpty() throws Exception {
        RingBuffer ring = ring();
        write(1, 48, 0);
        ring.close();
        ring.close();
        assertThat(ring.drain(s -> seen.add(s.address()), 100)).isZero();
        assertThat(ring.backlog()).isZero();
    }

    @Test
    void aRingThatCannotBeMappedIsAnErrorThatIsCalledByItsName() {
        assertThatThrownBy(() -> RingBuffer.map(Kernel.RUNNING, -1, BYTES))
                .isInstanceOf(IOException.class)
                .hasMessage("the ring's position cannot be mapped: EBADF");
    }
}
