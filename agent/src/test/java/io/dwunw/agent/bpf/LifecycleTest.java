// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Attaching and detaching a live process again and again leaves no trace. */
@RequiresBpf
class LifecycleTest {
    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.pairs(1, 1, 1);
    }

    private static List<String> bpfDescriptors() throws IOException {
        List<String> found = new ArrayList<>();
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            for (Path file : files.toList()) {
                String target = target(file);
                if (target.contains("bpf") || target.contains("perf_event")) {
                    found.add(target);
                }
            }
        }
        return found;
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static List<Byte> probedBytes(Libc libc) {
        List<Byte> bytes = new ArrayList<>();
        byte[] one = new byte[1];
        for (ProbedFile.ProbePoint point : libc.file().points()) {
            assertThat(Linux.readMemory(point.avma(), one, 0, 1)).isEqualTo(1);
            bytes.add(one[0]);
        }
        return bytes;
    }

    @Test
    void nothingIsLeftInTheProcess() throws Exception {
        Libc libc = Libc.find(Files.readString(Path.of("/proc/self/maps")));
        List<Byte> clean = probedBytes(libc);
        int descriptors = bpfDescriptors().size();
        BpfCounters counters = new BpfCounters();
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1 << 20))) {
            int loaded = bpfDescriptors().size();
            for (int i = 0; i < 10; i++) {
                engine.attach();
                assertThat(probedBytes(libc))
                        .doesNotContainAnyElementsOf(List.of((byte) 0x55))
                        .contains((byte) 0xcc);
                Allocations.pairs(100, 100, 1);
                engine.counters(counters);
                assertThat(counters.calls(Allocator.MALLOC)).isGreaterThanOrEqualTo(100L * (i + 1));
                engine.detach();
                assertThat(probedBytes(libc)).isEqualTo(clean);
                assertThat(bpfDescriptors()).hasSize(loaded);
            }
        }
        assertThat(bpfDescriptors()).hasSize(descriptors);
    }

    @Test
    void aLibraryThatIsAlsoMappedAsDataIsProbedWhereItsCodeIs() throws Exception {
        Libc plain = Libc.find(Files.readString(Path.of("/proc/self/maps")));
        String path = plain.file().path();
        long inode = (Long) Files.getAttribute(Path.of(path), "unix:ino");
        String asData = "1000000-1200000 r--s 00000000 fe:00 " + inode + "  " + path + "\n";
        Libc mappedTwice = Libc.find(asData + Files.readString(Path.of("/proc/self/maps")));
        assertThat(mappedTwice.file().points())
                .containsExactlyInAnyOrderElementsOf(plain.file().points());
        assertThat(mappedTwice.text()).isEqualTo(plain.text());
        assertThat(mappedTwice.allocatorText()).isEqualTo(plain.allocatorText());
    }

    @Test
    void threadsMayAllocateAllTheWhile() throws Exception {
        boolean[] stop = new boolean[1];
        List<Thread> workers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            workers.add(new Thread(() -> {
                while (!stop[0]) {
                    Allocations.pairs(100, 100, 100);
                    Allocations.free(Allocations.realloc(Allocations.malloc(10), 5000));
                }
            }));
        }
        workers.forEach(Thread::start);
        Recorder recorder = new Recorder();
        for (int i = 0; i < 10; i++) {
            try (UprobeEngine engine =
                    UprobeEngine.open(UprobeConfig.of(1 << 16).withStackBytes(4096))) {
                for (int k = 0; k < 3; k++) {
                    Tracing.run(engine, recorder, e -> Thread.sleep(10));
                }
            }
        }
        stop[0] = true;
        for (Thread worker : workers) {
            worker.join();
        }
        assertThat(recorder.matching(s -> s.what() == '+')).isNotEmpty();
    }

    /** Threads that allocate while probes come and go, and now and then a number of blocks that can be counted. */
    private static final class Hammering implements SampleHandler {
        static final int THREADS = 4;
        static final int COUNTED = 100;
        private static final int COUNTED_BYTES = 41_003; // as the JVM itself asks for no block
        private static final int OTHER_BYTES = 777;

        final List<Thread> workers = new ArrayList<>();
        final CyclicBarrier barrier = new CyclicBarrier(THREADS + 1);
        final int[] samples = new int[THREADS];
        final Map<Long, Integer> live = new HashMap<>();
        int neverFreed;
        volatile boolean hammer = true;
        volatile boolean stop;

        Hammering() {
            for (int i = 0; i < THREADS; i++) {
                int number = i;
                workers.add(new Thread(() -> work(number)));
            }
            workers.forEach(Thread::start);
        }

        private void work(int number) {
            boolean counting = false;
            while (!stop) {
                // One place for both, so that the stack is as deep.
                Allocations.pairs(counting ? COUNTED : 20, counting ? COUNTED_BYTES + number : OTHER_BYTES, 1);
                if (counting || !hammer) {
                    await();
                    counting = !counting;
                }
            }
        }

        private void await() {
            try {
                barrier.await();
            } catch (InterruptedException | BrokenBarrierException e) {
                throw new IllegalStateException(e);
            }
        }

        void count() {
            hammer = false;
            await();
            hammer = true;
            await();
        }

        void close() throws InterruptedException {
            stop = true;
            for (Thread worker : workers) {
                worker.join();
            }
        }

        @Override
        public void onSample(Sample s) {
            if (s.isFree()) {
                live.remove(s.address());
            } else if (s.isAllocation() && s.size() == OTHER_BYTES) {
                live.put(s.address(), s.tid());
            } else if (s.isAllocation() && s.size() >= COUNTED_BYTES && s.size() < COUNTED_BYTES + THREADS) {
                samples[(int) s.size() - COUNTED_BYTES]++;
                neverFreed += live.values().removeIf(tid -> tid == s.tid()) ? 1 : 0;
            }
        }
    }

    @Test
    void callsUnderWayWhileProbesComeAndGoDoNoHarm() throws Exception {
        Hammering hammering = new Hammering();
        int rounds = 20;
        BpfCounters counters = new BpfCounters();
        UprobeConfig config = UprobeConfig.of(1).withStackBytes(4096).withRingBytes(128 << 20);
        try (UprobeEngine engine = UprobeEngine.open(config)) {
            for (int i = 0; i < rounds; i++) {
                Tracing.run(engine, hammering, e -> {
                    Thread.sleep(2);
                    hammering.count();
                    Thread.sleep(2);
                });
                hammering.live.clear();
            }
            engine.counters(counters);
        } finally {
            hammering.close();
        }
        assertThat(counters.lost()).isZero();
        assertThat(hammering.samples).containsOnly(rounds * Hammering.COUNTED);
        assertThat(hammering.neverFreed).isZero();
    }

    @Test
    void whatWasLiveBeforeADetachIsForgotten() throws Exception {
        Recorder recorder = new Recorder();
        long[] blocks = new long[10_000]; // more than are removed with one call
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1).withStackBytes(4096))) {
            Tracing.run(engine, recorder, e -> {
                Arrays.setAll(blocks, i -> Allocations.malloc(91));
                assertThat(e.isLive(blocks[0])).isTrue();
            });
            for (long block : blocks) {
                assertThat(engine.isLive(block)).isFalse();
            }
            recorder.clear();
            Tracing.run(engine, recorder, e -> Allocations.free(blocks[0]));
            assertThat(recorder.storyOf(blocks[0])).doesNotContain("-free 0");
        }
        for (int i = 1; i < blocks.length; i++) {
            Allocations.free(blocks[i]);
        }
    }

    @Test
    void aClosedEngineDoesNothing() throws Exception {
        UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1));
        engine.close();
        engine.close();
        engine.attach();
        engine.detach();
        engine.setInterval(5);
        engine.excludeThread(1);
        engine.registerJavaThread(1, 2);
        engine.counters(new BpfCounters());
        assertThat(engine.attached()).isFalse();
        assertThat(engine.samples().drain(s -> {}, 10)).isZero();
    }
}
