// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opened ELF files by path, counted. {@link ModuleCache} is the plain one, {@link #synchronizedView} may be shared. */
public interface ModuleStore {
    /** Result of an acquisition. */
    enum Outcome {
        /** The module is there. */
        OK,
        /** The store is closed. */
        CLOSED,
        /** All slots are active. */
        FULL,
        /** The file cannot be read. */
        UNREADABLE,
        /** The file is no ELF file, or a damaged one. */
        NOT_ELF
    }

    /**
     * An outcome, and what was acquired.
     *
     * @param module present exactly when the outcome is {@link Outcome#OK}
     */
    record Acquisition(Outcome outcome, @Nullable CachedModule module) {}

    /**
     * Opens a file, or takes it from the cache. Each success is to be paid back with one {@link #release}.
     */
    Acquisition acquire(Path path);

    /**
     * Gives a module back. It stays warm.
     *
     * @return false if the caller has not acquired it, or has released it as often as it did
     */
    boolean release(CachedModule module);

    /** Forgets everything that has no holder, and serves nothing opened so far again: for redeployed files. */
    void flush();

    /** Flushes, and refuses everything from now on. */
    void close();

    /** Whether an acquisition could find a slot. */
    boolean isReady();

    /** A picture of the counters. */
    Counters counters();

    /**
     * Counters since the start, and what the slots hold now.
     *
     * @param active slots whose modules are acquired
     * @param warm slots kept for reuse, failures included
     */
    record Counters(long hits, long misses, long evictions, int active, int warm) {}

    /**
     * A view that any number of threads may use: one at a time gets in. A module is lent to one thread at a time,
     * because modules are thread-confined: another thread gets it in a slot of its own. Only the thread that acquired a
     * module may release it, others are answered false.
     */
    ModuleStore synchronizedView();
}
