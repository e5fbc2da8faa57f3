// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.SizeMix;
import io.dwunw.it.recording.AgentEvent;
import java.io.IOException;
import java.nio.file.Path;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * The weights of about 104,300 samples of a mix of sizes from 16 B to 16 MiB add up to the bytes that were asked for.
 *
 * <p>A block of s bytes is sampled with p = 1 - exp(-s / i), independently of the others as the process is memoryless,
 * and then weighs s / p. So the sum over n blocks is unbiased with variance n s² (1 - p) / p. For this mix and i = 4000
 * the variances of the eleven sizes add up to 1.50e12, of 1.25e9 bytes in all: a standard error of 0.10 %. The bound of
 * 1 % is ten of them; six are allowed for each size by itself, which happens by chance once in 5e8 tries.
 */
final class WeightsIT {
    private static final int INTERVAL = 4000;
    private static final double STANDARD_ERRORS = 6;

    @JvmTest(
            everyEngine = true,
            main = SizeMix.class,
            agent = "maxoverhead=off,maxevents=off,stack=4k,interval=" + INTERVAL,
            recording = "settings=none,+dwunw.NativeAllocation#enabled=true,+dwunw.AgentStatistics#enabled=true")
    void sumsAreUnbiased(JvmOutcome jvm) throws IOException {
        long[] samples = new long[SizeMix.CLASSES];
        double[] weights = new double[SizeMix.CLASSES];
        assertThat(read(jvm.recording(), samples, weights)).as("lost").isZero();

        double bytes = 0;
        double estimate = 0;
        long sampled = 0;
        for (int i = 0; i < SizeMix.CLASSES; i++) {
            double size = SizeMix.size(i);
            double p = -Math.expm1(-size / INTERVAL);
            double error = size * Math.sqrt(SizeMix.blocks(i) * (1 - p) / p);
            double asked = size * SizeMix.blocks(i);
            // Half a byte of each weight is lost in rounding it to a whole number.
            double tolerance = STANDARD_ERRORS * error + samples[i];
            assertThat(weights[i]).as("blocks of %s bytes", size).isCloseTo(asked, within(tolerance));
            bytes += asked;
            estimate += weights[i];
            sampled += samples[i];
        }
        assertThat(sampled).isGreaterThan(100_000);
        assertThat(estimate / bytes).as("%s samples", sampled).isCloseTo(1, within(0.01));
    }

    /** Adds up the samples of the mix; the number of samples lost. One event at a time, because there are many. */
    private static long read(Path recording, long[] samples, double[] weights) throws IOException {
        long lost = -1;
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                String type = event.getEventType().getName();
                if (type.equals(AgentEvent.STATISTICS)) {
                    lost = event.getLong("lost");
                } else if (type.equals(AgentEvent.ALLOCATION) && ofTheMix(event)) {
                    int index = Long.numberOfTrailingZeros(event.getLong("size")) / 2 - 2;
                    assertThat(SizeMix.size(index)).isEqualTo(event.getLong("size"));
                    samples[index]++;
                    weights[index] += event.getLong("weight");
                }
            }
        }
        return lost;
    }

    private static boolean ofTheMix(RecordedEvent event) {
        return event.getStackTrace().getFrames().stream()
                .limit(2)
                .anyMatch(frame -> frame.getMethod().getName().equals("dwunwit_mixed"));
    }
}
