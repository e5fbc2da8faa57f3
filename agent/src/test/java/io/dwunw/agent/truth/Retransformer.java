// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import org.jspecify.annotations.Nullable;

/** Agent of the programs that replace classes under their own feet. */
public final class Retransformer {
    private static volatile @Nullable Instrumentation instrumentation;

    private Retransformer() {}

    public static void premain(@Nullable String arguments, Instrumentation given) {
        instrumentation = given;
    }

    /** Replaces the classes by equal ones: their methods that are on a stack become obsolete. */
    static void retransform(Class<?>... classes) throws UnmodifiableClassException {
        Instrumentation given = instrumentation;
        if (given == null) {
            throw new IllegalStateException("not started with this class as an agent");
        }
        given.retransformClasses(classes);
    }
}
