// SPDX-License-Identifier: MIT
package io.dwunw.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.module.ModuleStore.Outcome;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import io.dwunw.unwind.StopReason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Somebody overwrites a library that is being read: each public method answers as its documentation says. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class TruncatedFilesTest {
    private static final int LEFT_BYTES = 4096;
    private static final long LOW = 0x400000;

    @TempDir
    Path directory = Path.of("");

    @Test
    void walksEndAndNamesAreUnknown() throws IOException {
        Path library = copy("libjava.so");
        LoadedModule module = module(library);
        ElfImage image = Objects.requireNonNull(module.image());
        long code = LOW + function(image);
        StackSnapshot stack = new StackSnapshot(0x7000, new byte[4096], ByteOrder.LITTLE_ENDIAN);
        cut(library);
        ModuleMap modules = modules(library);
        NativeUnwinder unwinder = new NativeUnwinder(modules);
        RegisterSet registers = RegisterSet.ofSample(X86_64.ARCHITECTURE, code, 0x7100);
        assertThat(unwinder.step(registers, stack, false)).isIn(StopReason.NO_CFI, StopReason.BAD_CFI);
        try (Symboliser symboliser = new Symboliser(new DebugFiles(List.of()))) {
            assertThat(symboliser.symbolise(module, module.svma(code)).isKnown())
                    .isFalse();
        }
    }

    @Test
    void aFileCutOffAfterItsCfiWasFoundStopsTheWalkThere() throws IOException {
        Path library = copy("server/libjvm.so"); // has more pages than are kept
        ModuleMap modules = modules(library);
        LoadedModule module = modules.modules().get(0);
        long code = LOW + function(Objects.requireNonNull(module.image()));
        assertThat(module.cfi()).isNotNull();
        try (Symboliser symboliser = new Symboliser(new DebugFiles(List.of()))) {
            assertThat(symboliser.symbolise(module, 1).isKnown()).isFalse();
            cut(library);
            assertThat(symboliser.symbolise(module, module.svma(code)).mangled())
                    .isNotNull();
        }
        StackSnapshot stack = new StackSnapshot(0x7000, new byte[4096], ByteOrder.LITTLE_ENDIAN);
        RegisterSet registers = RegisterSet.ofSample(X86_64.ARCHITECTURE, code, 0x7100);
        assertThat(new NativeUnwinder(modules).step(registers, stack, false)).isEqualTo(StopReason.BAD_CFI);
        assertThat(registers.pc()).isEqualTo(code);
    }

    @Test
    void theCacheOpensItAnewAndDebugFilesDoNotFit() throws IOException {
        Path library = copy("libjava.so");
        ModuleCache cache = new ModuleCache();
        ModuleStore.Acquisition before = cache.acquire(library);
        assertThat(before.outcome()).isEqualTo(Outcome.OK);
        cut(library);
        ModuleStore.Acquisition after = cache.acquire(library);
        assertThat(after.outcome()).isEqualTo(Outcome.OK);
        assertThat(after.module()).isNotSameAs(before.module());
        ElfImage image = Objects.requireNonNull(after.module()).image();
        assertThat(image.sections()).isEmpty();
        assertThat(new DebugFiles(List.of(directory)).find(library, image)).isNull();
        Files.writeString(library, "");
        assertThat(cache.acquire(library).outcome()).isEqualTo(Outcome.NOT_ELF);
    }

    private static long function(ElfImage image) {
        ElfSymbols symbols = image.dynsym();
        for (int i = 1; i < symbols.count(); i++) {
            if (symbols.isCode(i) && symbols.svma(i) > LEFT_BYTES && symbols.size(i) > 0) {
                return symbols.svma(i);
            }
        }
        throw new IllegalStateException("no function");
    }

    private LoadedModule module(Path library) throws IOException {
        return modules(library).modules().get(0);
    }

    private static ModuleMap modules(Path library) throws IOException {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(
                "400000-7000000 r-xp 00000000 08:01 " + Files.getAttribute(library, "unix:ino") + " " + library + "\n");
        return modules;
    }

    private Path copy(String name) throws IOException {
        return Files.copy(Path.of(System.getProperty("java.home"), "lib", name), directory.resolve("copy.so"));
    }

    private static void cut(Path file) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            open.setLength(LEFT_BYTES);
        }
    }
}
