// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetadataReaderTest {
    private static final long BASE = 0x10_000;
    /** Two pages and a bit; what follows is not readable. */
    private static final int LENGTH = 2 * 4096 + 20;

    private int calls;
    private final byte[] bytes = new byte[LENGTH];
    private final MetadataReader reader = new MetadataReader((avma, destination, offset, length) -> {
        calls++;
        long at = avma - BASE;
        if (at < 0 || at >= LENGTH) {
            return 0;
        }
        int here = (int) Math.min(length, LENGTH - at);
        System.arraycopy(bytes, (int) at, destination, offset, here);
        return here;
    });

    MetadataReaderTest() {
        for (int i = 0; i < LENGTH; i++) {
            bytes[i] = (byte) (i * 7 + (i >> 8));
        }
        reader.begin();
    }

    private int u1(int at) {
        return bytes[at] & 0xff;
    }

    @Test
    void readsWordsAcrossPages() {
        for (int at = 4096 - 9; at <= 4096; at++) {
            long expected = 0;
            for (int i = 7; i >= 0; i--) {
                expected = expected << 8 | u1(at + i);
            }
            assertThat(reader.word(BASE + at)).isEqualTo(expected);
            assertThat(reader.s4(BASE + at)).isEqualTo((int) expected);
            assertThat(reader.u2(BASE + at)).isEqualTo((int) expected & 0xffff);
        }
        assertThat(reader.faulted()).isFalse();
        assertThat(calls).as("reads of whole pages").isEqualTo(2);
    }

    @Test
    void remembersThatSomethingCouldNotBeRead() {
        assertThat(reader.word(BASE + LENGTH - 4) >>> 32).isZero();
        assertThat(reader.faulted()).isTrue();

        reader.begin();

        assertThat(reader.faulted()).isFalse();
        assertThat(reader.u1(BASE + LENGTH - 1)).isEqualTo(u1(LENGTH - 1));
        assertThat(reader.faulted()).isFalse();
        assertThat(reader.u1(0)).isZero();
        assertThat(reader.faulted()).isTrue();
    }

    @Test
    void copiesWhatIsThere() {
        byte[] copy = new byte[LENGTH + 10];

        reader.bytes(BASE, copy, LENGTH);
        assertThat(reader.faulted()).isFalse();
        assertThat(copy).startsWith(bytes);

        reader.bytes(BASE, copy, LENGTH + 10);
        assertThat(reader.faulted()).isTrue();
    }

    @Test
    void believesNothingFromBefore() {
        reader.u1(BASE);
        bytes[0] = 99;
        assertThat(reader.u1(BASE)).isNotEqualTo(99);

        reader.begin();

        assertThat(reader.u1(BASE)).isEqualTo(99);
    }

    @Test
    void namesAllThatAJvmDoesNotDescribe() {
        VmStructs nothing = new VmStructs(Map.of(), Map.of(), Map.of());

        assertThatThrownBy(() -> new JavaFrames(nothing, reader, (address, length) -> ByteBuffer.allocate(0), () -> 0))
                .isInstanceOf(JavaFramesUnavailableException.class)
                .hasMessageContaining("CodeCache::_heaps")
                .hasMessageContaining("Method::_constMethod")
                .hasMessageContaining("nmethod::_method or CompiledMethod::_method")
                .hasMessageContaining("sizeof ConstMethod");
    }

    @Test
    void believesNoOffsetOrSizeThatNoJvmHas() {
        for (long wrong : new long[] {-8, 1L << 20, 1L << 40, Long.MIN_VALUE}) {
            VmStructs.Field field = new VmStructs.Field("", false, wrong, 0);
            FieldFinder find = new FieldFinder(new VmStructs(Map.of("A::b", field), Map.of("A", wrong), Map.of()));

            find.offset("A::b");
            find.optionalOffset("A::b");
            find.size("A");

            assertThatThrownBy(find::requireAll)
                    .isInstanceOf(JavaFramesUnavailableException.class)
                    .hasMessageContaining("offset of A::b")
                    .hasMessageContaining("sizeof A");
        }
    }

    @Test
    void readsNoCodeHeapStraightThatIsNotThere() {
        // All pointers in this memory are nonsense.
        CodeCacheLayout layout = new CodeCacheLayout(BASE, 0, 8, 0, 0, 80, 0, 32, 64, 16, 24, 0, 8, 16, 8);
        bytes[0] = 0;
        for (int i = 1; i < 8; i++) {
            bytes[i] = (byte) (BASE >> (8 * i));
        }

        assertThatThrownBy(() -> CodeCache.tryOut(reader, layout))
                .isInstanceOf(JavaFramesUnavailableException.class)
                .hasMessageContaining("code heap");
    }

    @Test
    void doesNotTakeAnyMemoryForAnElfFile() {
        assertThatThrownBy(() -> ExportedSymbols.at(BASE, reader)).isInstanceOf(JavaFramesUnavailableException.class);
        assertThatThrownBy(() -> ExportedSymbols.at(0, reader)).isInstanceOf(JavaFramesUnavailableException.class);
    }
}
