// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

/** Limits on what one name may cost. Linker names come from files that anybody may have written. */
final class DemangleBudget {
    /** Longest name that is looked at; the longest of LLVM's two million names has 4,400 characters. */
    static final int MAX_INPUT = 1 << 16;
    /** Substitutions can double the output with each character of input, so the output needs its own cap. */
    static final int MAX_OUTPUT = 1 << 18;
    /** Nesting of types, names, expressions. Kept well under what a thread with 512 KiB of stack can hold. */
    static final int MAX_DEPTH = 320;
    /** Productions parsed and nodes printed, together. */
    static final int MAX_STEPS = 1 << 20;

    private int depth;
    private int steps;

    void enter() {
        if (++depth > MAX_DEPTH || ++steps > MAX_STEPS) {
            throw new NotMangledException();
        }
    }

    /** Pays for walking along a list. */
    void spend(int elements) {
        if (elements > MAX_STEPS - steps) {
            throw new NotMangledException();
        }
        steps += Math.max(0, elements);
    }

    int depth() {
        return depth;
    }

    /** After an abandoned attempt: back to the depth where it began. */
    void depth(int earlier) {
        depth = earlier;
    }

    void leave() {
        depth--;
    }
}
