// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.zip.Inflater;

/**
 * Allocates in each of the ways that Java code has, each on a thread of its own that is named after it and prints
 * Linux's id of itself; then makes the collector and the compilers work. On JDKs that have it the foreign function
 * interface is among the ways.
 */
public final class StackKinds {
    /** Bytes, distinctive. */
    public static final long UNSAFE_SIZE = 410_007;

    public static final int DIRECT_SIZE = 420_007;
    public static final long JNI_SIZE = 430_007;
    public static final long FOREIGN_SIZE = 440_007;
    public static final long UPCALL_SIZE = 470_007;
    /** zlib's inflate_state, at least. */
    public static final long INFLATE_STATE = 7000;

    private static final int FIRST_WITH_FOREIGN_FUNCTIONS = 22;
    /** Enough for a sample: each is small. */
    private static final int INFLATERS = 20;

    private static final int GARBAGE_ROUNDS = 400;
    private static final int GARBAGE_BYTES = 1 << 20;
    /** The threads live until then: one that is gone has no java.lang.Thread any more. */
    private static final CountDownLatch PUBLISHED = new CountDownLatch(1);

    private static final List<Object> KEPT = new ArrayList<>();

    private StackKinds() {}

    public static void main(String[] args) throws Exception {
        NativeBlocks.awaitTracing();
        Map<String, Long> sizes = new LinkedHashMap<>();
        List<Thread> threads = new ArrayList<>();
        add(threads, sizes, new Thread(new UnsafeBlock(), "unsafe"), UNSAFE_SIZE);
        add(threads, sizes, new Thread(new DirectBuffer(), "direct"), DIRECT_SIZE);
        add(threads, sizes, new Thread(new InflaterState(), "inflater"), INFLATE_STATE);
        add(threads, sizes, new Thread(new JniBlock(), "jni"), JNI_SIZE);
        if (Runtime.version().feature() >= FIRST_WITH_FOREIGN_FUNCTIONS) {
            add(threads, sizes, new Thread(new ForeignBlock(), "foreign"), FOREIGN_SIZE);
            add(threads, sizes, new Thread(new UpcallBlock(), "upcall"), UPCALL_SIZE);
        }
        try (PublishedBlocks published = new PublishedBlocks(sizes)) {
            threads.forEach(Thread::start);
            System.out.println("sum=" + collectAndCompile());
            published.await();
            PUBLISHED.countDown();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void add(List<Thread> threads, Map<String, Long> sizes, Thread thread, long size) {
        threads.add(thread);
        sizes.put(thread.getName(), size);
    }

    /** Young collections with something to copy, and a method that is worth C2's time. */
    private static int collectAndCompile() {
        int sum = 0;
        List<byte[]> some = new ArrayList<>();
        for (int i = 0; i < GARBAGE_ROUNDS; i++) {
            byte[] garbage = new byte[GARBAGE_BYTES];
            for (int at = 0; at < garbage.length; at++) {
                garbage[at] = (byte) (at ^ i);
                sum += garbage[at];
            }
            if (i % 50 == 0) {
                some.add(new byte[GARBAGE_BYTES / 10]);
            }
        }
        return sum + some.size();
    }

    private static void printThread() {
        System.out.println(Thread.currentThread().getName() + "=" + NativeBlocks.threadId());
    }

    private static void linger() {
        try {
            PUBLISHED.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class UnsafeBlock implements Runnable {
        // By handle: javac's warning of a mere mention of the class cannot be silenced.
        private final MethodHandle allocate;

        UnsafeBlock() throws ReflectiveOperationException {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field field = type.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            allocate = MethodHandles.lookup()
                    .findVirtual(type, "allocateMemory", MethodType.methodType(long.class, long.class))
                    .bindTo(field.get(null));
        }

        @Override
        public void run() {
            printThread();
            try {
                KEPT.add((long) allocate.invokeExact(UNSAFE_SIZE));
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
            linger();
        }
    }

    private static final class DirectBuffer implements Runnable {
        @Override
        public void run() {
            printThread();
            KEPT.add(ByteBuffer.allocateDirect(DIRECT_SIZE));
            linger();
        }
    }

    private static final class InflaterState implements Runnable {
        @Override
        public void run() {
            printThread();
            for (int i = 0; i < INFLATERS; i++) {
                KEPT.add(new Inflater());
            }
            linger();
        }
    }

    private static final class JniBlock implements Runnable {
        @Override
        public void run() {
            printThread();
            NativeBlocks.cLayers(JNI_SIZE, 1);
            linger();
        }
    }

    /** C, called by way of the foreign function interface. */
    private static final class ForeignBlock implements Runnable {
        private final MethodHandle layers;

        ForeignBlock() throws ReflectiveOperationException {
            layers = new ForeignFunctions().downcall("dwunwit_c_layers", long.class, int.class);
        }

        @Override
        public void run() {
            printThread();
            try {
                layers.invokeExact(FOREIGN_SIZE, 1);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
            linger();
        }
    }

    /** C, called in that way, that calls Java, which allocates by JNI. */
    private static final class UpcallBlock implements Runnable {
        private final MethodHandle call;

        UpcallBlock() throws ReflectiveOperationException {
            MethodHandle target = MethodHandles.lookup()
                    .findStatic(
                            UpcallBlock.class, "allocate", MethodType.methodType(void.class, long.class, int.class));
            ForeignFunctions foreign = new ForeignFunctions();
            call = foreign.downcallWith("dwunwit_call", foreign.upcall(target, long.class, int.class));
        }

        @Override
        public void run() {
            printThread();
            try {
                call.invoke(UPCALL_SIZE, 1);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
            linger();
        }

        @SuppressWarnings("unused") // by name
        private static void allocate(long size, int count) {
            NativeBlocks.cLayers(size, count);
        }
    }
}
