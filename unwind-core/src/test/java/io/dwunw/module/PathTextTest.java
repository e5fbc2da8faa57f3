// SPDX-License-Identifier: MIT
package io.dwunw.module;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PathTextTest {
    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    private static String decode(byte[] bytes) {
        return PathText.decode(bytes, bytes.length);
    }

    @Test
    void utf8IsText() {
        assertThat(decode("/opt/Ümlaut/日本/😀.so".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("/opt/Ümlaut/日本/😀.so");
        assertThat(PathText.shown("/opt/Ümlaut/😀.so")).isEqualTo("/opt/Ümlaut/😀.so");
    }

    @Test
    void otherBytesAreEscapedAndShownAsReplaced() {
        String text = decode(bytes('/', 0xff, 'a', 0xc3));
        assertThat(text).isEqualTo("/\udcffa\udcc3");
        assertThat(PathText.shown(text)).isEqualTo("/\ufffda\ufffd");
    }

    @Test
    void allBytesComeBack() {
        Random random = new Random(1);
        int[] likely = {'/', 'a', 0xc3, 0x9c, 0xf0, 0x9f, 0x98, 0x80, 0xed, 0xb3, 0xbf, 0xff, 0xe2, 0x28};
        for (int i = 0; i < 20_000; i++) {
            byte[] path = new byte[random.nextInt(12)];
            for (int k = 0; k < path.length; k++) {
                path[k] = (byte) likely[random.nextInt(likely.length)];
            }
            assertThat(PathText.encode(decode(path))).isEqualTo(path);
        }
    }

    @Test
    void namesOfMappedFilesAreText() {
        byte[] maps = "7f00-7f10 r-xp 00000000 00:01 42   /opt/Ümlaut\\012x.so\n".getBytes(StandardCharsets.UTF_8);
        ModuleMap map = new ModuleMap(module -> {
            throw new UnsupportedOperationException();
        });
        map.update(decode(maps));
        assertThat(map.modules().get(0).name()).isEqualTo("Ümlaut\nx.so");
    }
}
