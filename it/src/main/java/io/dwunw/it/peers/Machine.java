// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Locale;
import java.util.stream.Stream;

/** The line that says on what something was measured. */
final class Machine {
    private Machine() {}

    static String describe(Jvm jvm) throws IOException {
        return String.format(
                Locale.ROOT,
                "%s, %d cores, Linux %s, JDK %s, %s, load average %s",
                processor(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.version"),
                jvm.version(),
                LocalDate.now(ZoneId.systemDefault()),
                Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0]);
    }

    private static String processor() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
