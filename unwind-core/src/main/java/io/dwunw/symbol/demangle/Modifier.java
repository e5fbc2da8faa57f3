// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/**
 * C++ writes declarators inside out: {@code void (*f)(int)}. So the printer hands what surrounds a type down to it, in
 * this list, innermost first; the type prints it in the right place and marks it.
 */
final class Modifier {
    final Node node;
    final @Nullable Modifier next;
    /** The template arguments in force where the modifier was met. */
    final @Nullable TemplateScope scope;

    boolean printed;

    Modifier(Node node, @Nullable Modifier next, @Nullable TemplateScope scope) {
        this.node = node;
        this.next = next;
        this.scope = scope;
    }

    /** A copy of this modifier in front of another list. */
    Modifier before(@Nullable Modifier other) {
        return new Modifier(node, other, scope);
    }
}
