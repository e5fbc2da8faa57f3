// SPDX-License-Identifier: MIT
package io.dwunw;

import io.dwunw.memory.MemoryReader;
import io.dwunw.module.CachedModule;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleData;
import io.dwunw.module.ModuleDataSource;
import io.dwunw.module.ModuleStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes the modules of a walk from the context's cache, or out of the process's memory where the file cannot be read,
 * and remembers why it could not.
 */
final class CacheAccess implements ModuleDataSource {
    /**
     * Images taken from memory in one walk: a stack goes through few modules, and each image may take tens of
     * megabytes.
     */
    static final int MAX_IN_MEMORY = 8;

    private final ModuleStore store;
    private final @Nullable MemoryReader memory;
    /** What was found in memory, or that nothing was there; for one walk, since memory changes. */
    private final Map<LoadedModule, @Nullable ModuleData> inMemory = new HashMap<>();

    private int taken;
    private Status failure = Status.OK;

    CacheAccess(ModuleStore store, @Nullable MemoryReader memory) {
        this.store = store;
        this.memory = memory;
    }

    /** Why the last acquisition yielded nothing. */
    Status failure() {
        return failure;
    }

    @Override
    public @Nullable ModuleData acquire(LoadedModule module) {
        if (!module.isFileUnchanged()) {
            // The vdso and files deleted or replaced have no path to cache them by: the module map's source knows where
            // they are.
            ModuleData own = ModuleDataSource.OF_THE_MAP.acquire(module);
            failure = own == null ? Status.IO : Status.OK;
            return own == null ? fromMemory(module) : own;
        }
        ModuleStore.Acquisition acquisition = store.acquire(Path.of(module.hostPath()));
        failure = status(acquisition.outcome());
        return failure == Status.IO ? fromMemory(module) : acquisition.module();
    }

    private static Status status(ModuleStore.Outcome outcome) {
        return switch (outcome) {
            case OK -> Status.OK;
            case CLOSED -> Status.INVALID_ARG;
            case FULL -> Status.CACHE_FULL;
            case UNREADABLE -> Status.IO;
            case NOT_ELF -> Status.BAD_FORMAT;
        };
    }

    private @Nullable ModuleData fromMemory(LoadedModule module) {
        MemoryReader reader = memory;
        if (reader == null) {
            return null;
        }
        if (!inMemory.containsKey(module) && taken < MAX_IN_MEMORY) {
            ModuleData image = module.inMemory(reader);
            taken += image == null ? 0 : 1;
            inMemory.put(module, image);
        }
        ModuleData found = inMemory.get(module);
        failure = found == null ? Status.IO : Status.OK;
        return found;
    }

    @Override
    public void release(ModuleData data) {
        if (data instanceof CachedModule module) {
            store.release(module);
        }
    }
}
