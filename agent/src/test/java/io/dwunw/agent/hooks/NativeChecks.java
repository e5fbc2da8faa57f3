// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Compiles the hooks into a library of its own, and the C programs that check it; runs them. */
final class NativeChecks {
    private static final Path HOOKS = Path.of("src/main/native").toAbsolutePath();
    private static final Path CHECKS = Path.of("src/test/native/hooks").toAbsolutePath();
    private static final int TIMEOUT_SECONDS = 120;

    /** Options of a sanitizer, for all that is written in C: see {@code .ci/sanitize}. */
    private static final List<String> SANITIZERS =
            List.of(System.getenv().getOrDefault("DWUNW_SANITIZE", "").split(" ")).stream()
                    .filter(option -> !option.isEmpty())
                    .toList();

    private final Path directory;

    private NativeChecks(Path directory) {
        this.directory = directory;
    }

    record Outcome(int exitCode, String output) {}

    static NativeChecks build(Path directory) throws IOException, InterruptedException {
        NativeChecks checks = new NativeChecks(directory);
        List<String> library = checks.compiler("-fPIC", "-fvisibility=hidden", "-shared", "-Wl,-z,now");
        library.addAll(List.of("-o", "libhooks.so", CHECKS.resolve("door.c").toString()));
        try (Stream<Path> sources = Files.list(HOOKS)) {
            sources.map(Path::toString)
                    .filter(name -> name.matches(".*/hooks_\\w+\\.[cS]") && !name.endsWith("hooks_jni.c"))
                    .forEach(library::add);
        }
        library.add("-lm");
        checks.compile(library);
        checks.shared("late.c", "liblazy.so", "-Wl,-z,lazy");
        checks.shared("late.c", "libnow.so", "-fno-plt", "-Wl,-z,now", "-Wl,-z,relro");
        checks.shared("other.c", "libother.so");
        checks.shared("ifunc.c", "libifunc.so");
        checks.cpp("ways.cpp", "libways.so");
        checks.cpp("ways.cpp", "libwaysstatic.so", "-static-libstdc++", "-static-libgcc", "-fno-plt", "-Wl,-z,now");
        checks.cpp("ways.cpp", "libwaysown.so", "-DOWN_OPERATORS", "-Wl,-z,lazy");
        // Both with libc's allocator, and with one of their own that only RTLD_DEEPBIND makes them use.
        String here = "-Wl,--no-as-needed,-rpath," + directory;
        checks.shared("deep.c", "libdeepnow.so", "-Wl,-z,now");
        checks.shared("deep.c", "libdeep.so", "-Wl,-z,lazy", here, "libdeepnow.so");
        checks.shared("deep.c", "libdeepnowother.so", "-Wl,-z,now", here, "libother.so");
        checks.shared("deep.c", "libdeepother.so", "-Wl,-z,lazy", here, "libdeepnowother.so", "libother.so");
        return checks;
    }

    private List<String> compiler(String... options) {
        // What the compiler knows of malloc it would use against these programs.
        List<String> command = new ArrayList<>(List.of("gcc", "-std=gnu11", "-O2", "-g", "-fno-builtin"));
        command.addAll(List.of("-Wall", "-Wextra", "-Werror", "-Wno-use-after-free", "-I" + HOOKS, "-I" + CHECKS));
        command.addAll(SANITIZERS);
        command.addAll(List.of(options));
        return command;
    }

    private void shared(String source, String library, String... options) throws IOException, InterruptedException {
        List<String> command = compiler("-fPIC", "-fvisibility=hidden", "-shared");
        command.addAll(List.of(options));
        command.addAll(List.of("-o", library, CHECKS.resolve(source).toString()));
        compile(command);
    }

    private void cpp(String source, String library, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("g++", "-std=c++17", "-O2", "-g", "-fno-builtin", "-Wall"));
        command.addAll(List.of("-Wextra", "-Werror", "-fPIC", "-fvisibility=hidden", "-shared"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", library, CHECKS.resolve(source).toString()));
        compile(command);
    }

    private void compile(List<String> command) throws IOException, InterruptedException {
        Outcome outcome = execute(command, Map.of());
        if (outcome.exitCode() != 0) {
            throw new IOException(String.join(" ", command) + ": " + outcome.output());
        }
    }

    /**
     * Compiles a program and runs it; libraries among the arguments are those of the same directory.
     *
     * @param options for the compiler
     */
    Outcome run(String program, List<String> options, Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> build = compiler("-L" + directory, "-Wl,-rpath," + directory);
        build.addAll(options);
        build.addAll(List.of("-o", program, CHECKS.resolve(program + ".c").toString()));
        build.addAll(List.of("-lhooks", "-ldl", "-lpthread", "-lm"));
        compile(build);
        List<String> command =
                new ArrayList<>(List.of(directory.resolve(program).toString()));
        for (String argument : arguments) {
            command.add(argument.endsWith(".so") ? directory.resolve(argument).toString() : argument);
        }
        return execute(command, environment);
    }

    Path library(String name) {
        return directory.resolve(name);
    }

    private Outcome execute(List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            return new Outcome(-1, "did not end: " + Files.readString(output));
        }
        return new Outcome(process.exitValue(), Files.readString(output));
    }
}
