// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.elf.BuildId;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.elf.SectionHeader;
import io.dwunw.memory.ProcessMemory;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.testkit.Allocation;
import io.dwunw.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SymboliserTest {
    private static final DebugFiles NO_DEBUG_FILES = new DebugFiles(List.of());

    @TempDir
    static Path built;

    private static SymbolFixture fixture;
    private static LoadedModule full;

    @TempDir
    Path directory;

    private final Symboliser symboliser = new Symboliser(NO_DEBUG_FILES);

    @BeforeAll
    static void build() throws IOException {
        fixture = SymbolFixture.build(built);
        full = LocalBinaries.module(fixture.full());
    }

    private static long svma(String name) {
        ElfSymbols symbols = Objects.requireNonNull(full.image()).symtab();
        for (int i = 1; i < symbols.count(); i++) {
            if (symbols.name(i).equals(name)) {
                return symbols.svma(i);
            }
        }
        throw new AssertionError("no symbol " + name);
    }

    private static void assertNamed(Symbol symbol, String name, long offset, boolean exact) {
        assertThat(symbol).isEqualTo(new Symbol(name, name, offset, exact));
    }

    @Test
    void prefersThePublicNameAmongAliases() {
        assertNamed(symboliser.symbolise(full, svma("exported")), "exported", 0, true);
        assertNamed(symboliser.symbolise(full, svma("__exported_alias") + 1), "exported", 1, true);
    }

    /** The site of a leak must not depend on whether a library was stripped, or its debug file is installed. */
    @Test
    void theExportedNameIsTheSameWithAndWithoutOtherSymbols() throws IOException {
        LoadedModule stripped = LocalBinaries.module(fixture.stripped());
        for (LoadedModule module : List.of(full, stripped)) {
            assertNamed(symboliser.exported(module, svma("__exported_alias") + 1), "exported", 1, true);
            assertThat(symboliser.exported(module, svma("local_function") + 2).isKnown())
                    .isFalse();
            assertThat(symboliser.exported(module, svma("sizeless") + 4).isKnown())
                    .isFalse();
        }
    }

    @Test
    void namesLocalFunctions() {
        assertNamed(symboliser.symbolise(full, svma("local_function") + 2), "local_function", 2, true);
    }

    @Test
    void namesSizelessSymbolsUpToTheNextOne() {
        assertNamed(symboliser.symbolise(full, svma("sizeless") + 4), "sizeless", 4, false);
        assertNamed(symboliser.symbolise(full, svma("sizeless") + 5), "outer", 0, true);
    }

    @Test
    void prefersTheInnermostSymbolThatHasTheAddress() {
        long outer = svma("outer");

        assertNamed(symboliser.symbolise(full, outer + 2), "outer", 2, true);
        assertNamed(symboliser.symbolise(full, outer + 3), "inner_function", 0, true);
        assertNamed(symboliser.symbolise(full, outer + 4), "inner_function", 1, true);
        assertNamed(symboliser.symbolise(full, outer + 5), "outer", 5, true);
    }

    @Test
    void namesIndirectFunctionsByTheirResolver() {
        Symbol symbol = symboliser.symbolise(full, svma("indirect"));

        assertThat(symbol.name()).isIn("indirect", "resolve");
        assertThat(symbol.exact()).isTrue();
    }

    @Test
    void neverReachesIntoAnotherSection() {
        SectionHeader lonely =
                Objects.requireNonNull(Objects.requireNonNull(full.image()).section(".lonely"));
        Symbol unknown = symboliser.symbolise(full, lonely.svma() + 2);

        assertThat(unknown.isKnown()).isFalse();
        assertThat(unknown.offset()).isEqualTo(lonely.svma() + 2);
    }

    @Test
    void knowsNothingOutsideCode() {
        assertThat(symboliser.symbolise(full, 0).isKnown()).isFalse();
        assertThat(symboliser.symbolise(full, -1).isKnown()).isFalse();
        assertThat(symboliser.symbolise(full, Long.MIN_VALUE).isKnown()).isFalse();
        assertThat(symboliser.symbolise(full, 1L << 40).isKnown()).isFalse();
    }

    @Test
    void knowsNothingOfAnUnreadableFile() {
        LoadedModule gone = LocalBinaries.module(directory.resolve("gone.so"));

        assertThat(symboliser.symbolise(gone, 4711)).isEqualTo(Symbol.unknown(4711));
    }

    @Test
    void namesTheNearestExportOfAStrippedFileInexactly() {
        LoadedModule stripped = LocalBinaries.module(fixture.stripped());

        assertNamed(symboliser.symbolise(stripped, svma("exported")), "exported", 0, true);
        Symbol near = symboliser.symbolise(stripped, svma("local_function"));
        assertThat(near.exact()).isFalse();
        assertThat(near.name()).isNotEqualTo("local_function");
    }

    @Test
    void findsTheDebugFileByBuildId() throws IOException {
        LoadedModule stripped = LocalBinaries.module(fixture.stripped());
        BuildId id = Objects.requireNonNull(stripped.buildId());
        DebugFiles debugFiles = new DebugFiles(List.of(fixture.debugRoot(directory, id.hex())));

        Symbol symbol = new Symboliser(debugFiles).symbolise(stripped, svma("local_function"));

        assertNamed(symbol, "local_function", 0, true);
    }

    @Test
    void ignoresADebugFileOfAnotherBuild() throws IOException {
        ElfImage stripped =
                Objects.requireNonNull(LocalBinaries.module(fixture.stripped()).image());
        Path root = fixture.debugRoot(
                directory, Objects.requireNonNull(stripped.buildId()).hex());
        Path wrong = Path.of("/proc/self/exe").toRealPath();
        try (var files = Files.walk(root)) {
            Path placed = files.filter(Files::isRegularFile).findFirst().orElseThrow();
            Files.delete(placed);
            Files.copy(wrong, placed);
        }

        assertThat(new DebugFiles(List.of(root)).find(fixture.stripped(), stripped))
                .isNull();
    }

    @Test
    void findsTheDebugFileByItsLink() throws IOException {
        Path linked = fixture.withLink(directory);
        Path dotDebug = Files.createDirectories(directory.resolve(".debug"));
        Files.copy(fixture.debug(), dotDebug.resolve(fixture.debug().getFileName()));

        Symbol symbol = symboliser.symbolise(LocalBinaries.module(linked), svma("local_function"));

        assertNamed(symbol, "local_function", 0, true);
    }

    @Test
    void ignoresALinkedFileWithAnotherChecksum() throws IOException {
        Path linked = fixture.withLink(directory);
        Files.copy(fixture.debug(), directory.resolve(fixture.debug().getFileName()));
        SymbolFixture.corrupt(linked, fixture.debug().getFileName().toString());

        Symbol symbol = symboliser.symbolise(LocalBinaries.module(linked), svma("local_function"));

        assertThat(symbol.name()).isNotEqualTo("local_function");
    }

    @Test
    void readsMiniDebugInfo() throws IOException {
        Tool.assumeInstalled("xz", "xz-utils");
        LoadedModule mini = LocalBinaries.module(fixture.withMiniDebugInfo(directory));

        Symbol symbol = symboliser.symbolise(mini, svma("local_function") + 1);

        assertNamed(symbol, "local_function", 1, true);
    }

    @Test
    void namesTheVdsoFromMemory() throws IOException {
        try (ProcessMemory memory = ProcessMemory.ofSelf()) {
            ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(memory));
            modules.update(Files.readString(Path.of("/proc/self/maps")));
            LoadedModule vdso = modules.modules().stream()
                    .filter(module -> module.name().equals("[vdso]"))
                    .findFirst()
                    .orElseThrow();
            ElfSymbols symbols = Objects.requireNonNull(vdso.image()).dynsym();
            int functions = 0;
            for (int i = 1; i < symbols.count(); i++) {
                if (symbols.type(i) == Elf.STT_FUNC && symbols.size(i) > 0) {
                    String name = symboliser.symbolise(vdso, symbols.svma(i)).name();
                    assertThat(symbols.name(i)).endsWith(name);
                    functions++;
                }
            }
            assertThat(functions).isPositive();
        }
    }

    @Test
    void canBeUsedAgainAfterClosing() {
        symboliser.symbolise(full, svma("exported"));
        symboliser.close();

        assertNamed(symboliser.symbolise(full, svma("exported")), "exported", 0, true);
    }

    /** Reading a table here and there reads a page of the file for each of its symbols. */
    @Test
    void gathersALargeTableWithoutReadingItTwice() {
        LoadedModule libjvm = LocalBinaries.module(LocalBinaries.ownLibjvm());
        ElfImage image = Objects.requireNonNull(libjvm.image());
        int symbols = image.symtab().count() + image.dynsym().count();
        long address = Objects.requireNonNull(image.section(".text")).svma();

        long bytes = Allocation.bytesOfFirstRun(() -> symboliser.symbolise(libjvm, address));

        assertThat(bytes).isLessThan(64L * symbols + (2 << 20));
    }
}
