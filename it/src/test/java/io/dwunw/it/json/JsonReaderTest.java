// SPDX-License-Identifier: MIT
package io.dwunw.it.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonReaderTest {
    @Test
    void readsWhatJfrPrints() throws IOException {
        String json = """
                {
                  "recording": {
                    "events": [{
                      "type": "x.E",
                      "values": {"a": -5, "d": 1.5e3, "n": null, "t": true, "f": false,
                        "s": "a\\nb \\"q\\" \\u2039x\\u203a jdk\\/internal"}
                    }, {}], "none": [], "big": 9223372036854775807
                  }
                }""";
        assertThat(read(json)).isInstanceOf(Map.class);
        Map<?, ?> recording = member(Map.class, read(json), "recording");
        List<?> events = member(List.class, recording, "events");
        Map<?, ?> values = member(Map.class, events.get(0), "values");
        assertThat(values.get("a")).isEqualTo(-5L);
        assertThat(values.get("d")).isEqualTo(1500.0);
        assertThat(values.get("n")).isSameAs(JsonReader.NULL).hasToString("null");
        assertThat(values.get("t")).isEqualTo(true);
        assertThat(values.get("f")).isEqualTo(false);
        assertThat(values.get("s")).isEqualTo("a\nb \"q\" ‹x› jdk/internal");
        assertThat(recording.get("none")).isEqualTo(List.of());
        assertThat(recording.get("big")).isEqualTo(Long.MAX_VALUE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[1,]",
                "{\"a\":1,}",
                "{\"a\" 1}",
                "[1 2]",
                "\"open",
                "\"\\x\"",
                "\"\\u00g0\"",
                "nul",
                "1 2",
                "-",
                "[\"a\nb\"]",
                "1.2.3"
            })
    void refusesWhatIsNotJson(String text) {
        assertThatThrownBy(() -> read(text)).isInstanceOf(IOException.class);
    }

    @Test
    void refusesBottomlessNesting() {
        assertThatThrownBy(() -> read("[".repeat(100_000))).isInstanceOf(IOException.class);
    }

    private static <T> T member(Class<T> type, Object object, String name) {
        assertThat(object).isInstanceOf(Map.class);
        return type.cast(Objects.requireNonNull(((Map<?, ?>) object).get(name)));
    }

    private static Object read(String json) throws IOException {
        return JsonReader.read(new StringReader(json));
    }
}
