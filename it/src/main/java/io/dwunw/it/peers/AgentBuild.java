// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The agent that was built.
 *
 * @param jar absolute
 * @param help what it says of its options
 */
record AgentBuild(Path jar, List<String> help) {
    static AgentBuild of(Path jar, Jvm jvm) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("dwunw-help");
        try {
            List<String> words = List.of(jvm.tool("java"), "-javaagent:" + jar + "=help", "-version");
            Command.Outcome outcome = Command.run(directory, Map.of(), words);
            return new AgentBuild(
                    jar,
                    Stream.concat(outcome.out().stream(), outcome.err().stream())
                            .toList());
        } finally {
            Scratch.delete(directory);
        }
    }

    /** Whether it has an option of this name. */
    boolean knows(String option) {
        return help.stream().anyMatch(line -> line.strip().startsWith(option + "="));
    }
}
