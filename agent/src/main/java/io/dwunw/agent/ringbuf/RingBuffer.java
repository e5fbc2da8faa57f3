// SPDX-License-Identifier: MIT
package io.dwunw.agent.ringbuf;

import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.SystemCall;
import io.dwunw.agent.sample.Sample;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Consumer of a BPF ring buffer ({@code kernel/bpf/ringbuf.c}), straight from the pages that the kernel writes to.
 *
 * <pre>
 * | consumer position u64, one page | producer position u64, one page | data, 2^n pages | its beginning again |
 * record: | length u32: bit 31 busy, bit 30 discarded | page offset u32 | bytes, padded to 8 |
 * </pre>
 *
 * The kernel maps the data twice in a row, so that a record that wraps around lies in one piece. All that is mapped
 * counts as resident: the second time only as much is mapped as the longest record may need. Draining allocates
 * nothing. Draining and closing exclude each other.
 */
public final class RingBuffer implements SampleSource, AutoCloseable {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int PAGE = 4096;
    private static final int PROT_READ = 1;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MADV_DONTFORK = 10;

    private static final int BUSY = 1 << 31;
    private static final int DISCARDED = 1 << 30;
    private static final int RECORD_HEADER = 8;
    /** More than the longest record. */
    private static final int OVERLAP_BYTES = 160 << 10;

    private final Kernel kernel;
    private final int bytes;
    private final long consumerAddress;
    private final long producerAddress;
    private final ByteBuffer consumer;
    private final ByteBuffer producer;
    private final ByteBuffer data;
    private final Sample sample = new Sample();
    private long position;
    /** Records before it have been shown by {@link #lookAhead}, or were taken without. */
    private long ahead;

    private long malformed;
    private boolean closed;

    private RingBuffer(Kernel kernel, int bytes, long consumerAddress, long producerAddress) {
        this.kernel = kernel;
        this.bytes = bytes;
        this.consumerAddress = consumerAddress;
        this.producerAddress = producerAddress;
        this.consumer = memory(consumerAddress, PAGE);
        this.producer = memory(producerAddress, PAGE);
        this.data = memory(producerAddress + PAGE, mappedBytes(bytes) - PAGE);
        this.position = (long) LONG.getAcquire(consumer, 0);
    }

    /**
     * Maps the ring of a BPF map. The descriptor may be closed afterwards.
     *
     * @param bytes of data: the map's {@code max_entries}, a power of two
     * @throws IOException if it cannot be mapped
     */
    public static RingBuffer map(Kernel kernel, int fd, int bytes) throws IOException {
        long consumer = kernel.call(SystemCall.MMAP, 0, PAGE, PROT_READ_WRITE, MAP_SHARED, fd, 0);
        if (consumer < 0) {
            throw new IOException("the ring's position cannot be mapped: " + Errno.name((int) -consumer));
        }
        long producer = kernel.call(SystemCall.MMAP, 0, mappedBytes(bytes), PROT_READ, MAP_SHARED, fd, PAGE);
        if (producer < 0) {
            kernel.call(SystemCall.MUNMAP, consumer, PAGE, 0);
            throw new IOException("the ring cannot be mapped: " + Errno.name((int) -producer));
        }
        // Children do not need it, and to copy a large ring's page tables would take each of them milliseconds.
        kernel.call(SystemCall.MADVISE, producer, mappedBytes(bytes), MADV_DONTFORK);
        return new RingBuffer(kernel, bytes, consumer, producer);
    }

    /** From the producer's position on. */
    private static long mappedBytes(int bytes) {
        return PAGE + (long) bytes + Math.min(bytes, OVERLAP_BYTES);
    }

    private static ByteBuffer memory(long address, long length) {
        return Linux.memory(address, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public synchronized int drain(SampleHandler handler, int limit) {
        int handled = 0;
        while (!closed && handled < limit && position != (long) LONG.getAcquire(producer, 0)) {
            int at = (int) (position & (bytes - 1));
            int header = (int) INT.getAcquire(data, at);
            if ((header & BUSY) != 0) {
                break;
            }
            int length = header & ~DISCARDED;
            try {
                if ((header & DISCARDED) == 0 && hand(handler, at + RECORD_HEADER, length)) {
                    handled++;
                }
            } finally {
                position += (length + RECORD_HEADER + 7) & ~7;
                LONG.setRelease(consumer, 0, position);
            }
        }
        return handled;
    }

    @Override
    public synchronized void lookAhead(SampleHandler handler) {
        if (ahead - position < 0) {
            ahead = position;
        }
        while (!closed && ahead != (long) LONG.getAcquire(producer, 0)) {
            int at = (int) (ahead & (bytes - 1));
            int header = (int) INT.getAcquire(data, at);
            if ((header & BUSY) != 0) {
                return;
            }
            int length = header & ~DISCARDED;
            ahead += (length + RECORD_HEADER + 7) & ~7;
            if ((header & DISCARDED) == 0 && sample.wrap(data, at + RECORD_HEADER, length)) {
                handler.onSample(sample);
            }
        }
    }

    private boolean hand(SampleHandler handler, int at, int length) {
        if (!sample.wrap(data, at, length)) {
            malformed++;
            return false;
        }
        handler.onSample(sample);
        return true;
    }

    /** Records that were no samples: 0 unless producer and consumer are of different versions. */
    public synchronized long malformed() {
        return malformed;
    }

    @Override
    public synchronized long produced() {
        return closed ? position : (long) LONG.getAcquire(producer, 0);
    }

    @Override
    public synchronized long consumed() {
        return position;
    }

    @Override
    public long capacity() {
        return bytes;
    }

    @Override
    public boolean crowded() {
        return backlog() >= room();
    }

    @Override
    public long room() {
        return bytes / 4;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            kernel.call(SystemCall.MUNMAP, consumerAddress, PAGE, 0);
            kernel.call(SystemCall.MUNMAP, producerAddress, mappedBytes(bytes), 0);
        }
    }
}
