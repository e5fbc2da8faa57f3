// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/**
 * Rust v0 names (RFC 2603), parsed and printed in one pass, since a back reference is read again where it stands. Crate
 * hashes and types of constants are left out.
 */
final class RustV0Demangler {
    private final RustCursor in;
    private final DemangleBudget budget;
    private final StringBuilder out = new StringBuilder();
    private final RustConstants constants;
    /** Within what is parsed but not printed: the path of an {@code impl}, the instantiating crate. */
    private boolean silent;

    private long boundLifetimes;

    private RustV0Demangler(String text, DemangleBudget budget) {
        this.in = new RustCursor(text);
        this.budget = budget;
        this.constants = new RustConstants(in, this);
    }

    /** The readable path, or null if this is no v0 name. */
    static @Nullable String demangle(String mangled, DemangleBudget budget) {
        if (!mangled.startsWith("_R") || mangled.length() < 3 || !MangledCursor.isUpper(mangled.charAt(2))) {
            return null;
        }
        int suffix = mangled.indexOf('.');
        String text = mangled.substring(2, suffix < 0 ? mangled.length() : suffix);
        if (!text.chars().allMatch(c -> c == '_' || (c < 0x80 && Character.isLetterOrDigit(c)))) {
            return null;
        }
        return new RustV0Demangler(text, budget).print();
    }

    private String print() {
        path(true);
        if (!in.atEnd()) {
            silent = true;
            path(false);
        }
        if (!in.atEnd()) {
            throw new NotMangledException();
        }
        return out.toString();
    }

    void enter() {
        budget.enter();
    }

    void leave() {
        budget.leave();
    }

    void append(String text) {
        if (silent) {
            return;
        }
        if (out.length() + text.length() > DemangleBudget.MAX_OUTPUT) {
            throw new NotMangledException();
        }
        out.append(text);
    }

    /** {@code <path>}; {@code inValue}: where generic arguments need the {@code ::} before them. */
    void path(boolean inValue) {
        budget.enter();
        char tag = in.next();
        switch (tag) {
            case 'C' -> {
                in.disambiguator();
                append(in.identifier());
            }
            case 'N' -> nestedPath(inValue);
            case 'M', 'X', 'Y' -> implementation(tag, inValue);
            case 'I' -> {
                path(inValue);
                append(inValue ? "::<" : "<");
                genericArguments();
                append(">");
            }
            case 'B' -> backReference(() -> path(inValue));
            default -> throw new NotMangledException();
        }
        budget.leave();
    }

    private void nestedPath(boolean inValue) {
        char namespace = in.next();
        boolean special = MangledCursor.isUpper(namespace);
        if (!special && !MangledCursor.isLower(namespace)) {
            throw new NotMangledException();
        }
        path(inValue);
        long disambiguator = in.disambiguator();
        String name = in.identifier();
        if (!special) {
            append(name.isEmpty() ? "" : "::" + name);
            return;
        }
        String kind = switch (namespace) {
            case 'C' -> "closure";
            case 'S' -> "shim";
            default -> String.valueOf(namespace);
        };
        append("::{" + kind + (name.isEmpty() ? "" : ":" + name) + "#" + Long.toUnsignedString(disambiguator) + "}");
    }

    /** {@code <T>}, {@code <T as Trait>}; where the {@code impl} stands, is not printed. */
    private void implementation(char tag, boolean inValue) {
        if (tag != 'Y') {
            in.disambiguator();
            boolean was = silent;
            silent = true;
            path(inValue);
            silent = was;
        }
        append("<");
        type();
        if (tag != 'M') {
            append(" as ");
            path(false);
        }
        append(">");
    }

    /** Reads again from an earlier position. Nothing is followed while silent, so that work stays bounded. */
    void backReference(Runnable reader) {
        int start = in.position() - 1;
        long target = in.base62();
        if (target < 0 || target >= start) {
            throw new NotMangledException();
        }
        if (silent) {
            return;
        }
        int after = in.position();
        in.position((int) target);
        reader.run();
        in.position(after);
    }

    private void genericArguments() {
        for (int i = 0; !in.take('E'); i++) {
            append(i == 0 ? "" : ", ");
            if (in.take('L')) {
                lifetime(in.base62());
            } else if (in.take('K')) {
                constants.constant(false);
            } else {
                type();
            }
        }
    }

    void type() {
        budget.enter();
        char tag = in.next();
        String basic = basicType(tag);
        if (basic != null) {
            append(basic);
        } else {
            compoundType(tag);
        }
        budget.leave();
    }

