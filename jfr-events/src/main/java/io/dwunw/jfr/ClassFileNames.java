// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.Set;

/**
 * Turns any text into a name that a class file may contain (JVMS 4.2.2) and that a reader still recognises. Total:
 * every text has a name, and no name overrides or hides what the generated classes themselves need.
 */
final class ClassFileNames {
    /** Invisible where it is printed. Sets a name apart from the one that the JVM or the generated classes own. */
    static final char WORD_JOINER = '\u2060';

    /** Longest name kept, in chars; C++ templates can be longer. The exact name is in the event's text field. */
    static final int MAX_LENGTH = 2048;

    private static final String UNNAMED = "?";
    private static final String OWN_PACKAGE = ReplayNode.class.getPackageName().replace('.', '/') + "/";

    /** Methods of Object and ReplayNode: final ones cannot be overridden, the others must not be. */
    private static final Set<String> TAKEN = Set.of(
            "calling",
            "clone",
            "equals",
            "finalize",
            "getClass",
            "hashCode",
            "notify",
            "notifyAll",
            "toString",
            "wait");

    private ClassFileNames() {}

    /** Internal form (with slashes) of a class name with dots. */
    static String className(String dotted) {
        String legal = legal(dotted, true);
        return isReserved(legal) ? WORD_JOINER + legal : legal;
    }

    static String methodName(String plain) {
        String legal = legal(plain, false);
        return TAKEN.contains(legal) ? WORD_JOINER + legal : legal;
    }

    /**
     * HotSpot defines {@code java.*} only in its own loaders; the other names are those that generated code refers to,
     * which a generated class of the same name would hide.
     */
    private static boolean isReserved(String internal) {
        return internal.startsWith("java/") || internal.startsWith("jdk/jfr/") || internal.startsWith(OWN_PACKAGE);
    }

    private static String legal(String text, boolean packages) {
        String cut = text.length() <= MAX_LENGTH ? text : shorten(text);
        StringBuilder out = new StringBuilder(cut.length() + 1);
        boolean segmentEmpty = true;
        for (int i = 0; i < cut.length(); i++) {
            char c = cut.charAt(i);
            if (c == '.' && packages) {
                out.append(segmentEmpty ? UNNAMED : "").append('/');
                segmentEmpty = true;
            } else if (c != WORD_JOINER) {
                out.append(legal(c));
                segmentEmpty = false;
            }
        }
        return (segmentEmpty ? out.append(UNNAMED) : out).toString();
    }

    private static char legal(char c) {
        return switch (c) {
            case '<' -> '‹';
            case '>' -> '›';
            case '.' -> '·';
            case '[' -> '⟦';
            case ']' -> '⟧';
            case ';' -> ',';
            case '/' -> '∕';
            case 0x7f -> '␡';
            default -> legalElse(c);
        };
    }

    /**
     * JFR stores names as the JVM's modified UTF-8 and readers decode plain UTF-8, where NUL and surrogates differ: a
     * pair, three bytes each, is read as two replacement characters, the application's own names included. The four
     * bytes of plain UTF-8 are no way out: the JVM refuses them in a class of any loader but its own.
     */
    private static char legalElse(char c) {
        if (c < ' ') {
            return (char) ('␀' + c);
        }
        return Character.isSurrogate(c) ? '\uFFFD' : c;
    }

    /** Different long names stay different. */
    private static String shorten(String text) {
        return text.substring(0, MAX_LENGTH - 10) + "…" + Integer.toHexString(text.hashCode());
    }
}
