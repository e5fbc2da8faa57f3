// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReportScheduleTest {
    private static final long SECOND = 1_000_000_000L;
    /** Near the largest number: times may wrap round. */
    private static final long BEGIN = Long.valueOf(Long.MAX_VALUE) - 10 * SECOND;

    private final ReportSchedule schedule = new ReportSchedule(Duration.ofSeconds(60), BEGIN);

    @Test
    void theFirstReportOfAChunkComesSoonerThanTheOthers() {
        assertThat(dueFrom(BEGIN)).isEqualTo(15);
        schedule.reported(BEGIN + 15 * SECOND, 0);
        assertThat(dueFrom(BEGIN + 15 * SECOND)).isEqualTo(60);
        schedule.chunkBegun(BEGIN + 40 * SECOND);
        assertThat(dueFrom(BEGIN + 40 * SECOND)).isEqualTo(15);
    }

    @Test
    void aPeriodShorterThanThatHoldsForTheFirstToo() {
        schedule.period(Duration.ofSeconds(2), BEGIN);
        assertThat(dueFrom(BEGIN)).isEqualTo(2);
        schedule.reported(BEGIN + 2 * SECOND, 0);
        assertThat(dueFrom(BEGIN + 2 * SECOND)).isEqualTo(2);
    }

    @Test
    void theSamePeriodAgainPutsNothingOff() {
        schedule.period(Duration.ofSeconds(60), BEGIN + 10 * SECOND);
        assertThat(dueFrom(BEGIN)).isEqualTo(15);
    }

    @Test
    void withoutAPeriodNoneIsEverDue() {
        schedule.period(Duration.ZERO, BEGIN);
        assertThat(dueFrom(BEGIN)).isEqualTo(-1);
    }

    @Test
    void anExpensiveReportIsFollowedByALongPauseAcrossChunks() {
        schedule.reported(BEGIN, SECOND / 10);
        assertThat(dueFrom(BEGIN)).isEqualTo(100);
        schedule.chunkBegun(BEGIN + SECOND);
        assertThat(dueFrom(BEGIN + SECOND)).isEqualTo(100);
        schedule.reported(BEGIN, SECOND / 1000);
        assertThat(dueFrom(BEGIN)).isEqualTo(60);
    }

    /** The first whole second at which a report is due; -1 if none is within ten minutes. */
    private long dueFrom(long nanoTime) {
        for (int i = 0; i <= 600; i++) {
            if (schedule.isDue(nanoTime + i * SECOND)) {
                return i;
            }
        }
        return -1;
    }
}
