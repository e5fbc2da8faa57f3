// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Allocates direct buffers until there is no room for another, and prints how many there were, and what the JVM's own
 * account says before and after. Argument: whether to wait until malloc is traced.
 */
public final class DirectLimit {
    private static final int SIZE = 1 << 20;

    private DirectLimit() {}

    public static void main(String[] args) throws InterruptedException {
        if (Boolean.parseBoolean(args[0])) {
            NativeBlocks.awaitTracing();
        }
        System.out.println("before=" + account());
        List<ByteBuffer> buffers = new ArrayList<>();
        try {
            while (true) {
                buffers.add(ByteBuffer.allocateDirect(SIZE));
            }
        } catch (OutOfMemoryError full) {
            System.out.println("buffers=" + buffers.size());
        }
        System.out.println("after=" + account());
    }

    private static String account() {
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                return pool.getCount() + " buffers of " + pool.getMemoryUsed() + " bytes";
            }
        }
        return "none";
    }
}
