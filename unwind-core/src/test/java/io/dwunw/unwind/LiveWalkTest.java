// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symboliser;
import io.dwunw.testkit.NativeProgram;
import io.dwunw.testkit.Recordings;
import io.dwunw.testkit.Snapshot;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Walks stacks of real programs and compares every frame with what libgcc's unwinder found in the process itself. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class LiveWalkTest {
    @TestFactory
    Stream<DynamicTest> walksOutOfLibcZlibSignalsAndThreads() throws IOException {
        List<Snapshot> snapshots = Recordings.ofThisMachine();
        assertThat(snapshots).hasSizeGreaterThanOrEqualTo(5);
        return snapshots.stream().map(s -> DynamicTest.dynamicTest(s.name(), () -> assertWalk(s)));
    }

    @TestFactory
    Stream<DynamicTest> walksOutOfLibjvm() throws IOException {
        Path agent = NativeProgram.compile("jvmagent.c", "libjvmagent.so", "-O2", "-shared", "-fPIC");
        List<DynamicTest> tests = new ArrayList<>();
        for (Path java : javas()) {
            Path recording = agent.resolveSibling("jvm.txt");
            NativeProgram.run(List.of(java.toString(), "-agentpath:" + agent + "=" + recording, "-version"));
            Snapshot snapshot = read(recording).get(0);
            tests.add(DynamicTest.dynamicTest(java.toString(), () -> assertWalk(snapshot)));
        }
        assertThat(tests).isNotEmpty();
        return tests.stream();
    }

    /** The compiler moves what is unlikely out of a function; both parts have an FDE. */
    @Test
    void walksThroughTheColdPartOfASplitFunction() throws IOException {
        Path program = NativeProgram.compile("cold.c", "cold", "-O2", "-fomit-frame-pointer");
        Path recording = program.resolveSibling("cold.txt");
        NativeProgram.run(List.of(program.toString(), recording.toString()));
        Snapshot snapshot = read(recording).get(0);
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(snapshot.maps());
        try (Symboliser symboliser = new Symboliser()) {
            List<String> names = snapshot.expected().stream()
                    .map(frame -> name(symboliser, modules, frame))
                    .toList();
            assertThat(names).containsSubsequence("unlikely", "split.cold", "main");
        }
        assertWalk(snapshot);
    }

    private static String name(Symboliser symboliser, ModuleMap modules, Snapshot.Expected frame) {
        long lookup = FrameAddress.lookup(frame.pc(), frame.returnAddress());
        LoadedModule module = Objects.requireNonNull(modules.find(lookup));
        return symboliser.symbolise(module, module.svma(lookup)).name();
    }

    private static void assertWalk(Snapshot snapshot) {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(snapshot.maps());
        NativeUnwinder unwinder = new NativeUnwinder(modules);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        List<Snapshot.Expected> walked = new ArrayList<>();
        boolean returnAddress = false;
        StopReason reason = unwinder.step(registers, snapshot.stack(), returnAddress);
        while (reason == StopReason.STEPPED) {
            returnAddress = !unwinder.leftSignalFrame();
            walked.add(new Snapshot.Expected(registers.pc(), returnAddress));
            reason = unwinder.step(registers, snapshot.stack(), returnAddress);
        }
        assertThat(walked).isEqualTo(snapshot.expected());
        assertThat(walked).hasSizeGreaterThan(2);
        assertThat(reason).isEqualTo(StopReason.END_OF_STACK);
    }

    private static List<Snapshot> read(Path recording) throws IOException {
        return Snapshot.parse(Files.readAllLines(recording), X86_64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN);
    }

    private static List<Path> javas() throws IOException {
        Path installed = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(installed)) {
            return List.of(Path.of(System.getProperty("java.home"), "bin", "java"));
        }
        try (Stream<Path> directories = Files.list(installed)) {
            Set<Path> javas = new TreeSet<>();
            for (Path directory : directories.toList()) {
                Path java = directory.resolve("bin").resolve("java");
                if (Files.isExecutable(java)) {
                    javas.add(java.toRealPath());
                }
            }
            return List.copyOf(javas);
        }
    }
}
