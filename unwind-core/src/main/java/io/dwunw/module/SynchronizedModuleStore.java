// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.nio.file.Path;
import java.util.IdentityHashMap;
import java.util.function.Predicate;

/** Lets one thread at a time into a cache, and checks that no two of them hold the same module. */
final class SynchronizedModuleStore implements ModuleStore {
    private final ModuleCache cache;
    private final IdentityHashMap<CachedModule, Thread> holders = new IdentityHashMap<>();

    SynchronizedModuleStore(ModuleCache cache) {
        this.cache = cache;
    }

    @Override
    public synchronized Acquisition acquire(Path path) {
        Thread thread = Thread.currentThread();
        Predicate<CachedModule> isFree = module -> holders.getOrDefault(module, thread) == thread;
        Acquisition acquisition = cache.acquire(path, isFree);
        CachedModule module = acquisition.module();
        if (module != null) {
            holders.put(module, thread);
        }
        return acquisition;
    }

    @Override
    public synchronized boolean release(CachedModule module) {
        if (holders.get(module) != Thread.currentThread()) {
            return false;
        }
        boolean released = cache.release(module);
        if (module.references() == 0) {
            holders.remove(module);
        }
        return released;
    }

    @Override
    public synchronized void flush() {
        cache.flush();
    }

    @Override
    public synchronized void close() {
        cache.close();
    }

    @Override
    public synchronized boolean isReady() {
        return cache.isReady();
    }

    @Override
    public synchronized Counters counters() {
        return cache.counters();
    }

    @Override
    public ModuleStore synchronizedView() {
        return this;
    }
}
