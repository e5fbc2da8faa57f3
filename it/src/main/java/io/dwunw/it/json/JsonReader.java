// SPDX-License-Identifier: MIT
package io.dwunw.it.json;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reader of JSON (RFC 8259): objects become {@link Map}, arrays {@link List}, integers {@link Long}, other numbers
 * {@link Double}, beside {@link String}, {@link Boolean} and {@link #NULL}.
 */
public final class JsonReader {
    /**
     * JSON's {@code null}. No Java null, so that {@code ./demo} compiles this class without a library of annotations.
     */
    public static final Object NULL = new Object() {
        @Override
        public String toString() {
            return "null";
        }
    };

    /**
     * Deeper nesting is refused: {@code jfr print} nests class loaders and thread groups, but a few dozen levels at
     * most.
     */
    private static final int MAX_DEPTH = 500;

    private final Reader in;
    private int next;
    private long position = -1;
    private int depth;

    private JsonReader(Reader in) throws IOException {
        this.in = in;
        advance();
    }

    /**
     * Reads one value and whatever white space is around it.
     *
     * @throws IOException also for text that is not JSON, naming the position
     */
    public static Object read(Reader in) throws IOException {
        JsonReader reader = new JsonReader(new BufferedReader(in));
        Object value = reader.value();
        reader.skipSpace();
        if (reader.next >= 0) {
            throw reader.unexpected("the end");
        }
        return value;
    }

    private Object value() throws IOException {
        skipSpace();
        return switch (next) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", NULL);
            default -> number();
        };
    }

    private Map<String, Object> object() throws IOException {
        enter();
        Map<String, Object> members = new LinkedHashMap<>();
        advance();
        skipSpace();
        while (next != '}') {
            skipSpace();
            String name = string();
            skipSpace();
            expect(':');
            members.put(name, value());
            separator('}');
        }
        advance();
        depth--;
        return members;
    }

    private List<Object> array() throws IOException {
        enter();
        List<Object> elements = new ArrayList<>();
        advance();
        skipSpace();
        while (next != ']') {
            elements.add(value());
            separator(']');
        }
        advance();
        depth--;
        return elements;
    }

    private void enter() throws IOException {
        if (++depth > MAX_DEPTH) {
            throw new IOException("nested too deeply at " + position);
        }
    }

    private void separator(char close) throws IOException {
        skipSpace();
        if (next != close) {
            expect(',');
            skipSpace();
            if (next == close) {
                throw unexpected("a value");
            }
        }
    }

    private String string() throws IOException {
        expect('"');
        StringBuilder text = new StringBuilder();
        while (next != '"') {
            if (next < ' ') {
                throw unexpected("a string's next character");
            }
            if (next == '\\') {
                advance();
                text.append(escape());
            } else {
                text.append((char) next);
                advance();
            }
        }
        advance();
        return text.toString();
    }

    private char escape() throws IOException {
        int kind = next;
        advance();
        return switch (kind) {
            case '"', '\\', '/' -> (char) kind;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> hex();
            default -> throw unexpected("an escape");
        };
    }

    private char hex() throws IOException {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(next, 16);
            if (digit < 0) {
                throw unexpected("a hexadecimal digit");
            }
            code = code << 4 | digit;
            advance();
        }
        return (char) code;
    }

    private Object word(String word, Object value) throws IOException {
        for (int i = 0; i < word.length(); i++) {
            expect(word.charAt(i));
        }
        return value;
    }

    private Number number() throws IOException {
        StringBuilder digits = new StringBuilder();
        boolean integral = true;
        while (isDigit(next) || "-+.eE".indexOf(next) >= 0) {
            integral &= isDigit(next) || next == '-';
            digits.append((char) next);
            advance();
        }
        try {
            if (integral) {
                return Long.valueOf(digits.toString());
            }
            return Double.valueOf(digits.toString());
        } catch (NumberFormatException e) {
            throw new IOException("not a number before position " + position + ": " + digits, e);
        }
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private void expect(char c) throws IOException {
        if (next != c) {
            throw unexpected("'" + c + "'");
        }
        advance();
    }

    private IOException unexpected(String wanted) {
        String found = next < 0 ? "the end" : "'" + (char) next + "'";
        return new IOException("expected " + wanted + " at " + position + ", found " + found);
    }

    private void skipSpace() throws IOException {
        while (next == ' ' || next == '\n' || next == '\r' || next == '\t') {
            advance();
        }
    }

    private void advance() throws IOException {
        next = in.read();
        position++;
    }
}
