// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the text of {@code /proc/<pid>/maps}. Lines that are not of its form are left out. */
final class MapsText {
    private static final String DELETED = " (deleted)";
    private static final int HEX = 16;

    private MapsText() {}

    static List<Mapping> parse(CharSequence text) {
        List<Mapping> mappings = new ArrayList<>();
        int length = text.length();
        int start = 0;
        while (start < length) {
            int end = start;
            while (end < length && text.charAt(end) != '\n') {
                end++;
            }
            Mapping mapping = line(text.subSequence(start, end).toString());
            if (mapping != null) {
                mappings.add(mapping);
            }
            start = end + 1;
        }
        return mappings;
    }

    /** {@code low-high rwxp offset dev:dev inode      path}: the path is the rest of the line, spaces included. */
    private static @Nullable Mapping line(String line) {
        int dash = line.indexOf('-');
        int afterRange = line.indexOf(' ');
        int afterFlags = line.indexOf(' ', afterRange + 1);
        int afterOffset = line.indexOf(' ', afterFlags + 1);
        int afterDevice = line.indexOf(' ', afterOffset + 1);
        if (dash <= 0
                || afterRange <= dash
                || afterFlags < afterRange + 5
                || afterOffset <= afterFlags
                || afterDevice <= afterOffset) {
            return null;
        }
        int afterInode = line.indexOf(' ', afterDevice + 1);
        int inodeEnd = afterInode < 0 ? line.length() : afterInode;
        try {
            return mapping(
                    Long.parseUnsignedLong(line, 0, dash, HEX),
                    Long.parseUnsignedLong(line, dash + 1, afterRange, HEX),
                    line.substring(afterRange + 1, afterFlags),
                    Long.parseUnsignedLong(line, afterFlags + 1, afterOffset, HEX),
                    line.substring(afterOffset + 1, afterDevice),
                    Long.parseUnsignedLong(line, afterDevice + 1, inodeEnd, 10),
                    path(line, inodeEnd));
        } catch (NumberFormatException notOfThisForm) {
            return null;
        }
    }

    private static @Nullable Mapping mapping(
            long low, long high, String flags, long offset, String device, long inode, String path) {
        if (Long.compareUnsigned(low, high) >= 0) {
            return null;
        }
        boolean deleted = inode != 0 && path.endsWith(DELETED);
        return new Mapping(
                low,
                high,
                flags.charAt(0) == 'r',
                flags.charAt(2) == 'x',
                offset,
                device,
                inode,
                deleted ? path.substring(0, path.length() - DELETED.length()) : path,
                deleted);
    }

    private static String path(String line, int from) {
        int start = from;
        while (start < line.length() && line.charAt(start) == ' ') {
            start++;
        }
        // The kernel writes a newline in a path as \012 and nothing else specially.
        return line.substring(start).replace("\\012", "\n");
    }
}
