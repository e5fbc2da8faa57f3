// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.Capture;
import io.dwunw.Dwunw;
import io.dwunw.FrameFlag;
import io.dwunw.Status;
import io.dwunw.UnwindRequest;
import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.arch.RegisterSet;
import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.ModuleMap;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import io.dwunw.testkit.rows.RowComparison;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Walks recordings of programs for other processors, made under qemu-user, to the end of their stacks. */
final class ForeignWalkTest {
    private static final Path FIXTURES = Path.of("src", "test", "resources", "fixtures");

    static Stream<Arguments> fixtures() {
        return Stream.of(
                Arguments.of("aarch64", AArch64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN),
                Arguments.of("aarch64-pac", AArch64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN),
                Arguments.of("mips", Mips32.ARCHITECTURE, ByteOrder.BIG_ENDIAN),
                Arguments.of("mipsel", Mips32.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN));
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void walksAsLibgccDidInTheProgramItself(String name, Architecture architecture, ByteOrder order)
            throws IOException {
        List<Snapshot> snapshots = snapshots(name, architecture, order);
        assertThat(snapshots).hasSize(4);
        for (Snapshot snapshot : snapshots.subList(0, 2)) {
            NativeUnwinder unwinder = unwinder(name, snapshot);
            List<Long> walked = new ArrayList<>();
            StopReason reason = unwinder.step(snapshot.registers(), snapshot.stack(), false);
            while (reason == StopReason.STEPPED) {
                walked.add(snapshot.registers().pc());
                reason = unwinder.step(snapshot.registers(), snapshot.stack(), true);
            }
            assertThat(walked)
                    .isEqualTo(snapshot.expected().stream()
                            .map(Snapshot.Expected::pc)
                            .toList());
            assertThat(walked).hasSizeGreaterThanOrEqualTo(5);
            assertThat(reason).isEqualTo(StopReason.END_OF_STACK);
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void walksThroughSignalFramesWithoutCfi(String name, Architecture architecture, ByteOrder order)
            throws IOException {
        for (Snapshot snapshot : snapshots(name, architecture, order).subList(2, 4)) {
            assertThat(snapshot.code()).hasSize(1);
            ModuleMap modules = modules(name, snapshot);
            try (Dwunw dwunw = Dwunw.open()) {
                // The cache opens paths, and the fixture does not lie where it was recorded.
                modules.update(snapshot.maps()
                        .replaceAll(
                                "(?m)/\\S*/" + name + "$",
                                FIXTURES.resolve(name).toAbsolutePath().toString()));
                Capture capture = dwunw.capture(
                        UnwindRequest.of(snapshot.registers(), modules).withMemory(SnapshotMemory.of(snapshot)));
                List<Snapshot.Expected> walked = capture.frames().stream()
                        .skip(1)
                        .map(frame ->
                                new Snapshot.Expected(frame.pc(), !frame.flags().contains(FrameFlag.EXACT_PC)))
                        .toList();
                assertThat(walked).as(snapshot.name()).isEqualTo(snapshot.expected());
                assertThat(walked).anyMatch(frame -> !frame.returnAddress());
                assertThat(capture.frames()).anyMatch(frame -> frame.flags().contains(FrameFlag.SIGNAL));
                assertThat(capture.status()).isEqualTo(Status.OK);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void aTrampolineWhoseCodeIsNotAtHandStopsTheWalk(String name, Architecture architecture, ByteOrder order)
            throws IOException {
        Snapshot snapshot = snapshots(name, architecture, order).get(2);
        NativeUnwinder unwinder = unwinder(name, snapshot);
        StopReason reason = unwinder.step(snapshot.registers(), snapshot.stack(), false);
        while (reason == StopReason.STEPPED) {
            reason = unwinder.step(snapshot.registers(), snapshot.stack(), true);
        }
        assertThat(reason).isIn(StopReason.NO_MODULE, StopReason.NO_IMAGE);
        assertThat(snapshot.registers().pc()).isEqualTo(snapshot.code().get(0).lowAvma());
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void rowsEqualReadelfs(String name, Architecture architecture, ByteOrder order) throws IOException {
        RowComparison comparison = RowComparison.of(FIXTURES.resolve(name));
        assertThat(comparison.report()).as(architecture.name() + order).isEmpty();
        assertThat(comparison.rows()).isGreaterThan(30);
    }

    @Test
    void theAuthenticationCodeIsStrippedOnlyWhereTheRowSaysItIsThere() throws IOException {
        Snapshot snapshot = snapshots("aarch64-pac", AArch64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN)
                .get(1);
        NativeUnwinder unwinder = unwinder("aarch64-pac", snapshot);
        unwinder.signatureMask(0);
        boolean returnAddress = false;
        boolean signatureSeen = false;
        while (unwinder.step(snapshot.registers(), snapshot.stack(), returnAddress) == StopReason.STEPPED) {
            returnAddress = true;
            signatureSeen |= (snapshot.registers().pc() & AArch64.DEFAULT_SIGNATURE_MASK) != 0;
        }
        assertThat(signatureSeen)
                .as("the recording has signed return addresses")
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("fixtures")
    void theFallbackFollowsFrameRecordsWhereTheArchitectureHasThem(
            String name, Architecture architecture, ByteOrder order) throws IOException {
        Snapshot snapshot = snapshots(name, architecture, order).get(1);
        RegisterSet registers = snapshot.registers();
        FramePointerUnwinder unwinder = new FramePointerUnwinder();
        List<Long> walked = new ArrayList<>();
        StopReason reason = unwinder.step(registers, snapshot.stack());
        while (reason == StopReason.STEPPED) {
            walked.add(registers.pc());
            reason = unwinder.step(registers, snapshot.stack());
        }
        if (architecture.frameRecord() == io.dwunw.arch.FrameRecord.NONE) {
            assertThat(reason).isEqualTo(StopReason.NO_CFI);
            assertThat(walked).isEmpty();
        } else {
            // The recorded program omits frame pointers where it can: what is found must be a part of the truth, in
            // order.
            List<Long> truth = new ArrayList<>(
                    snapshot.expected().stream().map(Snapshot.Expected::pc).toList());
            assertThat(truth).containsSubsequence(walked);
            assertThat(walked).isNotEmpty();
        }
    }

    private static List<Snapshot> snapshots(String name, Architecture architecture, ByteOrder order)
            throws IOException {
        return Snapshot.parse(Files.readAllLines(FIXTURES.resolve(name + ".txt")), architecture, order);
    }

    /** Takes the program from the fixtures, wherever it ran. */
    private static NativeUnwinder unwinder(String name, Snapshot snapshot) {
        return new NativeUnwinder(modules(name, snapshot));
    }

    private static ModuleMap modules(String name, Snapshot snapshot) {
        ModuleMap modules = new ModuleMap(module -> {
            if (!module.name().equals(name)) {
                throw new IOException("not a fixture: " + module.path());
            }
            return ElfImage.ofFile(FileBytes.open(FIXTURES.resolve(name)));
        });
        modules.update(snapshot.maps());
        return modules;
    }
}
