// SPDX-License-Identifier: MIT
package io.dwunw.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.SectionHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real files cut off at every length and damaged at random places, with a fixed seed. */
final class HostileInputTest {
    private static final Path FIXTURES = Path.of("src", "test", "resources", "fixtures");
    private static final long SEED = 20_261_122;
    private static final int MUTANTS = 1500;
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** Values that break length and count arithmetic. */
    private static final int[] NASTY = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x40, 0x55};

    @ParameterizedTest
    @ValueSource(strings = {"aarch64", "aarch64-pac", "mips", "mipsel"})
    void filesCutOffAnywhere(String name) throws IOException {
        byte[] file = Files.readAllBytes(FIXTURES.resolve(name));
        Assertions.assertTimeoutPreemptively(LIMIT, () -> {
            for (int length = 0; length < file.length; length += 1 + length / 256) {
                Decoding.elf(Arrays.copyOf(file, length));
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"aarch64", "mips", "mipsel"})
    void filesDamagedAnywhere(String name) throws IOException {
        mutate(Files.readAllBytes(FIXTURES.resolve(name)), Decoding::elf);
    }

    @ParameterizedTest
    @ValueSource(strings = {"aarch64", "mips", "mipsel"})
    void headersDamagedWhereItHurts(String name) throws IOException {
        byte[] file = Files.readAllBytes(FIXTURES.resolve(name));
        Assertions.assertTimeoutPreemptively(LIMIT, () -> {
            for (int at = 4; at < 64 + 56 * 8; at++) {
                for (int value : NASTY) {
                    byte[] mutant = file.clone();
                    mutant[at] = (byte) value;
                    Decoding.elf(mutant);
                }
            }
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"aarch64-pac", "mips"})
    void cfiDamagedAnywhere(String name) throws IOException {
        mutate(section(name, ".eh_frame"), Decoding::cfi);
    }

    @Test
    void searchTablesDamagedAnywhere() throws IOException {
        byte[] header = section("aarch64", ".eh_frame_hdr");
        byte[] frame = section("aarch64", ".eh_frame");
        byte[] both = Arrays.copyOf(header, header.length + frame.length);
        System.arraycopy(frame, 0, both, header.length, frame.length);
        mutate(both, Decoding::ehFrameHdr);
    }

    @Test
    void randomBytesAsExpressions() {
        Random random = new Random(SEED);
        Assertions.assertTimeoutPreemptively(LIMIT, () -> {
            for (int i = 0; i < 20_000; i++) {
                byte[] expression = new byte[1 + random.nextInt(24)];
                random.nextBytes(expression);
                Decoding.expression(expression);
            }
        });
    }

    private static void mutate(byte[] original, Consumer<byte[]> target) {
        assertThat(original.length).isGreaterThan(64);
        Random random = new Random(SEED);
        Assertions.assertTimeoutPreemptively(LIMIT, () -> {
            for (int i = 0; i < MUTANTS; i++) {
                byte[] mutant = original.clone();
                for (int change = random.nextInt(8); change >= 0; change--) {
                    mutant[random.nextInt(mutant.length)] = (byte) NASTY[random.nextInt(NASTY.length)];
                }
                target.accept(mutant);
            }
        });
    }

    private static byte[] section(String name, String section) throws IOException {
        ElfImage image = ElfImage.ofFile(FileBytes.open(FIXTURES.resolve(name)));
        SectionHeader header = Objects.requireNonNull(image.section(section));
        Bytes bytes = image.content(header);
        return bytes.toArray(0, (int) bytes.size());
    }
}