    private void compoundType(char tag) {
        switch (tag) {
            case 'R', 'Q' -> {
                append("&");
                long lifetime = in.take('L') ? in.base62() : 0;
                if (lifetime != 0) {
                    lifetime(lifetime);
                    append(" ");
                }
                append(tag == 'R' ? "" : "mut ");
                type();
            }
            case 'P', 'O' -> {
                append(tag == 'P' ? "*const " : "*mut ");
                type();
            }
            case 'A', 'S' -> {
                append("[");
                type();
                if (tag == 'A') {
                    append("; ");
                    constants.constant(true);
                }
                append("]");
            }
            case 'T' -> tuple();
            case 'F' -> functionType();
            case 'D' -> dynamicType();
            case 'B' -> backReference(this::type);
            default -> {
                in.position(in.position() - 1);
                path(false);
            }
        }
    }

    private void tuple() {
        append("(");
        int count = 0;
        for (; !in.take('E'); count++) {
            append(count == 0 ? "" : ", ");
            type();
        }
        append(count == 1 ? ",)" : ")");
    }

    private void functionType() {
        long held = boundLifetimes;
        binder();
        append(in.take('U') ? "unsafe " : "");
        if (in.take('K')) {
            String abi = in.take('C') ? "C" : in.identifier().replace('_', '-');
            append("extern \"" + abi + "\" ");
        }
        append("fn(");
        for (int i = 0; !in.take('E'); i++) {
            append(i == 0 ? "" : ", ");
            type();
        }
        append(")");
        if (!in.take('u')) {
            append(" -> ");
            type();
        }
        boundLifetimes = held;
    }

    private void dynamicType() {
        append("dyn ");
        long held = boundLifetimes;
        binder();
        for (int i = 0; !in.take('E'); i++) {
            append(i == 0 ? "" : " + ");
            dynamicTrait();
        }
        boundLifetimes = held;
        if (!in.take('L')) {
            throw new NotMangledException();
        }
        long lifetime = in.base62();
        if (lifetime != 0) {
            append(" + ");
            lifetime(lifetime);
        }
    }

    /** A trait with its generic arguments and associated types in one pair of brackets. */
    private void dynamicTrait() {
        boolean open = pathLeavingBracketOpen();
        while (in.take('p')) {
            append(open ? ", " : "<");
            open = true;
            append(in.identifier());
            append(" = ");
            type();
        }
        append(open ? ">" : "");
    }

    private boolean pathLeavingBracketOpen() {
        budget.enter();
        boolean open = false;
        if (in.take('B')) {
            boolean[] result = new boolean[1];
            backReference(() -> result[0] = pathLeavingBracketOpen());
            open = result[0];
        } else if (in.take('I')) {
            path(false);
            append("<");
            genericArguments();
            open = true;
        } else {
            path(false);
        }
        budget.leave();
        return open;
    }

    /** {@code for<'a, 'b> }. */
    private void binder() {
        long count = in.optionalBase62('G');
        if (count == 0) {
            return;
        }
        append("for<");
        for (long i = 0; i < count; i++) {
            budget.enter();
            budget.leave();
            append(i == 0 ? "" : ", ");
            boundLifetimes++;
            lifetime(1);
        }
        append("> ");
    }

    /** De Bruijn index: 1 is the innermost bound lifetime. */
    private void lifetime(long index) {
        if (index == 0) {
            append("'_");
            return;
        }
        long depth = boundLifetimes - index;
        if (depth < 0) {
            throw new NotMangledException();
        }
        append(depth < 26 ? "'" + (char) ('a' + depth) : "'_" + depth);
    }

    private static @Nullable String basicType(char tag) {
        return switch (tag) {
            case 'a' -> "i8";
            case 'b' -> "bool";
            case 'c' -> "char";
            case 'd' -> "f64";
            case 'e' -> "str";
            case 'f' -> "f32";
            case 'h' -> "u8";
            case 'i' -> "isize";
            case 'j' -> "usize";
            case 'l' -> "i32";
            case 'm' -> "u32";
            case 'n' -> "i128";
            case 'o' -> "u128";
            case 'p' -> "_";
            case 's' -> "i16";
            case 't' -> "u16";
            case 'u' -> "()";
            case 'v' -> "...";
            case 'x' -> "i64";
            case 'y' -> "u64";
            case 'z' -> "!";
            default -> null;
        };
    }
}
