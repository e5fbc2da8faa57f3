// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.spring.NotesApplication;
import java.io.IOException;
import java.util.List;

/** A program as programs are: Spring Boot with a web server, JPA and a database, from its start to its end. */
final class SpringBootIT {
    /** A quiet machine completes all; a busy one lets a stack grow older than the code it has passed. */
    private static final double MIN_COMPLETE = 0.9995;

    private static final String REQUESTS = "300";
    /** Settings that keep all but the totals out, so that the file stays small. */
    private static final String TOTALS =
            "settings=none,+dwunw.NativeAllocation#enabled=true,+dwunw.AgentStatistics#enabled=true";

    @JvmTest(
            main = NotesApplication.class,
            args = REQUESTS,
            agent = "interval=64k,maxoverhead=off",
            needs = {},
            recording = TOTALS)
    void itsStacksAreComplete(JvmCommand command) throws IOException {
        JvmOutcome jvm = command.withLibraries().jvm("-Xmx384m").run().expectExit(0);
        assertThat(jvm.value("requests")).isEqualTo(REQUESTS);
        List<AgentEvent> statistics = new ConsumerReader().read(jvm.recording(), AgentEvent.STATISTICS);
        AgentEvent last = statistics.get(statistics.size() - 1);
        long complete = last.number("completeWalks");
        long all = complete + last.number("truncatedWalks");
        System.out.println("SPRING " + command.jdk() + ": " + complete + " of " + all + " stacks complete, "
                + last.number("lost") + " lost; " + last.text("walks").replace("\n", "; "));
        assertThat(all).isGreaterThan(1000);
        assertThat((double) complete).as(last.text("walks")).isGreaterThanOrEqualTo(all * MIN_COMPLETE);
    }
}
