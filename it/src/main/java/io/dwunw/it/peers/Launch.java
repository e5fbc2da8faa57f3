// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.List;
import java.util.Map;

/**
 * Additions of a peer to the command that starts a program.
 *
 * @param jvm options of the JVM
 * @param environment more variables
 */
record Launch(List<String> jvm, Map<String, String> environment) {
    static final Launch PLAIN = new Launch(List.of(), Map.of());

    static Launch jvm(String... options) {
        return new Launch(List.of(options), Map.of());
    }

    static Launch environment(Map<String, String> variables) {
        return new Launch(List.of(), variables);
    }
}
