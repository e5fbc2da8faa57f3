// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One method in a made-up metaspace, whose memory is freed and taken by the like of it whenever the test wants. */
final class JavaMethodsTest {
    private static final long BASE = 0x10_0000;
    private static final int BYTES = 0x2000;
    private static final long METHOD = BASE;
    private static final long CONST_METHOD = BASE + 0x100;
    private static final long POOL = BASE + 0x200;
    private static final long POOL_CACHE = BASE + 0x300;
    private static final long KLASS = BASE + 0x400;
    private static final long SYMBOLS = BASE + 0x600;
    private static final int BYTES_PER_SYMBOL = 0x40;
    private static final long OBJECT = BASE + 0x1000;
    private static final long OBJECT_KLASS = BASE + 0x1100;
    private static final long BOOT_LOADER = BASE + 0x1200;
    private static final long OTHER_LOADER = BASE + 0x1300;
    private static final int CODE_SIZE = 16;
    private static final int CONST_METHOD_BYTES = 32;
    private static final int POOL_LENGTH = 5;
    private static final int POOL_BYTES = 32;
    private static final long BCP = CONST_METHOD + CONST_METHOD_BYTES + 3;
    private static final int WORD_BITS = 3;

    private static final MethodLayout LAYOUT = new MethodLayout(
            8,
            16,
            false,
            20,
            8,
            16,
            0,
            8,
            10,
            12,
            CONST_METHOD_BYTES,
            20,
            0,
            8,
            16,
            20,
            24,
            POOL_BYTES,
            0,
            8,
            16,
            OBJECT,
            0,
            0,
            0,
            2);

    private final ByteBuffer metaspace = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long unloaded;
    private long loaded;
    private long safepoints;
    private long now;
    private int readsToGo = Integer.MAX_VALUE;
    private Runnable meanwhile = () -> {};
    private MetadataHistory history = newHistory();
    private JavaMethods methods = newMethods();

    private MetadataHistory newHistory() {
        return new MetadataHistory(() -> unloaded, new MetadataReuse(() -> loaded, () -> safepoints), () -> ++now);
    }

    private JavaMethods newMethods() {
        MetadataReader reader = new MetadataReader(
                (avma, destination, offset, length) -> {
                    if (--readsToGo == 0) {
                        meanwhile.run();
                    }
                    if (avma < BASE || avma + length > BASE + BYTES) {
                        return 0;
                    }
                    metaspace.get((int) (avma - BASE), destination, offset, length);
                    return length;
                },
                WORD_BITS);
        return new JavaMethods(new MethodDecoder(reader, LAYOUT, 0), LAYOUT, history);
    }

    private void word(long avma, long value) {
        metaspace.putLong((int) (avma - BASE), value);
    }

    private void number(long avma, int value) {
        metaspace.putInt((int) (avma - BASE), value);
    }

    private void symbol(int index, String text) {
        long symbol = SYMBOLS + (long) index * BYTES_PER_SYMBOL;
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        metaspace.putShort((int) (symbol - BASE), (short) bytes.length);
        metaspace.put((int) (symbol - BASE) + 2, bytes);
        if (index > 0) {
            word(POOL + POOL_BYTES + (long) index * Long.BYTES, symbol);
        }
    }

    /** A class takes the place of whatever was there. */
    private void load(String name, long loader, int version) {
        word(METHOD + LAYOUT.constMethod(), CONST_METHOD);
        word(CONST_METHOD + LAYOUT.constants(), POOL);
        metaspace.putShort((int) (CONST_METHOD - BASE) + LAYOUT.codeSize(), (short) CODE_SIZE);
        metaspace.putShort((int) (CONST_METHOD - BASE) + LAYOUT.nameIndex(), (short) 1);
        metaspace.putShort((int) (CONST_METHOD - BASE) + LAYOUT.signatureIndex(), (short) 2);
        word(POOL + LAYOUT.poolHolder(), KLASS);
        word(POOL + LAYOUT.poolCache(), POOL_CACHE);
        number(POOL + LAYOUT.poolLength(), POOL_LENGTH);
        number(POOL + LAYOUT.poolVersion(), version);
        word(KLASS + LAYOUT.klassConstants(), POOL);
        word(KLASS + LAYOUT.klassName(), SYMBOLS);
        word(KLASS + LAYOUT.klassLoaderData(), loader);
        symbol(0, name);
        symbol(1, "method" + name);
        symbol(2, "()V");
        loaded++;
    }

    private void unload() {
        unloaded++;
        safepoints++;
    }

    private long sampleNow() {
        history.notice();
        return ++now;
    }

    private String walk(long sampleNanos) {
        history.notice();
        methods.begin(sampleNanos);
        return methods.method(methods.interpreted(METHOD, BCP, POOL_CACHE)).methodName();
    }

    @BeforeEach
    void loadObject() {
        word(OBJECT, OBJECT_KLASS);
        word(OBJECT_KLASS + LAYOUT.klassLoaderData(), BOOT_LOADER);
    }

