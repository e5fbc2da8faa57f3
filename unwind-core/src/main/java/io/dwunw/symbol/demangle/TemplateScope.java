// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/**
 * Scope in which {@code T_} finds its meaning: the innermost template, and the scopes around it.
 *
 * @param template a {@link NodeKind#TEMPLATE}
 */
record TemplateScope(Node template, @Nullable TemplateScope outer) {

    /** The argument (perhaps a pack, a {@link NodeKind#TEMPLATE_ARGUMENTS}) that the parameter stands for. */
    @Nullable
    Node argument(Node parameter) {
        return element(template.right(), parameter.number);
    }

    /** An element of a list of arguments; the whole list for a negative index. */
    static @Nullable Node element(Node arguments, int index) {
        if (index < 0) {
            return arguments;
        }
        Node rest = arguments;
        for (int i = 0; rest != null && i < index; i++) {
            rest = rest.right;
        }
        return rest == null ? null : rest.left;
    }

    /** The number of elements of a list. */
    static int length(Node arguments) {
        int length = 0;
        for (Node rest = arguments; rest != null && rest.left != null; rest = rest.right) {
            length++;
        }
        return length;
    }
}
