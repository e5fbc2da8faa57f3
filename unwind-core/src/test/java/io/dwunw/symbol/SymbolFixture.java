// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.testkit.NativeProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

/** {@code symbols.c} as a shared library, and what distributions make of it. */
record SymbolFixture(Path full, Path stripped, Path debug) {

    static SymbolFixture build(Path directory) throws IOException {
        Path full = NativeProgram.compile(
                "symbols.c", "libsymbols.so", "-O1", "-g", "-shared", "-fPIC", "-Wl,--build-id=sha1", "-Wl,-z,lazy");
        Path debug = directory.resolve("libsymbols.so.debug");
        Path stripped = directory.resolve("libsymbols.so");
        NativeProgram.run(List.of("objcopy", "--only-keep-debug", full.toString(), debug.toString()));
        NativeProgram.run(List.of("objcopy", "--strip-all", full.toString(), stripped.toString()));
        return new SymbolFixture(full, stripped, debug);
    }

    /** A copy of the stripped library that names {@link #debug}, checksum included. */
    Path withLink(Path directory) throws IOException {
        Path linked = directory.resolve("libsymbols-linked.so");
        NativeProgram.run(List.of(
                "objcopy",
                "--remove-section=.note.gnu.build-id",
                "--add-gnu-debuglink=" + debug,
                stripped.toString(),
                linked.toString()));
        return linked;
    }

    /** Puts the debug file where a build id leads to. */
    Path debugRoot(Path directory, String buildId) throws IOException {
        Path file = directory.resolve(".build-id/" + buildId.substring(0, 2) + "/" + buildId.substring(2) + ".debug");
        Files.createDirectories(file.getParent());
        Files.copy(debug, file);
        return directory;
    }

    /** Fedora's recipe: an ELF file with function symbols only, packed into the stripped library. */
    Path withMiniDebugInfo(Path directory) throws IOException {
        Path mini = directory.resolve("mini");
        Path packed = directory.resolve("mini.xz");
        Path result = directory.resolve("libsymbols-mini.so");
        NativeProgram.run(
                List.of("objcopy", "--strip-debug", "--remove-section=.comment", full.toString(), mini.toString()));
        NativeProgram.run(List.of("xz", "-k", mini.toString()));
        NativeProgram.run(List.of(
                "objcopy",
                "--add-section=.gnu_debugdata=" + packed,
                "--remove-section=.note.gnu.build-id",
                stripped.toString(),
                result.toString()));
        return result;
    }

    /** Overwrites one byte found by its hexadecimal surroundings. */
    static void corrupt(Path file, String text) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int at =
                HexFormat.of().formatHex(bytes).indexOf(HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8)))
                        / 2;
        bytes[at + (text.length() + 4) / 4 * 4] ^= 1;
        Files.write(file, bytes);
    }
}
