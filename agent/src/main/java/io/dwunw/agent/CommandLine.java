// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Command line that the JVM was started with, as far as a look costs next to nothing. */
final class CommandLine {
    private static final String ARGUMENTS = "/proc/self/cmdline";
    private static final String START_RECORDING = "-XX:StartFlightRecording";
    /** Read by the JVM, by its launcher, and by the JVM again. */
    private static final String[] VARIABLES = {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"};

    private CommandLine() {}

    /**
     * Whether a recording will be started with the JVM. A guess, to be ready early: options in a file are not seen, and
     * an argument of the application may look like one of the JVM's.
     */
    static boolean startsRecording() {
        for (String variable : VARIABLES) {
            String value = System.getenv(variable);
            if (value != null && value.contains(START_RECORDING)) {
                return true;
            }
        }
        return startsRecording(arguments());
    }

    /** Looks through arguments as the kernel has them: each ends with a zero byte. */
    static boolean startsRecording(String arguments) {
        return arguments.startsWith(START_RECORDING) || arguments.contains("\0" + START_RECORDING);
    }

    private static String arguments() {
        try (FileInputStream arguments = new FileInputStream(ARGUMENTS)) {
            return new String(arguments.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException | RuntimeException e) {
            return "";
        }
    }
}
