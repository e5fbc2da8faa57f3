// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.testkit.Tool;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class XzTest {
    private static final int MAX = 1 << 24;
    /** {@code printf 'hello, hello, hello, hello\n' | xz --check=crc32}. */
    private static final byte[] HELLO = HexFormat.of()
            .parseHex(
                    "fd377a585a0000016922de360200210116000000742fe5a3e0001a000e5d00341949ee8def8c8a713c097b00000000004b21a1290001261be3ff3d699042990d010000000001595a");

    private static byte[] decode(byte[] file) {
        return Xz.decode(Bytes.of(file, ByteOrder.LITTLE_ENDIAN), MAX);
    }

    /** What lies between the 12 bytes of stream and block header each, and the block's check. */
    static byte[] helloChunks() {
        return Arrays.copyOfRange(HELLO, 24, HELLO.length - 28);
    }

    @Test
    void decodesAKnownFile() {
        assertThat(new String(decode(HELLO), StandardCharsets.UTF_8)).isEqualTo("hello, hello, hello, hello\n");
    }

    static Stream<String> options() {
        return Stream.of(
                "-0",
                "-6",
                "-9e",
                "--check=none",
                "--check=crc32",
                "--check=crc64",
                "--check=sha256",
                "--block-size=4096",
                "--lzma2=lc=0,lp=4,pb=0",
                "--lzma2=lc=4,lp=0,pb=4",
                "--lzma2=dict=4KiB,nice=3,mf=hc3",
                "-T2");
    }

    @ParameterizedTest
    @MethodSource("options")
    void decodesWhatXzEncodes(String option) throws IOException, InterruptedException {
        Tool.assumeInstalled("xz", "xz-utils");
        for (byte[] content : contents()) {
            byte[] encoded = encode(content, option);

            assertThat(decode(encoded)).isEqualTo(content);
        }
    }

    @Test
    void decodesConcatenatedAndPaddedStreams() {
        byte[] twice = Arrays.copyOf(HELLO, 2 * HELLO.length + 8);
        System.arraycopy(HELLO, 0, twice, HELLO.length + 4, HELLO.length);

        assertThat(decode(twice)).hasSize(54);
    }

    private static byte[][] contents() throws IOException {
        Random random = new Random(7);
        byte[] noise = new byte[90_000];
        random.nextBytes(noise);
        byte[] runs = new byte[150_000];
        for (int i = 0; i < runs.length; i++) {
            runs[i] = (byte) (i / 1000 * 7 + (i % 13 == 0 ? random.nextInt(3) : 0));
        }
        byte[] program = Files.readAllBytes(Path.of("/proc/self/exe"));
        return new byte[][] {new byte[0], {42}, noise, runs, program};
    }

    private static byte[] encode(byte[] content, String option) throws IOException, InterruptedException {
        Path input = Files.createTempFile("dwunw", ".raw");
        Path output = Files.createTempFile("dwunw", ".xz");
        try {
            Files.write(input, content);
            Process process = new ProcessBuilder("/usr/bin/xz", "-c", option)
                    .redirectInput(input.toFile())
                    .redirectOutput(output.toFile())
                    .start();
            assertThat(process.waitFor()).isZero();
            return Files.readAllBytes(output);
        } finally {
            Files.delete(input);
            Files.delete(output);
        }
    }

    @Test
    void refusesMoreThanTheCap() {
        Bytes file = Bytes.of(HELLO, ByteOrder.LITTLE_ENDIAN);

        assertThat(Xz.decode(file, 27)).hasSize(27);
        assertThatThrownBy(() -> Xz.decode(file, 26))
                .isInstanceOf(MalformedDataException.class)
                .hasMessageContaining("more bytes than allowed");
    }

    @Test
    void refusesEveryTruncation() {
        for (int length = 0; length < HELLO.length; length++) {
            byte[] cut = Arrays.copyOf(HELLO, length);

            assertThatThrownBy(() -> decode(cut)).isInstanceOf(MalformedDataException.class);
        }
    }

    /** Everything but a few reserved or redundant bits is covered by a check. */
    @Test
    void noticesEveryFlippedBit() {
        for (int bit = 0; bit < 8 * HELLO.length; bit++) {
            byte[] flipped = HELLO.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);

            assertThatThrownBy(() -> decode(flipped)).as("bit %d", bit).isInstanceOf(MalformedDataException.class);
        }
    }
}
