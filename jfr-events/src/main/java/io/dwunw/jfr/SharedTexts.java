// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/**
 * Texts that JFR writes once for each chunk, however many events have them: up to 127 characters on older JDKs, up to
 * 131,071 on JDK 25. To be asked once JFR runs.
 */
public final class SharedTexts {
    private static final String POOL = "jdk.jfr.internal.StringPool";
    /** The first length that is too long on JDKs whose limit is not public. */
    private static final int USUAL_LIMIT = 128;

    private SharedTexts() {}

    /** Whether the text of a stack is such a text, too. */
    public static boolean includeStacks() {
        return Limit.VALUE > USUAL_LIMIT;
    }

    private static final class Limit {
        private static final int VALUE = find();

        private static int find() {
            try {
                return (int) Class.forName(POOL).getField("MAX_LIMIT").get(null);
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                return USUAL_LIMIT;
            }
        }
    }
}
