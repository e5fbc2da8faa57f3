package io.dwunw.agent.sidecar;

import io.dwunw.agent.leak.LiveMemory;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongPredicate;

/**
 * Finds blocks that are dead though no record has said so, for once. Confined to the sidecar thread.
 *
 * <p>No lambda: this happens when the application ends.
 */
abstract class UnseenFrees implements LongPredicate {
    private final Set<Long> suspects = new HashSet<>();
    private boolean confirms;

    /** Whether the producer knows the block to be alive. */
    abstract boolean isLive(long blockKey);

    /** Takes in all records that there are. */
    abstract void drain();

    /**
     * Forgets the blocks that are dead and stay so after all records were taken in: a block may have died a moment ago, with
     * its record on the way.
     *
     * @return how many
     */
    final int forget(LiveMemory<?> live) {
        live.forgetBlocks(this);
        if (suspects.isEmpty()) {
            return 0;
        }
        drain();
        confirms = true;
        return live.forgetBlocks(this);
    }

    @Override
    public final boolean test(long blockKey) {
        if (isLive(blockKey)) {
            return false;
        }
        if (confirms) {
            return suspects.contains(blockKey);
        }
        suspects.add(blockKey);
        return false;
    }
}
