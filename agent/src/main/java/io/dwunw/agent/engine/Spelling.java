// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Suggests the known names that are nearest to a mistyped one (edit distance). Cold. */
public final class Spelling {
    /** Longer texts are cut when compared: what a user mistypes is short. */
    private static final int MAX_LENGTH = 80;

    private Spelling() {}

    /** The candidates with the fewest edits to {@code text}, nearest first; equals in their own order. */
    public static List<String> nearest(String text, Collection<String> candidates, int limit) {
        List<String> sorted = new ArrayList<>(candidates);
        sorted.sort(Comparator.comparingInt(candidate -> distance(text, candidate)));
        return sorted.subList(0, Math.min(limit, sorted.size()));
    }

    /** What only goes on, or breaks off, is near. */
    private static int distance(String text, String candidate) {
        boolean partial = candidate.startsWith(text) || text.startsWith(candidate);
        return partial ? 1 : levenshtein(cut(text), cut(candidate));
    }

    private static String cut(String text) {
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH);
    }

    private static int levenshtein(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substitution, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
