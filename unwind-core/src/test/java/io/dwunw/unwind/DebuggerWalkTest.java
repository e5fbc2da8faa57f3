// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.ImageSource;
import io.dwunw.module.ModuleMap;
import io.dwunw.testkit.GdbRecording;
import io.dwunw.testkit.NativeProgram;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Walks stacks of installed programs as gdb and elfutils' eu-stack do: from recordings, and anew where gdb is
 * installed.
 */
final class DebuggerWalkTest {
    private static final Path RECORDED = Path.of("src", "test", "resources", "recorded");
    private static final Path SCRIPT = Path.of("src", "test", "gdb", "record.py");
    private static final String VDSO = "[vdso]";
    private static final long LIMIT_SECONDS = 120;

    @TempDir
    Path directory = Path.of("");

    static Stream<Path> recordings() {
        return Stream.of("stepped", "perl", "date").map(name -> RECORDED.resolve(name + ".txt.gz"));
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void recordedStacksWalkAsGdbAndElfutilsSay(Path file) throws IOException {
        GdbRecording recording = GdbRecording.read(file);
        assertThat(recording.elfutils()).hasSize(recording.snapshots().size());
        assertWalks(file.getFileName().toString(), recording, module -> {
            String id = recording.buildIds().get(module.path());
            try (InputStream packed =
                    new GZIPInputStream(Files.newInputStream(RECORDED.resolve(String.valueOf(id) + ".gz")))) {
                ElfImage image = ElfImage.ofFile(Bytes.of(packed.readAllBytes(), ByteOrder.LITTLE_ENDIAN));
                assertThat(String.valueOf(image.buildId())).contains(String.valueOf(id));
                return image;
            }
        });
    }

    @ParameterizedTest
    @CsvSource({
        "/usr/bin/perl, Perl_regexec_flags +3 Perl_pp_sort write, -e 'print sort map { s/1/2/r } 1..9'",
        "/usr/bin/date, __vdso_clock_gettime +5 write,",
        "/usr/bin/python3, PyObject_Call +4 Py_FinalizeEx, -c 'print(1)'",
        "/bin/bash, make_child +7 execve, -c '/bin/true; /bin/true'",
        "/usr/bin/sort, write +3 _exit, pom.xml"
    })
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    void installedProgramsWalkAsGdbAndElfutilsSay(Path program, String plan, String arguments) throws IOException {
        assumeTrue(Files.isExecutable(program), program + " is not installed");
        live(program.toRealPath(), plan, arguments == null ? "" : arguments);
    }

    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    void stubsPrologueEpilogueSignalAndVdsoWalkAsGdbAndElfutilsSay() throws IOException {
        Path program = NativeProgram.compile("stepped.c", "stepped-gdb", "-O2", "-fomit-frame-pointer", "-Wl,-z,lazy");
        String prologue = "busy" + " +1".repeat(12);
        live(program, "main plt +1 +1 " + prologue + " compare on_signal +4 +6 __vdso_clock_gettime +9 bye", "");
    }

    private void live(Path program, String plan, String arguments) throws IOException {
        Tool.assumeInstalled("gdb", "gdb");
        Path recording = directory.resolve("live.txt");
        ProcessBuilder gdb = new ProcessBuilder(
                        "sh",
                        "-c",
                        "exec gdb -batch -nx -x " + SCRIPT.toAbsolutePath() + " --args " + program + " " + arguments)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("gdb.out").toFile());
        gdb.environment().put("OUT", recording.toString());
        gdb.environment().put("PLAN", plan);
        gdb.environment().put("LC_ALL", "C");
        String said = run(gdb.start());
        assumeTrue(!said.contains("Python scripting is not supported"), "this gdb has no Python");
        assumeTrue(!said.contains("ptrace: Operation not permitted"), "ptrace is not permitted here");
        GdbRecording recorded = GdbRecording.read(recording);
        assertThat(recorded.snapshots()).as(said).hasSize(plan.split(" ").length);
        byte[] vdso = Files.readAllBytes(directory.resolve("live.txt.vdso"));
        assertWalks(program.toString(), recorded, module -> {
            boolean isVdso = module.path().equals(VDSO);
            return ElfImage.ofFile(
                    isVdso ? Bytes.of(vdso, ByteOrder.LITTLE_ENDIAN) : FileBytes.open(Path.of(module.path())));
        });
    }

    private String run(Process process) throws IOException {
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("gdb takes too long");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return Files.readString(directory.resolve("gdb.out"));
    }

    private static void assertWalks(String name, GdbRecording recording, ImageSource images) {
        int frames = 0;
        int confirmed = 0;
        for (Snapshot snapshot : recording.snapshots()) {
            ModuleMap modules = new ModuleMap(images);
            modules.update(snapshot.maps());
            List<Snapshot.Expected> walked = walk(new NativeUnwinder(modules), snapshot);
            assertThat(walked).as(name + " " + snapshot.name()).isEqualTo(snapshot.expected());
            frames += walked.size();
            List<Snapshot.Expected> elfutils = recording.elfutils().get(snapshot.name());
            if (elfutils != null) {
                // eu-stack calls the trampoline's address exact, where gdb and we say that it is returned to.
                assertThat(pcs(walked)).as(name + " " + snapshot.name()).isEqualTo(pcs(elfutils));
                confirmed += elfutils.size();
            }
        }
        System.out.printf(
                "%s: %d stacks, %d frames as gdb's, %d as elfutils', 0 differ%n",
                name, recording.snapshots().size(), frames, confirmed);
        assertThat(frames).isGreaterThan(recording.snapshots().size());
    }

    private static List<Long> pcs(List<Snapshot.Expected> frames) {
        return frames.stream().map(Snapshot.Expected::pc).toList();
    }

    private static List<Snapshot.Expected> walk(NativeUnwinder unwinder, Snapshot snapshot) {
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        List<Snapshot.Expected> walked = new ArrayList<>();
        boolean returnAddress = false;
        while (unwinder.step(registers, snapshot.stack(), returnAddress) == StopReason.STEPPED) {
            returnAddress = !unwinder.leftSignalFrame();
            walked.add(new Snapshot.Expected(registers.pc(), returnAddress));
        }
        return walked;
    }
}
