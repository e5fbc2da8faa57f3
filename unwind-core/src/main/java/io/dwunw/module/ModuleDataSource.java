// SPDX-License-Identifier: MIT
package io.dwunw.module;

import org.jspecify.annotations.Nullable;

/** Lends out modules' data while a rule is being made from it. Cold. */
public interface ModuleDataSource {
    /** The modules' own images, opened by the module map's image source and kept as long as the module is mapped. */
    ModuleDataSource OF_THE_MAP = new ModuleDataSource() {
        @Override
        public @Nullable ModuleData acquire(LoadedModule module) {
            return module.data();
        }

        @Override
        public void release(ModuleData data) {
            // The module keeps it.
        }
    };

    /** The module's data, or null if it cannot be had. */
    @Nullable
    ModuleData acquire(LoadedModule module);

    /** Gives back what {@link #acquire} lent. */
    void release(ModuleData data);
}
