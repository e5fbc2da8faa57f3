// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.AllocatorFunction;
import io.dwunw.it.program.GrowingTable;
import io.dwunw.it.program.NativeWorkers;
import io.dwunw.it.program.ReallocChain;
import io.dwunw.it.program.WorkersPlan;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** With {@code interval=1} every block is accounted for, to the byte. */
final class AccountingIT {
    /** Bytes by which chunks of glibc's allocator differ at least. */
    private static final int SMALLEST_SPLIT = 16;

    private static final String EVERYTHING = "interval=1,minage=100ms,stack=16k";
    private static final ConsumerReader READER = new ConsumerReader();

    private record Kind(String allocator, long size) {}

    @JvmTest(
            everyEngine = true,
            main = NativeWorkers.class,
            args = {"8", "60", "0", "300", "4000"},
            agent = EVERYTHING,
            recording = JvmTest.ONLY_DWUNW)
    void everyByteOfEightThreadsIsSeenOnce(JvmOutcome jvm) throws IOException {
        WorkersPlan plan = plan(jvm);
        List<AgentEvent> allocations = allocations(jvm.recording(), "dwunwit_allocate");

        Map<Kind, Integer> expected = new HashMap<>();
        long expectedBytes = 0;
        for (AllocatorFunction family : AllocatorFunction.values()) {
            for (int thread = 0; thread < plan.threads(); thread++) {
                long size = WorkersPlan.size(thread, family);
                expected.merge(kind(family.function(), size), plan.rounds(), Integer::sum);
                expectedBytes += size * plan.rounds();
            }
        }
        int seeds = 2 * plan.threads() * plan.rounds();
        expected.merge(kind("malloc", WorkersPlan.REALLOC_SEED), seeds, Integer::sum);
        expectedBytes += (long) seeds * WorkersPlan.REALLOC_SEED;

        Map<Kind, Integer> seen = new HashMap<>();
        allocations.forEach(event -> seen.merge(kind(event.text("allocator"), event.number("size")), 1, Integer::sum));
        assertThat(lost(jvm.recording())).isZero();
        assertThat(seen).isEqualTo(expected);
        assertThat(Leaks.sum(allocations, "size")).isEqualTo(expectedBytes);
        // A reallocation allocates what the block grows by beyond its room. The seeds fill theirs, unless the allocator
        // gave
        // one a piece of which the rest would have been too small for a block of its own.
        long most = expectedBytes - (long) seeds * WorkersPlan.REALLOC_SEED;
        assertThat(Leaks.sum(allocations, "weight")).isBetween(most - (long) seeds * SMALLEST_SPLIT, most);
    }

    @JvmTest(
            everyEngine = true,
            main = NativeWorkers.class,
            args = {"8", "60", "0", "300", "4000"},
            agent = EVERYTHING,
            recording = JvmTest.ONLY_DWUNW)
    void nothingIsOutstandingWhenAllIsFreed(JvmOutcome jvm) throws IOException {
        List<AgentEvent> allocations = allocations(jvm.recording(), "dwunwit_allocate");
        assertThat(Leaks.atEnd(jvm.recording()))
                .as("leaks of the JVM itself, without which the next line would prove nothing")
                .isNotEmpty();
        assertThat(Leaks.atEnd(jvm.recording(), "dwunwit_allocate")).isEmpty();

        // Every block has been given back by another thread than its own.
        List<Kind> freed = new ArrayList<>();
        Set<Long> addresses = new HashSet<>();
        allocations.forEach(event -> addresses.add(event.number("address")));
        for (AgentEvent free : READER.read(jvm.recording(), AgentEvent.FREE)) {
            if (addresses.contains(free.number("address"))) {
                freed.add(kind("", free.number("size")));
                assertThat(free.number("lifetime")).isPositive();
            }
        }
        WorkersPlan plan = plan(jvm);
        for (AllocatorFunction family : AllocatorFunction.values()) {
            for (int thread = 0; thread < plan.threads(); thread++) {
                Kind block = kind("", WorkersPlan.size(thread, family));
                assertThat(freed.stream().filter(block::equals).count())
                        .as("%s, thread %d", family, thread)
                        .isEqualTo(plan.rounds());
            }
        }
    }

