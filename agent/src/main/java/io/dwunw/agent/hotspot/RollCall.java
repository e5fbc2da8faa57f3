// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Has a roll of the code cache called whenever a collection begins, see {@link CodeRolls}. */
@FunctionalInterface
public interface RollCall {
    /**
     * Begins, for good.
     *
     * @param plan where the code heaps are, as {@code code_rolls.c} reads it
     * @return the rolls, which another thread writes; null if this JVM does not say when collections begin
     */
    @Nullable
    ByteBuffer begin(long[] plan);
}
