// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Inflater;

/**
 * Ways to a native allocation that every JDK has. Run with {@code -Xbatch}: what was called often enough is compiled
 * then, and what was called once is not.
 */
final class Scenarios {
    /** Calls after which C1 has compiled a method, and C2 has not. */
    private static final int C1_CALLS = 1000;

    private static final int C2_CALLS = 30_000;
    private static final int LOOP = 300_000;
    private static final int LOOP_STEP = 1000;
    private static final long SMALL = 16;
    /** zlib's inflate_state. */
    private static final long INFLATE_STATE = 7000;

    private static final long UNIT = 1 << 20;

    /** Keeps it from being freed, and from being optimised away. */
    static volatile ByteBuffer lastBuffer = ByteBuffer.allocate(0);

    private Scenarios() {}

    static List<Scenario> all() {
        List<Scenario> all = new ArrayList<>();
        all.add(new Scenario("inflater", INFLATE_STATE, () -> {}, () -> new Inflater().end()));
        all.add(new Scenario("unsafe", UNIT, () -> unsafe(SMALL), () -> unsafe(UNIT)));
        all.add(new Scenario("direct-buffer", 2 * UNIT, () -> {}, () -> directBuffer((int) (2 * UNIT))));
        all.add(new Scenario("jni-callback", 3 * UNIT, () -> {}, () -> callback(3 * UNIT)));
        all.add(new Scenario("interpreter", 4 * UNIT, () -> {}, () -> interpreted(4 * UNIT)));
        all.add(new Scenario("c1", 5 * UNIT, () -> repeat(C1_CALLS, () -> c1(SMALL)), () -> c1(5 * UNIT)));
        all.add(new Scenario(
                "c2-inlining", 6 * UNIT, () -> repeat(C2_CALLS, () -> C2.first(SMALL)), () -> C2.first(6 * UNIT)));
        all.add(new Scenario("on-stack-replacement", 7 * UNIT, () -> {}, () -> loop(7 * UNIT)));
        all.add(new Scenario(
                "deoptimised",
                8 * UNIT,
                () -> repeat(C2_CALLS, () -> Deoptimised.outer(new Deoptimised.Square(), Deoptimised.SQUARE, SMALL)),
                () -> Deoptimised.outer(new Deoptimised.Square(), Deoptimised.TRIANGLE, 8 * UNIT)));
        all.add(new Scenario(
                "mixed",
                9 * UNIT,
                () -> repeat(C1_CALLS, () -> Mixed.c1First(() -> C2.first(SMALL))),
                () -> Mixed.interpretedFirst(9 * UNIT)));
        return all;
    }

    private static void repeat(int times, Scenario.Body body) throws Throwable {
        for (int i = 0; i < times; i++) {
            body.run();
        }
    }

    static void leaf(long size) {
        Natives.release(Natives.allocate(size));
    }

    /** By handle: javac's warning of a mere mention of the class cannot be silenced. */
    private static void unsafe(long size) throws Throwable {
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field field = type.getDeclaredField("theUnsafe");
        field.setAccessible(true);
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        MethodHandle allocate = lookup.findVirtual(
                        type, "allocateMemory", MethodType.methodType(long.class, long.class))
                .bindTo(field.get(null));
        long block = (long) allocate.invokeExact(size);
        lookup.findVirtual(type, "freeMemory", MethodType.methodType(void.class, long.class))
                .invoke(field.get(null), block);
    }

    private static void directBuffer(int size) {
        lastBuffer = ByteBuffer.allocateDirect(size);
    }

    private static void callback(long size) {
        Natives.callBack(() -> Natives.callBack(() -> leaf(size)));
    }

    private static void interpreted(long size) {
        try {
            throw new IllegalStateException("caught below");
        } catch (IllegalStateException expected) {
            List.of(size).forEach(new InterpretedConsumer()::accept);
        }
    }

    private static void c1(long size) {
        new C1Step().first(size);
    }

    static long loop(long size) {
        long sum = 0;
        for (int i = 1; i <= LOOP; i++) {
            sum = sum * 31 + i;
            if (i % LOOP_STEP == 0) {
                // Without a branch that is never taken before the end: that would not be compiled.
                leaf(SMALL + i / LOOP * size);
            }
        }
        return sum;
    }

    private static final class InterpretedConsumer {
        synchronized void accept(long size) {
            new Object() {
                void inner() {
                    leaf(size);
                }
            }.inner();
        }
    }

    private static final class C1Step {
        synchronized void first(long size) {
            second(size, 1.5);
        }

        private static void second(long size, double factor) {
            leaf((long) (size * factor / factor));
        }
    }

    /**
     * Small enough to be inlined into {@code first}, which is not inlined itself: {@code agent/record-golden} says so.
     */
    static final class C2 {
        private C2() {}

        static void first(long size) {
            second(size, 2);
        }

        private static void second(long size, int by) {
            third(size * by, by);
        }

        private static void third(long size, int by) {
            new Step(by).fourth(size);
        }

        private record Step(int by) {
            void fourth(long size) {
                fifth(size / by);
            }

            private void fifth(long size) {
                sixth(size, "six");
            }

            private void sixth(long size, String name) {
                seventh(size, name.length());
            }

            private void seventh(long size, int length) {
                leaf(size + length - by - 1);
            }
        }
    }

    /** Compiled on the assumption that there is one shape only; then another is loaded, with the code on the stack. */
    static final class Deoptimised {
        static final String SQUARE = Deoptimised.class.getName() + "$Square";
        static final String TRIANGLE = Deoptimised.class.getName() + "$Triangle";

        private Deoptimised() {}

        abstract static class Shape {
            abstract int edges();
        }

        static final class Square extends Shape {
            @Override
            int edges() {
                return 4;
            }
        }

        /** Mentioned by name only, so that nothing loads it too early. */
        static final class Triangle extends Shape {
            @Override
            int edges() {
                return 3;
            }
        }

        static int outer(Shape shape, String more, long size) throws ReflectiveOperationException {
            int edges = shape.edges();
            load(more, size);
            return edges + shape.edges();
        }

        private static void load(String more, long size) throws ReflectiveOperationException {
            Class.forName(more);
            leaf(size);
        }
    }

    /** Interpreter, then C1, then C and back, then C2. */
    static final class Mixed {
        private Mixed() {}

        static void interpretedFirst(long size) {
            interpretedSecond(size, "second");
        }

        private static void interpretedSecond(long size, String name) {
            synchronized (name) {
                Runnable inner = () -> c1First(() -> C2.first(size));
                inner.run();
            }
        }

        static void c1First(Runnable then) {
            c1Second(then);
        }

        private static void c1Second(Runnable then) {
            Natives.callBack(then);
        }
    }
}
