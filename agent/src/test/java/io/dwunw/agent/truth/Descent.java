// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.nio.ByteBuffer;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Builds a random stack: at each level another way of calling, at the end a native leaf. Deterministic by its seed. */
public final class Descent {
    private final Random random;
    private final Step[] steps;
    private final ByteBuffer record;
    private final @Nullable Runnable otherLeaf;
    private int captured;
    private boolean foreignLeaf;

    Descent(long seed, Step[] steps, ByteBuffer record) {
        this(seed, steps, record, null);
    }

    /** One that ends in something else than a snapshot. */
    Descent(long seed, Step[] steps, Runnable leaf) {
        this(seed, steps, ByteBuffer.allocate(0), leaf);
    }

    private Descent(long seed, Step[] steps, ByteBuffer record, @Nullable Runnable otherLeaf) {
        random = new Random(seed);
        this.steps = steps;
        this.record = record;
        this.otherLeaf = otherLeaf;
    }

    /** One sample at a random depth. */
    void sample(int maxDepth) throws Throwable {
        foreignLeaf = false;
        deeper(1 + random.nextInt(maxDepth));
    }

    int captured() {
        return captured;
    }

    /** Where a leaf of another kind writes its snapshot. */
    public ByteBuffer foreignLeaf() {
        captured++;
        foreignLeaf = true;
        return record;
    }

    /** Whether the last sample was taken by a leaf of another kind. */
    boolean endedInForeignLeaf() {
        return foreignLeaf;
    }

    /** A number in [0, bound). */
    public int nextInt(int bound) {
        return random.nextInt(bound);
    }

    /** Goes on in a random way, or takes the sample when the depth is used up. */
    public void deeper(int depth) throws Throwable {
        if (depth <= 0) {
            leaf();
        } else {
            steps[random.nextInt(steps.length)].go(this, depth - 1);
        }
    }

    /** As {@link #deeper}, for places where no checked exception may pass. */
    public void deeperQuietly(int depth) {
        try {
            deeper(depth);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private void leaf() {
        if (otherLeaf != null) {
            otherLeaf.run();
            return;
        }
        captured++;
        switch (random.nextInt(4)) {
            case 0 -> Leaf.captureStatic(record);
            case 1 -> Leaf.INSTANCE.captureInstance(record);
            case 2 -> Leaf.captureSynchronized(record);
            default -> Leaf.captureManyArguments(record, 1, 2L, 3.0, 4, 5L, 6.0, 7, 8L, this, 9, 10L);
        }
    }
}
