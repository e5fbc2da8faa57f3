// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.memory.ProcessMemory;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.testkit.Allocation;
import io.dwunw.testkit.Recordings;
import io.dwunw.testkit.Snapshot;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class NativeUnwinderTest {
    /** Some twenty frames of the recursion. */
    private static final int CUT_BYTES = 3000;

    @Test
    void walkingAllocatesNothingOnceWarm() throws IOException {
        Snapshot snapshot = Recordings.named("recursion");
        NativeUnwinder unwinder = unwinder(snapshot);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        assertThat(Allocation.bytesPerRun(() -> {
                    registers.copyFrom(snapshot.registers());
                    walk(unwinder, registers, snapshot.stack());
                }))
                .isZero();
        assertThat(unwinder.cacheMisses()).isLessThan(100);
    }

    @Test
    void aFailedStepLeavesTheRegistersAlone() throws IOException {
        Snapshot snapshot = Recordings.named("qsort");
        StackSnapshot nothing = new StackSnapshot(snapshot.stack().lowAvma(), new byte[16], ByteOrder.LITTLE_ENDIAN);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        assertThat(unwinder(snapshot).step(registers, nothing, false)).isEqualTo(StopReason.STACK_CUT);
        assertThat(registers.pc()).isEqualTo(snapshot.registers().pc());
        for (int i = 0; i < 16; i++) {
            assertThat(registers.get(i)).isEqualTo(snapshot.registers().get(i));
            assertThat(registers.known(i)).isEqualTo(snapshot.registers().known(i));
        }
    }

    @Test
    void aCutStackKeepsTheFramesBeforeTheCut() throws IOException {
        Snapshot snapshot = Recordings.named("recursion");
        byte[] half = new byte[CUT_BYTES];
        for (int i = 0; i < half.length; i++) {
            half[i] = (byte) snapshot.stack().unsigned(snapshot.stack().lowAvma() + i, 1);
        }
        StackSnapshot cut = new StackSnapshot(snapshot.stack().lowAvma(), half, ByteOrder.LITTLE_ENDIAN);
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        NativeUnwinder unwinder = unwinder(snapshot);
        int steps = 0;
        while (unwinder.step(registers, cut, steps > 0) == StopReason.STEPPED) {
            steps++;
        }
        assertThat(steps).isBetween(10, snapshot.expected().size() - 1);
        assertThat(registers.pc()).isEqualTo(snapshot.expected().get(steps - 1).pc());
        assertThat(unwinder.step(registers, cut, true)).isEqualTo(StopReason.STACK_CUT);
    }

    @Test
    void callerSavedRegistersAreLostAndCalleeSavedOnesKept() throws IOException {
        Snapshot snapshot = Recordings.named("qsort");
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        assertThat(unwinder(snapshot).step(registers, snapshot.stack(), false)).isEqualTo(StopReason.STEPPED);
        assertThat(registers.known(X86_64.RAX)).isFalse();
        assertThat(registers.known(X86_64.RBX)).isTrue();
        assertThat(registers.known(X86_64.R15)).isTrue();
        assertThat(registers.get(X86_64.RETURN_ADDRESS)).isEqualTo(registers.pc());
        assertThat(registers.get(X86_64.RSP)).isEqualTo(registers.sp());
    }

    @Test
    void aPcOutsideAllModulesStopsTheWalk() throws IOException {
        Snapshot snapshot = Recordings.named("qsort");
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        registers.copyFrom(snapshot.registers());
        registers.pc(0x1234);
        assertThat(unwinder(snapshot).step(registers, snapshot.stack(), false)).isEqualTo(StopReason.NO_MODULE);
        registers.pc(0);
        assertThat(unwinder(snapshot).step(registers, snapshot.stack(), false)).isEqualTo(StopReason.END_OF_STACK);
    }

    @Test
    void theVdsoIsReadFromMemory() throws IOException {
        try (ProcessMemory memory = ProcessMemory.ofSelf()) {
            ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(memory));
            modules.update(Files.readString(Path.of("/proc/self/maps")));
            LoadedModule vdso = modules.modules().stream()
                    .filter(module -> module.name().equals("[vdso]"))
                    .findFirst()
                    .orElseThrow();
            ElfImage image = Objects.requireNonNull(vdso.image());
            CallFrameInfo cfi = Objects.requireNonNull(vdso.cfi());
            ElfSymbols symbols = image.dynsym();
            int functions = 0;
            for (int i = 1; i < symbols.count(); i++) {
                if (symbols.name(i).startsWith("__vdso_")) {
                    functions++;
                    assertThat(cfi.find(symbols.svma(i))).as(symbols.name(i)).isNotNull();
                }
            }
            assertThat(functions).isPositive();
        }
    }

    private static void walk(NativeUnwinder unwinder, RegisterSet registers, StackSnapshot stack) {
        boolean returnAddress = false;
        while (unwinder.step(registers, stack, returnAddress) == StopReason.STEPPED) {
            returnAddress = !unwinder.leftSignalFrame();
        }
    }

    private static NativeUnwinder unwinder(Snapshot snapshot) {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(snapshot.maps());
        return new NativeUnwinder(modules);
    }
}
