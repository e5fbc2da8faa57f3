// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.X86_64;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfImage;
import io.dwunw.testkit.Tool;
import io.dwunw.testkit.rows.LlvmRowComparison;
import io.dwunw.testkit.rows.RowComparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * Every row of every FDE of the libraries that a JVM's stacks go through, against readelf; of the compiler that built
 * the tests, too, for its many rows. {@code -Ddwunw.compare=all} takes all libraries of this machine.
 */
final class RowsTest {
    private static final List<String> LIBRARIES = List.of(
            "libc.so.6", "libm.so.6", "libstdc++.so.6", "libcrypto.so.3", "libz.so.1", "libzip.so.4", "libgcc_s.so.1");
    private static final long EXPECTED_ROWS = 1_000_000;

    @Test
    void rowsOfSystemLibrariesAndJvmsEqualReadelfs() throws IOException {
        List<Path> files = files();
        long rows = 0;
        long fdes = 0;
        for (Path file : files) {
            RowComparison comparison = RowComparison.of(file);
            assertThat(comparison.report()).as(file.toString()).isEmpty();
            rows += comparison.rows();
            fdes += comparison.fdes();
            System.out.printf(
                    "%s: %d FDEs, %d rows compared with readelf%n", file, comparison.fdes(), comparison.rows());
        }
        System.out.printf(
                "%d files, %d FDEs, %d rows compared with readelf, 0 differences%n", files.size(), fdes, rows);
        assertThat(rows).isGreaterThan(EXPECTED_ROWS);
    }

    @Test
    void undefinedRulesAndExpressionsEqualLlvms() throws IOException {
        Tool.assumeInstalled("llvm-dwarfdump", "llvm");
        Assumptions.assumeTrue(System.getProperty("os.arch", "").equals("amd64"), "names registers of x86-64 only");
        long rows = 0;
        for (Path file : files()) {
            if (isOfX86(file)
                    && !file.endsWith("libjvm.so")
                    && !file.getFileName().toString().startsWith("cc1")) {
                LlvmRowComparison comparison = LlvmRowComparison.of(file);
                assertThat(comparison.report()).as(file.toString()).isEmpty();
                rows += comparison.rows();
            }
        }
        System.out.printf("%d rows compared with llvm-dwarfdump, 0 differences%n", rows);
        assertThat(rows).isGreaterThan(10_000);
    }

    private static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String library : LIBRARIES) {
            for (String directory : List.of("/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64")) {
                add(files, Path.of(directory, library));
            }
        }
        add(files, Path.of("/usr/bin/perl"));
        add(files, Path.of("/usr/bin/python3"));
        addAll(files, Path.of("/usr/lib/gcc"), "cc1*");
        addAll(files, Path.of("/usr/libexec/gcc"), "cc1*");
        addAll(files, Path.of("src", "test", "resources", "fixtures"), "{aarch64,aarch64-pac,mips,mipsel}");
        for (String target : List.of("aarch64-linux-gnu", "mips-linux-gnu", "mipsel-linux-gnu")) {
            add(files, Path.of("/usr", target, "lib", "libc.so.6"));
        }
        if ("all".equals(System.getProperty("dwunw.compare"))) {
            addAll(files, Path.of("/usr/lib/x86_64-linux-gnu"), "*.so*");
            addAll(files, Path.of("/usr/lib/jvm"), "*.so");
        }
        Path jvms = Path.of("/usr/lib/jvm");
        add(files, Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so"));
        if (Files.isDirectory(jvms)) {
            try (Stream<Path> homes = Files.list(jvms)) {
                for (Path home : homes.sorted().toList()) {
                    add(files, home.resolve("lib/server/libjvm.so"));
                    add(files, home.resolve("lib/libzip.so"));
                    add(files, home.resolve("lib/libjava.so"));
                }
            }
        }
        return files;
    }

    private static boolean isOfX86(Path file) throws IOException {
        return ElfImage.ofFile(FileBytes.open(file)).header().machine() == X86_64.ARCHITECTURE.elfMachine();
    }

    /** Files of this name anywhere below, links aside. */
    private static void addAll(List<Path> files, Path directory, String glob) throws IOException {
        PathMatcher names = directory.getFileSystem().getPathMatcher("glob:" + glob);
        if (Files.isDirectory(directory)) {
            try (Stream<Path> all = Files.walk(directory)) {
                for (Path file : all.filter(path -> names.matches(path.getFileName()))
                        .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                        .filter(RowsTest::isElf)
                        .sorted()
                        .toList()) {
                    add(files, file);
                }
            }
        }
    }

    private static boolean isElf(Path file) {
        try {
            return ElfImage.ofFile(FileBytes.open(file)).header().machine() != 0;
        } catch (IOException | MalformedDataException linkerScript) {
            return false;
        }
    }

    private static void add(List<Path> files, Path file) throws IOException {
        if (Files.isReadable(file) && !files.contains(file.toRealPath())) {
            files.add(file.toRealPath());
        }
    }
}
