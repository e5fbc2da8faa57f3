// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import java.util.Map;
import java.util.TreeMap;

/** Little work, and the end: what is measured is how long the whole process takes. */
public final class SmallProgram {
    private SmallProgram() {}

    public static void main(String[] args) {
        Map<Integer, String> squares = new TreeMap<>();
        for (int i = 0; i < 1_000; i++) {
            squares.put(i * i % 1_009, Integer.toString(i));
        }
        System.out.println("operations=" + squares.size() + " rss=" + ProcessFigures.peakResidentKib());
    }
}
