// SPDX-License-Identifier: MIT
package io.dwunw.agent.sample;

import java.util.List;

/** Names of the functions that records number: libc's, and those that the user has named. Immutable. */
public final class AllocatorNames {
    /** Libc's only. */
    public static final AllocatorNames LIBC = new AllocatorNames(List.of());

    private static final String LIBC_MODULE = "libc.so.6";

    private final List<Custom> custom;

    /** A function of the user's that allocates, and the file that it is in. */
    public record Custom(String module, String function) {}

    /** @param custom in the order of their numbers */
    public AllocatorNames(List<Custom> custom) {
        this.custom = List.copyOf(custom);
    }

    /** For example {@code malloc}. */
    public String function(int number) {
        if (number < Allocator.CUSTOM.number()) {
            return Allocator.of(number).functionName();
        }
        int index = number - Allocator.CUSTOM.number();
        return index < custom.size() ? custom.get(index).function() : "unknown";
    }

    /** The file that has the function. */
    public String module(int number) {
        int index = number - Allocator.CUSTOM.number();
        return index >= 0 && index < custom.size() ? custom.get(index).module() : LIBC_MODULE;
    }
}
