// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The JDK that runs the programs.
 *
 * @param version as its {@code release} file has it
 */
record Jvm(Path home, String version) {
    private static final Path SYSTEM = Path.of("/usr/lib/jvm");
    private static final Pattern VERSION = Pattern.compile("JAVA_VERSION=\"(.+)\"");
    /** The first that warns of native methods and of {@code sun.misc.Unsafe}, unless an option forbids it. */
    private static final int WARNS = 24;

    /**
     * By its directory, or by its feature version: then the first under {@code /usr/lib/jvm}. Empty if there is none.
     */
    static Optional<Jvm> find(String wanted) {
        if (!wanted.matches("\\d+")) {
            return at(Path.of(wanted));
        }
        try (Stream<Path> homes = Files.list(SYSTEM)) {
            return homes.sorted()
                    .flatMap(home -> at(home).stream())
                    .filter(jvm -> jvm.feature() == Integer.parseInt(wanted))
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<Jvm> at(Path home) {
        Path release = home.resolve("release");
        if (!Files.isExecutable(home.resolve("bin/java")) || !Files.isReadable(release)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(release)) {
            return lines.map(VERSION::matcher)
                    .filter(Matcher::matches)
                    .map(matcher -> new Jvm(home, matcher.group(1)))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int feature() {
        return Runtime.Version.parse(version).feature();
    }

    /** A program in {@code bin}. */
    String tool(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    /** What keeps newer JDKs from warning of what the programs do. */
    List<String> permissions() {
        return feature() < WARNS
                ? List.of()
                : List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow");
    }
}