    @Test
    void believesWhatWasReadInTheSpanOfTheSample() {
        load("First", OTHER_LOADER, 0);
        long sample = sampleNow();
        assertThat(walk(sample)).isEqualTo("methodFirst");

        unload();
        load("Other", OTHER_LOADER, 0);

        assertThat(walk(sample)).isEqualTo("methodFirst");
        assertThat(walk(sampleNow())).isEqualTo("methodOther");
    }

    /** When the stack of a method was copied in whose place another's comes in the course of its reading. */
    private long sampleOfWhatGoesAfter(int reads) {
        history = newHistory();
        methods = newMethods();
        load("First", OTHER_LOADER, 0);
        long sample = sampleNow();
        readsToGo = reads;
        meanwhile = () -> {
            unload();
            load("Other", OTHER_LOADER, 0);
        };
        return sample;
    }

    /** Wherever in the reading that happens, and whether the walk that read is made again or another comes. */
    @Test
    void neverNamesWhatTookTheMethodsPlaceWhileItWasRead() {
        int named = 0;
        for (int reads = 1; reads < 60; reads++) {
            long sample = sampleOfWhatGoesAfter(reads);

            String interrupted = walk(sample);
            named += interrupted.equals("methodFirst") ? 1 : 0;
            assertThat(interrupted.equals("unknown") || history.undisturbed())
                    .as("believed after %s reads", reads)
                    .isTrue();
            assertThat(walk(sample)).as("after %s reads", reads).isNotEqualTo("methodOther");
            assertThat(walk(sample)).as("after %s reads", reads).isNotEqualTo("methodOther");
        }
        assertThat(named).as("readings that were over before").isBetween(1, 58);
    }

    /** A method that compiled code refers to: only the code tells whether its reading counts. */
    @Test
    void remembersNothingOfAMethodOfCodeThatWentWhileItWasRead() {
        for (int reads = 1; reads < 60; reads++) {
            long sample = sampleOfWhatGoesAfter(reads);

            history.notice();
            methods.begin(sample);
            methods.compiled(METHOD);

            assertThat(walk(sample)).as("after %s reads", reads).isNotEqualTo("methodOther");
        }
    }

    @Test
    void believesAfterAnUnloadingWhatCannotBeUnloaded() {
        load("First", BOOT_LOADER, 0);
        long sample = sampleNow();
        unload();
        assertThat(walk(sample)).isEqualTo("methodFirst");
    }

    @Test
    void doubtsAfterAnUnloadingWhatMayHaveComeInTheUnloadedClassesPlace() {
        load("First", OTHER_LOADER, 0);
        long sample = sampleNow();
        unload();
        load("Other", OTHER_LOADER, 0);
        assertThat(walk(sample)).isEqualTo("unknown");
    }

    /** Also the first time that a class is replaced, of which nothing else tells. */
    @Test
    void doubtsAMethodOfAClassThatWasReplaced() {
        for (long loader : new long[] {BOOT_LOADER, OTHER_LOADER}) {
            load("First", loader, 0);
            long sample = sampleNow();
            safepoints++;
            load("Other", loader, 1);
            assertThat(walk(sample)).isEqualTo("unknown");
            assertThat(walk(sampleNow())).isEqualTo("methodOther");
        }
    }

    @Test
    void believesAMethodOfAClassThatWasNotThoughOthersMayHaveBeen() {
        load("First", OTHER_LOADER, 0);
        long sample = sampleNow();
        safepoints++;
        loaded++;
        assertThat(walk(sample)).isEqualTo("methodFirst");
    }

    /** Words that are no frame's may name what was dead before, and whose place is another's a moment later. */
    @Test
    void doesNotRememberWhatWasReadForNoFrame() {
        load("First", OTHER_LOADER, 0);
        unload();
        methods.begin(sampleNow());
        assertThat(methods.isPlausible(METHOD, BCP, POOL_CACHE)).isTrue();

        load("Other", OTHER_LOADER, 0);

        assertThat(walk(sampleNow())).isEqualTo("methodOther");
    }

    @Test
    void readsAMethodOnceForAFrameAndForWhatMightBeIt() {
        load("First", OTHER_LOADER, 0);
        methods.begin(sampleNow());
        assertThat(methods.isPlausible(METHOD, BCP, POOL_CACHE)).isTrue();
        readsToGo = 1;
        meanwhile = () -> {
            throw new AssertionError("read again");
        };

        assertThat(methods.method(methods.interpreted(METHOD, BCP, POOL_CACHE)).methodName())
                .isEqualTo("methodFirst");
        assertThat(walk(sampleNow())).isEqualTo("methodFirst");
    }

    /** Its name is another's already, all else is as it was. */
    @Test
    void isNoneIfItsClassDoesNotKnowIt() {
        load("First", OTHER_LOADER, 0);
        word(KLASS + LAYOUT.klassConstants(), 0);
        assertThat(walk(sampleNow())).isEqualTo("unknown");
    }
}
