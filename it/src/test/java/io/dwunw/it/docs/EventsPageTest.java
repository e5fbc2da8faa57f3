// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.junit.jupiter.api.Test;

/** {@code docs/events.md} beside the event classes. */
final class EventsPageTest {
    private static final String PACKAGE = "io.dwunw.jfr.";
    private static final String SUFFIX = "Event.class";

    @Test
    void everyEventHasASectionWithAllItsFieldsAndNoOthers() throws Exception {
        Page page = Page.of("docs/events.md");
        List<Class<?>> events = events();

        assertThat(events).hasSizeGreaterThan(3);
        for (Class<?> event : events) {
            String name = event.getAnnotation(Name.class).value();
            assertThat(new TreeSet<>(page.section(name).rows().keySet()))
                    .as("fields in the section " + name)
                    .isEqualTo(fields(event));
        }
    }

    private static Set<String> fields(Class<?> event) {
        Set<String> fields = Arrays.stream(event.getDeclaredFields())
                // JFR adds private ones to classes that it knows.
                .filter(field -> Modifier.isPublic(field.getModifiers()) && !Modifier.isStatic(field.getModifiers()))
                .map(Field::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        StackTrace stack = event.getAnnotation(StackTrace.class);
        if (stack == null || stack.value()) {
            fields.add("stackTrace");
        }
        return fields;
    }

    /** Not initialised: the first event class that is starts the recorder. */
    private static List<Class<?>> events() throws IOException, ClassNotFoundException {
        List<Class<?>> events = new ArrayList<>();
        try (Stream<Path> files = Files.list(Project.root().resolve("jfr-events/target/classes/io/dwunw/jfr"))) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(SUFFIX)) {
                    String type = PACKAGE + name.substring(0, name.length() - ".class".length());
                    events.add(Class.forName(type, false, EventsPageTest.class.getClassLoader()));
                }
            }
        }
        events.removeIf(type -> !Event.class.isAssignableFrom(type));
        return events;
    }
}
