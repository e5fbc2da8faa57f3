// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingStream;

/** Listens to the agent's events in its own JVM while it leaks. */
public final class Streaming {
    /** Bytes of each leaked block. */
    private static final long SIZE = 44_017;

    private static final long TIMEOUT_SECONDS = 60;

    private Streaming() {}

    public static void main(String[] args) throws InterruptedException {
        CountDownLatch blocks = new CountDownLatch(NativeLayers.COUNT);
        AtomicReference<String> top = new AtomicReference<>("");
        try (RecordingStream stream = new RecordingStream()) {
            stream.enable("dwunw.NativeAllocation").withStackTrace();
            stream.onEvent("dwunw.NativeAllocation", event -> {
                if (event.getLong("size") == SIZE) {
                    top.set(top(event));
                    blocks.countDown();
                }
            });
            stream.startAsync();
            NativeBlocks.awaitTracing();
            NativeBlocks.cLayers(SIZE, NativeLayers.COUNT);
            boolean all = blocks.await(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            System.out.println("all=" + all);
        }
        System.out.println("streamed=" + (NativeLayers.COUNT - blocks.getCount()));
        System.out.println("top=" + top.get());
    }

    private static String top(RecordedEvent event) {
        RecordedFrame frame = event.getStackTrace().getFrames().get(0);
        return frame.getMethod().getType().getName() + "." + frame.getMethod().getName();
    }
}
