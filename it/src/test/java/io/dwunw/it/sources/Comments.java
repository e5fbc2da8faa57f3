// SPDX-License-Identifier: MIT
package io.dwunw.it.sources;

import java.util.ArrayList;
import java.util.List;

/** The comments of a source file, line by line, without their marks; of Markdown, which is all text, every line. */
final class Comments {
    /**
     * One line of a comment.
     *
     * @param number from 1
     * @param begins whether a comment begins here
     */
    record Line(int number, boolean begins, String text) {}

    private final List<Line> found = new ArrayList<>();
    private boolean inside;

    private Comments() {}

    static List<Line> of(SourceFile file) {
        Comments comments = new Comments();
        int number = 0;
        boolean wasComment = false;
        for (String line : file.lines()) {
            number++;
            int before = comments.found.size();
            switch (file.kind()) {
                case MARKDOWN -> comments.add(number, false, line);
                case SCRIPT -> comments.script(number, !wasComment, line.strip());
                default -> comments.cLike(number, !wasComment, line);
            }
            wasComment = comments.found.size() > before;
        }
        return comments.found;
    }

    private void add(int number, boolean begins, String text) {
        found.add(new Line(number, begins, text.strip()));
    }

    private void script(int number, boolean begins, String line) {
        if (line.startsWith("#")) {
            add(number, begins, line.substring(1));
        }
    }

    private void cLike(int number, boolean begins, String line) {
        if (inside) {
            int end = line.indexOf("*/");
            add(number, false, withoutStars(end < 0 ? line : line.substring(0, end)));
            inside = end < 0;
            return;
        }
        String code = withoutStrings(line);
        int rest = code.indexOf("//");
        int block = code.indexOf("/*");
        if (block >= 0 && (rest < 0 || block < rest)) {
            int end = line.indexOf("*/", block + 2);
            add(number, true, withoutStars(line.substring(block + 2, end < 0 ? line.length() : end)));
            inside = end < 0;
        } else if (rest >= 0) {
            add(number, begins, line.substring(rest + 2));
        }
    }

    private static String withoutStars(String text) {
        return text.strip().replaceFirst("^\\*+", "");
    }

    /** The line up to its comment, with blanks for what is quoted: a quoted {@code //} begins no comment. */
    private static String withoutStrings(String line) {
        StringBuilder code = new StringBuilder(line);
        char quote = 0;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (quote == 0 && (line.startsWith("//", i) || line.startsWith("/*", i))) {
                break; // an apostrophe in a comment is no quote
            }
            if (quote != 0 && c == '\\') {
                code.setCharAt(i, ' ');
                i++;
                if (i < line.length()) {
                    code.setCharAt(i, ' ');
                }
            } else if (quote != 0) {
                quote = c == quote ? 0 : quote;
                code.setCharAt(i, ' ');
            } else if (c == '"' || c == '\'') {
                quote = c;
            }
        }
        return code.toString();
    }
}
