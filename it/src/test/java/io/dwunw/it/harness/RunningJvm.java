// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.opentest4j.AssertionFailedError;

/** A JVM that has been started. {@link #close} kills it if it still runs. */
public final class RunningJvm implements AutoCloseable {
    /** Generous, because the machine that runs the tests may be busy; a test that passes never waits so long. */
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private static final Duration POLL = Duration.ofMillis(20);

    private final JvmCommand command;
    private final Process process;
    private final Path out;
    private final Path err;

    RunningJvm(JvmCommand command, Process process, Path out, Path err) {
        this.command = command;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    public JvmCommand command() {
        return command;
    }

    public long pid() {
        return process.pid();
    }

    /** Sends a line to the program, and waits for the line that it answers with. */
    public String step(String line) {
        int before = lines(out).size();
        send(line);
        await("an answer to " + line, () -> lines(out).size() > before);
        String answer = lines(out).get(before);
        if (!answer.startsWith(line + "=")) {
            throw new AssertionFailedError("answered " + answer + " to " + line + "\n" + describe());
        }
        return answer.substring(line.length() + 1);
    }

    /** Sends a line to the program's standard input. */
    public void send(String line) {
        try {
            OutputStream in = process.getOutputStream();
            in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(describe(), e);
        }
    }

    /** Waits for a line of standard output that starts so; what follows of the last such line. */
    public String awaitLine(String start) {
        await("a line " + start, () -> lines(out).stream().anyMatch(line -> line.startsWith(start)));
        return lines(out).stream()
                .filter(line -> line.startsWith(start))
                .reduce((first, second) -> second)
                .orElseThrow()
                .substring(start.length());
    }

    /** Waits until standard error satisfies the condition. */
    public void awaitErr(Predicate<List<String>> condition) {
        await("standard error", () -> condition.test(lines(err)));
    }

    /** {@code jcmd <pid> arguments}; its output. */
    public String jcmd(String... arguments) {
        return Tool.run(command.jdk(), "jcmd", Tool.words(Long.toString(pid()), arguments));
    }

    /** Waits for the end. */
    public JvmOutcome join() {
        try (this) {
            if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw timeout("its end");
            }
            return new JvmOutcome(command, process.exitValue(), lines(out), lines(err));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** What was started and what it has printed. */
    String describe() {
        return new JvmOutcome(command, process.isAlive() ? -1 : process.exitValue(), lines(out), lines(err)).toString();
    }

    private interface Condition {
        boolean holds();
    }

    private void await(String what, Condition condition) {
        long start = System.nanoTime();
        while (!condition.holds()) {
            if (!process.isAlive() && !condition.holds()) {
                throw new AssertionFailedError("ended before " + what + "\n" + describe());
            }
            if (System.nanoTime() - start > TIMEOUT.toNanos()) {
                throw timeout(what);
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
    }

    private AssertionFailedError timeout(String what) {
        String stacks = Tool.tryRun(command.jdk(), "jstack", Long.toString(pid()));
        close();
        return new AssertionFailedError(
                "waited " + TIMEOUT + " in vain for " + what + "\n" + describe() + "\n" + stacks);
    }

    private static List<String> lines(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
