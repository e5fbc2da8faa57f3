// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.module.DebugFiles;
import io.dwunw.module.LoadedModule;
import io.dwunw.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every code symbol that nm lists is found at its address, under one of the names that nm gives it. */
class SymboliserAgreesWithNmTest {
    private static final double REQUIRED = 0.999;

    static Stream<Path> files() {
        List<Path> files = new ArrayList<>(LocalBinaries.libjvms());
        files.addAll(LocalBinaries.systemLibraries(
                "libc.so.6", "libstdc++.so.6", "libm.so.6", "libcrypto.so.3", "libz.so.1"));
        for (String target : List.of("aarch64-linux-gnu", "mips-linux-gnu", "mipsel-linux-gnu")) {
            files.add(Path.of("/usr", target, "lib", "libc.so.6"));
            files.add(Path.of("/usr", target, "lib", "libstdc++.so.6"));
        }
        return files.stream().filter(Files::isReadable);
    }

    @ParameterizedTest
    @MethodSource("files")
    void namesOfAllSymbolStarts(Path file) throws IOException {
        Tool.assumeInstalled("nm", "binutils");
        LoadedModule module = LocalBinaries.module(file);
        List<String> differences = new ArrayList<>();
        int compared = 0;
        try (Symboliser symboliser = new Symboliser(new DebugFiles(List.of()))) {
            for (Map.Entry<Long, Set<String>> entry :
                    NmOutput.of(file).namesByAddress().entrySet()) {
                Symbol symbol = symboliser.symbolise(module, entry.getKey());
                compared++;
                if (symbol.offset() != 0 || !entry.getValue().contains(symbol.name())) {
                    differences.add(entry + " but was " + symbol);
                }
            }
        }
        System.out.printf(
                "%s: %d code addresses compared with nm, %d differ, %.4f %% agree%n",
                file, compared, differences.size(), 100.0 - 100.0 * differences.size() / Math.max(1, compared));
        assertThat(compared).as("addresses compared").isPositive();
        assertThat(differences).hasSizeLessThanOrEqualTo((int) (compared * (1 - REQUIRED)));
    }
}
