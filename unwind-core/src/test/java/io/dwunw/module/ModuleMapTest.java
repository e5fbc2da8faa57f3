// SPDX-License-Identifier: MIT
package io.dwunw.module;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.memory.ProcessMemory;
import io.dwunw.symbol.Symboliser;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModuleMapTest {
    private static final String TWO = """
            400000-401000 r--p 00000000 08:01 11 /opt/my app/prog
            401000-405000 r-xp 00001000 08:01 11 /opt/my app/prog
            405000-406000 rw-p 00000000 00:00 0\s
            7f0000000000-7f0000001000 r--p 00000000 08:01 12                         /lib/libx.so (deleted)
            7f0000001000-7f0000002000 r-xp 00001000 08:01 12                         /lib/libx.so (deleted)
            7f0000002000-7f0000003000 rw-p 00001000 08:01 12                         /lib/libx.so (deleted)
            7f0000010000-7f0000011000 r-xp 00000000 00:01 99                         /memfd:jit code (deleted)
            7f0000020000-7f0000021000 r--p 00000000 08:01 13                         /usr/lib/locale/locale-archive
            7ffe00000000-7ffe00021000 rw-p 00000000 00:00 0                          [stack]
            7ffe00030000-7ffe00032000 r-xp 00000000 00:00 0                          [vdso]
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
            """;

    private final ModuleMap map = new ModuleMap(module -> {
        throw new IOException("not needed");
    });

    @Test
    void readsPathsWithSpacesDeletedFilesMemfdAndVdso() {
        assertThat(map.update(TWO)).isTrue();
        assertThat(map.modules())
                .extracting(LoadedModule::path)
                .containsExactly("/opt/my app/prog", "/lib/libx.so", "/memfd:jit code", "[vdso]");
        assertThat(map.modules().get(0).name()).isEqualTo("prog");
        assertThat(map.modules().get(1).mappings()).allMatch(Mapping::deleted).hasSize(3);
    }

    @Test
    void findsByAnyOfAModulesMappingsAndNothingBetween() {
        map.update(TWO);
        assertThat(map.find(0x400000)).isSameAs(map.modules().get(0));
        assertThat(map.find(0x404fff)).isSameAs(map.modules().get(0));
        assertThat(map.find(0x405000)).isNull();
        assertThat(map.find(0x7f0000002fffL)).isSameAs(map.modules().get(1));
        assertThat(map.find(0xffffffffff600000L)).isNull();
        assertThat(map.find(0)).isNull();
        assertThat(map.find(-1)).isNull();
    }

    @Test
    void aModuleKeepsItsIdentityWhileItsFileStaysMapped() {
        map.update(TWO);
        LoadedModule before = map.modules().get(1);
        int version = map.version();
        assertThat(map.update(TWO)).isFalse();
        assertThat(map.version()).isEqualTo(version);
        String protectedData = TWO.replace("7f0000002000-7f0000003000 rw-p", "7f0000002000-7f0000003000 r--p");
        assertThat(map.update(protectedData)).isFalse();
        assertThat(map.modules().get(1)).isSameAs(before);
        assertThat(map.update(TWO.replace("08:01 12", "08:01 77"))).isTrue();
        assertThat(map.modules().get(1)).isNotSameAs(before);
        assertThat(map.modules().get(1).id()).isGreaterThan(before.id());
        assertThat(map.version()).isGreaterThan(version);
    }

    @Test
    void theSameFileMappedTwiceIsTwoModules() {
        map.update("""
                1000-2000 r--p 00000000 08:01 12 /lib/libx.so
                2000-3000 r-xp 00001000 08:01 12 /lib/libx.so
                3000-4000 r--p 00000000 08:01 12 /lib/libx.so
                4000-5000 r-xp 00001000 08:01 12 /lib/libx.so
                """);
        assertThat(map.modules()).hasSize(2);
        assertThat(map.find(0x2000)).isNotSameAs(map.find(0x4000));
    }

    @Test
    void linesThatAreNoMappingsAreLeftOut() {
        map.update("garbage\n\n-\n1-2\n5-4 r-xp 0 0:0 1 /a\n1000-2000 r-xp 0 8:1 5 /a\nzz-2000 r-xp 0 8:1 5 /b");
        assertThat(map.modules()).extracting(LoadedModule::path).containsExactly("/a");
    }

    @Test
    void aFailureToOpenIsRememberedAndNotRepeated() {
        int[] opened = {0};
        ModuleMap failing = new ModuleMap(module -> {
            opened[0]++;
            throw new IOException("gone");
        });
        failing.update(TWO);
        LoadedModule module = failing.modules().get(0);
        assertThat(module.image()).isNull();
        assertThat(module.cfi()).isNull();
        assertThat(module.loadBias()).isEqualTo(0x400000);
        assertThat(module.problem()).isEqualTo("gone");
        assertThat(opened[0]).isEqualTo(1);
    }

    /** In a C locale the JVM has no name for files with other letters; a zero byte it has in none. */
    /**
     * A program that opens and closes libraries endlessly: their files are closed, but not before they can be named.
     */
    @Test
    void filesOfUnmappedModulesDoNotStayOpen(@TempDir Path directory) throws IOException {
        Path file = directory.toRealPath().resolve("library.so");
        Files.copy(Path.of("/proc/self/exe").toRealPath(), file);
        ModuleMap opening = new ModuleMap(module -> ElfImage.ofFile(FileBytes.open(file)));
        List<LoadedModule> all = new ArrayList<>();
        for (int round = 0; round < ModuleMap.KEPT_OPEN + 10; round++) {
            opening.update("500000-501000 r-xp 00000000 08:01 " + (100 + round) + " " + file + "\n"
                    + "600000-601000 r-xp 00000000 08:01 " + (500 + round) + " " + file + ".unused\n");
            all.add(opening.modules().get(0));
            assertThat(opening.modules().get(0).image()).isNotNull();
        }
        assertThat(descriptorsOf(file)).isEqualTo(ModuleMap.KEPT_OPEN + 1);
        assertThat(all.subList(0, 9)).allMatch(LoadedModule::isClosed).allMatch(module -> module.image() == null);
        assertThat(all.subList(9, all.size()))
                .noneMatch(LoadedModule::isClosed)
                .allMatch(module -> module.image() != null);
        try (Symboliser symboliser = new Symboliser()) {
            assertThat(symboliser.symbolise(all.get(0), 0x1000).isKnown()).isFalse();
        }
        all.forEach(LoadedModule::close);
        assertThat(descriptorsOf(file)).isZero();
    }

    private static int descriptorsOf(Path file) throws IOException {
        int count = 0;
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                if (Files.exists(descriptor, LinkOption.NOFOLLOW_LINKS)
                        && Files.readSymbolicLink(descriptor).equals(file)) {
                    count++;
                }
            }
        }
        return count;
    }

    @Test
    void aPathThatTheJvmCannotExpressIsAModuleWithoutImage() {
        ModuleMap strange = new ModuleMap(ProcessImages.ofSelf(null));
        strange.update("1000-2000 r-xp 00000000 08:01 12 /lib/lib\0.so");
        LoadedModule module = strange.modules().get(0);
        assertThat(module.image()).isNull();
        assertThat(module.isFileUnchanged()).isFalse();
        assertThat(module.problem()).contains("no memory reader");
        assertThat(new Symboliser().symbolise(module, 0x10).isKnown()).isFalse();
    }

    @Test
    void loadBiasOfThisProcessAgreesWithItsSegments() throws IOException {
        try (ProcessMemory memory = ProcessMemory.ofSelf()) {
            ModuleMap self = new ModuleMap(ProcessImages.ofSelf(memory));
            self.update(Files.readString(Path.of("/proc/self/maps")));
            assertThat(self.modules()).hasSizeGreaterThan(4);
            for (LoadedModule module : self.modules()) {
                ElfImage image = Objects.requireNonNull(module.image(), module.problem());
                // The ELF header in memory, at the bias that was computed, is the file's own.
                byte[] inMemory = new byte[64];
                long header = module.loadBias() + image.programHeaders().get(0).svma();
                assertThat(memory.read(module.lowAvma(), inMemory, 0, 64)).isEqualTo(64);
                assertThat(inMemory).startsWith(0x7f, 'E', 'L', 'F');
                assertThat(header).isGreaterThanOrEqualTo(module.lowAvma());
                assertThat(module.svma(module.highAvma())).isLessThan(1L << 32);
            }
        }
    }

    @Test
    void aReplacedFileIsReadFromWhereTheOldContentsStillAre(@TempDir Path directory) throws IOException {
        Path libc = libc();
        Path file = directory.resolve("libold.so");
        Files.copy(libc, file);
        long inode = (Long) Files.getAttribute(file, "unix:ino");
        // The line of maps names another inode than the path does now: the file was replaced by a redeployment.
        String line = "7f1230000000-7f1230001000 r-xp 00000000 08:01 " + (inode + 1000) + " " + file;
        ModuleMap replaced = new ModuleMap(ProcessImages.ofSelf(null));
        replaced.update(line);
        assertThat(replaced.modules().get(0).image()).isNull();
        assertThat(replaced.modules().get(0).problem()).contains("replaced");
        ModuleMap unchanged = new ModuleMap(ProcessImages.ofSelf(null));
        unchanged.update(line.replace(Long.toString(inode + 1000), Long.toString(inode)));
        assertThat(unchanged.modules().get(0).image()).isNotNull();
    }

    @Test
    void anImageInMemoryHasTheBuildIdSymbolsAndCfiOfItsFile() throws IOException {
        try (ProcessMemory memory = ProcessMemory.ofSelf()) {
            ModuleMap self = new ModuleMap(ProcessImages.ofSelf(memory));
            self.update(Files.readString(Path.of("/proc/self/maps")));
            LoadedModule libc = self.modules().stream()
                    .filter(module -> module.name().startsWith("libc.so"))
                    .findFirst()
                    .orElseThrow();
            ElfImage file = ElfImage.ofFile(FileBytes.open(Path.of(libc.path())));
            ElfImage loaded = ElfImage.ofMemory(memory, libc.lowAvma());
            assertThat(loaded.buildId()).isEqualTo(file.buildId()).isNotNull();
            assertThat(loaded.dynsym().count()).isEqualTo(file.dynsym().count());
            int last = file.dynsym().count() - 1;
            assertThat(loaded.dynsym().name(last)).isEqualTo(file.dynsym().name(last));
            long svma = file.dynsym().svma(last);
            var fromFile = Objects.requireNonNull(ImageCfi.of(file)).find(svma);
            var fromMemory = Objects.requireNonNull(ImageCfi.of(loaded)).find(svma);
            assertThat(Objects.requireNonNull(fromMemory).startSvma())
                    .isEqualTo(Objects.requireNonNull(fromFile).startSvma());
        }
    }

    private static Path libc() {
        return List.of("/lib/x86_64-linux-gnu/libc.so.6", "/lib64/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6")
                .stream()
                .map(Path::of)
                .filter(Files::exists)
                .findFirst()
                .orElseThrow();
    }
}
