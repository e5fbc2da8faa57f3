// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

/**
 * Error that a sum of weights may have: a 90 % interval, so that each end is wrong in one of twenty cases.
 *
 * <p>A sum of weights is a sum over a Poisson process whose points count differently. Its interval is that of a gamma
 * distribution with the estimated mean and variance (Fay and Feuer 1997), and at the upper end with one more sample,
 * the heaviest seen, that might have come. For equal weights this is the exact interval of a Poisson count, so that
 * it means something from the first sample on: one of 8 MiB stands for 0.3 to 38 MiB. The variance is the one of the
 * draws that were really made: each adds {@code weight * (weight - size)}, which is nothing where it was certain.
 * Quantiles are those of Wilson and Hilferty (1931).
 */
final class SumInterval {
    /** Standard normal quantile of 95 %. */
    private static final double Z = 1.6448536269514722;

    private double sum;
    private double variance;
    private double certain;
    private double heaviest;

    /** One sampled block: its size is certainly there, the rest of its weight stands for others. */
    void add(long size, long weight, double weightVariance) {
        sum += weight;
        variance += weightVariance;
        certain += size;
        if (weight > 0) {
            heaviest = Math.max(heaviest, weightVariance / weight);
        }
    }

    void add(SumInterval other) {
        sum += other.sum;
        variance += other.variance;
        certain += other.certain;
        heaviest = Math.max(heaviest, other.heaviest);
    }

    /** Lower end, at most the sum itself; at least what the sampled blocks hold by themselves. */
    long low() {
        if (variance <= 0) {
            return Math.round(sum);
        }
        return Math.round(Math.min(sum, Math.max(certain, quantile(sum, variance, -Z))));
    }

    /** Upper end, at least the sum itself. */
    long high() {
        if (variance <= 0) {
            return Math.round(sum);
        }
        double high = quantile(sum + heaviest, variance + heaviest * heaviest, Z);
        return Math.round(Math.max(sum, high));
    }

    /**
     * Of the gamma distribution with that mean and variance, by way of chi-squared with {@code 2 mean² / variance}
     * degrees.
     */
    private static double quantile(double mean, double variance, double z) {
        double part = variance / (9 * mean * mean);
        double root = 1 - part + z * Math.sqrt(part);
        return root <= 0 ? 0 : mean * root * root * root;
    }
}
