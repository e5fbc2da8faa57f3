package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Linux;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory that one system call is given addresses of. The buffers stay reachable until {@link #close}, else the collector
 * might free them while the kernel reads. Confined to one call.
 */
final class Arguments implements AutoCloseable {
    private final List<ByteBuffer> kept = new ArrayList<>();

    /** Where this buffer's bytes are, until {@link #close}. */
    long address(ByteBuffer direct) {
        kept.add(direct);
        return Linux.address(direct);
    }

    long cString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return address(BpfSystem.buffer(bytes.length + 1).put(0, bytes));
    }

    long longs(long[] values) {
        ByteBuffer array = BpfSystem.buffer(values.length * Long.BYTES);
        array.asLongBuffer().put(values);
        return address(array);
    }

    @Override
    public void close() {
        try {
            kept.clear();
        } finally {
            Reference.reachabilityFence(this);
        }
    }
}
