// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Any bytes: nothing but {@link MalformedDataException}, never more output than allowed. */
class XzFuzzTest {
    private static final int MAX = 1 << 20;
    private static final int MUTATIONS = 20_000;

    @FuzzTest(maxDuration = "5m")
    void xz(byte[] data) {
        try {
            assertThat(Xz.decode(Bytes.of(data, ByteOrder.LITTLE_ENDIAN), MAX)).hasSizeLessThanOrEqualTo(MAX);
        } catch (MalformedDataException expected) {
            assertThat(expected.getMessage()).isNotEmpty();
        }
    }

    /** Without the container, whose checksums keep a fuzzer out. */
    @FuzzTest(maxDuration = "5m")
    void lzma2(byte[] data) {
        Bytes in = Bytes.of(data, ByteOrder.LITTLE_ENDIAN);
        DecodedBytes out = new DecodedBytes(MAX, in.account());
        try {
            new Lzma2(in, 0, out).decode();
        } catch (MalformedDataException expected) {
            assertThat(expected.getMessage()).isNotEmpty();
        }
        assertThat(out.size()).isLessThanOrEqualTo(MAX);
    }

    @Test
    void survivesMutatedChunks() {
        byte[] seed = XzTest.helloChunks();
        Random random = new Random(42);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] mutated = seed.clone();
            for (int edits = random.nextInt(4); edits >= 0; edits--) {
                mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
            }
            lzma2(mutated);
        }
    }

    @Test
    void survivesNoise() {
        Random random = new Random(43);
        byte[] noise = new byte[4096];
        for (int i = 0; i < 500; i++) {
            random.nextBytes(noise);
            // One LZMA chunk with all resets, of the largest sizes, then noise.
            noise[0] = (byte) 0xff;
            noise[3] = 0x0f;
            noise[5] = 93;
            noise[6] = 0;
            lzma2(noise);
        }
    }
}
