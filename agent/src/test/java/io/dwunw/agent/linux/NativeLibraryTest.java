// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests where the agent's native library may be loaded from. */
class NativeLibraryTest {
    private static final String LIBRARY = "libdwunw-x86_64.so";

    @Test
    void theLibraryNeedsLinuxOnAKnownProcessor() throws Exception {
        assertThat(NativeLibrary.resourceName("Linux", "amd64")).isEqualTo("libdwunw-x86_64.so");
        assertThatThrownBy(() -> NativeLibrary.resourceName("Mac OS X", "amd64"))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("Mac OS X");
        assertThatThrownBy(() -> NativeLibrary.resourceName("Linux", "riscv64"))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("riscv64");
    }

    /** The words are glibc's. No other directory would help. */
    @Test
    void whoeverHasNoRoomForThreadLocalStorageIsToldWhatHelps() {
        assertThat(NativeLibrary.advised(
                        "/tmp/x/libdwunw.so: cannot allocate memory in static TLS block", List.of(Path.of("/tmp"))))
                .contains("GLIBC_TUNABLES=glibc.rtld.optional_static_tls=")
                .doesNotContain("noexec");
    }

    @Test
    void aDirectoryThatCannotBeUsedIsSkippedAndNothingIsLeftBehind() throws Exception {
        Path directory = Files.createTempDirectory("dwunw-test");
        try {
            load(null, Path.of("/proc/nowhere"), directory);
            try (var files = Files.list(directory)) {
                assertThat(files).isEmpty();
            }
            assertThatThrownBy(() -> load(null, Path.of("/proc/nowhere"), Path.of("/dev/null")))
                    .isInstanceOf(NativeLibraryException.class)
                    .hasMessageContainingAll("/proc/nowhere", "/dev/null", "-Djava.io.tmpdir", "noexec");
        } finally {
            Files.delete(directory);
        }
        assertThat(maps()).contains("libdwunw.so (deleted)");
        assertThat(NativeLibrary.passedOver()).isEmpty();
    }

    @Test
    void whatWasUnpackedIsLoadedIfItIsTheSame(@TempDir Path directory) throws Exception {
        Path unpacked = directory.resolve("libdwunw-x86_64.so");
        Files.writeString(unpacked, "another version");
        assertThatThrownBy(() -> load(unpacked, Path.of("/proc/nowhere"))).isInstanceOf(NativeLibraryException.class);
        unpackTo(unpacked);
        load(unpacked);
        assertThat(maps()).contains(unpacked.toRealPath().toString());
        assertThat(unpacked).exists();
    }

    /** Between its check and its load another user could overwrite it. */
    @Test
    void whatOthersMayWriteToIsNotLoaded(@TempDir Path directory) throws Exception {
        Path unpacked = directory.resolve(LIBRARY);
        unpackTo(unpacked);
        Files.setPosixFilePermissions(unpacked, PosixFilePermissions.fromString("rw-rw-r--"));
        assertPassedOver(unpacked, directory, unpacked, "may be written to by other users (mode 664)");
    }

    /** By name it could be exchanged for another. */
    @Test
    void whatLiesWhereOthersMayWriteIsNotLoaded(@TempDir Path directory) throws Exception {
        Path shared = Files.createDirectory(directory.resolve("shared"));
        Path unpacked = Files.createDirectory(shared.resolve("own")).resolve(LIBRARY);
        unpackTo(unpacked);
        setMode(shared, 0777);
        assertPassedOver(unpacked, directory, shared, "may be written to by other users (mode 777)");
        setMode(shared, 01777);
        load(unpacked);
        assertThat(NativeLibrary.passedOver()).isEmpty();
    }

    @Test
    void nothingIsUnpackedWhereOthersMayRenameIt(@TempDir Path directory) throws Exception {
        Path shared = Files.createDirectory(directory.resolve("shared"));
        setMode(shared, 0777);
        load(null, shared, directory);
        assertThat(NativeLibrary.passedOver().orElseThrow())
                .contains(shared.toRealPath() + " may be written to by other users (mode 777)");
        assertThat(maps()).doesNotContain(shared.toRealPath().toString());

        assertThatThrownBy(() -> load(null, shared))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(shared.toRealPath() + " may be written to by other users (mode 777)");
        assertThatThrownBy(() -> load(null, Path.of("/proc/nowhere"), shared))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContainingAll("/proc/nowhere (NoSuchFileException)", shared + " may be written to by");
    }

    private static void assertPassedOver(Path unpacked, Path elsewhere, Path cause, String why) throws Exception {
        load(unpacked, elsewhere);
        assertThat(maps()).doesNotContain(unpacked.toRealPath().toString());
        assertThat(NativeLibrary.passedOver().orElseThrow()).contains(cause.toRealPath() + " " + why);
    }

    private static void load(@Nullable Path unpacked, Path... directories) throws NativeLibraryException, IOException {
        NativeLibrary.load(unpacked, List.of(directories), ProtectedPaths.ofThisProcess());
    }

    private static void unpackTo(Path file) throws IOException {
        try (var library = NativeLibrary.class.getResourceAsStream(LIBRARY)) {
            Files.write(file, library.readAllBytes());
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static void setMode(Path directory, int mode) throws IOException {
        Files.setAttribute(directory, "unix:mode", mode);
    }

    private static String maps() throws IOException {
        return Files.readString(Path.of("/proc/self/maps"), StandardCharsets.ISO_8859_1);
    }
}
