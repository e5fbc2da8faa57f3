package io.dwunw;

import io.dwunw.module.CachedModule;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleData;
import io.dwunw.module.ModuleDataSource;
import io.dwunw.module.ModuleStore;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Takes the modules of a walk from the context's cache, and remembers why it could not. */
final class CacheAccess implements ModuleDataSource {
    private final ModuleStore store;
    private Status failure = Status.OK;

    CacheAccess(ModuleStore store) {
        this.store = store;
    }

    /** Why the last acquisition yielded nothing. */
    Status failure() {
        return failure;
    }

    @Override
    public @Nullable ModuleData acquire(LoadedModule module) {
        if (!module.isAtItsPath()) {
            // The vdso and files deleted or replaced have no path to cache them by: the module map's source knows where
            // they are.
            ModuleData own = ModuleDataSource.OF_THE_MAP.acquire(module);
            failure = own == null ? Status.IO : Status.OK;
            return own;
        }
        ModuleStore.Acquisition acquisition = store.acquire(Path.of(module.path()));
        failure = acquisition.status();
        return acquisition.module();
    }

    @Override
    public void release(ModuleData data) {
        if (data instanceof CachedModule module) {
            store.release(module);
        }
    }
}
