// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;

/** {@code sun.misc.Unsafe} by handle: javac's warning of a mere mention of the class cannot be silenced. */
public final class UnsafeMemory {
    /** {@code long allocateMemory(long bytes)}. */
    public static final MethodHandle ALLOCATE;

    /** {@code void freeMemory(long address)}. */
    public static final MethodHandle FREE;

    static {
        try {
            Class<?> type = Class.forName("sun.misc.Unsafe");
            Field field = type.getDeclaredField("theUnsafe");
            field.setAccessible(true);
            Object unsafe = field.get(null);
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ALLOCATE = lookup.findVirtual(type, "allocateMemory", MethodType.methodType(long.class, long.class))
                    .bindTo(unsafe);
            FREE = lookup.findVirtual(type, "freeMemory", MethodType.methodType(void.class, long.class))
                    .bindTo(unsafe);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private UnsafeMemory() {}
}
