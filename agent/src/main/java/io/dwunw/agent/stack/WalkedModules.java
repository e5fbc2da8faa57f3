// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.module.LoadedModule;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Every module that a walked frame lies in, by its id, for as long as anybody may ask for the frame's name: also those
 * that have been unmapped since.
 */
public final class WalkedModules {
    private static final int MAX_MODULES = 1 << 15;

    private @Nullable LoadedModule[] byId = new LoadedModule[64];

    /** Hot: a comparison, except for a module's first frame. */
    void note(LoadedModule module) {
        int id = module.id();
        if (id < byId.length && byId[id] == module) {
            return;
        }
        if (id >= MAX_MODULES) {
            return;
        }
        if (id >= byId.length) {
            byId = Arrays.copyOf(byId, Integer.highestOneBit(id) << 1);
        }
        byId[id] = module;
    }

    public @Nullable LoadedModule find(int id) {
        return id >= 0 && id < byId.length ? byId[id] : null;
    }
}
