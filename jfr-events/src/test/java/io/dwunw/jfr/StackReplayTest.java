package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;

class StackReplayTest {
    private static final FrameName MALLOC = FrameName.ofNative("libc.so.6", "malloc", "malloc+0x0 (libc.so.6)");
    private static final FrameName ALLOCATE_MEMORY =
            FrameName.ofJava("jdk.internal.misc.Unsafe", "allocateMemory", "(J)J", 630, "Unsafe.allocateMemory:630");
    private static final FrameName MAIN =
            FrameName.ofJava("com.acme.Main", "main", "([Ljava/lang/String;)V", 42, "Main.main:42");

    private static NativeAllocationEvent event(long address) {
        NativeAllocationEvent event = new NativeAllocationEvent();
        event.address = address;
        return event;
    }

    @Test
    void theRecordedStackIsTheForeignOne() throws Exception {
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT);
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording recording = Recorded.start("NativeAllocation")) {
            ReplayedStack stack = replay.prepare(List.of(MALLOC, ALLOCATE_MEMORY, MAIN));
            publisher.put(new Publication(event(1), stack));
            publisher.put(new Publication(event(2), stack));
            publisher.await();

            List<RecordedEvent> events = Recorded.stop(recording);

            assertThat(publisher.failures()).isEmpty();
            assertThat(events).hasSize(2);
            for (RecordedEvent event : events) {
                assertThat(Recorded.stack(event))
                        .containsExactly(
                                "libc.malloc()",
                                "jdk.internal.misc.Unsafe.allocateMemory(J)J:630",
                                "com.acme.Main.main([Ljava/lang/String;)V:42",
                                Recorded.ROOT_FRAME,
                                Recorded.RUN_FRAME);
                assertThat(event.getStackTrace().isTruncated()).isFalse();
            }
        }
    }
}
