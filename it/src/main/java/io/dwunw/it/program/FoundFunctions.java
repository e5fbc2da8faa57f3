// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Allocates by functions that were looked up by name, and keeps the blocks. */
public final class FoundFunctions {
    /** Bytes of a block. */
    public static final int SIZE = 123_456;

    private static final List<ByteBuf> BUFFERS = new ArrayList<>();

    private FoundFunctions() {}

    /** Way to look functions up. */
    public enum Way {
        /** {@code java.lang.foreign}, JDK 22 and later. */
        FOREIGN,
        JNA,
        /** Netty's unpooled buffers, which are malloc's by {@code java.lang.foreign} on JDK 24 and later. */
        NETTY,
        /** {@code dlsym(RTLD_NEXT)}. */
        NEXT
    }

    /** Arguments: a {@link Way}, number of blocks, milliseconds to live on. */
    public static void main(String[] arguments) throws Throwable {
        int blocks = Integer.parseInt(arguments[1]);
        long kept = keep(Way.valueOf(arguments[0].toUpperCase(Locale.ROOT)), blocks);
        Thread.sleep(Long.parseLong(arguments[2]));
        System.out.println("kept=" + (kept + BUFFERS.size()));
    }

    private static long keep(Way way, int blocks) throws Throwable {
        return switch (way) {
            case FOREIGN -> byForeignFunctions(blocks);
            case JNA -> byJna(blocks);
            case NETTY -> byNetty(blocks);
            case NEXT -> byNext(blocks);
        };
    }

    private static long byForeignFunctions(int blocks) throws Throwable {
        MethodHandle malloc = new ForeignFunctions().standard("malloc");
        long kept = 0;
        for (int i = 0; i < blocks; i++) {
            kept += (long) malloc.invokeExact((long) SIZE) == 0 ? 0 : 1;
        }
        return kept;
    }

    private static long byJna(int blocks) {
        Function malloc = NativeLibrary.getInstance("c").getFunction("malloc");
        long kept = 0;
        for (int i = 0; i < blocks; i++) {
            kept += malloc.invokeLong(new Object[] {(long) SIZE}) == 0 ? 0 : 1;
        }
        return kept;
    }

    private static long byNetty(int blocks) {
        for (int i = 0; i < blocks; i++) {
            BUFFERS.add(UnpooledByteBufAllocator.DEFAULT.directBuffer(SIZE));
        }
        return 0;
    }

    private static long byNext(int blocks) {
        long kept = 0;
        for (int i = 0; i < blocks; i++) {
            kept += NativeBlocks.allocateNext(SIZE) ? 1 : 0;
        }
        return kept;
    }
}
