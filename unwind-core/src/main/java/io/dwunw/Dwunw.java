// SPDX-License-Identifier: MIT
package io.dwunw;

import io.dwunw.arch.Architecture;
import io.dwunw.arch.Architectures;
import io.dwunw.arch.RegisterSet;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.ModuleCache;
import io.dwunw.module.ModuleStore;

/**
 * A context: opened, used, closed. Captures stacks and owns the cache of the ELF files that it needs for that. A closed
 * context answers {@link Status#INVALID_ARG}. Not thread-safe; its {@link #modules} can be had serialised.
 */
public final class Dwunw implements AutoCloseable {
    private final ModuleStore modules;
    private boolean closed;

    private Dwunw(ModuleStore modules) {
        this.modules = modules;
    }

    /** A context with the usual number of cache slots. */
    public static Dwunw open() {
        return new Dwunw(new ModuleCache());
    }

    /**
     * A context with so many cache slots.
     *
     * @throws IllegalArgumentException unless there is at least one
     */
    public static Dwunw open(int cacheSlots) {
        return new Dwunw(new ModuleCache(cacheSlots));
    }

    /**
     * A context with so many cache slots, that finds separate debug files by {@code debugFiles}; the others look below
     * {@code /usr/lib/debug}.
     *
     * @throws IllegalArgumentException unless there is at least one slot
     */
    public static Dwunw open(int cacheSlots, DebugFiles debugFiles) {
        return new Dwunw(new ModuleCache(cacheSlots, debugFiles));
    }

    /** Whether a capture would find the module cache ready: the context is open, and not all slots are in use. */
    public boolean isReady() {
        return !closed && modules.isReady();
    }

    /** The cache of opened files. */
    public ModuleStore modules() {
        return modules;
    }

    /** Captures a stack. Never throws; see {@link Capture}. */
    public Capture capture(UnwindRequest request) {
        if (closed || request.maxFrames() < 1) {
            return Capture.refused(Status.INVALID_ARG);
        }
        RegisterSet registers = request.registers();
        Architecture known = Architectures.byMachine(registers.architecture().elfMachine());
        if (registers.version() != RegisterSet.VERSION
                || !registers.architecture().equals(known)) {
            return Capture.refused(Status.UNSUPPORTED_ARCH);
        }
        return new CaptureWalk(request, modules).run();
    }

    /** Releases all files and refuses everything from now on. May be called again. */
    @Override
    public void close() {
        closed = true;
        modules.close();
    }
}
