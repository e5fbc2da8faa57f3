// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Layout of the JVM's own structures, as parsed from the tables that libjvm exports for the serviceability
 * agent (HotSpot, {@code runtime/vmStructs.hpp}). Names are in the JVM's own spelling.
 *
 * @param fields by {@code Type::field}
 * @param typeSizes bytes, by type name
 * @param constants both int and long constants, by name
 */
record VmStructs(Map<String, Field> fields, Map<String, Long> typeSizes, Map<String, Long> constants) {

    /**
     * One entry of {@code gHotSpotVMStructs}.
     *
     * @param offset bytes from the start of the structure; of no meaning for a static field
     * @param type in the JVM's spelling; "" if it does not say
     * @param address of the variable itself, for a static field; else 0
     */
    record Field(String type, boolean isStatic, long offset, long address) {}

    @Nullable
    Field field(String name) {
        return fields.get(name);
    }
}
