// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Code comes and goes in a heap of 64 segments, and time passes as the test wants. */
final class CodeHistoryTest {
    private static final long ARRAY = 0x1000;
    private static final long POINTERS = 0x2000;
    private static final long HEAP = 0x3000;
    private static final long CODE = 0x10_0000;
    private static final long SEGMENT_MAP = 0x20_0000;
    private static final int SEGMENTS = 64;
    private static final int SHIFT = 7;
    private static final int HEADER = 16;
    private static final int COMPILE_ID = 24;
    private static final long MILLI = 1_000_000;
    private static final long SHORTEST_LIFE = 50 * MILLI;

    private static final CodeCacheLayout LAYOUT =
            new CodeCacheLayout(0, 0, 8, 8, 16, 80, 0, 32, 64, 16, 24, 0, 8, HEADER, 8);

    private final ByteBuffer code = buffer(SEGMENTS << SHIFT);
    private final ByteBuffer segmentMap = buffer(SEGMENTS);
    private final ByteBuffer heap = buffer(80);
    private long now = 1_000 * MILLI;
    private long freed;
    private long compiled;
    private long unloaded;
    private final MetadataHistory metadata =
            new MetadataHistory(() -> unloaded, new MetadataReuse(() -> 0, () -> 0), () -> now);
    private CodeHistory history = newHistory(new CodeFrees(() -> freed, 0, 0, SHORTEST_LIFE, true));

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private CodeHistory newHistory(CodeFrees frees) {
        return newHistory(frees, null);
    }

