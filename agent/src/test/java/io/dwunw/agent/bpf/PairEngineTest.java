// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.engine.CombinedEngine;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Functions of the user's: every block once, with its size, and its end. */
@RequiresBpf
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class PairEngineTest {
    private static final AllocatorPair CTX = new AllocatorPair("libpairs.so", "ctx_new", 1, 0, 0, 0, "ctx_free", 1);
    private static final AllocatorPair GRID = new AllocatorPair("libpairs.so", "grid_new", 2, 3, 0, 0, "grid_free", 2);
    private static final AllocatorPair BOX = new AllocatorPair("libpairs.so", "box_make", 2, 0, 0, 1, "box_drop", 1);
    private static final AllocatorPair POOL = new AllocatorPair("libpairs.so", "pool_get", 0, 0, 64, 0, "pool_put", 1);
    private static final AllocatorPair TREE = new AllocatorPair("libpairs.so", "tree_new", 1, 0, 0, 0, "tree_free", 1);
    private static final AllocatorPair BAG =
            new AllocatorPair("libpairs.so", "bag_fill", AllocatorPair.RETURNED, 0, 0, 2, "bag_empty", 1);
    private static final UprobeConfig EVERYTHING =
            UprobeConfig.of(1).withStackBytes(4096).withRingBytes(64 << 20);

    private final List<String> console = new ArrayList<>();
    private final Story story = new Story();

    /** Record of what happened to the blocks of a pair's, and to those of libc that have the same addresses. */
    private static final class Story implements SampleHandler {
        final Map<Long, List<String>> byAddress = new HashMap<>();
        final Map<Long, Long> live = new HashMap<>();
        long custom;
        long customBytes;

        @Override
        public synchronized void onSample(Sample s) {
            int pair = s.allocatorNumber() - Allocator.CUSTOM.number();
            String who = pair < 0 ? s.allocator().functionName() : "pair " + pair;
            byAddress
                    .computeIfAbsent(s.address(), a -> new ArrayList<>())
                    .add((s.isAllocation() ? "+" : "-") + who + " " + s.size());
            if (pair < 0) {
                return;
            }
            if (s.isAllocation()) {
                custom++;
                customBytes += s.weight();
                assertThat(live.put(s.blockKey(), s.size())).isNull();
            } else {
                assertThat(live.remove(s.blockKey())).isNotNull();
            }
        }

        synchronized List<String> of(long address) {
            return byAddress.getOrDefault(address, List.of());
        }
    }

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
    }

    private PairEngine open(AttachMethods choice, AllocatorPair... pairs) throws Exception {
        return PairEngine.open(EVERYTHING, Kernel.RUNNING, ProcFiles.RUNNING, choice, List.of(pairs), console::add);
    }

    @Test
    @Order(1)
    void aLibraryThatIsLoadedLaterIsProbedThen() throws Exception {
        try (PairEngine engine = open(AttachMethods.BEST, CTX)) {
            Tracing.run(engine, story, e -> {
                assertThat(e.description()).contains("ctx_new/ctx_free (not loaded)");
                Pairs.load();
                while (e.description().contains("(not loaded)")) {
                    Thread.sleep(1); // the drainer looks for it
                }
                Pairs.pairs(100, 5000);
            });
            assertThat(story.custom).isEqualTo(100);
            assertThat(story.live).isEmpty();
        }
        assertThat(console).isEmpty();
    }

    @Test
    @Order(2)
    void aPatternNamesALibraryAndWhatNeverCameIsSaidAtTheEnd() throws Exception {
        AllocatorPair pattern = new AllocatorPair("lib*airs.so", CTX.allocate(), 1, 0, 0, 0, CTX.free(), 1);
        AllocatorPair wrong = new AllocatorPair("libpears*.so", CTX.allocate(), 1, 0, 0, 0, CTX.free(), 1);
        try (PairEngine engine = open(AttachMethods.BEST, pattern, wrong)) {
            for (int recording = 0; recording < 2; recording++) {
                Tracing.run(engine, story, e -> {
                    Pairs.pairs(10, 5000);
                    assertThat(console).hasSizeLessThan(2);
                });
            }
        }
        assertThat(story.custom).isEqualTo(20);
        assertThat(console).containsExactly("pair: no library of that name was loaded: libpears*.so:ctx_new/ctx_free");
    }

    @ParameterizedTest
    @Order(2)
    @EnumSource(names = {"SESSION", "MULTI"})
    void everyWayToTellTheSize(AttachMethods choice) throws Exception {
        long[] p = new long[6];
        EngineCounters counters = new EngineCounters();
        try (PairEngine engine = open(choice, CTX, GRID, BOX, POOL, TREE)) {
            Tracing.run(engine, story, e -> {
                p[0] = Pairs.ctxNew(1001);
                p[1] = Pairs.gridNew(3, 1002);
                p[2] = Pairs.boxMake(1003); // which calls ctx_new
                assertThat(Pairs.boxMake(2_000_000)).isZero();
                p[3] = Pairs.poolGet();
                p[4] = Pairs.treeNew(1004, 2); // which calls itself
                Pairs.treeFree(p[4]);
                Pairs.poolPut(p[3]);
                Pairs.boxDrop(p[2]);
                Pairs.gridFree(p[1]);
                Pairs.ctxFree(p[0]);
                p[5] = Pairs.ctxNew(1005);
                assertThat(e.isLive(p[5])).as("of libc's").isFalse();
                assertThat(e.isLive(p[5] | 1L << 56)).isTrue();
            });
            engine.counters(counters);
        }
        Pairs.ctxFree(p[5]);
        assertThat(story.of(p[0])).containsSubsequence("+pair 0 1001", "-pair 0 0");
        assertThat(story.of(p[1])).containsSubsequence("+pair 1 3006", "-pair 1 0");
        assertThat(story.of(p[2])).containsSubsequence("+pair 0 1003", "+pair 2 1003", "-pair 2 0", "-pair 0 0");
        assertThat(story.of(p[3])).containsExactly("+pair 3 64", "-pair 3 0");
        assertThat(story.of(p[4])).containsSubsequence("+pair 4 1004", "-pair 4 0");
        assertThat(story.live).containsExactly(Map.entry(p[5] | 1L << 56, 1005L));
        assertThat(story.custom).isEqualTo(3 + 1 + 1 + 1 + 3); // ctx, grid, box, pool, tree
        assertThat(counters.lost).isZero();
        assertThat(console).isEmpty();
    }

    @ParameterizedTest
    @Order(2)
    @EnumSource(names = {"SESSION", "MULTI"})
    void theSizeMayBeWhatIsReturned(AttachMethods choice) throws Exception {
        long[] p = new long[2];
        EngineCounters counters = new EngineCounters();
        try (PairEngine engine = open(choice, BAG)) {
            Tracing.run(engine, story, e -> {
                p[0] = Pairs.bagFill(1001);
                assertThat(Pairs.bagFill(0)).isZero();
                assertThat(Pairs.bagFill(2_000_000)).isZero();
                Pairs.bagEmpty(p[0]);
                p[1] = Pairs.bagFill(1002);
            });
            engine.counters(counters);
        }
        Pairs.bagEmpty(p[1]);
        assertThat(story.of(p[0])).containsSubsequence("+pair 0 2002", "-pair 0 0");
        assertThat(story.live).containsExactly(Map.entry(p[1] | 1L << 56, 2004L));
        assertThat(story.custom).isEqualTo(2);
        assertThat(counters.calls(Allocator.CUSTOM)).isEqualTo(2);
        assertThat(counters.bytesSeen).isEqualTo(2002 + 2004);
        assertThat(counters.lost).isZero();
        assertThat(console).isEmpty();
    }

    @ParameterizedTest
    @Order(9)
    @EnumSource(names = {"SESSION", "MULTI"})
    void aCallThatDidNotReturnIsNotTheNextOne(AttachMethods choice) throws Exception {
        AllocatorPair leap = new AllocatorPair("libpairs.so", "leap_new", 1, 0, 0, 0, "ctx_free", 1);
        BpfCounters counters = new BpfCounters();
        try (PairEngine engine = open(choice, leap)) {
            Tracing.run(engine, story, e -> {
                boolean[] leaps = {true, false};
                for (boolean leaping : leaps) { // from one place, so that the stack is as deep
                    Pairs.ctxFree(Pairs.leapNew(1006, leaping));
                    e.setInterval(UprobeConfig.MAX_INTERVAL_BYTES); // so that the second is not sampled
                }
            });
            engine.counters(counters);
        }
        assertThat(counters.calls(Allocator.CUSTOM)).isEqualTo(2);
        assertThat(story.custom).isZero();
    }

    private enum Beside {
        UPROBE,
        HOOKS_SELF,
        HOOKS_BPF;

        SamplingEngine open() throws Exception {
            return switch (this) {
                case UPROBE -> UprobeEngine.open(EVERYTHING);
                case HOOKS_SELF -> HooksEngine.open(new HooksConfig(1, 4096, 64 << 20));
                case HOOKS_BPF -> HooksEngine.openWithBpf(new HooksConfig(1, 4096, 64 << 20));
            };
        }
    }

    @ParameterizedTest
    @Order(3)
    @EnumSource
    void eightThreadsAreExactBesideAnyEngine(Beside beside) throws Exception {
        int threads = 8;
        int count = 500;
        EngineCounters before = new EngineCounters();
        EngineCounters after = new EngineCounters();
        long[] kept = new long[1];
        try (SamplingEngine engine = new CombinedEngine(beside.open(), open(AttachMethods.BEST, CTX))) {
            engine.counters(before);
            Tracing.run(engine, story, e -> {
                List<Thread> workers = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    workers.add(new Thread(() -> Pairs.pairs(count, 6400)));
                }
                workers.forEach(Thread::start);
                for (Thread worker : workers) {
                    worker.join();
                }
                kept[0] = Pairs.ctxNew(7001);
                assertThat(e.isLive(kept[0])).isTrue();
                assertThat(e.isLive(kept[0] | 1L << 56)).isTrue();
            });
            engine.counters(after);
        }
        Pairs.ctxFree(kept[0]);
        long bytes = 7001;
        for (int i = 0; i < count; i++) {
            bytes += threads * (6400L + i % 64);
        }
        assertThat(after.lost).isEqualTo(before.lost);
        assertThat(story.custom).isEqualTo(1L + (long) threads * count);
        assertThat(story.customBytes).isEqualTo(bytes);
        assertThat(story.live.values()).containsExactly(7001L);
        assertThat(story.of(kept[0])).contains("+malloc 7001", "+pair 0 7001");
        assertThat(after.calls(Allocator.CUSTOM)).isEqualTo(1L + (long) threads * count);
    }

    @Test
    @Order(4)
    void aFunctionThatIsNotThereIsNamedWithItsNeighbours() throws Exception {
        AllocatorPair wrong = new AllocatorPair("libpairs.so", "ctx_nwe", 1, 0, 0, 0, "ctx_free", 1);
        try (PairEngine engine = open(AttachMethods.BEST, wrong, CTX)) {
            Tracing.run(engine, story, e -> Pairs.pairs(10, 100));
            assertThat(engine.description()).contains("multi");
        }
        assertThat(console).hasSize(1);
        assertThat(console.get(0)).contains("libpairs.so has no function ctx_nwe", "did you mean ctx_new");
        assertThat(story.custom).as("the other pair works").isEqualTo(10);
    }

    /** As ctx_new and ctx_clone would share ctx_free. */
    @Test
    @Order(7)
    void pairsMayShareAFunction() throws Exception {
        AllocatorPair boxes = new AllocatorPair("libpairs.so", "box_make", 2, 0, 0, 1, "ctx_free", 1);
        AllocatorPair grids = new AllocatorPair("libpairs.so", "grid_new", 2, 3, 0, 0, "ctx_free", 1);
        long[] p = new long[2];
        try (PairEngine engine = open(AttachMethods.BEST, CTX, boxes, grids)) {
            Tracing.run(engine, story, e -> {
                p[0] = Pairs.boxMake(1006); // which calls ctx_new
                p[1] = Pairs.gridNew(2, 1007);
                Pairs.ctxFree(p[0]);
                Pairs.ctxFree(p[1]);
            });
        }
        assertThat(story.of(p[0])).containsExactlyInAnyOrder("+pair 0 1006", "+pair 1 1006", "-pair 0 0", "-pair 1 0");
        assertThat(story.of(p[1])).containsExactly("+pair 2 2014", "-pair 2 0");
        assertThat(story.live).isEmpty();
        assertThat(console).isEmpty();
    }

    @Test
    @Order(8)
    void whatIsWrongIsSaidOnce() throws Exception {
        AllocatorPair wrong = new AllocatorPair("libpairs.so", "ctx_new", 1, 0, 0, 0, "ctx_fere", 1);
        try (PairEngine engine = open(AttachMethods.BEST, wrong)) {
            for (int recording = 0; recording < 3; recording++) {
                Tracing.run(engine, story, e -> Pairs.pairs(1, 100));
            }
        }
        assertThat(console).hasSize(1).first().asString().contains("has no function ctx_fere; did you mean ctx_free");
    }

    @Test
    @Order(5)
    void aPointerIsNoSize() throws Exception {
        AllocatorPair wrong = new AllocatorPair("libpairs.so", "grid_new", 1, 0, 0, 0, "grid_free", 2);
        EngineCounters counters = new EngineCounters();
        try (PairEngine engine = open(AttachMethods.BEST, wrong)) {
            Tracing.run(engine, story, e -> Pairs.gridFree(Pairs.gridNew(2, 3)));
            engine.counters(counters);
            engine.counters(counters);
        }
        assertThat(story.custom).isZero();
        assertThat(console).hasSize(1).first().asString().contains("sizes that no block can have");
    }

    @Test
    @Order(6)
    void detachingLeavesNothing() throws Exception {
        try (PairEngine engine = open(AttachMethods.BEST, CTX)) {
            for (int i = 0; i < 3; i++) {
                Tracing.run(engine, story, e -> Pairs.pairs(10, 100));
                Pairs.pairs(10, 100);
            }
        }
        assertThat(story.custom).isEqualTo(30);
        assertThat(story.live).isEmpty();
    }
}
