package io.dwunw.agent.truth;

/** One way to get deeper into the stack. Implementations differ in how they call {@link Descent#deeper}. */
@FunctionalInterface
interface Step {
    void go(Descent descent, int depth) throws Throwable;
}
