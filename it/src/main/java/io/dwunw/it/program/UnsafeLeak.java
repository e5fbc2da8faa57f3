package io.dwunw.it.program;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;

/** Allocates with {@code sun.misc.Unsafe}, frees one half and forgets the other. */
public final class UnsafeLeak {
    /** Bytes of a block that is forgotten. */
    public static final long LEAKED_SIZE = 400_009;
    /** Bytes of a block that is freed. */
    public static final long FREED_SIZE = 500_009;

    // By handle: javac's warning of a mere mention of the class cannot be silenced.
    private static final MethodHandle ALLOCATE;
    private static final MethodHandle FREE;

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

    private UnsafeLeak() {}

    /** Arguments: number of blocks of each kind, milliseconds to live on. */
    public static void main(String[] args) throws Throwable {
        int blocks = Integer.parseInt(args[0]);
        long sum = 0;
        for (int i = 0; i < blocks; i++) {
            sum += forget();
            free();
            Thread.sleep(2);
        }
        Thread.sleep(Long.parseLong(args[1]));
        System.out.println("allocated=" + (sum != 0));
    }

    private static long forget() throws Throwable {
        return (long) ALLOCATE.invokeExact(LEAKED_SIZE);
    }

    private static void free() throws Throwable {
        long address = (long) ALLOCATE.invokeExact(FREED_SIZE);
        FREE.invokeExact(address);
    }
}
