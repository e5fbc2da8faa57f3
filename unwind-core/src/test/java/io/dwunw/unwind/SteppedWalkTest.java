// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.SectionHeader;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.testkit.NativeProgram;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.Steps;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Walks from every instruction that a program executes, from the dynamic linker's first to the exit: prologues,
 * epilogues, PLT stubs and their lazy binding, the vdso, signal handlers and their trampoline. The oracle ({@code
 * steps.c}) watched the calls happen, and knows nothing of CFI.
 */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class SteppedWalkTest {
    private static final int VISITS = 2;
    private static final int NO_PTRACE = 3;
    private static final int REPORTED = 20;
    private static final int MOST_WITHOUT_CFI = 150;
    private static final int LEAST_STEPS = 20_000;

    private final List<String> differences = new ArrayList<>();
    private final Map<String, Integer> steps = new TreeMap<>();
    private final RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
    private byte[] vdso = {};
    private final Set<Long> withoutCfi = new HashSet<>();
    private int different;

    @Test
    void everyInstructionOfAProgramWalksToItsCallers() throws IOException, InterruptedException {
        Path stepper = NativeProgram.compile("steps.c", "steps", "-O2");
        Path program = NativeProgram.compile("stepped.c", "stepped", "-O2", "-fomit-frame-pointer", "-Wl,-z,lazy");
        Process process = new ProcessBuilder(stepper.toString(), VISITS + "", program.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ModuleMap modules = new ModuleMap(this::open);
        NativeUnwinder unwinder = new NativeUnwinder(modules);
        try (Steps recorded = new Steps(process.getInputStream())) {
            while (recorded.next()) {
                String maps = recorded.newMaps();
                if (maps != null) {
                    vdso = recorded.vdso();
                    modules.update(maps);
                }
                compare(unwinder, modules, recorded);
            }
        }
        int exit = process.waitFor();
        assumeTrue(exit != NO_PTRACE, "ptrace is not permitted here");
        assertThat(exit).isZero();
        System.out.printf(
                "walks from each instruction: %s, %d addresses without CFI, %d differ%n",
                steps, withoutCfi.size(), different);
        assertThat(differences).isEmpty();
        assertThat(withoutCfi).hasSizeLessThan(MOST_WITHOUT_CFI);
        assertThat(steps.values().stream().mapToInt(Integer::intValue).sum()).isGreaterThan(LEAST_STEPS);
        assertThat(steps).containsKeys("plt", "[vdso]", "in a signal handler", "stepped", "libc.so.6");
    }

    private void compare(NativeUnwinder unwinder, ModuleMap modules, Steps recorded) throws IOException {
        count(modules.find(recorded.registers().pc()), recorded);
        for (StackMemory stack : List.of(recorded.stack(), recorded.stackFromSp())) {
            List<Snapshot.Expected> walked = new ArrayList<>();
            StopReason reason = walk(
                    unwinder, recorded.registers(), stack, recorded.callers().size(), walked);
            int found = walked.size();
            if (reason == StopReason.NO_CFI && walked.equals(recorded.callers().subList(0, found))) {
                // Start files have functions without CFI (_init, frame_dummy): nothing can be said of their callers.
                withoutCfi.add(
                        found == 0 ? registers.pc() : walked.get(found - 1).pc());
            } else if (!walked.equals(recorded.callers())) {
                differ(modules, recorded, walked, reason);
            }
        }
    }

    /** As many callers as there are at most: what lies beyond, the program's entry, is not a call. */
    private StopReason walk(
            NativeUnwinder unwinder, RegisterSet first, StackMemory stack, int most, List<Snapshot.Expected> walked) {
        registers.copyFrom(first);
        boolean returnAddress = false;
        while (walked.size() < most) {
            StopReason reason = unwinder.step(registers, stack, returnAddress);
            if (reason != StopReason.STEPPED) {
                return reason;
            }
            returnAddress = !unwinder.leftSignalFrame();
            walked.add(new Snapshot.Expected(registers.pc(), returnAddress));
        }
        return StopReason.MAX_FRAMES;
    }

    private void count(@Nullable LoadedModule module, Steps recorded) throws IOException {
        String place = module == null ? "nowhere" : module.name();
        if (module != null && place.equals("stepped") && isInPlt(module, recorded)) {
            place = "plt";
        }
        boolean signal = recorded.callers().stream().anyMatch(caller -> !caller.returnAddress());
        steps.merge(signal ? "in a signal handler" : place, 1, Integer::sum);
    }

    private static boolean isInPlt(LoadedModule module, Steps recorded) {
        ElfImage image = module.image();
        SectionHeader plt = image == null ? null : image.section(".plt");
        long offset = plt == null ? -1 : module.svma(recorded.registers().pc()) - plt.svma();
        return plt != null && offset >= 0 && offset < plt.size();
    }

    private void differ(ModuleMap modules, Steps recorded, List<Snapshot.Expected> walked, StopReason reason) {
        different++;
        if (differences.size() < REPORTED) {
            long pc = recorded.registers().pc();
            LoadedModule module = modules.find(pc);
            String place = module == null ? "?" : module.name() + "+" + Long.toHexString(module.svma(pc));
            differences.add(place + " expected " + text(recorded.callers()) + " walked " + text(walked) + " " + reason);
        }
    }

    private static String text(List<Snapshot.Expected> callers) {
        StringBuilder text = new StringBuilder();
        callers.forEach(
                caller -> text.append(caller.returnAddress() ? " " : " !").append(Long.toHexString(caller.pc())));
        return text.toString();
    }

    private ElfImage open(LoadedModule module) throws IOException {
        if (module.name().equals("[vdso]")) {
            return ElfImage.ofFile(Bytes.of(vdso, ByteOrder.LITTLE_ENDIAN));
        }
        Path path = Path.of(module.path());
        if (!Files.isReadable(path)) {
            throw new IOException("cannot read " + path);
        }
        return ElfImage.ofFile(FileBytes.open(path));
    }
}
