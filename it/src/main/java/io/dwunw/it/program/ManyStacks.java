// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Random;
import jdk.jfr.FlightRecorder;

/** Allocates blocks, each by a stack of its own: a walk through methods that call each other from many lines. */
public final class ManyStacks {
    /** Of the class that the walks begin in; it has {@code static void start(int, Random, Runnable)}. */
    public static final String ENTRY = "Walk";

    /** Bytes of each block. */
    public static final int BLOCK = 64 << 10;

    private static final int DEPTH = 12;

    private ManyStacks() {}

    /** Arguments: where the classes are, how many blocks. */
    public static void main(String[] args) throws Throwable {
        try (URLClassLoader classes =
                new URLClassLoader(new URL[] {Path.of(args[0]).toUri().toURL()})) {
            MethodType type = MethodType.methodType(void.class, int.class, Random.class, Runnable.class);
            MethodHandle start = MethodHandles.lookup().findStatic(classes.loadClass(ENTRY), "start", type);
            Random random = new Random(1);
            for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                start.invokeExact(DEPTH, random, (Runnable) new Leaf());
            }
            for (int i = 0; i < 2; i++) {
                // Ends a chunk, before which the agent publishes all that waits.
                FlightRecorder.getFlightRecorder().takeSnapshot().close();
            }
        }
        System.out.println("ended=true");
    }

    private static final class Leaf implements Runnable {
        @Override
        public void run() {
            try {
                long address = (long) UnsafeMemory.ALLOCATE.invokeExact((long) BLOCK);
                UnsafeMemory.FREE.invokeExact(address);
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
