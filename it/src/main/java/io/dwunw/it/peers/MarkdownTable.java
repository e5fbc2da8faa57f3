// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Rows of cells, as Markdown; columns are as wide as their widest cell, so that it reads as text too. */
final class MarkdownTable {
    private final List<List<String>> rows = new ArrayList<>();

    MarkdownTable(List<String> head) {
        rows.add(escaped(head));
        rows.add(Collections.nCopies(head.size(), "---"));
    }

    /** A row; missing cells at its end are empty. */
    void row(List<String> cells) {
        int columns = rows.get(0).size();
        if (cells.size() > columns) {
            throw new IllegalArgumentException(cells.size() + " cells in a table of " + columns + " columns");
        }
        List<String> row = new ArrayList<>(escaped(cells));
        while (row.size() < columns) {
            row.add("");
        }
        rows.add(row);
    }

    boolean isEmpty() {
        return rows.size() == 2;
    }

    private static List<String> escaped(List<String> cells) {
        return cells.stream()
                .map(cell -> cell.replace("|", "\\|").replace("\n", " "))
                .toList();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            text.append('|');
            for (int column = 0; column < rows.get(0).size(); column++) {
                String cell = rows.get(i).get(column);
                int missing = width(column) - cell.length();
                text.append(' ')
                        .append(cell)
                        .append((i == 1 ? "-" : " ").repeat(missing))
                        .append(" |");
            }
            text.append('\n');
        }
        return text.toString();
    }

    private int width(int column) {
        return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    }
}
