// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The kernel's paths, which are bytes, as text: UTF-8, whatever the locale. A byte that is not UTF-8 becomes a lone
 * surrogate, U+DC80 to U+DCFF, so that the bytes can be had back (as in Python's PEP 383).
 */
public final class PathText {
    private static final int ESCAPE = 0xdc00;

    private PathText() {}

    /** The text of paths, or of a whole {@code /proc/PID/maps}. */
    public static String decode(byte[] bytes, int length) {
        int ascii = 0;
        while (ascii < length && bytes[ascii] >= 0) {
            ascii++;
        }
        if (ascii == length) {
            return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
        CharBuffer out = CharBuffer.allocate(length);
        while (true) {
            CoderResult result = decoder.decode(in, out, true);
            if (!result.isError()) {
                return out.flip().toString();
            }
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (ESCAPE | (in.get() & 0xff)));
            }
        }
    }

    /** The bytes that {@link #decode} made this text of. */
    public static byte[] encode(String path) {
        byte[] bytes = new byte[3 * path.length()];
        int length = 0;
        int from = 0;
        for (int i = 0; i <= path.length(); i++) {
            boolean end = i == path.length();
            if (end || isEscape(path, i)) {
                byte[] plain = path.substring(from, i).getBytes(StandardCharsets.UTF_8);
                System.arraycopy(plain, 0, bytes, length, plain.length);
                length += plain.length;
                from = i + 1;
                if (!end) {
                    bytes[length++] = (byte) path.charAt(i);
                }
            }
        }
        return Arrays.copyOf(bytes, length);
    }

    /** For people: a byte that is not UTF-8 is a replacement character. */
    public static String shown(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (isEscape(path, i)) {
                return new String(encode(path), StandardCharsets.UTF_8);
            }
        }
        return path;
    }

    /** A low surrogate that no high one precedes. */
    private static boolean isEscape(String path, int at) {
        return Character.isLowSurrogate(path.charAt(at))
                && (at == 0 || !Character.isHighSurrogate(path.charAt(at - 1)));
    }
}
