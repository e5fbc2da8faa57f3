// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryUsage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Room that the JVM has for class metadata: all of it ({@code -XX:MaxMetaspaceSize}), and its part with the classes
 * themselves ({@code -XX:CompressedClassSpaceSize}). Not thread-safe.
 *
 * <p>The first question loads the management classes, which takes 20 to 40 ms and half a megabyte of metaspace; later
 * ones take a microsecond.
 */
final class MetaspaceRoom implements ClassRoom {
    /** Of each space this part stays free for the application. */
    private static final int KEPT_FREE = 8;
    /** Of each space this part is the most that replay may take. */
    private static final int MOST_TAKEN = 4;

    private @Nullable List<MemoryPoolMXBean> pools;

    @Override
    public boolean has(long bytes, long taken) {
        try {
            for (MemoryPoolMXBean pool : pools()) {
                MemoryUsage usage = pool.getUsage();
                if (usage != null && !fits(usage, bytes, taken)) {
                    return false;
                }
            }
        } catch (RuntimeException | LinkageError notThisJvm) {
            // The runtime image may lack the module. What replay may take has a limit of its own.
            pools = List.of();
        }
        return true;
    }

    private static boolean fits(MemoryUsage usage, long bytes, long taken) {
        long max = usage.getMax();
        return max <= 0 || fits(max, usage.getCommitted(), bytes, taken);
    }

    /** Whether there is room in a space of {@code max} bytes of which {@code committed} are in use. */
    static boolean fits(long max, long committed, long bytes, long taken) {
        return committed + bytes <= max - max / KEPT_FREE && taken + bytes <= max / MOST_TAKEN;
    }

    private List<MemoryPoolMXBean> pools() {
        List<MemoryPoolMXBean> known = pools;
        if (known == null) {
            known = new ArrayList<>();
            for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
                if (pool.getName().equals("Metaspace") || pool.getName().equals("Compressed Class Space")) {
                    known.add(pool);
                }
            }
            pools = known;
        }
        return known;
    }
}
