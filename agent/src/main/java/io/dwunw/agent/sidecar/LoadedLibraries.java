// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.linux.Linux;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import java.util.Arrays;

/**
 * Record of since when each module of the map has certainly been where it is, according to the loader's list of
 * libraries. A module that reads the same before and after may have been away in between, with another one in its
 * place. But the loader appends to its list, so what was away stands behind all that was not; and it counts what it
 * loads and unloads. So of the libraries that are in the list before and after, only the last can have been away, at
 * most as many as were loaded and unloaded without that showing in the lists, and none that stands before the agent's
 * own.
 *
 * <p>Times are those of {@link System#nanoTime()} on Linux, which are not negative.
 */
final class LoadedLibraries {
    /** Libraries that the list has room for; those beyond count as not loaded by the loader. */
    static final int MAX_LIBRARIES = 4096;
    /** Modules whose frames can be distinguished, see {@link io.dwunw.agent.stack.PackedFrame}. */
    private static final int MAX_MODULES = 1 << 15;
    /** Of a module that may be gone, and of one that was mapped while libraries came and went. */
    private static final long UNKNOWN = Long.MAX_VALUE;

    private final ModuleMap modules;
    /** By module id. */
    private long[] mappedFrom = new long[64];

    private long latestMappedFrom;
    /** Since when a module that is new in the map can have been there, with nothing else in its place before it. */
    private long newFrom;

    private long unloadedAt;
    private boolean listed;
    private long added;
    private long removed;
    private long[] list = new long[Linux.LIBRARIES_HEADER + MAX_LIBRARIES];
    private int count;
    private long[] former = new long[list.length];

    /** About the modules of a map that somebody else updates. */
    LoadedLibraries(ModuleMap modules) {
        this.modules = modules;
        Arrays.fill(mappedFrom, UNKNOWN);
    }

    /** The loader's count of libraries that came and went, as of the last list. */
    long changes() {
        return listed ? added + removed : -1;
    }

    /** The loader's count has changed: takes its list as of now. */
    void changed(long now) {
        int fresh = Linux.libraries(former);
        changed(former, fresh, now);
    }

    /**
     * Takes over a list; its array is exchanged for the one of the list before.
     *
     * @param fresh as {@link Linux#libraries} fills it
     * @param length longs of it that are filled
     */
    void changed(long[] fresh, int length, long now) {
        int formerCount = count;
        former = list;
        list = fresh;
        count = length - Linux.LIBRARIES_HEADER;
        long loads = fresh[0] - added;
        long unloads = fresh[1] - removed;
        added = fresh[0];
        removed = fresh[1];
        if (listed && unloads > 0) {
            unloadedAt = now;
            newFrom = now;
            int stayed = stayed(formerCount);
            long returned = Math.min(unloads - (formerCount - stayed), loads - (count - stayed));
            int doubtful = firstDoubtful(formerCount, returned);
            for (int i = 0; i < modules.modules().size(); i++) {
                LoadedModule module = modules.modules().get(i);
                int position = position(list, count, module.lowAvma());
                if (position < 0 || position >= doubtful || position(former, formerCount, module.lowAvma()) < 0) {
                    set(module, UNKNOWN);
                }
            }
            findLatest();
        }
        listed = true;
    }

    /** Libraries at places that are in the list before and after. */
    private int stayed(int formerCount) {
        int stayed = 0;
        for (int i = 0; i < count; i++) {
            stayed += position(former, formerCount, list[Linux.LIBRARIES_HEADER + i]) >= 0 ? 1 : 0;
        }
        return stayed;
    }

    /** The position in the list behind all that cannot have been away, if {@code returned} may have been. */
    private int firstDoubtful(int formerCount, long returned) {
        int never = position(list, count, list[2]) + 1;
        int position = count;
        for (long left = returned; left > 0 && position > never; ) {
            position--;
            left -= position(former, formerCount, list[Linux.LIBRARIES_HEADER + position]) >= 0 ? 1 : 0;
        }
        return position;
    }

    private static int position(long[] libraries, int count, long lowAvma) {
        for (int i = 0; i < count; i++) {
            if (libraries[Linux.LIBRARIES_HEADER + i] == lowAvma) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The map was read, and the loader's list was the same before and after.
     *
     * @param from when that began
     */
    void read(long from) {
        for (int i = 0; i < modules.modules().size(); i++) {
            LoadedModule module = modules.modules().get(i);
            if (mappedFrom(module.id()) == UNKNOWN) {
                set(module, newFrom);
            }
        }
        findLatest();
        newFrom = from;
    }

    private void findLatest() {
        latestMappedFrom = 0;
        for (int i = 0; i < modules.modules().size(); i++) {
            latestMappedFrom = Math.max(
                    latestMappedFrom, mappedFrom(modules.modules().get(i).id()));
        }
    }

    private void set(LoadedModule module, long from) {
        int id = module.id();
        if (id >= MAX_MODULES) {
            return;
        }
        if (id >= mappedFrom.length) {
            int before = mappedFrom.length;
            mappedFrom = Arrays.copyOf(mappedFrom, Integer.highestOneBit(id) << 1);
            Arrays.fill(mappedFrom, before, mappedFrom.length, UNKNOWN);
        }
        mappedFrom[id] = from;
    }

    private long mappedFrom(int id) {
        return id < mappedFrom.length ? mappedFrom[id] : UNKNOWN;
    }

    /** Whether all modules of the map were certainly there at that time. Hot. */
    boolean allWereMapped(long nanos) {
        return nanos >= latestMappedFrom;
    }

    /** Whether a module of the map was certainly there at that time. */
    boolean wasMapped(int moduleId, long nanos) {
        return nanos >= mappedFrom(moduleId);
    }

    /** Whether a library may have been unloaded after that time. */
    boolean unloadedSince(long nanos) {
        return nanos < unloadedAt;
    }
}
