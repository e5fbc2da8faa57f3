// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.List;
import java.util.Map;
import jdk.jfr.Recording;

/**
 * Decides which events a recording gets, by what its settings name.
 *
 * <p>To JFR an event that no setting names is on, also with {@code settings=none}: to enable a single event would be to
 * get all others with it. So a recording that enables one by name which is on in any case has chosen, and so has one
 * that names only events of dwunw: what they do not name is switched off. Configurations that know nothing of dwunw, as
 * {@code default} and {@code profile}, get what is on by itself, and {@code NativeFree} can be added. Stateless.
 */
final class ChosenEvents {
    private static final String OURS = "dwunw.";
    private static final String ENABLED = "#enabled";
    private static final String LEAK = "dwunw.NativeLeak";
    private static final String LEAK_REPORT = "dwunw.NativeLeakReport";

    /** On by themselves. {@code AgentState} is left out: one event a chunk, it says why there are no others. */
    private static final List<String> ON_BY_DEFAULT = List.of("dwunw.NativeAllocation", LEAK, "dwunw.AgentStatistics");

    private ChosenEvents() {}

    /** Switches off what a recording that has begun did not choose. */
    static void apply(Recording recording) {
        Map<String, String> settings = recording.getSettings();
        if (!hasChosen(settings)) {
            return;
        }
        for (String event : ON_BY_DEFAULT) {
            if (!settings.containsKey(event + ENABLED)) {
                recording.disable(event);
            }
        }
        // The head of reports goes with them.
        if (!settings.containsKey(LEAK_REPORT + ENABLED) && !isEnabled(settings, LEAK)) {
            recording.disable(LEAK_REPORT);
        }
    }

    private static boolean hasChosen(Map<String, String> settings) {
        for (String event : ON_BY_DEFAULT) {
            if (isEnabled(settings, event)) {
                return true;
            }
        }
        boolean any = false;
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            if (!setting.getKey().startsWith(OURS)) {
                return false;
            }
            any |= setting.getKey().endsWith(ENABLED) && Boolean.parseBoolean(setting.getValue());
        }
        return any;
    }

    private static boolean isEnabled(Map<String, String> settings, String event) {
        return Boolean.parseBoolean(settings.get(event + ENABLED));
    }
}
