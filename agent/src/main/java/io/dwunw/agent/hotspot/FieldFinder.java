// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.util.ArrayList;
import java.util.List;

/**
 * Looks up what a layout needs, and remembers what it did not find, so that one message can name it all.
 *
 * <p>Where JDKs spell a thing differently, the spellings are given in turn and the first that exists counts.
 */
final class FieldFinder {
    /** The largest structures of a JVM, its threads, have some kilobytes. */
    private static final long MAX_BYTES = 1 << 20;

    private final VmStructs structs;
    private final List<String> missing = new ArrayList<>();

    FieldFinder(VmStructs structs) {
        this.structs = structs;
    }

    boolean has(String field) {
        return structs.field(field) != null;
    }

    /** Offset in bytes of a field within its structure. */
    int offset(String... spellings) {
        for (String spelling : spellings) {
            VmStructs.Field field = structs.field(spelling);
            if (field != null && !field.isStatic()) {
                return field.offset() >= 0 && field.offset() < MAX_BYTES
                        ? (int) field.offset()
                        : missing("a plausible offset of " + spelling);
            }
        }
        return missing(spellings);
    }

    /** Offset of a field that some JDKs do not have; -1 if this one does not. */
    int optionalOffset(String spelling) {
        VmStructs.Field field = structs.field(spelling);
        return field == null || field.isStatic() ? -1 : offset(spelling);
    }

    /** Address of a static field. */
    long address(String spelling) {
        long address = optionalAddress(spelling);
        return address == 0 ? missing(spelling) : address;
    }

    /** Address of a static field that some JDKs do not have; 0 if this one does not. */
    long optionalAddress(String spelling) {
        VmStructs.Field field = structs.field(spelling);
        return field == null ? 0 : field.address();
    }

    /** The type of a field in the JVM's spelling; "" if there is no such field. */
    String type(String spelling) {
        VmStructs.Field field = structs.field(spelling);
        return field == null ? "" : field.type();
    }

    /** Bytes that a type takes. */
    int size(String type) {
        Long size = structs.typeSizes().get(type);
        return size == null || size <= 0 || size >= MAX_BYTES ? missing("sizeof " + type) : size.intValue();
    }

    int constant(String name, int otherwise) {
        Long value = structs.constants().get(name);
        return value == null ? otherwise : value.intValue();
    }

    /** Whether everything that was asked for was found. */
    boolean foundAll() {
        return missing.isEmpty();
    }

    /** Throws, and names everything that was not found. */
    void requireAll() throws JavaFramesUnavailableException {
        if (!missing.isEmpty()) {
            throw new JavaFramesUnavailableException("this JVM does not describe " + String.join(", ", missing));
        }
    }

    private int missing(String... spellings) {
        missing.add(String.join(" or ", spellings));
        return 0;
    }
}
