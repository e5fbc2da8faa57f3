// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.List;

/** Median and spread of several runs. */
record Spread(double median, double min, double max, int runs) {
    static final Spread NONE = new Spread(Double.NaN, Double.NaN, Double.NaN, 0);

    /**
     * The median is the mean of the two in the middle where there is no middle one. Values that are no numbers count
     * not.
     */
    static Spread of(List<Double> values) {
        double[] sorted = values.stream()
                .mapToDouble(Double::doubleValue)
                .filter(value -> !Double.isNaN(value))
                .sorted()
                .toArray();
        int runs = sorted.length;
        if (runs == 0) {
            return NONE;
        }
        double median = (sorted[(runs - 1) / 2] + sorted[runs / 2]) / 2;
        return new Spread(median, sorted[0], sorted[runs - 1], runs);
    }

    /** {@code median (min–max)}; the range only where there is one. */
    String text() {
        String middle = Figure.text(median);
        return runs < 2 ? middle : middle + " (" + Figure.text(min) + "–" + Figure.text(max) + ")";
    }
}