    private CodeHistory newHistory(CodeFrees frees, @Nullable CodeRolls rolls) {
        heap.putLong(0, CODE).putLong(8, CODE + (SEGMENTS << SHIFT));
        heap.putLong(16, CODE).putLong(24, CODE + (SEGMENTS << SHIFT));
        heap.putLong(32, SEGMENT_MAP).putLong(40, SEGMENT_MAP + SEGMENTS);
        heap.putLong(48, SEGMENT_MAP).putLong(56, SEGMENT_MAP + SEGMENTS);
        heap.putInt(64, SHIFT);
        for (int i = 0; i < SEGMENTS; i++) {
            segmentMap.put(i, (byte) 0xff);
        }
        MetadataReader reader = new MetadataReader((avma, destination, offset, length) -> {
            ByteBuffer words = buffer(length);
            if (avma == 0) {
                words.putLong(0, ARRAY).putLong(8, CODE).putLong(16, CODE + (SEGMENTS << SHIFT));
            } else if (avma == ARRAY) {
                words.putInt(0, 1).putLong(8, POINTERS);
            } else if (avma == POINTERS) {
                words.putLong(0, HEAP);
            }
            words.get(0, destination, offset, length);
            return length;
        });
        MemoryWindow window = (address, length) -> address == HEAP ? heap : address == CODE ? code : segmentMap;
        CodeBlobLayout blobs = new CodeBlobLayout(0, 0, 0, 0, false, 0, 0, false, -1, -1);
        try {
            CodeCache cache = CodeCache.open(reader, window, LAYOUT, blobs);
            return new CodeHistory(cache, frees, metadata, () -> compiled, COMPILE_ID, rolls, () -> now);
        } catch (JavaFramesUnavailableException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long blob(int segment) {
        return CODE + (segment << SHIFT) + HEADER;
    }

    private void block(int segment, int length, boolean used) {
        code.putLong(segment << SHIFT, length).put((segment << SHIFT) + 8, (byte) (used ? 1 : 0));
        segmentMap.put(segment, (byte) 0);
        for (int i = 1; i < length; i++) {
            segmentMap.put(segment + i, (byte) i);
        }
    }

    private void compile(int segment, int length, int compileId) {
        block(segment, length, true);
        code.putInt((segment << SHIFT) + HEADER + COMPILE_ID, compileId);
        compiled++;
    }

    private long pass(long millis) {
        now += millis * MILLI;
        metadata.notice();
        history.tick();
        return now;
    }

    /** As if a stack had led there, so that the heap is known to be of interest. */
    @BeforeEach
    void ask() {
        assertThat(history.wasThere(blob(0), 1, now)).isTrue();
    }

    @Test
    void believesAllAsLongAsNothingIsFreed() {
        long before = pass(10);
        compile(0, 4, 1);
        pass(10_000);

        assertThat(history.undoubted(before)).isTrue();
        assertThat(history.wasThere(blob(0), 1, before)).isTrue();
    }

    @Test
    void believesWhatWasSeenBefore() {
        compile(0, 4, 1);
        long seen = pass(10);
        long later = pass(500);
        freed++;
        pass(10);

        assertThat(history.undoubted(later)).isFalse();
        assertThat(history.wasThere(blob(0), 1, later)).isTrue();
        assertThat(history.wasThere(blob(0), 1, seen)).isTrue();
        assertThat(history.wasThere(blob(0), 1, seen - 1)).isFalse();
        assertThat(history.wasThere(blob(0), 2, later)).isFalse();
    }

    @Test
    void doesNotTakeNewCodeForTheCodeInWhosePlaceItIs() {
        compile(0, 4, 1);
        compile(4, 2, 2);
        pass(10);
        long sample = pass(10);
        freed++;
        block(0, 4, false);
        compile(0, 3, 3);
        block(3, 1, false);

        assertThat(history.wasThere(blob(0), 3, sample))
                .as("before that was noticed")
                .isTrue();
        assertThat(history.undisturbed()).isFalse();
        long looked = pass(10);
        assertThat(history.wasThere(blob(0), 3, sample)).isFalse();
        assertThat(history.wasThere(blob(0), 3, looked)).isTrue();
        assertThat(history.wasThere(blob(4), 2, sample)).isTrue();
    }

    @Test
    void believesWhatIsNewInAPlaceThatWasFreeAMomentAgo() {
        compile(0, 4, 1);
        pass(10);
        long sample = pass(10);
        compile(4, 4, 2);
        freed++;
        pass(10);

        assertThat(history.undoubted(sample)).isFalse();
        assertThat(history.wasThere(blob(4), 2, sample)).isTrue();
    }

    /** Where compiled code was there may be a compiler's buffer, or another blob that is being made. */
    @Test
    void doubtsCodeOfOtherKindsInThePlaceOfWhatWasFreed() {
        compile(0, 4, 1);
        block(4, 1, true);
        pass(10);
        long sample = pass(10);
        block(0, 2, true);
        block(2, 2, false);
        freed++;
        code.putInt(HEADER + COMPILE_ID, 99);
        long looked = pass(10);

        assertThat(history.stubWasThere(blob(0), sample)).isFalse();
        assertThat(history.stubWasThere(blob(0), looked)).isTrue();
        assertThat(history.stubWasThere(blob(4), sample)).isTrue();
    }

    /** Its code may have been in that place for a moment. */
    @Test
    void doubtsWhatIsNewIfAClassWasUnloadedMeanwhile() {
        compile(0, 4, 1);
        pass(10);
        long sample = pass(10);
        unloaded++;
        compile(4, 4, 2);
        freed++;
        long looked = pass(10);

        assertThat(history.wasThere(blob(0), 1, sample)).isTrue();
        assertThat(history.wasThere(blob(4), 2, sample)).isFalse();
        assertThat(history.wasThere(blob(4), 2, looked)).isTrue();
    }

    @Test
    void doubtsCodeThatWasInUseAMomentAgoIfAClassWasUnloadedSince() {
        history = newHistory(new CodeFrees(() -> freed, 0, 5 * MILLI, SHORTEST_LIFE, true));
        long sample = pass(10);
        freed++;
        pass(1);
        assertThat(history.undoubted(sample)).isTrue();

        unloaded++;
        pass(1);
        assertThat(history.undoubted(sample)).isFalse();
    }

    /**
     * Code of a class that can be unloaded goes with the next collection, and the next such class has code of its size.
     */
    @Test
    void doubtsWhatIsNewWhereCodeMayHaveLivedForAMoment() {
        history = newHistory(new CodeFrees(() -> freed, 0, 0, 0, true));
        ask();
        compile(0, 4, 1);
        pass(10);
        compile(4, 4, 2);
        long sample = pass(1);
        freed++;
        pass(10);
        assertThat(history.wasThere(blob(4), 2, sample)).isFalse();
        assertThat(history.wasThere(blob(4), 2, pass(1))).isTrue();
    }

    @Test
    void doubtsWhatIsNewIfLongAgoThePlaceWasFree() {
        compile(0, 4, 1);
        pass(10);
        long sample = pass(10);
        compile(4, 4, 2);
        freed++;
        pass(SHORTEST_LIFE / MILLI + 100);

        assertThat(history.wasThere(blob(4), 2, sample)).isFalse();
        assertThat(history.wasThere(blob(0), 1, sample)).isTrue();
    }

    /** However late it is asked, and though nothing was looked at before. */
    @Test
    void believesWhatWasThereWhenTheNextCollectionBegan() {
        RollBuffer written = new RollBuffer();
        history = newHistory(new CodeFrees(() -> freed, 0, 0, 0, true), new CodeRolls(written.memory()));
        compile(0, 4, 1);
        long sample = pass(10);
        compile(4, 4, 2);
        now += MILLI;
        written.call(0, now, 0, 1, 4, 2);
        freed++;
        long after = now + 1;
        block(4, 4, false);
        compile(4, 4, 3);
        pass(100_000);

        assertThat(history.undoubted(sample)).isFalse();
        assertThat(history.wasThere(blob(0), 1, sample)).isTrue();
        assertThat(history.stubWasThere(blob(0), sample)).isTrue();
        assertThat(history.wasThere(blob(4), 3, sample)).as("it came later").isFalse();
        assertThat(history.stubWasThere(blob(4), sample)).isFalse();
        assertThat(history.undoubted(after)).as("the collection had begun").isTrue();
        assertThat(history.wasThere(blob(4), 3, after)).isTrue();
    }

    /**
     * Such a JVM may free code at moments of which nothing tells: then it is looked at code as where no rolls are
     * called.
     */
    @Test
    void doesWithoutRollsOnceACollectionHasCalledNone() {
        RollBuffer written = new RollBuffer();
        history = newHistory(new CodeFrees(() -> freed, 0, 0, 0, true), new CodeRolls(written.memory()));
        ask();
        compile(0, 4, 1);
        written.call(0, pass(10), 0, 1);
        long sample = pass(10);
        freed++;
        long seen = pass(10);
        assertThat(history.undoubted(sample)).isFalse();
        assertThat(history.wasThere(blob(0), 1, sample)).isFalse();

        freed++;
        pass(10);
        assertThat(history.wasThere(blob(0), 1, seen)).as("looked at").isTrue();
    }

    @Test
    void aLookThatMeetsBrokenBlocksChangesNothing() {
        compile(0, 4, 1);
        compile(4, 4, 2);
        long sample = pass(10);
        segmentMap.put(4, (byte) 3);
        freed++;
        pass(10);
        assertThat(history.wasThere(blob(0), 1, sample)).isTrue();
        assertThat(history.wasThere(blob(4), 2, sample)).isTrue();

        compile(4, 4, 3);
        long seen = pass(10);
        assertThat(history.wasThere(blob(4), 3, sample)).isFalse();
        assertThat(history.wasThere(blob(4), 3, seen))
                .as("looked at again, though nothing was freed since")
                .isTrue();
        compile(4, 4, 2);
        sample = pass(10);

        for (long length : new long[] {0, -1, SEGMENTS + 1, Long.MAX_VALUE}) {
            segmentMap.put(4, (byte) 0);
            code.putLong(4 << SHIFT, length);
            freed++;
            pass(10);
            assertThat(history.wasThere(blob(4), 2, sample)).isTrue();
        }
    }

    @Test
    void aCounterThatIsDearIsReadSeldom() {
        history = newHistory(new CodeFrees(() -> freed, MILLI, 5 * MILLI, SHORTEST_LIFE, true));
        long sample = pass(2);
        freed++;
        now += MILLI / 2;
        history.tick();
        assertThat(history.undoubted(sample)).isTrue();
        assertThat(history.undisturbed()).isTrue();

        now += 5 * MILLI;
        assertThat(history.undisturbed()).isFalse();
        history.tick();
        assertThat(history.undoubted(sample)).isFalse();
    }
}
