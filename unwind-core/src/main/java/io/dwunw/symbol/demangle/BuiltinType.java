// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/**
 * {@code <builtin-type>}, Itanium C++ ABI 5.1.5.2.
 *
 * @param literal how a literal of this type is written
 */
record BuiltinType(String text, Literal literal) {

    /** Notation of a template argument of a built-in type: C++ suffix, or a cast before it. */
    enum Literal {
        CAST(""),
        INT(""),
        UNSIGNED("u"),
        LONG("l"),
        UNSIGNED_LONG("ul"),
        LONG_LONG("ll"),
        UNSIGNED_LONG_LONG("ull"),
        BOOL(""),
        /** The bits in hexadecimal, after a cast and in brackets. */
        FLOAT("");

        final String suffix;

        Literal(String suffix) {
            this.suffix = suffix;
        }
    }

    static final BuiltinType NULLPTR = new BuiltinType("decltype(nullptr)", Literal.CAST);

    private static final @Nullable BuiltinType[] BY_LETTER = new BuiltinType[26];
    private static final @Nullable BuiltinType[] BY_LETTER_AFTER_D = new BuiltinType[26];

    static {
        set(BY_LETTER, 'a', "signed char", Literal.CAST);
        set(BY_LETTER, 'b', "bool", Literal.BOOL);
        set(BY_LETTER, 'c', "char", Literal.CAST);
        set(BY_LETTER, 'd', "double", Literal.FLOAT);
        set(BY_LETTER, 'e', "long double", Literal.FLOAT);
        set(BY_LETTER, 'f', "float", Literal.FLOAT);
        set(BY_LETTER, 'g', "__float128", Literal.FLOAT);
        set(BY_LETTER, 'h', "unsigned char", Literal.CAST);
        set(BY_LETTER, 'i', "int", Literal.INT);
        set(BY_LETTER, 'j', "unsigned int", Literal.UNSIGNED);
        set(BY_LETTER, 'l', "long", Literal.LONG);
        set(BY_LETTER, 'm', "unsigned long", Literal.UNSIGNED_LONG);
        set(BY_LETTER, 'n', "__int128", Literal.CAST);
        set(BY_LETTER, 'o', "unsigned __int128", Literal.CAST);
        set(BY_LETTER, 's', "short", Literal.CAST);
        set(BY_LETTER, 't', "unsigned short", Literal.CAST);
        set(BY_LETTER, 'v', "void", Literal.CAST);
        set(BY_LETTER, 'w', "wchar_t", Literal.CAST);
        set(BY_LETTER, 'x', "long long", Literal.LONG_LONG);
        set(BY_LETTER, 'y', "unsigned long long", Literal.UNSIGNED_LONG_LONG);
        set(BY_LETTER, 'z', "...", Literal.CAST);
        set(BY_LETTER_AFTER_D, 'd', "decimal64", Literal.CAST);
        set(BY_LETTER_AFTER_D, 'e', "decimal128", Literal.CAST);
        set(BY_LETTER_AFTER_D, 'f', "decimal32", Literal.CAST);
        set(BY_LETTER_AFTER_D, 'h', "half", Literal.FLOAT);
        set(BY_LETTER_AFTER_D, 'i', "char32_t", Literal.CAST);
        set(BY_LETTER_AFTER_D, 's', "char16_t", Literal.CAST);
        set(BY_LETTER_AFTER_D, 'u', "char8_t", Literal.CAST);
        BY_LETTER_AFTER_D['n' - 'a'] = NULLPTR;
    }

    private static void set(@Nullable BuiltinType[] table, char letter, String text, Literal literal) {
        table[letter - 'a'] = new BuiltinType(text, literal);
    }

    static @Nullable BuiltinType byLetter(char letter) {
        return MangledCursor.isLower(letter) ? BY_LETTER[letter - 'a'] : null;
    }

    /** The second letter of {@code D?}. */
    static @Nullable BuiltinType byLetterAfterD(char letter) {
        return MangledCursor.isLower(letter) ? BY_LETTER_AFTER_D[letter - 'a'] : null;
    }
}
