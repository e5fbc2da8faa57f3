// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests what a recording gets by what its settings name. */
class ChosenEventsTest {
    private final RecordingHooks hooks =
            RecordingHooks.install(wanted -> {}, new Rendezvous(() -> {}, Duration.ofMillis(1)), () -> {});

    @AfterEach
    void close() {
        hooks.close();
    }

    @ParameterizedTest
    @CsvSource({
        "NativeLeak, leaks reports",
        "NativeAllocation, allocations",
        "NativeFree, frees",
        "AgentStatistics, statistics",
        "AgentState, ''",
        "NativeLeak NativeFree, leaks reports frees",
        "NativeAllocation NativeLeak, allocations leaks reports",
    })
    void whatIsNamedIsAllThereIsWithoutOtherSettings(String named, String expected) {
        try (Recording recording = new Recording()) {
            enable(recording, named);
            assertThat(wanted(recording)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "profile"})
    void configurationsOfTheJdkGetAllThatIsOnByItself(String name) throws Exception {
        try (Recording recording = new Recording(Configuration.getConfiguration(name))) {
            assertThat(wanted(recording)).isEqualTo("allocations leaks reports statistics");
        }
        try (Recording recording = new Recording()) {
            assertThat(wanted(recording)).isEqualTo("allocations leaks reports statistics");
        }
    }

    @Test
    void toAConfigurationFreesAreAdded() throws Exception {
        try (Recording recording = new Recording(Configuration.getConfiguration("default"))) {
            recording.enable("dwunw.NativeFree");
            assertThat(wanted(recording)).isEqualTo("allocations leaks reports statistics frees");
        }
    }

    /** As a wizard leaves it, in which somebody has ticked what he wants. */
    @Test
    void aConfigurationThatNamesAnEventWhichIsOnAnywayHasChosen() throws Exception {
        try (Recording recording = new Recording(Configuration.getConfiguration("profile"))) {
            recording.enable("dwunw.NativeLeak");
            assertThat(wanted(recording)).isEqualTo("leaks reports");
        }
    }

    @Test
    void toSwitchOneOffIsNoChoiceOfAnother() throws Exception {
        try (Recording recording = new Recording(Configuration.getConfiguration("default"))) {
            recording.disable("dwunw.NativeAllocation");
            assertThat(wanted(recording)).isEqualTo("leaks reports statistics");
        }
        try (Recording recording = new Recording()) {
            recording.enable("dwunw.NativeLeak");
            recording.disable("dwunw.NativeLeakReport");
            assertThat(wanted(recording)).isEqualTo("leaks");
        }
    }

    @Test
    void whatIsSwitchedOnLaterIsOn() {
        try (Recording recording = new Recording()) {
            recording.enable("dwunw.NativeLeak");
            recording.start();
            recording.enable("dwunw.NativeAllocation");
            assertThat(wanted()).isEqualTo("allocations leaks reports");
        }
    }

    @Test
    void aRecordingThatRanBeforeTheAgentCameHasChosenToo() {
        hooks.close();
        try (Recording recording = new Recording()) {
            recording.setSettings(Map.of("dwunw.NativeLeak#enabled", "true"));
            recording.start();
            try (RecordingHooks later =
                    RecordingHooks.install(wanted -> {}, new Rendezvous(() -> {}, Duration.ofMillis(1)), () -> {})) {
                assertThat(later).isNotNull();
                assertThat(wanted()).isEqualTo("leaks reports");
            }
        }
    }

    private static void enable(Recording recording, String events) {
        for (String event : events.split(" ", -1)) {
            recording.enable("dwunw." + event);
        }
    }

    private static String wanted(Recording recording) {
        recording.start();
        return wanted();
    }

    private static String wanted() {
        StringBuilder wanted = new StringBuilder();
        add(wanted, WantedEvents.allocations(), "allocations");
        add(wanted, WantedEvents.leaks(), "leaks");
        add(wanted, WantedEvents.leakReports(), "reports");
        add(wanted, WantedEvents.statistics(), "statistics");
        add(wanted, WantedEvents.frees(), "frees");
        return wanted.toString();
    }

    private static void add(StringBuilder wanted, boolean is, String name) {
        if (is) {
            wanted.append(wanted.length() == 0 ? "" : " ").append(name);
        }
    }
}
