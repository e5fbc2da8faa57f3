// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.Churn;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.util.List;

/** The agent keeps to its budget, and tells what it spends. */
final class OverheadIT {
    private static final long INTERVAL = 4096;
    private static final double BUDGET = 0.05;

    @JvmTest(
            main = Churn.class,
            args = "12",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void theIntervalIsWidenedUntilTheBudgetIsKept(JvmCommand command) throws IOException {
        List<AgentEvent> statistics = statistics(command.agent("engine=hooks-self,interval=4k,maxoverhead=5%"));
        assertThat(statistics).hasSizeGreaterThan(4);
        double best = 1;
        long widest = 0;
        for (AgentEvent event : statistics) {
            boolean widened = event.number("interval") > INTERVAL;
            best = widened ? Math.min(best, overhead(event)) : best;
            widest = Math.max(widest, event.number("interval"));
            assertThat(event.number("interval")).isGreaterThanOrEqualTo(INTERVAL);
        }
        assertThat(widest).as("interval").isGreaterThan(4 * INTERVAL);
        assertThat(best).as("overhead after it was widened").isLessThanOrEqualTo(BUDGET);
    }

    @JvmTest(
            main = Churn.class,
            args = "4",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void withoutABudgetTheIntervalStaysAndTheOverheadIsTold(JvmCommand command) throws IOException {
        List<AgentEvent> statistics = statistics(command.agent("engine=hooks-self,interval=64k,maxoverhead=off"));
        assertThat(statistics).isNotEmpty().allMatch(event -> event.number("interval") == 65_536);
        assertThat(statistics).anyMatch(event -> overhead(event) > 0);
    }

    /** JFR of these JDKs writes a long text once, so that it costs nothing to have it in each event. */
    @JvmTest(
            main = Churn.class,
            args = "3",
            recording = "settings=none,+dwunw.NativeAllocation#enabled=true,+dwunw.NativeLeak#enabled=true",
            since = 25,
            needs = {})
    void eachAllocationHasItsTextWhereThatIsShared(JvmCommand command) throws IOException {
        List<AgentEvent> allocations = new ConsumerReader()
                .read(
                        command.agent("engine=hooks-self,interval=16k")
                                .run()
                                .expectExit(0)
                                .recording(),
                        AgentEvent.ALLOCATION);
        long stacks = allocations.stream()
                .map(event -> event.number("stackId"))
                .distinct()
                .count();
        assertThat((long) allocations.size()).isGreaterThan(stacks);
        assertThat(allocations).noneMatch(event -> event.text("frames").isEmpty());
    }

    private static List<AgentEvent> statistics(JvmCommand command) throws IOException {
        return new ConsumerReader().read(command.run().expectExit(0).recording(), AgentEvent.STATISTICS);
    }

    private static double overhead(AgentEvent event) {
        return Double.parseDouble(event.text("overhead"));
    }
}
