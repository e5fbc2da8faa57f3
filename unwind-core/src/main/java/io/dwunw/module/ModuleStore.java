// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.Status;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Opened ELF files by path, counted. {@link ModuleCache} is the plain one, {@link #serialised} may be shared. */
public interface ModuleStore {
    /**
     * Outcome of an acquisition.
     *
     * @param module present exactly when the status is {@link Status#OK}
     */
    record Acquisition(Status status, @Nullable CachedModule module) {}

    /**
     * Opens a file, or takes it from the cache. Each success is to be paid back with one {@link #release}.
     *
     * @return {@code CACHE_FULL} when all slots are active, {@code IO} or {@code BAD_FORMAT} when it does not open,
     *     {@code INVALID_ARG} when the store is closed
     */
    Acquisition acquire(Path path);

    /** Gives a module back; {@code INVALID_ARG} if it was not acquired. It stays warm. */
    Status release(CachedModule module);

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
     * module may release it, others are answered {@code INVALID_ARG}.
     */
    ModuleStore serialised();
}
