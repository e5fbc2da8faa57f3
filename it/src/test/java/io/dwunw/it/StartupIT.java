package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.program.Greeting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What decides how fast a traced program starts and ends. Times are measured elsewhere: {@code it/benchmarks/startup}. */
final class StartupIT {
    private static final long MAX_JAR_BYTES = 6_000_000;
    private static final String RECORD_METHODS = "java.lang.runtime.ObjectMethods";

    /** Between the agent's start and the JVM's end: each would make the JVM generate classes meanwhile. */
    @JvmTest(main = Greeting.class, args = "return")
    void theAgentBringsNoClassesToBeGenerated(JvmCommand command) throws IOException {
        boolean ofTheJdkItself = hasRecordMethods(classes(command.as("alone").withoutAgent()));
        for (String engine : List.of("gate-self", "gate-bpf", "uprobe")) {
            List<String> classes = classes(command.as(engine).agent("engine=" + engine + ",interval=4k,minage=0s"));
            assertThat(classes).as(engine).anyMatch(name -> name.startsWith("io.dwunw.jfr.ReplayGeneration"));
            assertThat(classes).as(engine).noneMatch(name -> name.startsWith("io.dwunw.") && name.contains("$$Lambda"));
            assertThat(hasRecordMethods(classes)).as(engine).isEqualTo(ofTheJdkItself);
        }
    }

    @Test
    void theJarIsSmall() throws IOException {
        assertThat(Files.size(Project.agentJar())).isLessThanOrEqualTo(MAX_JAR_BYTES);
    }

    private static boolean hasRecordMethods(List<String> classes) {
        return classes.contains(RECORD_METHODS);
    }

    private static List<String> classes(JvmCommand command) throws IOException {
        Path log = command.directory().resolve("classes.txt");
        command.jvm("-Xlog:class+load=info:file=" + log + ":none").run().expectExit(0);
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(line -> line.split(" ", 2)[0]).toList();
        }
    }
}
