// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.sample.Allocator;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each function of the family, with each way to attach: sampled once, with its size, and its end. */
@RequiresBpf
class AllocatorFamilyTest {
    /**
     * All blocks here are more than 23 intervals long, so that they are sampled for certain; most of the JVM's are not.
     */
    private static final int INTERVAL = 1000;

    private final Recorder recorder = new Recorder();

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.free(Allocations.malloc(1)); // library and symbols are loaded before anything is traced
    }

    private void traced(AttachMethods choice, Tracing.Calls<UprobeEngine> calls) throws Exception {
        UprobeConfig config = UprobeConfig.of(INTERVAL).withStackBytes(4096).withRingBytes(64 << 20);
        try (UprobeEngine engine = UprobeEngine.open(config, Kernel.RUNNING, ProcFiles.RUNNING, choice)) {
            Tracing.run(engine, recorder, calls);
            BpfCounters counters = new BpfCounters();
            engine.counters(counters);
            assertThat(counters.lost() - counters.abandoned()).isZero();
            assertThat(counters.lostFrees()).isZero();
            // While perf events are set one by one, a return may be missed.
            assertThat(counters.abandoned()).isLessThanOrEqualTo(choice == AttachMethods.PERF_LINK ? 2 : 0);
        }
    }

    @ParameterizedTest
    @EnumSource(AttachMethods.class)
    void simpleAllocations(AttachMethods choice) throws Exception {
        long[] p = new long[9];
        traced(choice, engine -> {
            p[0] = Allocations.malloc(70001);
            p[1] = Allocations.calloc(7, 10011);
            p[2] = Allocations.posixMemalign(64, 70003);
            p[3] = Allocations.posixMemalign(16, 70004); // glibc hands small alignments on to malloc
            p[4] = Allocations.alignedAlloc(256, 70005);
            p[5] = Allocations.alignedAlloc(8, 70006);
            p[6] = Allocations.valloc(70007);
            p[7] = Allocations.pvalloc(70008);
            p[8] = Allocations.strdup(30_000); // a caller inside libc, but an allocation like any other
            for (long block : p) {
                Allocations.free(block);
            }
        });
        String[] names = {
            "malloc 70001",
            "calloc 70077",
            "posix_memalign 70003",
            "posix_memalign 70004",
            "aligned_alloc 70005",
            "aligned_alloc 70006",
            "valloc 70007",
            "pvalloc 70008",
            "malloc 30001"
        };
        for (int i = 0; i < names.length; i++) {
            assertThat(recorder.storyOf(p[i])).as(names[i]).containsSubsequence("+" + names[i], "-free 0");
            long size = Long.parseLong(names[i].substring(names[i].indexOf(' ') + 1));
            assertThat(recorder.ofSize(size)).as(names[i]).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "MULTI", "PERF_LINK"})
    void reallocations(AttachMethods choice) throws Exception {
        long[] p = new long[6];
        traced(choice, engine -> {
            p[0] = Allocations.realloc(0, 60001);
            p[1] = Allocations.realloc(p[0], 90001);
            p[2] = Allocations.reallocarray(p[1], 3, 40001);
            p[3] = Allocations.reallocarray(0, 5, 12001);
            p[4] = Allocations.malloc(400_001); // has a mapping of its own
            p[5] = Allocations.realloc(p[4], 900_001);
            Allocations.realloc(p[5], 0); // only frees
            Allocations.free(p[2]);
            Allocations.free(p[3]);
        });
        assertThat(brief(60001)).containsExactly("+realloc 60001");
        assertThat(brief(90001)).containsExactly("+realloc 90001");
        assertThat(brief(120_003)).containsExactly("+reallocarray 120003");
        assertThat(brief(60005)).containsExactly("+reallocarray 60005");
        assertThat(brief(400_001)).containsExactly("+malloc 400001");
        assertThat(brief(900_001)).containsExactly("+realloc 900001");
        assertThat(recorder.storyOf(p[5])).endsWith("+realloc 900001", "-realloc 0");
        assertThat(recorder.storyOf(p[2])).containsSubsequence("+reallocarray 120003", "-free 0");
        assertThat(recorder.storyOf(p[3])).containsSubsequence("+reallocarray 60005", "-free 0");
        // Nothing is left: each block that came to life died.
        assertThat(recorder.storyOf(p[0])).containsSubsequence("+realloc 60001", "-realloc 0");
        assertThat(recorder.storyOf(p[4])).containsSubsequence("+malloc 400001", "-realloc 0");
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "MULTI"})
    void whatFailsChangesNothing(AttachMethods choice) throws Exception {
        long[] p = new long[1];
        boolean[] live = new boolean[2];
        traced(choice, engine -> {
            p[0] = Allocations.malloc(50001);
            assertThat(Allocations.realloc(p[0], Long.MAX_VALUE / 2)).isZero();
            live[0] = engine.isLive(p[0]);
            assertThat(Allocations.reallocarray(p[0], Long.MAX_VALUE, 16)).isZero();
            assertThat(Allocations.malloc(Long.MAX_VALUE - 4711)).isZero();
            assertThat(Allocations.calloc(Long.MAX_VALUE, 1L << 32)).isZero();
            assertThat(Allocations.posixMemalign(24, 50002)).isEqualTo(-22);
            Allocations.free(p[0]);
            live[1] = engine.isLive(p[0]);
        });
        List<String> story = recorder.storyOf(p[0]);
        int start = story.indexOf("+malloc 50001");
        assertThat(story.subList(start, start + 4))
                .containsExactly("+malloc 50001", "-realloc 0", "~realloc 0", "-free 0");
        assertThat(live).containsExactly(true, false);
        assertThat(recorder.ofSize(50002)).isEmpty();
        assertThat(recorder.matching(s -> s.size() < 0 || s.size() > Long.MAX_VALUE / 4))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "MULTI"})
    void mappings(AttachMethods choice) throws Exception {
        long[] p = new long[3];
        traced(choice, engine -> {
            p[0] = map(0, 0x31000, Allocations.PROT_READ_WRITE, 0);
            assertThat(Allocations.munmap(p[0] + 0x1000, 0x1800)).isZero();
            assertThat(Allocations.munmap(p[0] + 1, 0x1000)).isNegative();
            p[1] = Allocations.mremap(p[0] + 0x10000, 0x21000, 0x91000);
            assertThat(p[1]).isPositive();
            map(p[1], 0x5000, Allocations.PROT_NONE, Allocations.MAP_FIXED);
            p[2] = map(0, 0x33000, Allocations.PROT_NONE, 0);
            Allocations.munmap(p[1], 0x91000);
            Allocations.munmap(p[2], 0x33000);
            Allocations.munmap(p[0], 0x10000);
        });
        assertThat(recorder.storyOf(p[0])).containsSubsequence("+mmap " + 0x31000, "-munmap " + 0x10000);
        assertThat(recorder.storyOf(p[0] + 0x1000)).containsSubsequence("-munmap " + 0x2000);
        assertThat(recorder.storyOf(p[0] + 1)).containsSubsequence("-munmap " + 0x1000, "~munmap " + 0x1000);
        assertThat(recorder.storyOf(p[0] + 0x10000)).containsSubsequence("-mremap " + 0x21000);
        assertThat(recorder.storyOf(p[1]))
                .containsSubsequence("+mremap " + 0x91000, "-munmap " + 0x5000, "-munmap " + 0x91000);
        assertThat(recorder.ofSize(0x33000)).as("address space without access").isEmpty();
        assertThat(recorder.ofSize(0x5000)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "PERF_LINK"})
    void excludedThreadsAndChildrenAreNotSampled(AttachMethods choice) throws Exception {
        long[] p = new long[1];
        BpfCounters before = new BpfCounters();
        BpfCounters after = new BpfCounters();
        traced(choice, engine -> {
            assertThat(Allocations.childPairs(200, 45001)).isPositive();
            p[0] = Allocations.malloc(45002);
            engine.excludeThread(Linux.threadId());
            engine.counters(before);
            Allocations.pairs(1000, 45003, 1);
            Allocations.free(p[0]); // its own it hides, that of others it must not
            engine.includeThread(Linux.threadId());
            engine.counters(after);
            Allocations.free(Allocations.malloc(45004));
        });
        assertThat(recorder.ofSize(45001)).isEmpty();
        assertThat(recorder.ofSize(45003)).isEmpty();
        assertThat(recorder.ofSize(45004)).hasSize(1);
        assertThat(recorder.storyOf(p[0])).containsSubsequence("+malloc 45002", "-free 0");
        assertThat(after.bytes(Allocator.MALLOC) - before.bytes(Allocator.MALLOC))
                .isLessThan(45003 * 1000L);
    }

    private static long map(long at, long size, int protection, int flags) {
        return Allocations.mmap(at, size, protection, Allocations.MAP_PRIVATE_ANONYMOUS | flags);
    }

    private List<String> brief(long size) {
        return recorder.ofSize(size).stream().map(Recorder.Seen::brief).toList();
    }
}
