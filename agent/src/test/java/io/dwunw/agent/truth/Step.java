// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

/** One way to get deeper into the stack. Implementations differ in how they call {@link Descent#deeper}. */
@FunctionalInterface
public interface Step {
    /** Calls {@link Descent#deeper} with {@code depth} in its own way. */
    void go(Descent descent, int depth) throws Throwable;
}
