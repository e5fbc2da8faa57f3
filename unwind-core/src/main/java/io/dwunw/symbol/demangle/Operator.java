// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code <operator-name>}, Itanium C++ ABI 5.1.3.
 *
 * @param code the two letters
 * @param text as written in an expression; a trailing space separates it from its operand
 * @param operands in an expression
 */
record Operator(String code, String text, int operands) {
    private static final Map<String, Operator> BY_CODE = new HashMap<>();

    static {
        add(0, "tr", "throw");
        add(1, "ad", "&", "co", "~", "de", "*", "gs", "::", "mm", "--", "ng", "-", "nt", "!", "pp", "++", "ps", "+");
        add(1, "at", "alignof ", "az", "alignof ", "aw", "co_await ", "da", "delete[] ", "dl", "delete ");
        add(1, "li", "operator\"\" ", "nx", "noexcept", "sP", "sizeof...", "sZ", "sizeof...");
        add(1, "st", "sizeof ", "sz", "sizeof ", "te", "typeid ", "ti", "typeid ", "tw", "throw ");
        add(2, "aN", "&=", "aS", "=", "aa", "&&", "an", "&", "cl", "()", "cm", ",", "dV", "/=", "di", "=");
        add(2, "ds", ".*", "dt", ".", "dv", "/", "dx", "]=", "eO", "^=", "eo", "^", "eq", "==", "ge", ">=");
        add(2, "gt", ">", "ix", "[]", "lS", "<<=", "le", "<=", "ls", "<<", "lt", "<", "mI", "-=", "mL", "*=");
        add(2, "mi", "-", "ml", "*", "ne", "!=", "oR", "|=", "oo", "||", "or", "|", "pL", "+=", "pl", "+");
        add(2, "pm", "->*", "pt", "->", "rM", "%=", "rS", ">>=", "rm", "%", "rs", ">>", "ss", "<=>");
        add(2, "cc", "const_cast", "dc", "dynamic_cast", "rc", "reinterpret_cast", "sc", "static_cast");
        add(2, "fl", "...", "fr", "...");
        add(3, "dX", "[...]=", "fL", "...", "fR", "...", "na", "new[]", "nw", "new", "qu", "?");
    }

    private static void add(int operands, String... codesAndTexts) {
        for (int i = 0; i < codesAndTexts.length; i += 2) {
            BY_CODE.put(codesAndTexts[i], new Operator(codesAndTexts[i], codesAndTexts[i + 1], operands));
        }
    }

    static @Nullable Operator find(String code) {
        return BY_CODE.get(code);
    }

    /** {@code static_cast} and its like: first operand a type. */
    boolean isNamedCast() {
        return code.charAt(1) == 'c' && "cdrs".indexOf(code.charAt(0)) >= 0;
    }

    boolean isFold() {
        return code.charAt(0) == 'f';
    }
}
