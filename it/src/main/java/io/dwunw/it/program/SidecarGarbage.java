// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/**
 * Says how much of the Java heap the agent's own thread has used, once it has walked, named and published some stacks
 * and has come to rest: a line {@code allocated=<bytes>}.
 */
public final class SidecarGarbage {
    private static final int BLOCKS = 64;
    private static final long BLOCK_BYTES = 1 << 20;
    private static final int LONGEST_WAIT_SECONDS = 60;
    /** Of one second at rest. */
    private static final long RESTING_BYTES = 64 << 10;

    private SidecarGarbage() {}

    public static void main(String[] args) throws Throwable {
        for (int i = 0; i < BLOCKS; i++) {
            UnsafeMemory.FREE.invoke((long) UnsafeMemory.ALLOCATE.invoke(BLOCK_BYTES));
        }
        long allocated = sidecarBytes();
        for (int i = 0; i < LONGEST_WAIT_SECONDS; i++) {
            Thread.sleep(1_000);
            long before = allocated;
            allocated = sidecarBytes();
            if (i > 1 && allocated - before < RESTING_BYTES) {
                break;
            }
        }
        System.out.println("allocated=" + allocated);
    }

    private static long sidecarBytes() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        return threads.getThreadAllocatedBytes(SidecarThread.find().getId());
    }
}
