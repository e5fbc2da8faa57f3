// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;

/**
 * Tells when blocks have been published: a thread that is gone before has no {@code java.lang.Thread} any more, and how
 * long the sidecar takes depends on how busy the machine is.
 */
final class PublishedBlocks implements AutoCloseable {
    private static final String EVENT = "dwunw.NativeAllocation";
    private static final long TIMEOUT_SECONDS = 120;
    private static final long ADDED_BY_THE_JVM = 1000;

    private final Map<String, Long> missing;
    private final CountDownLatch none = new CountDownLatch(1);
    private final RecordingStream stream = new RecordingStream();

    /** @param awaited the least size of a block by the name of the thread that allocates it */
    PublishedBlocks(Map<String, Long> awaited) {
        missing = new ConcurrentHashMap<>(awaited);
        stream.enable(EVENT);
        stream.onEvent(EVENT, this::seen);
        stream.startAsync();
    }

    private void seen(RecordedEvent event) {
        String thread = event.getString("osThreadName");
        long size = event.getLong("size");
        Long least = thread == null ? null : missing.get(thread);
        if (least != null && size >= least && size < least + ADDED_BY_THE_JVM) {
            missing.remove(thread);
            if (missing.isEmpty()) {
                none.countDown();
            }
        }
    }

    /** Returns when all have been published, or after two minutes. */
    void await() throws InterruptedException {
        if (!none.await(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            System.out.println("unpublished=" + missing);
        }
    }

    @Override
    public void close() {
        stream.close();
    }
}
