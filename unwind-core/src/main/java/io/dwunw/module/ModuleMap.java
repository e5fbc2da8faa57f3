// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Map of what is mapped now, as of the last text of {@code /proc/<pid>/maps} that the caller supplied. Finding is a
 * binary search and allocates nothing. Not thread-safe.
 */
public final class ModuleMap {
    /**
     * Modules that are not mapped any more whose files stay open, since frames of theirs may still have to be named. A
     * program that opens and closes libraries endlessly must not use up its descriptors.
     */
    static final int KEPT_OPEN = 32;

    private final ImageSource source;
    private List<LoadedModule> modules = List.of();
    private long[] lows = {};
    private long[] highs = {};
    private LoadedModule[] owners = {};
    private final Deque<LoadedModule> unmapped = new ArrayDeque<>();
    private int nextId;
    private int version;
    private String text = "";

    /** A map whose modules open their images by {@code source}. */
    public ModuleMap(ImageSource source) {
        this.source = source;
    }

    /**
     * Takes over the text of {@code /proc/<pid>/maps}. Modules that are still there stay the same objects.
     *
     * @return whether a module came or went
     */
    public boolean update(CharSequence procMapsText) {
        String fresh = procMapsText.toString();
        if (fresh.equals(text)) {
            return false;
        }
        text = fresh;
        List<LoadedModule> found = new ArrayList<>();
        boolean remapped = false;
        for (List<Mapping> group : ModuleGrouping.group(MapsText.parse(fresh))) {
            LoadedModule known = known(group);
            if (known == null) {
                known = new LoadedModule(nextId++, group, source);
            } else {
                remapped |= known.remap(group);
            }
            found.add(known);
        }
        boolean changed = !found.equals(modules);
        if (changed) {
            retire(found);
        }
        if (changed || remapped) {
            modules = List.copyOf(found);
            index();
            version++;
        }
        return changed;
    }

    private void retire(List<LoadedModule> found) {
        for (LoadedModule module : modules) {
            if (found.contains(module)) {
                continue;
            }
            if (module.isOpen()) {
                unmapped.addLast(module);
            } else {
                module.close();
            }
        }
        while (unmapped.size() > KEPT_OPEN) {
            unmapped.removeFirst().close();
        }
    }

    /** The module that has this address mapped, or null. */
    public @Nullable LoadedModule find(long avma) {
        int low = 0;
        int high = lows.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(avma, lows[middle]) < 0) {
                high = middle - 1;
            } else if (Long.compareUnsigned(avma, highs[middle]) >= 0) {
                low = middle + 1;
            } else {
                return owners[middle];
            }
        }
        return null;
    }

    /** All modules, lowest first. */
    public List<LoadedModule> modules() {
        return modules;
    }

    /** Grows whenever an update changed something: what was derived from addresses before is stale. */
    public int version() {
        return version;
    }

    private @Nullable LoadedModule known(List<Mapping> group) {
        for (LoadedModule module : modules) {
            if (module.isSameAs(group)) {
                return module;
            }
        }
        return null;
    }

    private void index() {
        int count = 0;
        for (LoadedModule module : modules) {
            count += module.mappings().size();
        }
        long[] newLows = new long[count];
        long[] newHighs = new long[count];
        LoadedModule[] newOwners = new LoadedModule[count];
        int at = 0;
        for (LoadedModule module : modules) {
            for (Mapping mapping : module.mappings()) {
                newLows[at] = mapping.lowAvma();
                newHighs[at] = mapping.highAvma();
                newOwners[at++] = module;
            }
        }
        lows = newLows;
        highs = newHighs;
        owners = newOwners;
    }
}
