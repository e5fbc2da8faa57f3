// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * History of when metadata may have been freed, as far as the JVM's counters tell: all that is believed of methods at
 * an address hangs on it.
 *
 * <p>Both counters have risen before memory is used again: that of unloaded classes before their memory is freed
 * (HotSpot, {@code ClassLoaderData::unload} calls {@code InstanceKlass::unload_class}, and the memory is purged after
 * that), those of {@link MetadataReuse} as described there. So a reading that is over while {@link #undisturbed()}
 * still holds met no memory of another's; one that is over later may have, in whole or in part, whatever it looks like.
 *
 * <p>Hot; allocates nothing.
 */
final class MetadataHistory {
    private final JvmCounter unloaded;
    private final MetadataReuse reuse;
    private final JvmCounter clock;
    private final MetadataEpochs epochs = new MetadataEpochs();
    private long unloadedBefore;
    /** Stacks that were copied before this moment may hold addresses of what is gone. */
    private long unloadedUntil = Long.MIN_VALUE;

    private long replacedUntil = Long.MIN_VALUE;

    /** @param unloaded rises with every class that is unloaded */
    MetadataHistory(JvmCounter unloaded, MetadataReuse reuse) {
        this(unloaded, reuse, new NanoClock());
    }

    MetadataHistory(JvmCounter unloaded, MetadataReuse reuse, JvmCounter clock) {
        this.unloaded = unloaded;
        this.reuse = reuse;
        this.clock = clock;
        unloadedBefore = unloaded.value();
    }

    /**
     * Notices whether metadata may have been freed since the last call; if so, another epoch begins, and true is
     * returned.
     */
    boolean notice() {
        long before = clock.value();
        long unloadedNow = unloaded.value();
        boolean reused = reuse.possible();
        if (unloadedNow == unloadedBefore && !reused) {
            epochs.lasts(before);
            return false;
        }
        if (reused) {
            reuse.noticed();
        }
        long now = clock.value();
        if (unloadedNow != unloadedBefore) {
            unloadedBefore = unloadedNow;
            unloadedUntil = now;
        }
        if (reused) {
            replacedUntil = now;
        }
        epochs.next(now);
        return true;
    }

    /** Whether nothing can have been freed since the last {@link #notice}. */
    boolean undisturbed() {
        return unloaded.value() == unloadedBefore && !reuse.possible();
    }

    /** Since then nothing was freed; the least value if nothing ever was. */
    long quietSince() {
        return Math.max(unloadedUntil, replacedUntil);
    }

    /** The epoch that lasts, see {@link MetadataEpochs}. */
    int current() {
        return epochs.current();
    }

    /** The epoch in which that moment lies, see {@link MetadataEpochs#at}. */
    int at(long nanos) {
        return epochs.at(nanos);
    }

    /** Whether a class may have been unloaded between that moment and the last {@link #notice}. */
    boolean mayHaveUnloaded(long nanos) {
        return nanos < unloadedUntil;
    }

    /** Whether a class may have been replaced between that moment and the last {@link #notice}. */
    boolean mayHaveReplaced(long nanos) {
        return nanos < replacedUntil;
    }
}
