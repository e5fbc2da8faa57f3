// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/**
 * A method descriptor (JVMS 4.3.3) fit for a generated method. Descriptors come from whatever the application has
 * loaded; one that does not follow the grammar, or is too long for an interface call, becomes {@code ()V}.
 *
 * <p>The types in it are never loaded. Yet HotSpot demands that the loaders of caller and callee agree on them, should
 * both ever define one, and different replay loaders do define different classes of one name. So each type name gets a
 * prefix that no generated class has.
 *
 * @param text as it stands in the class file
 * @param parameters the first character of each parameter's type: {@code B C D F I J S Z L [}
 * @param result the first character of the return type, or {@code V}
 */
record MethodDescriptor(String text, String parameters, char result) {
    private static final MethodDescriptor NONE = new MethodDescriptor("()V", "", 'V');

    /** Slots of an invokeinterface, without the receiver. */
    private static final int MAX_SLOTS = 254;

    private static final int MAX_DIMENSIONS = 255;
    private static final int MAX_TEXT = 8192;
    private static final String TYPE_PREFIX = "\u2060\u2060";

    static MethodDescriptor of(String text) {
        if (text.equals(NONE.text)) {
            return NONE;
        }
        return text.length() > MAX_TEXT ? NONE : new Parser(text).parse();
    }

    int slots() {
        int slots = 0;
        for (int i = 0; i < parameters.length(); i++) {
            char kind = parameters.charAt(i);
            slots += kind == 'J' || kind == 'D' ? 2 : 1;
        }
        return slots;
    }

    private static final class Parser {
        private final String in;
        private final StringBuilder out = new StringBuilder();
        private final StringBuilder kinds = new StringBuilder();
        private int at;

        Parser(String in) {
            this.in = in;
        }

        MethodDescriptor parse() {
            if (!take('(')) {
                return NONE;
            }
            while (!take(')')) {
                if (!type(kinds)) {
                    return NONE;
                }
            }
            StringBuilder result = new StringBuilder(1);
            if (!(take('V') ? result.append('V') != null : type(result)) || at != in.length()) {
                return NONE;
            }
            MethodDescriptor parsed = new MethodDescriptor(out.toString(), kinds.toString(), result.charAt(0));
            return parsed.slots() > MAX_SLOTS ? NONE : parsed;
        }

        private boolean take(char expected) {
            if (at < in.length() && in.charAt(at) == expected) {
                out.append(expected);
                at++;
                return true;
            }
            return false;
        }

        private boolean type(StringBuilder kind) {
            int start = at;
            while (take('[')) {
                if (at - start > MAX_DIMENSIONS) {
                    return false;
                }
            }
            if (at == in.length()) {
                return false;
            }
            kind.append(in.charAt(start));
            if (in.charAt(at) == 'L') {
                return classType();
            }
            return "BCDFIJSZ".indexOf(in.charAt(at)) >= 0 && take(in.charAt(at));
        }

        private boolean classType() {
            int end = in.indexOf(';', at);
            if (end < 0) {
                return false;
            }
            String name = in.substring(at + 1, end);
            if (!isLegalInternalName(name)) {
                return false;
            }
            out.append('L')
                    .append(name.startsWith("java/") ? "" : TYPE_PREFIX)
                    .append(name)
                    .append(';');
            at = end + 1;
            return true;
        }

        private static boolean isLegalInternalName(String name) {
            char previous = '/';
            for (int i = 0; i < name.length(); i++) {
                char c = name.charAt(i);
                if (c == '.' || c == '[' || c < ' ' || Character.isSurrogate(c) || (c == '/' && previous == '/')) {
                    return false;
                }
                previous = c;
            }
            return previous != '/';
        }
    }
}
