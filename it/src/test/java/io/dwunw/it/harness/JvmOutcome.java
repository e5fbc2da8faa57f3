// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.nio.file.Path;
import java.util.List;
import org.opentest4j.AssertionFailedError;

/**
 * Outcome of a JVM that has ended.
 *
 * @param out lines of standard output
 * @param err lines of standard error
 */
public record JvmOutcome(JvmCommand command, int exitCode, List<String> out, List<String> err) {

    public Path recording() {
        return command.recordingFile();
    }

    /** The value in the line {@code key=value} of standard output. */
    public String value(String key) {
        return out.stream()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1))
                .findFirst()
                .orElseThrow(() -> new AssertionFailedError("no " + key + "= in\n" + this));
    }

    public JvmOutcome expectExit(int expected) {
        if (exitCode != expected) {
            throw new AssertionFailedError("exit code " + exitCode + " instead of " + expected + "\n" + this);
        }
        return this;
    }

    @Override
    public String toString() {
        return command.main() + " " + command.args() + " on " + command.jdk() + " in " + command.directory()
                + ", agent options: " + command.agent() + ", exit code " + exitCode
                + "\n--- standard output\n" + String.join("\n", out)
                + "\n--- standard error\n" + String.join("\n", err);
    }
}
