package io.dwunw.agent.gate;

import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Sample;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Consumer of the gate's ring ({@code gate_ring.c}).
 *
 * <pre>
 * header: | data bytes u64 | data offset u64 | commits offset u64 | ... | 64: consumer u64 | ... | 128: producer u64 |
 * data, in units of 64 bytes; a record starts a unit: | length u32 | 1 = padding u32 | bytes |
 * commits: one u64 for each unit: position + 1 of the last record that starts there and is complete
 * </pre>
 *
 * Positions count bytes and never wrap. Hot: draining allocates nothing. One thread at a time.
 */
final class GateRing implements SampleSource {
    static final int HEADER_BYTES = 4096;
    static final int UNIT_BYTES = 64;
    static final int CONSUMER = 64;
    static final int PRODUCER = 128;

    private static final int DATA_BYTES = 0;
    private static final int DATA_OFFSET = 8;
    private static final int COMMITS_OFFSET = 16;
    private static final int RECORD_HEADER_BYTES = 8;

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer header;
    private final ByteBuffer data;
    private final ByteBuffer commits;
    private final Sample sample = new Sample();
    private long position;
    private long malformed;

    GateRing(ByteBuffer header, ByteBuffer data, ByteBuffer commits) {
        this.header = header.order(ByteOrder.LITTLE_ENDIAN);
        this.data = data.order(ByteOrder.LITTLE_ENDIAN);
        this.commits = commits.order(ByteOrder.LITTLE_ENDIAN);
        this.position = (long) LONG.getAcquire(this.header, CONSUMER);
    }

    /** Over the process's own ring, which is never unmapped. */
    static GateRing at(long address) {
        ByteBuffer header = Linux.memory(address, HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long bytes = header.getLong(DATA_BYTES);
        long units = bytes / UNIT_BYTES;
        return new GateRing(
                header,
                Linux.memory(address + header.getLong(DATA_OFFSET), bytes),
                Linux.memory(address + header.getLong(COMMITS_OFFSET), units * Long.BYTES));
    }

    @Override
    public int drain(SampleHandler handler, int limit) {
        int handled = 0;
        while (handled < limit) {
            int at = (int) (position & (data.capacity() - 1));
            if ((long) LONG.getAcquire(commits, at / UNIT_BYTES * Long.BYTES) != position + 1) {
                break;
            }
            int length = data.getInt(at);
            boolean padding = data.getInt(at + Integer.BYTES) != 0;
            try {
                if (!padding && hand(handler, at + RECORD_HEADER_BYTES, length)) {
                    handled++;
                }
            } finally {
                position += (RECORD_HEADER_BYTES + Integer.toUnsignedLong(length) + UNIT_BYTES - 1) & -UNIT_BYTES;
                LONG.setRelease(header, CONSUMER, position);
            }
        }
        return handled;
    }

    private boolean hand(SampleHandler handler, int at, int length) {
        if (!sample.wrap(data, at, length)) {
            malformed++;
            return false;
        }
        handler.onSample(sample);
        return true;
    }

    /** Records that were no samples: 0 unless Java and C are of different versions. */
    long malformed() {
        return malformed;
    }

    @Override
    public long produced() {
        return (long) LONG.getAcquire(header, PRODUCER);
    }

    @Override
    public long consumed() {
        return position;
    }

    @Override
    public boolean crowded() {
        return backlog() >= data.capacity() / 4;
    }
}
