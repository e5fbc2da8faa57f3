// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.symbol.LocalBinaries;
import io.dwunw.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** All mangled names of the libraries that this machine has, against binutils. */
class DemanglerAgreesWithCxxfiltTest {
    private static final Path CXXFILT = Path.of("/usr/bin/c++filt");
    private static final double REQUIRED = 0.999;
    private static final int PRINTED = 10;
    /**
     * Constants of 128 bits, of which c++filt (binutils 2.40) prints all digits but the first, and the underscore
     * behind them.
     */
    private static final Pattern WIDE_CONSTANT = Pattern.compile("^_R.*[0-9a-f]{32}_");

    /** A quarter of a million names in the normal run; {@code -Ddwunw.compare=all} takes four times as many. */
    static Stream<Path> files() {
        List<Path> files = new ArrayList<>(LocalBinaries.libjvms());
        files.addAll(LocalBinaries.systemLibraries("libstdc++.so.6", "libicui18n.so.72", "libapt-pkg.so.6.0"));
        List<Path> rust = LocalBinaries.rustLibraries();
        if ("all".equals(System.getProperty("dwunw.compare"))) {
            files.addAll(LocalBinaries.systemLibraries("libclang-cpp.so.14", "libLLVM-14.so.1", "libLLVM-15.so.1"));
            files.addAll(rust);
        } else {
            files.addAll(rust.subList(0, Math.min(1, rust.size())));
        }
        return files.stream();
    }

    @ParameterizedTest
    @MethodSource("files")
    void namesOfAllSymbols(Path file) throws IOException, InterruptedException {
        Tool.assumeInstalled("c++filt", "binutils");
        List<String> names = List.copyOf(mangledNames(file));
        List<String> expected = filter(names);
        List<String> differences = new ArrayList<>();
        int known = 0;
        for (int i = 0; i < names.size(); i++) {
            String printed = Demangler.demangle(names.get(i));
            if (!printed.equals(expected.get(i))) {
                known += WIDE_CONSTANT.matcher(names.get(i)).find() ? 1 : 0;
                differences.add(names.get(i) + "\n  was      " + printed + "\n  expected " + expected.get(i));
            }
        }
        System.out.printf(
                "%s: %d names compared with c++filt, %d differ, %.4f %% agree%n",
                file, names.size(), differences.size(), 100.0 - 100.0 * differences.size() / Math.max(1, names.size()));
        differences.stream().limit(PRINTED).forEach(System.out::println);
        System.out.printf("  %d of them in 128-bit constants%n", known);
        assertThat(differences).hasSizeLessThanOrEqualTo((int) (names.size() * (1 - REQUIRED)));
    }

    private static Set<String> mangledNames(Path file) throws IOException {
        ElfImage image = ElfImage.ofFile(FileBytes.open(file));
        Set<String> names = new TreeSet<>();
        for (ElfSymbols table : List.of(image.symtab(), image.dynsym())) {
            for (int i = 0; i < table.count(); i++) {
                addMangled(table, i, names);
            }
        }
        return names;
    }

    private static void addMangled(ElfSymbols table, int index, Set<String> names) {
        try {
            String name = table.name(index);
            if (name.startsWith("_Z") || name.startsWith("_R")) {
                names.add(name.indexOf('@') < 0 ? name : name.substring(0, name.indexOf('@')));
            }
        } catch (MalformedDataException damaged) {
            throw new AssertionError(damaged);
        }
    }

    private static List<String> filter(List<String> names) throws IOException, InterruptedException {
        Path input = Files.createTempFile("dwunw-names", ".txt");
        Path output = Files.createTempFile("dwunw-names", ".out");
        try {
            Files.write(input, names);
            // -i: names of templates' standard abbreviations and without Rust's hashes, as nm -C prints them.
            Process process = new ProcessBuilder(CXXFILT.toString(), "-i")
                    .redirectInput(input.toFile())
                    .redirectOutput(output.toFile())
                    .start();
            assertThat(process.waitFor()).isZero();
            return Files.readAllLines(output);
        } finally {
            Files.delete(input);
            Files.delete(output);
        }
    }
}
