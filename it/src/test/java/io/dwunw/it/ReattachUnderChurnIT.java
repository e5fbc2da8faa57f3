// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.ChurnProgram;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The agent attaches and detaches a hundred times with {@code interval=1} while libraries are opened and closed and
 * threads are born and die: every recording has every block, and the process is left as it was.
 */
final class ReattachUnderChurnIT {
    private static final int CYCLES = 100;
    /** As {@code docs/limits.md} has it; and those still mapped when the agent last looked. */
    private static final int CLOSED_LIBRARIES_KEPT_OPEN = 32 + 6;

    /**
     * Of the recordings. While probes are set or code is cold, a hundred libraries may come and go between two looks at
     * the loader's list; then nothing is certain to have been at its place but what was there before the agent.
     */
    private static final int MOST_CUT = CYCLES / 20;

    private static final ConsumerReader READER = new ConsumerReader();

    @JvmTest(
            everyEngine = true,
            main = ChurnProgram.class,
            args = "" + CYCLES,
            agent = "interval=1,minage=1ms,stack=4k",
            record = false)
    void totalsAreExactAndNothingIsLeftBehind(JvmOutcome jvm) throws IOException {
        assertThat(jvm.err()).isEmpty();
        Path directory = jvm.command().directory();
        int cut = 0;
        for (int cycle = 0; cycle < CYCLES; cycle++) {
            cut += assertExact(ChurnProgram.file(directory, cycle)) ? 0 : 1;
        }
        assertThat(cut)
                .as("recordings with stacks that end at the counted function")
                .isLessThanOrEqualTo(MOST_CUT);
        assertThat(jvm.value("after.libraries")).isEqualTo("0");
        assertThat(Integer.parseInt(jvm.value("after.opened")))
                .as("files of closed libraries that are open")
                .isLessThanOrEqualTo(CLOSED_LIBRARIES_KEPT_OPEN);
        // Malloc's arenas, JFR's buffers and the JVM's own threads come and go; what only each tenth cycle left behind
        // would add up to more.
        for (String what : List.of("maps", "files", "threads")) {
            int before = Integer.parseInt(jvm.value("before." + what));
            int more = (CYCLES - ChurnProgram.WARM_UP) / 10;
            assertThat(Integer.parseInt(jvm.value("after." + what)))
                    .as(what)
                    .isLessThan(before + (what.equals("maps") ? 3 : 1) * more);
        }
    }

    /**
     * A sample that is cut off by detaching may count as lost; the counted threads have ended by then.
     *
     * @return whether all stacks lead through the function that allocated
     */
    private static boolean assertExact(Path recording) throws IOException {
        List<AgentEvent> blocks = READER.read(recording, AgentEvent.ALLOCATION).stream()
                .filter(event -> isCounted(event.number("size")))
                .toList();
        Set<Long> addresses = new HashSet<>();
        blocks.forEach(event -> addresses.add(event.number("address")));
        List<AgentEvent> frees = READER.read(recording, AgentEvent.FREE).stream()
                .filter(event -> addresses.contains(event.number("address")))
                .toList();
        for (int thread = 0; thread < ChurnProgram.THREADS; thread++) {
            long size = ChurnProgram.size(thread);
            assertThat(count(blocks, size))
                    .as("%s, blocks of thread %s", recording, thread)
                    .isEqualTo(ChurnProgram.ROUNDS);
            assertThat(count(frees, size))
                    .as("%s, frees of thread %s", recording, thread)
                    .isEqualTo(ChurnProgram.ROUNDS - ChurnProgram.KEPT);
        }
        if (!blocks.stream().allMatch(event -> event.passes("dwunwit_counted"))) {
            return false;
        }
        List<AgentEvent> outstanding = Leaks.atEnd(recording, "dwunwit_counted");
        assertThat(Leaks.sum(outstanding, "outstandingBlocks"))
                .isEqualTo((long) ChurnProgram.THREADS * ChurnProgram.KEPT);
        long bytes = 0;
        for (int thread = 0; thread < ChurnProgram.THREADS; thread++) {
            bytes += ChurnProgram.KEPT * ChurnProgram.size(thread);
        }
        assertThat(Leaks.sum(outstanding, "outstanding")).as("%s", recording).isEqualTo(bytes);
        return true;
    }

    private static boolean isCounted(long size) {
        return size >= ChurnProgram.size(0) && size < ChurnProgram.size(ChurnProgram.THREADS);
    }

    private static long count(List<AgentEvent> events, long size) {
        return events.stream().filter(event -> event.number("size") == size).count();
    }
}
