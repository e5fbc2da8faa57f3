// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Publishes some leaks at the end of each chunk, as the agent does. */
final class ChunkEndPublisher extends ReplayThread {
    /** Events per chunk. */
    static final int LEAKS = 50;

    static final List<FrameName> STACK = List.of(
            FrameName.ofNative("libc.so.6", "malloc", "malloc+0x0 (libc.so.6)"),
            FrameName.ofNative("libz.so.1.2.13", "inflateInit2_", "inflateInit2_+0x5a (libz.so.1.2.13)"),
            FrameName.ofJava("java.util.zip.Inflater", "init", "(Z)J", -1, "java.util.zip.Inflater.init"),
            FrameName.ofJava("com.acme.Main", "main", "([Ljava/lang/String;)V", 42, "com.acme.Main.main:42"),
            FrameName.ofNative("libc.so.6", "start_thread", "start_thread+0x304 (libc.so.6)"));

    private final Rendezvous chunkEnd = new Rendezvous(() -> LockSupport.unpark(this));
    private final AtomicInteger asked = new AtomicInteger();
    private final StackReplay replay;
    private volatile boolean ended;
    private int left;

    ChunkEndPublisher(StackReplay replay) {
        super("chunk end publisher", replay);
        this.replay = replay;
    }

    Rendezvous chunkEnd() {
        return chunkEnd;
    }

    int asked() {
        return asked.get();
    }

    void end() throws InterruptedException {
        ended = true;
        LockSupport.unpark(this);
        join();
    }

    @Override
    protected @Nullable Publication next() {
        while (!ended) {
            if (left > 0) {
                left--;
                if (left > 0) {
                    return new Publication(leak(left), replay.prepare(STACK));
                }
                chunkEnd.done();
            } else if (chunkEnd.requested()) {
                asked.incrementAndGet();
                left = LEAKS + 1;
            } else {
                LockSupport.parkNanos(100_000_000);
            }
        }
        chunkEnd.close();
        return null;
    }

    private static NativeLeakEvent leak(int number) {
        NativeLeakEvent event = new NativeLeakEvent();
        event.site = Integer.toHexString(number);
        event.outstanding = number * 4096L;
        event.outstandingBlocks = number;
        event.sampledBlocks = 1;
        event.oldestAge = 61_000_000_000L;
        event.youngestAge = 5_000_000_000L;
        event.frames = "malloc+0x0 (libc.so.6)\ninflateInit2_+0x5a (libz.so.1.2.13)";
        return event;
    }

    @Override
    protected void failed(Throwable failure) {
        throw new AssertionError(failure);
    }
}
