// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A fixed number of slots for opened ELF files. An acquired module is active; a released one stays warm and is served
 * again without being opened; the one that has been warm longest makes room, but only under pressure. Files that failed
 * to open are warm, too. Not thread-safe: see {@link #synchronizedView}.
 */
public final class ModuleCache implements ModuleStore {
    /** Number of slots by default. */
    public static final int DEFAULT_SLOTS = 16;

    private final int slots;
    private final DebugFiles debugFiles;
    /** Oldest release first, so that the first warm one is the one to evict. */
    private final List<CachedModule> modules = new ArrayList<>();

    private long hits;
    private long misses;
    private long evictions;
    private boolean closed;

    public ModuleCache() {
        this(DEFAULT_SLOTS);
    }

    /**
     * An empty cache.
     *
     * @throws IllegalArgumentException unless there is at least one slot
     */
    public ModuleCache(int slots) {
        this(slots, DebugFiles.ofSystem());
    }

    /**
     * An empty cache that finds separate debug files by {@code debugFiles}.
     *
     * @throws IllegalArgumentException unless there is at least one slot
     */
    public ModuleCache(int slots, DebugFiles debugFiles) {
        if (slots < 1) {
            throw new IllegalArgumentException("a module cache needs a slot, not " + slots);
        }
        this.slots = slots;
        this.debugFiles = debugFiles;
    }

    @Override
    public Acquisition acquire(Path path) {
        return acquire(path, any -> true);
    }

    /** Passes over modules that are not {@code usable}: their file is opened again, in another slot. */
    Acquisition acquire(Path path, Predicate<CachedModule> usable) {
        if (closed) {
            return new Acquisition(Outcome.CLOSED, null);
        }
        FileIdentity identity = FileIdentity.of(path);
        CachedModule known = find(path, identity, usable);
        if (known != null) {
            hits++;
            return lend(known);
        }
        misses++;
        if (!makeRoom()) {
            return new Acquisition(Outcome.FULL, null);
        }
        CachedModule opened = open(path, identity);
        modules.add(opened);
        return lend(opened);
    }

    @Override
    public boolean release(CachedModule module) {
        if (!module.released()) {
            return false;
        }
        if (module.references() == 0) {
            if (modules.remove(module) && !module.isRetired()) {
                modules.add(module); // now the youngest of the warm ones
            } else {
                module.close();
            }
        }
        return true;
    }

    @Override
    public void flush() {
        modules.forEach(CachedModule::retire);
        modules.removeIf(ModuleCache::closedIfWarm);
    }

    private static boolean closedIfWarm(CachedModule module) {
        if (module.references() > 0) {
            return false;
        }
        module.close();
        return true;
    }

    @Override
    public void close() {
        flush();
        modules.clear();
        closed = true;
    }

    @Override
    public boolean isReady() {
        return !closed && (modules.size() < slots || oldestWarm() != null);
    }

    @Override
    public ModuleStore synchronizedView() {
        return new SynchronizedModuleStore(this);
    }

    @Override
    public Counters counters() {
        int active = 0;
        for (CachedModule module : modules) {
            active += module.references() > 0 ? 1 : 0;
        }
        return new Counters(hits, misses, evictions, active, modules.size() - active);
    }

    private static Acquisition lend(CachedModule module) {
        if (module.outcome() != Outcome.OK) {
            return new Acquisition(module.outcome(), null);
        }
        module.acquired();
        return new Acquisition(Outcome.OK, module);
    }

    /** The module of this path, if it still is what the path leads to; a replaced one is dropped on the way. */
    private @Nullable CachedModule find(Path path, FileIdentity identity, Predicate<CachedModule> usable) {
        Iterator<CachedModule> all = modules.iterator();
        while (all.hasNext()) {
            CachedModule module = all.next();
            if (!module.path().equals(path) || module.isRetired()) {
                continue;
            }
            if (!usable.test(module)) {
                continue; // nor looked into: its file belongs to another thread
            }
            if (module.isCurrent(identity)) {
                return module;
            }
            module.retire();
            if (closedIfWarm(module)) {
                all.remove();
            }
        }
        return null;
    }

    private boolean makeRoom() {
        if (modules.size() < slots) {
            return true;
        }
        CachedModule oldest = oldestWarm();
        if (oldest == null) {
            return false;
        }
        modules.remove(oldest);
        oldest.close();
        evictions++;
        return true;
    }

    private @Nullable CachedModule oldestWarm() {
        for (CachedModule module : modules) {
            if (module.references() == 0) {
                return module;
            }
        }
        return null;
    }

    /** One of the two seams where damaged data becomes a status. */
    private CachedModule open(Path path, FileIdentity identity) {
        Bytes file;
        try {
            file = FileBytes.open(path);
        } catch (IOException unreadable) {
            return new CachedModule(path, identity, Outcome.UNREADABLE, null, null);
        }
        try {
            ElfImage image = ElfImage.ofFile(file);
            OpenedImage opened = new OpenedImage(image, () -> debugFiles.find(path, image));
            return new CachedModule(path, identity, Outcome.OK, file, opened);
        } catch (MalformedDataException noElf) {
            file.close();
            return new CachedModule(path, identity, Outcome.NOT_ELF, null, null);
        }
    }
}
