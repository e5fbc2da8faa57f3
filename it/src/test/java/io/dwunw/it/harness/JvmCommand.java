// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Command that starts a JVM. Immutable.
 *
 * @param java the launcher, which may be that of an image made of the JDK
 * @param agent the agent's options; null for no agent
 * @param recording options of the recording that begins with the JVM; null for none
 * @param prefix a command that starts the JVM, such as setpriv
 * @param directory the working directory, and where output and recording go
 */
public record JvmCommand(
        Jdk jdk,
        Path java,
        Path agentJar,
        Path programs,
        String main,
        List<String> args,
        List<String> jvm,
        @Nullable String agent,
        @Nullable String recording,
        List<String> prefix,
        Path directory) {

    private static final int FIRST_WITH_NATIVE_ACCESS = 22;

    static JvmCommand of(Jdk jdk, JvmTest test, Path directory) {
        List<String> jvm = new ArrayList<>(List.of(test.jvm()));
        if (test.nativeAccess() && jdk.feature() >= FIRST_WITH_NATIVE_ACCESS) {
            jvm.add("--enable-native-access=ALL-UNNAMED");
        }
        return new JvmCommand(
                jdk,
                jdk.tool("java"),
                Project.agentJar(),
                Project.programs(),
                test.main().getName(),
                List.of(test.args()),
                List.copyOf(jvm),
                test.withAgent() ? test.agent() : null,
                test.record() ? test.recording() : null,
                List.of(),
                directory);
    }

    /** With this engine, where there is an agent whose options do not choose one; empty: no choice. */
    JvmCommand engine(String name) {
        if (name.isEmpty() || agent == null) {
            return this;
        }
        return agent(agent.isEmpty() ? "engine=" + name : "engine=" + name + "," + agent);
    }

    public JvmCommand withoutAgent() {
        return agent(null);
    }

    public JvmCommand agent(@Nullable String options) {
        return new JvmCommand(jdk, java, agentJar, programs, main, args, jvm, options, recording, prefix, directory);
    }

    public JvmCommand args(String... arguments) {
        return new JvmCommand(
                jdk, java, agentJar, programs, main, List.of(arguments), jvm, agent, recording, prefix, directory);
    }

    /** More options of the JVM. */
    public JvmCommand jvm(String... options) {
        List<String> all = Stream.concat(jvm.stream(), Stream.of(options)).toList();
        return new JvmCommand(jdk, java, agentJar, programs, main, args, all, agent, recording, prefix, directory);
    }

    /** Another launcher. */
    public JvmCommand java(Path launcher) {
        return new JvmCommand(jdk, launcher, agentJar, programs, main, args, jvm, agent, recording, prefix, directory);
    }

    /** Started by another command. */
    public JvmCommand prefix(String... command) {
        return new JvmCommand(
                jdk, java, agentJar, programs, main, args, jvm, agent, recording, List.of(command), directory);
    }

    /** With copies of jar and classes, and a working directory, where any user may read and write. */
    public JvmCommand in(Path agentJarCopy, Path programsCopy, Path workingDirectory) {
        return new JvmCommand(
                jdk, java, agentJarCopy, programsCopy, main, args, jvm, agent, recording, prefix, workingDirectory);
    }

    /** With the class path of the tests, which has libraries that the programs alone lack. */
    public JvmCommand withLibraries() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return in(agentJar, Path.of(classPath), directory);
    }

    /** A copy of this command in a directory beside, for a second run of the same test. */
    public JvmCommand as(String name) {
        try {
            Path beside = Files.createDirectories(directory.resolve(name));
            return in(agentJar, programs, beside);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path recordingFile() {
        return directory.resolve("recording.jfr");
    }

    /** Starts it and waits for its end. */
    public JvmOutcome run() {
        return start().join();
    }

    public RunningJvm start() {
        Path out = directory.resolve("stdout.txt");
        Path err = directory.resolve("stderr.txt");
        ProcessBuilder builder = new ProcessBuilder(words())
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        // What a user's shell sets must not decide a test.
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        try {
            return new RunningJvm(this, builder.start(), out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> words() {
        List<String> words = new ArrayList<>(prefix);
        words.add(java.toString());
        words.add("-Xmx128m");
        words.add("-Xlog:jfr+startup=error");
        words.add("-Dfile.encoding=UTF-8");
        words.add("-Dstdout.encoding=UTF-8");
        words.add("-Ddwunw.it.native=" + Project.nativeLibraries());
        if (agent != null) {
            words.add("-javaagent:" + agentJar + (agent.isEmpty() ? "" : "=" + agent));
        }
        if (recording != null) {
            words.add("-XX:StartFlightRecording:filename=" + recordingFile()
                    + (recording.isEmpty() ? "" : "," + recording));
        }
        words.addAll(jvm);
        words.add("-cp");
        words.add(programs.toString());
        words.add(main);
        words.addAll(args);
        return words;
    }
}
