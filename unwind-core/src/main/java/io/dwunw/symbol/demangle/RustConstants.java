// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * {@code <const>} of Rust v0 names: numbers, and the strings, references, arrays, tuples and structures that RFC 3161
 * added, which binutils 2.40 does not know.
 */
final class RustConstants {
    private static final int MAX_DECIMAL_DIGITS = 16;

    private final RustCursor in;
    private final RustV0Demangler printer;

    RustConstants(RustCursor in, RustV0Demangler printer) {
        this.in = in;
        this.printer = printer;
    }

    /** {@code inExpression}: where no braces are needed around more than a literal. */
    void constant(boolean inExpression) {
        printer.enter();
        char tag = in.next();
        switch (tag) {
            case 'p' -> printer.append("_");
            case 'h', 't', 'm', 'y', 'o', 'j' -> unsigned();
            case 'a', 's', 'l', 'x', 'n', 'i' -> {
                printer.append(in.take('n') ? "-" : "");
                unsigned();
            }
            case 'b' -> bool();
            case 'c' -> character();
            case 'B' -> printer.backReference(() -> constant(inExpression));
            case 'R' -> {
                if (in.take('e')) {
                    string();
                } else {
                    braced("&", inExpression, () -> constant(true));
                }
            }
            case 'Q' -> braced("&mut ", inExpression, () -> constant(true));
            case 'e' -> braced("*", inExpression, this::string);
            case 'A' ->
                braced("[", inExpression, () -> {
                    list();
                    printer.append("]");
                });
            case 'T' -> braced("(", inExpression, () -> printer.append(list() == 1 ? ",)" : ")"));
            case 'V' -> braced("", inExpression, this::structure);
            default -> throw new NotMangledException();
        }
        printer.leave();
    }

    private void braced(String start, boolean inExpression, Runnable rest) {
        printer.append(inExpression ? "" : "{");
        printer.append(start);
        rest.run();
        printer.append(inExpression ? "" : "}");
    }

    private int list() {
        int count = 0;
        for (; !in.take('E'); count++) {
            printer.append(count == 0 ? "" : ", ");
            constant(true);
        }
        return count;
    }

    private void structure() {
        printer.path(true);
        switch (in.next()) {
            case 'U' -> {}
            case 'T' -> {
                printer.append("(");
                list();
                printer.append(")");
            }
            case 'S' -> {
                printer.append(" { ");
                for (int i = 0; !in.take('E'); i++) {
                    printer.append(i == 0 ? "" : ", ");
                    in.disambiguator();
                    printer.append(in.identifier());
                    printer.append(": ");
                    constant(true);
                }
                printer.append(" }");
            }
            default -> throw new NotMangledException();
        }
    }

    private void unsigned() {
        String digits = in.hexDigits();
        if (digits.isEmpty()) {
            throw new NotMangledException();
        }
        boolean fits = digits.length() <= MAX_DECIMAL_DIGITS;
        printer.append(fits ? Long.toUnsignedString(Long.parseUnsignedLong(digits, 16)) : "0x" + digits);
    }

    private void bool() {
        switch (in.hexDigits()) {
            case "0" -> printer.append("false");
            case "1" -> printer.append("true");
            default -> throw new NotMangledException();
        }
    }

    private void character() {
        String digits = in.hexDigits();
        if (digits.isEmpty() || digits.length() > 6) {
            throw new NotMangledException();
        }
        int value = Integer.parseInt(digits, 16);
        printer.append("'" + escaped(value, '\'') + "'");
    }

    /** Bytes of UTF-8 in hexadecimal. */
    private void string() {
        try {
            byte[] bytes = HexFormat.of().parseHex(in.hexDigits());
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            printer.append("\"");
            text.codePoints().forEach(c -> printer.append(escaped(c, '"')));
            printer.append("\"");
        } catch (CharacterCodingException | IllegalArgumentException e) {
            throw new NotMangledException();
        }
    }

    private static String escaped(int c, char quote) {
        return switch (c) {
            case '\t' -> "\\t";
            case '\r' -> "\\r";
            case '\n' -> "\\n";
            case '\\' -> "\\\\";
            default -> {
                if (c == quote) {
                    yield "\\" + quote;
                }
                yield c >= ' ' && c < 0x7f ? Character.toString(c) : "\\u{" + Integer.toHexString(c) + "}";
            }
        };
    }
}
