// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

/**
 * Shortens a demangled C++ or Rust name to what identifies the function for a reader: no parameters, no return type, no
 * trace of what a compiler did to it. {@code void os::foo<int>(int*) [clone .constprop.0]} becomes {@code
 * os::foo<int>}.
 */
final class FunctionName {
    private static final String OPERATOR = "operator";
    private static final String CLONE = " [clone ";

    private FunctionName() {}

    static String plain(String demangled) {
        int clone = demangled.indexOf(CLONE);
        String name = clone < 0 ? demangled : demangled.substring(0, clone);
        int parameters = parameters(name);
        if (parameters <= 0) {
            return name;
        }
        String function = name.substring(0, parameters);
        // Only instances of templates have their return type in the name.
        return function.endsWith(">") ? function.substring(returnTypeEnd(function)) : function;
    }

    /** Where the outermost function's parameter list begins; -1 if the name has none. */
    private static int parameters(String name) {
        int close = name.lastIndexOf(')');
        if (close < 0 || !isQualifiers(name, close + 1)) {
            return -1;
        }
        int depth = 0;
        for (int i = close; i >= 0; i--) {
            char c = name.charAt(i);
            if (c == ')') {
                depth++;
            } else if (c == '(' && --depth == 0) {
                // operator() without its parameters is not cut in half.
                return name.startsWith(OPERATOR, i - OPERATOR.length()) ? -1 : i;
            }
        }
        return -1;
    }

    /** Whether only what may follow a parameter list follows: {@code const}, {@code &} and the like. */
    private static boolean isQualifiers(String name, int from) {
        String rest = name.substring(from)
                .replace("const", "")
                .replace("volatile", "")
                .replace("&", "");
        return rest.isBlank();
    }

    /**
     * Index behind the last space that is outside all brackets and not part of an operator's name; 0 if there is none.
     */
    private static int returnTypeEnd(String function) {
        int depth = 0;
        for (int i = function.length() - 1; i >= 0; i--) {
            char c = function.charAt(i);
            if (c == '>' || c == ')' || c == ']') {
                depth++;
            } else if (c == '<' || c == '(' || c == '[') {
                depth--;
            } else if (c == ' ' && depth == 0) {
                return function.indexOf(OPERATOR) >= 0 ? 0 : i + 1;
            }
        }
        return 0;
    }
}
