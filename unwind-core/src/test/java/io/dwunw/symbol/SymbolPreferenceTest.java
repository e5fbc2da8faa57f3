// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.LoadedModule;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The names that programmers know, among libc's many aliases. */
class SymbolPreferenceTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "malloc",
                "calloc",
                "realloc",
                "free",
                "memalign",
                "posix_memalign",
                "mmap",
                "munmap",
                "read",
                "write",
                "open",
                "close",
                "pthread_create",
                "pthread_mutex_lock",
                "sigaction",
                "strdup",
                "fopen"
            })
    void publicNamesWin(String name) {
        List<Path> libc = LocalBinaries.systemLibraries("libc.so.6");
        assumeFalse(libc.isEmpty(), "no libc.so.6 of glibc where Debian or Fedora have it");
        LoadedModule module = LocalBinaries.module(libc.get(0));
        ElfSymbols symbols = imageOf(module).dynsym();
        long svma = 0;
        for (int i = 1; i < symbols.count(); i++) {
            svma = symbols.name(i).equals(name) ? symbols.svma(i) : svma;
        }

        try (Symboliser symboliser = new Symboliser(new DebugFiles(List.of()))) {
            String chosen = symboliser.symbolise(module, svma).name();
            // open64, mmap64 and fopen64 are other names of the same functions: the shorter wins.
            assertThat(chosen).isEqualTo(name);
        }
    }

    private static ElfImage imageOf(LoadedModule module) {
        return Objects.requireNonNull(module.image());
    }
}
