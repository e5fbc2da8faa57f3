// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * An installed JDK.
 *
 * @param version as its {@code release} file has it, such as 17.0.15
 */
public record Jdk(Path home, String version) {
    /** The oldest that the agent runs on; older ones are left out. */
    private static final int OLDEST = 17;

    private static final Path SYSTEM = Path.of("/usr/lib/jvm");
    /** From a home in such a tree, {@code usr/lib/jvm/NAME}, to the tree's own dynamic loader. */
    private static final String OWN_LOADER = "../../../lib64/ld-linux-x86-64.so.2";

    static final boolean ONLY_UNPACKED = Boolean.getBoolean("dwunw.jdk21");

    private static final Path UNPACKED =
            Project.root().resolve("it/target/jdk21").resolve("usr/lib/jvm/java-21-openjdk-amd64");
    private static final String VERSION_KEY = "JAVA_VERSION=\"";

    /**
     * One JDK of every feature release that is there, oldest first; the one that runs the tests is always among them.
     * In the profile {@code jdk21} it is that JDK alone, as {@code it/jdk} has unpacked it.
     */
    public static List<Jdk> installed() {
        if (ONLY_UNPACKED) {
            return List.of(new Jdk(UNPACKED, version(UNPACKED.resolve("release"))));
        }
        Map<Integer, Jdk> byFeature = new TreeMap<>(Comparator.naturalOrder());
        Jdk own = current();
        byFeature.put(own.feature(), own);
        for (Path home : candidates()) {
            Path release = home.resolve("release");
            if (Files.isExecutable(home.resolve("bin/java"))
                    && Files.isExecutable(home.resolve("bin/jfr"))
                    && Files.isReadable(release)) {
                Jdk jdk = new Jdk(home, version(release));
                if (jdk.feature() >= OLDEST) {
                    byFeature.putIfAbsent(jdk.feature(), jdk);
                }
            }
        }
        return List.copyOf(byFeature.values());
    }

    /** The JDK that runs the tests. */
    public static Jdk current() {
        return new Jdk(Path.of(System.getProperty("java.home")), System.getProperty("java.version"));
    }

    public int feature() {
        return Runtime.Version.parse(version).feature();
    }

    /** A program in {@code bin}. */
    public Path tool(String name) {
        return home.resolve("bin").resolve(name);
    }

    @Override
    public String toString() {
        return "JDK " + version;
    }

    private static List<Path> candidates() {
        List<Path> homes = new ArrayList<>();
        if (Files.isDirectory(SYSTEM)) {
            try (Stream<Path> entries = Files.list(SYSTEM)) {
                entries.filter(Files::isDirectory).sorted().forEach(homes::add);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return homes;
    }

    private static String version(Path release) {
        try (Stream<String> lines = Files.lines(release)) {
            return lines.filter(line -> line.startsWith(VERSION_KEY))
                    .map(line -> line.substring(VERSION_KEY.length(), line.lastIndexOf('"')))
                    .findFirst()
                    .orElse("0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Whether {@code it/jdk} has unpacked it: it needs the libraries beside it, of a later system, and so can neither
     * be copied nor linked anew.
     */
    public boolean isUnpacked() {
        try {
            Path loader = home.toRealPath().resolve(OWN_LOADER).normalize();
            return Files.exists(loader) && !loader.startsWith("/usr/lib64");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
