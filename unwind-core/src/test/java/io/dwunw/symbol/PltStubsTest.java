// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dwunw.module.LoadedModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every stub that objdump names has the same name here. */
class PltStubsTest {
    private static final Pattern STUB = Pattern.compile("([0-9a-f]+) <([^>]+@plt)>:");

    static Stream<Path> files() {
        List<Path> files = new ArrayList<>(LocalBinaries.libjvms());
        files.addAll(LocalBinaries.systemLibraries("libc.so.6", "libstdc++.so.6", "libcrypto.so.3", "libz.so.1"));
        files.addAll(List.of(Path.of("/usr/bin/perl"), Path.of("/usr/bin/bash"), Path.of("/usr/bin/gcc")));
        files.add(Path.of("/usr/aarch64-linux-gnu/lib/libstdc++.so.6"));
        files.add(Path.of("/usr/aarch64-linux-gnu/lib/libm.so.6"));
        return files.stream().filter(Files::isReadable);
    }

    @ParameterizedTest
    @MethodSource("files")
    void agreesWithObjdump(Path file) throws IOException {
        String objdump = file.startsWith("/usr/aarch64-linux-gnu") ? "aarch64-linux-gnu-objdump" : "objdump";
        assumeTrue(Files.isExecutable(Path.of("/usr/bin", objdump)), objdump + " is not installed");
        LoadedModule module = LocalBinaries.module(file);
        List<String> differences = new ArrayList<>();
        int compared = 0;
        try (Symboliser symboliser = new Symboliser()) {
            for (String line : stubs(objdump, file)) {
                Matcher stub = STUB.matcher(line);
                if (stub.matches()) {
                    Symbol symbol = symboliser.symbolise(module, Long.parseUnsignedLong(stub.group(1), 16));
                    compared++;
                    if (!isSame(symbol.mangled(), stub.group(2))) {
                        differences.add(line + " was " + symbol);
                    }
                }
            }
        }
        System.out.printf("%s: %d stubs compared with objdump, %d differ%n", file, compared, differences.size());
        // Objdump takes AArch64's TLS descriptor stub, which belongs to no function, for those of two variables.
        assertThat(differences).hasSizeLessThanOrEqualTo(compared / 500);
    }

    private static boolean isSame(String name, String expected) {
        boolean unnamedIndirect = expected.startsWith("*ABS*");
        return unnamedIndirect ? name.endsWith("@plt") : name.equals(expected);
    }

    private static List<String> stubs(String objdump, Path file) throws IOException {
        return NmOutput.run(
                objdump, "-d", "-j", ".plt", "-j", ".plt.sec", "-j", ".plt.got", "--no-show-raw-insn", file.toString());
    }
}
