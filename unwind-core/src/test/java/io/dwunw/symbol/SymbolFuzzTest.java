// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dwunw.bytes.Bytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.symbol.demangle.Demangler;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any bytes as a name or an ELF file: an answer, no exception. */
class SymbolFuzzTest {
    private static final int MAX_PRINTED = 1 << 18;
    private static final int MUTATIONS = 3000;

    @FuzzTest(maxDuration = "5m")
    void demangler(byte[] data) {
        String text = new String(data, StandardCharsets.UTF_8);
        for (String prefix : List.of("", "_Z", "_R")) {
            String printed = Demangler.demangle(prefix + text);
            assertThat(printed.length()).isLessThanOrEqualTo(Math.max(MAX_PRINTED, text.length() + 2));
        }
    }

    @FuzzTest(maxDuration = "5m")
    void symbolTables(byte[] data) {
        Bytes file = Bytes.of(data, ByteOrder.LITTLE_ENDIAN);
        ModuleMap map = new ModuleMap(module -> ElfImage.ofFile(file));
        map.update("00010000-7f0000000000 r-xp 00000000 00:00 1 /fuzzed\n");
        LoadedModule module = map.modules().get(0);
        try (Symboliser symboliser = new Symboliser(new DebugFiles(List.of()))) {
            for (long svma : new long[] {0, 0x1000, -1, Long.MIN_VALUE}) {
                assertThat(symboliser.symbolise(module, svma).name()).isNotNull();
            }
            ElfImage image = module.image();
            for (ProgramHeader segment : image == null ? List.<ProgramHeader>of() : image.programHeaders()) {
                for (long step = 0; step < 8; step++) {
                    long svma = segment.svma() + step * segment.memoryBytes() / 8;
                    assertThat(symboliser.symbolise(module, svma).mangled()).isNotNull();
                }
            }
        }
    }

    @Test
    void survivesMutatedLibraries(@TempDir Path directory) throws IOException {
        SymbolFixture fixture = SymbolFixture.build(directory);
        for (Path file : List.of(fixture.full(), fixture.stripped())) {
            byte[] seed = Files.readAllBytes(file);
            Random random = new Random(44);
            for (int i = 0; i < MUTATIONS; i++) {
                byte[] mutated = seed.clone();
                for (int edits = random.nextInt(8); edits >= 0; edits--) {
                    mutate(mutated, random);
                }
                symbolTables(mutated);
            }
        }
    }

    /** Headers lie at the start and the end, symbols before the latter: most edits should hit those. */
    private static void mutate(byte[] bytes, Random random) {
        int near = Math.min(bytes.length, 4096);
        int at = random.nextInt(near);
        int position = switch (random.nextInt(3)) {
            case 0 -> at;
            case 1 -> bytes.length - 1 - at;
            default -> random.nextInt(bytes.length);
        };
        bytes[position] = random.nextBoolean() ? (byte) 0xff : (byte) random.nextInt();
    }
}
