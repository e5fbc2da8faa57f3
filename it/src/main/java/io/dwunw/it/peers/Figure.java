// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.Locale;

/** Something that is measured, by the key that the programs print. */
enum Figure {
    CPU("cpu", "CPU ns", Worse.HIGHER),
    WALL("wall", "wall ns", Worse.HIGHER),
    PROCESS("process", "CPU ns of the whole process", Worse.HIGHER),
    THROUGHPUT("throughput", "messages/s", Worse.LOWER),
    P99("p99", "p99 µs", Worse.HIGHER),
    START("start", "ms", Worse.HIGHER),
    RATE("rate", "allocations/s", Worse.LOWER),
    PEAK("rss", "peak RSS MiB", Worse.HIGHER),
    LOST("lost", "lost %", Worse.HIGHER),
    MISSING("missing", "not in the recording %", Worse.HIGHER),
    SAMPLES("samples", "samples", Worse.LOWER),
    SIDECAR("sidecar", "µs of sidecar CPU per sample", Worse.HIGHER),
    BYTES("perSample", "bytes of recording per sample", Worse.HIGHER);

    private static final double SMALL = 10;
    private static final double LARGE = 100;

    private final String key;
    private final String label;
    private final Worse worse;

    /** The direction in which this figure gets worse. */
    enum Worse {
        HIGHER,
        LOWER
    }

    Figure(String key, String label, Worse worse) {
        this.key = key;
        this.label = label;
        this.worse = worse;
    }

    String key() {
        return key;
    }

    /** With its unit. */
    String label() {
        return label;
    }

    Worse worse() {
        return worse;
    }

    /** The figure's value in the unit of the label, of what a program prints. */
    double scaled(double printed) {
        return this == PEAK ? printed / 1024 : printed;
    }

    /** Three digits that count. */
    static String text(double value) {
        double size = Math.abs(value);
        if (Double.isNaN(value)) {
            return "";
        }
        if (size >= LARGE) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, size >= SMALL ? "%.1f" : "%.2f", value);
    }
}
