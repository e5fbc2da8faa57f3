package io.dwunw.module;

import io.dwunw.Status;
import java.nio.file.Path;

/** Lets one thread at a time into a store. */
final class SerialisedModuleStore implements ModuleStore {
    private final ModuleStore store;

    SerialisedModuleStore(ModuleStore store) {
        this.store = store;
    }

    @Override
    public synchronized Acquisition acquire(Path path) {
        return store.acquire(path);
    }

    @Override
    public synchronized Status release(CachedModule module) {
        return store.release(module);
    }

    @Override
    public synchronized void flush() {
        store.flush();
    }

    @Override
    public synchronized void close() {
        store.close();
    }

    @Override
    public synchronized boolean isReady() {
        return store.isReady();
    }

    @Override
    public synchronized Counters counters() {
        return store.counters();
    }

    @Override
    public ModuleStore serialised() {
        return this;
    }
}
