// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.arch.RegisterSet;
import io.dwunw.bytes.Bytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.memory.CachedPages;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.ImageSource;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.testkit.GdbRecording;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Walks stacks of Debian's own programs for other processors, recorded under qemu-user, as gdb does. */
final class ForeignProgramWalkTest {
    private static final Path RECORDED = Path.of("src", "test", "resources", "foreign");

    /** With how the walks end (some programs' start files have no CFI, where gdb ends, too), and all frames. */
    static Stream<Arguments> recordings() {
        ByteOrder little = ByteOrder.LITTLE_ENDIAN;
        return Stream.of(
                Arguments.of("aarch64-perl", AArch64.ARCHITECTURE, little, StopReason.END_OF_STACK, 40),
                Arguments.of("aarch64-perl-signal", AArch64.ARCHITECTURE, little, StopReason.END_OF_STACK, 36),
                Arguments.of("aarch64-gperf", AArch64.ARCHITECTURE, little, StopReason.NO_CFI, 40),
                Arguments.of("mipsel-gperf", Mips32.ARCHITECTURE, little, StopReason.NO_CFI, 83),
                Arguments.of("mipsel-troff", Mips32.ARCHITECTURE, little, StopReason.NO_CFI, 50),
                Arguments.of("mips-gperf", Mips32.ARCHITECTURE, ByteOrder.BIG_ENDIAN, StopReason.NO_CFI, 45));
    }

    @ParameterizedTest
    @MethodSource("recordings")
    void realProgramsWalkAsGdbSays(String name, Architecture architecture, ByteOrder order, StopReason end, int atAll)
            throws IOException {
        GdbRecording recording = GdbRecording.read(RECORDED.resolve(name + ".txt.gz"), architecture, order);
        int frames = 0;
        for (Snapshot snapshot : recording.snapshots()) {
            ModuleMap modules = new ModuleMap(new Recorded(recording.buildIds()));
            modules.update(snapshot.maps());
            List<Snapshot.Expected> walked = new ArrayList<>();
            assertThat(walk(new NativeUnwinder(modules), snapshot, order, walked))
                    .as(snapshot.name())
                    .isEqualTo(end);
            assertThat(walked).as(snapshot.name()).isEqualTo(snapshot.expected());
            frames += walked.size();
        }
        System.out.printf(
                "%s: %d stacks, %d frames as gdb's%n",
                name, recording.snapshots().size(), frames);
        assertThat(frames).isEqualTo(atAll);
    }

    private static StopReason walk(
            NativeUnwinder unwinder, Snapshot snapshot, ByteOrder order, List<Snapshot.Expected> walked) {
        StackMemory memory = new CachedPages(SnapshotMemory.of(snapshot), order);
        RegisterSet registers = snapshot.registers();
        boolean returnAddress = false;
        StopReason reason = unwinder.step(registers, memory, returnAddress);
        while (reason == StopReason.STEPPED) {
            returnAddress = !unwinder.leftSignalFrame();
            walked.add(new Snapshot.Expected(registers.pc(), returnAddress));
            reason = unwinder.step(registers, memory, returnAddress);
        }
        return reason;
    }

    /** The files' remains, by build id. */
    private record Recorded(Map<String, String> buildIds) implements ImageSource {
        @Override
        public ElfImage open(LoadedModule module) throws IOException {
            String id = String.valueOf(buildIds.get(module.path()));
            ElfImage image = image(RECORDED.resolve(id + ".gz"));
            assertThat(String.valueOf(image.buildId())).contains(id);
            return image;
        }

        @Override
        public @Nullable ElfImage debugFile(LoadedModule module, ElfImage image) {
            Path file = RECORDED.resolve(buildIds.get(module.path()) + ".debug.gz");
            try {
                return Files.exists(file) ? image(file) : null;
            } catch (IOException unreadable) {
                throw new AssertionError(unreadable);
            }
        }

        private static ElfImage image(Path packed) throws IOException {
            try (InputStream unpacked = new GZIPInputStream(Files.newInputStream(packed))) {
                return ElfImage.ofFile(Bytes.of(unpacked.readAllBytes(), ByteOrder.LITTLE_ENDIAN));
            }
        }
    }
}