    @JvmTest(
            everyEngine = true,
            main = NativeWorkers.class,
            args = {"8", "30", "7", "300", "4000"},
            agent = EVERYTHING,
            recording = JvmTest.ONLY_DWUNW)
    void whatIsKeptIsOutstandingToTheByte(JvmOutcome jvm) throws IOException {
        WorkersPlan plan = plan(jvm);
        for (AllocatorFunction family : AllocatorFunction.values()) {
            long bytes = 0;
            for (int thread = 0; thread < plan.threads(); thread++) {
                bytes += WorkersPlan.size(thread, family) * plan.kept();
            }
            List<AgentEvent> leaks = Leaks.atEnd(jvm.recording(), family.caller());
            assertThat(Leaks.sum(leaks, "outstanding")).as("%s", family).isEqualTo(bytes);
            assertThat(Leaks.sum(leaks, "outstandingBlocks")).as("%s", family).isEqualTo(8L * plan.kept());
            assertThat(Leaks.sum(leaks, "sampledBlocks")).as("%s", family).isEqualTo(8L * plan.kept());
            assertThat(leaks)
                    .as("%s has one site, whichever thread came there", family)
                    .hasSize(1);
            assertThat(leaks.get(0).number("oldestAge"))
                    .isGreaterThanOrEqualTo(leaks.get(0).number("youngestAge"));
        }
    }

    @JvmTest(
            everyEngine = true,
            main = ReallocChain.class,
            args = "1500",
            agent = EVERYTHING,
            recording = JvmTest.ONLY_DWUNW)
    void aChainOfReallocsHoldsItsLastBlockAlone(JvmOutcome jvm) throws IOException {
        List<AgentEvent> chain = READER.read(jvm.recording(), AgentEvent.ALLOCATION).stream()
                .filter(event ->
                        event.stack().stream().anyMatch(frame -> frame.type().equals("libdwunwit")))
                .toList();
        assertThat(chain)
                .extracting(event -> kind(event.text("allocator"), event.number("size")))
                .containsExactlyInAnyOrder(
                        kind("malloc", ReallocChain.FIRST),
                        kind("realloc", ReallocChain.SECOND),
                        kind("realloc", ReallocChain.THIRD),
                        kind("malloc", ReallocChain.FIRST),
                        kind("realloc", ReallocChain.SECOND),
                        kind("realloc", ReallocChain.THIRD),
                        kind("realloc", ReallocChain.FROM_NULL));
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording()).stream()
                .filter(event ->
                        event.stack().stream().anyMatch(frame -> frame.type().equals("libdwunwit")))
                .toList();
        assertThat(leaks)
                .extracting(event -> event.number("outstanding"))
                .containsExactlyInAnyOrder(ReallocChain.THIRD, ReallocChain.FROM_NULL);
        assertThat(chain)
                .filteredOn(event -> event.number("size") == ReallocChain.THIRD)
                .extracting(event -> event.number("address"))
                .contains(Long.parseLong(jvm.value("kept")));
    }

    /** Each of its growths is younger than the least age of a leak. */
    @JvmTest(
            everyEngine = true,
            main = GrowingTable.class,
            agent = "interval=1,minage=1s,stack=16k",
            recording = JvmTest.ONLY_DWUNW)
    void aTableThatGrowsByReallocIsOneBlockAsOldAsItsFirstAllocation(JvmOutcome jvm) throws IOException {
        // The JVM allocates something by itself when it calls a native method for the first time.
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording(), "grow").stream()
                .filter(event -> event.passes("realloc"))
                .toList();
        assertThat(leaks).hasSize(1);
        assertThat(leaks.get(0).number("outstanding")).isEqualTo(Long.parseLong(jvm.value("bytes")));
        assertThat(leaks.get(0).number("outstandingBlocks")).isEqualTo(1);
        assertThat(leaks.get(0).number("youngestAge")).isGreaterThan(GrowingTable.MILLIS * 1_000_000L);
        List<AgentEvent> allocations = allocations(jvm.recording(), "grow").stream()
                .filter(event -> event.text("allocator").equals("realloc"))
                .toList();
        assertThat(Leaks.sum(allocations, "weight"))
                .as("what it has grown by, not its size each time")
                .isLessThanOrEqualTo(Long.parseLong(jvm.value("bytes")))
                .isGreaterThan(Long.parseLong(jvm.value("bytes")) - GrowingTable.GROWTHS * 4096L);
    }

    private static Kind kind(String allocator, long size) {
        // One function by two names in glibc, at one address.
        return new Kind(allocator.equals("aligned_alloc") ? "memalign" : allocator, size);
    }

    private static WorkersPlan plan(JvmOutcome jvm) {
        return WorkersPlan.parse(jvm.command().args().toArray(String[]::new));
    }

    private static List<AgentEvent> allocations(Path recording, String method) throws IOException {
        return READER.read(recording, AgentEvent.ALLOCATION).stream()
                .filter(event -> event.passes(method))
                .toList();
    }

    private static long lost(Path recording) throws IOException {
        List<AgentEvent> statistics = READER.read(recording, AgentEvent.STATISTICS);
        assertThat(statistics).isNotEmpty();
        return statistics.get(statistics.size() - 1).number("lost");
    }
}
