// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.DirectBufferLeak;
import io.dwunw.it.program.InflaterLeak;
import io.dwunw.it.program.NamedThreads;
import io.dwunw.it.program.UnsafeLeak;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/** Leaks that Java code causes through the JDK's own native code. */
final class JdkLeaksIT {
    /** What HotSpot puts around a block of its own, at most. */
    private static final long HEADER_BYTES = 64;

    /** Where Inflater's memory is asked for: Debian's JDK uses the system's zlib, others have it inside. */
    private static final Set<String> ZLIB = Set.of("libz", "libzip");

    @JvmTest(
            everyEngine = true,
            main = InflaterLeak.class,
            args = {"800", "1500"},
            agent = "maxoverhead=off,interval=32k,minage=500ms")
    void inflatersBehindGzipStreams(JvmOutcome jvm) throws IOException {
        // The JVM's own metadata of classes that the program loads is outstanding too, and no matter of zlib.
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording()).stream()
                .filter(leak -> ZLIB.contains(leak.stack().get(1).type()))
                .toList();
        assertThat(leaks).isNotEmpty().allSatisfy(leak -> {
            assertThat(leak.names().get(0)).isIn("libc.malloc", "libc.calloc");
            assertThat(leak.names())
                    .containsAnyOf("java.util.zip.Inflater.init", "java.util.zip.Inflater.inflateBytesBytes");
            assertThat(leak.names())
                    .containsSequence("io.dwunw.it.program.InflaterLeak.leak", "io.dwunw.it.program.InflaterLeak.main");
        });
        assertThat(leaks)
                .anySatisfy(leak -> assertThat(leak.names())
                        .containsSubsequence("java.util.zip.Inflater.init", "java.util.zip.Inflater.<init>"));
        // zlib takes about 7 KiB of state when the inflater is made, and 32 KiB of window when it has inflated.
        long outstanding = Leaks.sum(leaks, "outstanding");
        assertThat(outstanding).isBetween(800L * 30_000, 800L * 50_000);
        assertThat(leaks).noneMatch(leak -> leak.passes("closeAnother"));
    }

    @JvmTest(
            main = DirectBufferLeak.class,
            args = {"60", "1500"},
            agent = "maxoverhead=off,interval=4k,stack=32k,minage=500ms",
            recording = JvmTest.ONLY_DWUNW)
    void directBuffers(JvmOutcome jvm) throws IOException {
        List<AgentEvent> leaks = leaksOf(jvm, "io.dwunw.it.program.DirectBufferLeak.main", DirectBufferLeak.SIZE);
        assertThat(Leaks.sum(leaks, "outstandingBlocks")).isEqualTo(60);
        assertThat(leaks)
                .allSatisfy(leak -> assertThat(leak.names())
                        .startsWith("libc.malloc")
                        .containsSubsequence(
                                "libjvm.os::malloc",
                                "jdk.internal.misc.Unsafe.allocateMemory0",
                                "jdk.internal.misc.Unsafe.allocateMemory",
                                "java.nio.DirectByteBuffer.<init>",
                                "java.nio.ByteBuffer.allocateDirect",
                                "io.dwunw.it.program.DirectBufferLeak.main"));
    }

    @JvmTest(
            everyEngine = true,
            main = UnsafeLeak.class,
            args = {"40", "1500"},
            agent = "maxoverhead=off,interval=4k,stack=32k,minage=500ms",
            recording = JvmTest.ONLY_DWUNW)
    void unsafeMemory(JvmOutcome jvm) throws IOException {
        List<AgentEvent> leaks = leaksOf(jvm, "io.dwunw.it.program.UnsafeLeak.forget", UnsafeLeak.LEAKED_SIZE);
        assertThat(Leaks.sum(leaks, "outstandingBlocks")).isEqualTo(40);
        assertThat(leaks)
                .allSatisfy(leak -> assertThat(leak.names())
                        .containsSubsequence(
                                "libjvm.os::malloc",
                                "jdk.internal.misc.Unsafe.allocateMemory0",
                                "sun.misc.Unsafe.allocateMemory",
                                "io.dwunw.it.program.UnsafeLeak.forget",
                                "io.dwunw.it.program.UnsafeLeak.main"));
        assertThat(Leaks.atEnd(jvm.recording(), "free"))
                .noneMatch(leak -> leak.names().contains("sun.misc.Unsafe.allocateMemory"));
    }

    @JvmTest(
            everyEngine = true,
            main = NamedThreads.class,
            agent = "maxoverhead=off,interval=2k,stack=16k",
            recording = JvmTest.ONLY_DWUNW)
    void everyAllocationNamesItsThread(JvmOutcome jvm) throws IOException {
        List<AgentEvent> all = new ConsumerReader().read(jvm.recording(), AgentEvent.ALLOCATION);
        for (int i = 0; i < NamedThreads.THREADS; i++) {
            String name = "worker-" + i;
            long size = NamedThreads.size(i);
            assertThat(all.stream().filter(event -> event.number("size") == size))
                    .hasSize(3)
                    .allSatisfy(event -> {
                        assertThat(event.text("allocatingThread")).isEqualTo(name);
                        assertThat(event.number("osThreadId")).isEqualTo(Long.parseLong(jvm.value(name)));
                        assertThat(event.text("osThreadName")).isEqualTo(name);
                    });
        }
    }

    /** Leaks through the method, after a check that their bytes are what the program leaks with HotSpot's headers. */
    private static List<AgentEvent> leaksOf(JvmOutcome jvm, String method, long blockBytes) throws IOException {
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording()).stream()
                .filter(leak -> leak.names().contains(method))
                .filter(leak -> leak.number("outstanding") >= leak.number("outstandingBlocks") * blockBytes)
                .toList();
        long blocks = Leaks.sum(leaks, "outstandingBlocks");
        assertThat(Leaks.sum(leaks, "outstanding"))
                .isBetween(blocks * blockBytes, blocks * (blockBytes + HEADER_BYTES));
        return leaks;
    }
}
