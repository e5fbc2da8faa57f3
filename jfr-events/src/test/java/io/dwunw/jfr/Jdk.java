// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** A JDK of this machine, to start programs and tools of. */
enum Jdk {
    V17(17),
    V25(25);

    private static final Path INSTALLED = Path.of("/usr/lib/jvm");
    private static final long TIMEOUT_SECONDS = 120;

    private final int version;

    Jdk(int version) {
        this.version = version;
    }

    /** Output of a process, both streams together, and how it ended. */
    record Output(int exitCode, String text) {
        Output succeeded() {
            assertThat(exitCode).as(text).isZero();
            return this;
        }
    }

    /** Runs {@link ChildProgram} as an agent and as the program, on the class path of the tests. */
    Output run(String agentArguments, List<String> options, String... arguments) throws Exception {
        return run(ChildProgram.class, agentArguments, options, arguments);
    }

    Output run(Class<?> program, String agentArguments, List<String> options, String... arguments) throws Exception {
        Path agent = agentJar(program);
        try {
            List<String> command = new ArrayList<>(List.of("-javaagent:" + agent + "=" + agentArguments));
            command.addAll(options);
            command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
            command.addAll(List.of(arguments));
            return tool("java", command.toArray(String[]::new));
        } finally {
            Files.delete(agent);
        }
    }

    Output tool(String name, String... arguments) throws Exception {
        List<String> command =
                new ArrayList<>(List.of(require().resolve("bin").resolve(name).toString()));
        command.addAll(List.of(arguments));
        Path out = Files.createTempFile("dwunw-test", ".out");
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile());
            builder.environment().put("LC_ALL", "C.UTF-8");
            builder.environment().put("JAVA_TOOL_OPTIONS", "-Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8");
            Process process = builder.start();
            boolean ended = process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            process.destroyForcibly();
            String text = Files.readString(out, StandardCharsets.UTF_8);
            assertThat(ended).as("%s ended in time: %s", command, text).isTrue();
            return new Output(process.waitFor(), text);
        } finally {
            Files.delete(out);
        }
    }

    boolean isInstalled() throws IOException {
        return find().isPresent();
    }

    /** Ends the test, as skipped or as failed, if this JDK is not here. */
    Path require() throws IOException {
        Optional<Path> home = find();
        if (home.isPresent()) {
            return home.get();
        }
        String reason = "no JDK " + version + " under " + INSTALLED;
        if ("1".equals(System.getenv("DWUNW_REQUIRE_BPF"))) {
            return fail(reason);
        }
        return abort(reason);
    }

    private Optional<Path> find() throws IOException {
        if (Runtime.version().feature() == version) {
            return Optional.of(Path.of(System.getProperty("java.home")));
        }
        if (!Files.isDirectory(INSTALLED)) {
            return Optional.empty();
        }
        try (Stream<Path> candidates = Files.list(INSTALLED)) {
            return candidates
                    .filter(home -> home.getFileName().toString().contains("-" + version))
                    .filter(home -> Files.isExecutable(home.resolve("bin/jfr")))
                    .findFirst();
        }
    }

    private static Path agentJar(Class<?> program) throws IOException {
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Premain-Class", program.getName());
        attributes.putValue("Can-Retransform-Classes", "true");
        attributes.putValue("Can-Redefine-Classes", "true");
        Path jar = Files.createTempFile("dwunw-test", ".jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            out.flush();
        }
        return jar;
    }
}
