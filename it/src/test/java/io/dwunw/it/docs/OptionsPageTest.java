// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.dwunw.agent.AgentOptions;
import io.dwunw.agent.OptionException;
import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/options.md} beside the options that the agent knows. */
final class OptionsPageTest {
    /** Where a line of the agent's help begins that has an option in front. */
    private static final Pattern HELP_LINE = Pattern.compile("(?m)^ {14}(?=\\w+=[A-Z])");

    private static final Pattern OPTION = Pattern.compile("(\\w+)=");
    private static final Pattern DEFAULT = Pattern.compile("\\(default ([^\\s:;)]+)");

    @Test
    void everyOptionIsInTheTableAndNoOther() throws IOException {
        assertThat(new TreeSet<>(table().keySet())).isEqualTo(new TreeSet<>(known()));
    }

    @Test
    void theTableHasTheDefaultsOfTheAgentsHelp() throws IOException {
        Map<String, String> defaults = defaultsOfHelp();
        Map<String, String> table = table();

        assertThat(defaults).hasSizeGreaterThan(6);
        defaults.forEach(
                (option, value) -> assertThat(table.get(option)).as(option).contains("`" + value + "`"));
    }

    @Test
    void everyOptionWithAValueHasASection() throws IOException {
        Page page = Page.of("docs/options.md").section("Each option");
        List<String> withoutValue = List.of("help", "version");

        assertThat(known())
                .filteredOn(option -> !withoutValue.contains(option))
                .allSatisfy(option ->
                        assertThat(page.section(option).plainText()).as(option).isNotBlank());
    }

    private static Map<String, String> table() throws IOException {
        Map<String, String> table = new LinkedHashMap<>();
        Page page = Page.of("docs/options.md").section("Options");
        page.rows().forEach((written, value) -> {
            // The table of options, not those that explain one of them.
            if (written.matches("[a-z]+(=[A-Z].*)?")) {
                table.put(written.replaceFirst("=.*", ""), value);
            }
        });
        return table;
    }

    /** As the agent lists them to a user who has mistyped one. */
    private static List<String> known() {
        OptionException unknown =
                catchThrowableOfType(OptionException.class, () -> AgentOptions.parse("no-such-option=1"));
        String message = String.valueOf(unknown.getMessage());
        String list = message.substring(message.indexOf("Known are ") + "Known are ".length());
        return Arrays.asList(list.split(", ", -1));
    }

    private static Map<String, String> defaultsOfHelp() throws IOException {
        String source =
                Files.readString(Project.root().resolve("agent/src/main/java/io/dwunw/agent/AgentOptions.java"));
        String help = source.substring(source.indexOf("HELP = \"\"\""), source.indexOf("\"\"\";"));
        Map<String, String> defaults = new LinkedHashMap<>();
        // Each part begins with an option.
        for (String part : HELP_LINE.splitAsStream(help).toList()) {
            Matcher option = OPTION.matcher(part);
            Matcher value = DEFAULT.matcher(part);
            if (option.lookingAt() && value.find()) {
                defaults.put(option.group(1), value.group(1));
            }
        }
        return defaults;
    }
}
