// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.demo.LeakyServer;
import io.dwunw.it.docs.Page;
import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.harness.Tool;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** {@code ./demo} as a user runs it, by the command that the README shows. */
final class DemoIT {
    private static final String SERVER = LeakyServer.class.getName();

    @JvmTest(main = LeakyServer.class)
    void showsBothLeaksAndNoSiteThatFrees(JvmCommand command) throws IOException {
        List<String> demo = Page.of("README.md").commands().stream()
                .filter(line -> line.startsWith("./demo"))
                .toList();
        assertThat(demo).hasSize(1);
        Tool.Result result = Tool.command(
                Map.of("JAVA_HOME", command.jdk().home().toString()),
                "sh",
                "-c",
                "cd '" + Project.root() + "' && " + demo.get(0));
        String output = result.output();
        assertThat(result.exitCode()).as(output).isZero();

        // The inflater: from malloc through zlib to the method that leaves its stream open.
        assertThat(output)
                .containsPattern(Pattern.compile("libc\\.(malloc|calloc)\\(\\)\\s+(libz|libzip)\\.\\S+\\(\\)"
                        + "[^#]*java\\.util\\.zip\\.Inflater\\.\\S+\\(\\)[^#]*" + Pattern.quote(SERVER)
                        + "\\.openUpload\\(\\)"));
        assertThat(output)
                .containsPattern(Pattern.compile("libc\\.malloc\\(\\)[^#]*libjvm"
                        + "[^#]*java\\.nio\\.ByteBuffer\\.allocateDirect\\(\\)[^#]*" + Pattern.quote(SERVER)
                        + "\\.reserveBuffer\\(\\)"));
        assertThat(output).containsPattern("\nyounger blocks: \\d+, \\d+\\.\\d [KM]iB");
        assertThat(output).contains("demo.jfr").doesNotContain("WARNING", "dwunw: ");

        List<AgentEvent> leaks = Leaks.atEnd(Project.root().resolve("target/demo.jfr"));
        assertThat(leaks).anyMatch(leak -> leak.names().contains(SERVER + ".openUpload"));
        for (String freeing : List.of("compressResponse", "expand", "write")) {
            assertThat(leaks).as(freeing).noneMatch(leak -> isAllocatedBy(SERVER + "." + freeing, leak.names()));
        }
    }

    /**
     * Whether the method's own calls allocated it. What the JVM allocates for itself while it runs the method (class
     * metadata, what JFR keeps of a sampled object) rightly stays.
     */
    private static boolean isAllocatedBy(String method, List<String> names) {
        return names.contains(method)
                && names.stream()
                        .anyMatch(name -> name.startsWith("libzip.Java_")
                                || name.equals("jdk.internal.misc.Unsafe.allocateMemory0"));
    }
}
