// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.hotspot.JavaFrames;
import io.dwunw.jfr.FrameName;
import io.dwunw.unwind.NativeUnwinder;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;

/** Starts the truth programs in JVMs of their own. */
final class ChildJvm {
    private static final long LIMIT_SECONDS = 300;
    private static final Path INSTALLED = Path.of("/usr/lib/jvm");
    private static final int JDK_21 = 21;
    /** Where {@code it/jdk} unpacks a JDK that Debian 12 does not have. */
    private static final Path UNPACKED_21 = Path.of("../it/target/jdk21")
            .resolve("usr/lib/jvm/java-21-openjdk-amd64")
            .toAbsolutePath()
            .normalize();

    private ChildJvm() {}

    /** Output of a child, and how it ended. */
    record Outcome(int exitCode, String output) {
        /** What the program says in the end. */
        String summary() {
            int result = Math.max(output.lastIndexOf("STATES "), 0);
            return output.substring(result).strip();
        }

        /** The number after {@code name=} in the program's result line. */
        long count(String name) {
            int result = output.lastIndexOf("RESULT ");
            int at = output.indexOf(" " + name + "=", result);
            if (result < 0 || at < 0) {
                throw new IllegalStateException("no " + name + " in: " + output);
            }
            int start = at + name.length() + 2;
            int end = start;
            while (end < output.length() && Character.isDigit(output.charAt(end))) {
                end++;
            }
            return Long.parseLong(output.substring(start, end));
        }
    }

    /** As {@link #home}; where there is none the test is skipped. */
    static Path requireHome(int feature) throws IOException {
        Path home = home(feature);
        if (home == null) {
            throw new TestAbortedException("no JDK " + feature + " under " + INSTALLED);
        }
        return home;
    }

    /** The home of an installed JDK of this feature release: the one that runs the tests, or one of the system's. */
    static @Nullable Path home(int feature) throws IOException {
        if (Runtime.version().feature() == feature) {
            return Path.of(System.getProperty("java.home"));
        }
        if (feature == JDK_21 && Files.isExecutable(UNPACKED_21.resolve("bin/javac"))) {
            return UNPACKED_21;
        }
        if (!Files.isDirectory(INSTALLED)) {
            return null;
        }
        try (Stream<Path> homes = Files.list(INSTALLED)) {
            for (Path home : homes.sorted().toList()) {
                Path release = home.resolve("release");
                if (Files.isExecutable(home.resolve("bin/javac"))
                        && Files.isReadable(release)
                        && Files.readString(release).contains("JAVA_VERSION=\"" + feature + ".")) {
                    return home;
                }
            }
        }
        return null;
    }

    /** Runs {@code program}'s {@code main}. */
    static Outcome run(Path home, List<String> flags, String classPath, String program, List<String> arguments)
            throws IOException, InterruptedException {
        return run(home, flags, classPath, program, arguments, LIMIT_SECONDS);
    }

    /** As {@link #run(Path, List, String, String, List)}, within that many seconds. */
    static Outcome run(
            Path home, List<String> flags, String classPath, String program, List<String> arguments, long seconds)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(home.resolve("bin/java").toString());
        command.addAll(flags);
        command.add("-cp");
        command.add(classPath);
        command.add(program);
        command.addAll(arguments);
        return start(command, seconds);
    }

    static Outcome start(List<String> command) throws IOException, InterruptedException {
        return start(command, LIMIT_SECONDS);
    }

    private static Outcome start(List<String> command, long seconds) throws IOException, InterruptedException {
        Path output = Files.createTempFile("dwunw-truth", ".txt");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IOException("no end after " + seconds + " s: " + command + "\n" + Files.readString(output));
            }
            return new Outcome(process.exitValue(), Files.readString(output));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** Where the classes of the tests, the agent and the unwinder are. */
    static String classPath() throws URISyntaxException {
        List<String> places = new ArrayList<>();
        for (Class<?> type : List.of(ChildJvm.class, JavaFrames.class, NativeUnwinder.class, FrameName.class)) {
            String place = Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
            if (!places.contains(place)) {
                places.add(place);
            }
        }
        return String.join(File.pathSeparator, places);
    }

    /** Compiles the snapshot library. */
    static Path buildLibrary(Path directory) throws IOException, InterruptedException {
        Path library = directory.resolve("libtruth.so");
        Path build = Path.of("src/test/native/build-snapshot").toAbsolutePath();
        Outcome outcome = start(List.of(build.toString(), library.toString()));
        if (outcome.exitCode() != 0) {
            throw new IOException("the snapshot library does not compile: " + outcome.output());
        }
        return library;
    }

    /** A jar whose manifest makes {@link Retransformer} an agent; the class itself comes from the class path. */
    static Path buildAgent(Path directory) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Premain-Class", Retransformer.class.getName());
        attributes.putValue("Can-Retransform-Classes", "true");
        Path jar = directory.resolve("retransformer.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.finish();
        }
        return jar;
    }
}
