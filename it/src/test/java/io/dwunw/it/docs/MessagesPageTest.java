// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.stack.StackState;
import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/troubleshooting.md} beside the messages in the agent's sources. */
final class MessagesPageTest {
    private static final List<String> SOURCES =
            List.of("agent/src/main/java/io/dwunw/agent", "unwind-core/src/main/java/io/dwunw/bytes/FileAccount.java");
    /** Calls that end in a line for the user, or in a part of one. */
    private static final Pattern SPEAKS = Pattern.compile("\\b(Console\\.line|console\\.accept|told|unchanged|untraced"
            + "|Optional\\.of|refused|wrong|with|leaveOut"
            + "|new (\\w*Unavailable|NativeLibrary|UnprotectedPath|Option|MissingFunction)Exception)\\(");

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
    /** Two literals that are joined, maybe on two lines. */
    private static final Pattern JOINT = Pattern.compile("\"\\s*\\+\\s*\"");

    private static final Pattern QUOTED = Pattern.compile("\\*\\*`([^`]*)`\\*\\*");
    /** Stands before each reason why nothing is traced. */
    private static final String LEAD = "^not tracing: ";
    /** Characters. Shorter pieces are commas and brackets around what differs. */
    private static final int SHORTEST = 8;

    @Test
    void everyMessageOfTheAgentIsExplained() throws IOException {
        String page = Page.of("docs/troubleshooting.md").plainText();
        Set<String> missing = new TreeSet<>();
        int found = 0;
        for (String source : sources()) {
            for (String piece : spoken(source)) {
                found++;
                if (!page.contains(piece)) {
                    missing.add(piece);
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(found).isGreaterThan(80);
    }

    @Test
    void everyMessageThatIsExplainedIsOneOfTheAgents() throws IOException {
        String code = String.join("\n", sources()).replace("\\n", " ").replace("`", "");
        String page = String.join(" ", Page.of("docs/troubleshooting.md").lines());
        List<String> outdated = new ArrayList<>();
        Matcher quoted = QUOTED.matcher(page);
        int found = 0;
        while (quoted.find()) {
            for (String piece : pieces(quoted.group(1).split("…", -1))) {
                found++;
                if (!code.contains(piece)) {
                    outdated.add(piece);
                }
            }
        }
        assertThat(outdated).isEmpty();
        assertThat(found).isGreaterThan(80);
    }

    @Test
    void everyStateOfAStackIsExplained() throws IOException {
        Set<String> explained = Page.of("docs/troubleshooting.md")
                .section("What `stackState` says")
                .rows()
                .keySet();
        for (StackState state : StackState.values()) {
            assertThat(explained).contains(state.text());
        }
        assertThat(explained).hasSize(StackState.values().length + 1);
    }

    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>();
        for (String source : SOURCES) {
            try (Stream<Path> files = Files.walk(Project.root().resolve(source))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    sources.add(JOINT.matcher(Files.readString(file)).replaceAll(""));
                }
            }
        }
        return sources;
    }

    private static List<String> spoken(String source) {
        List<String> literals = new ArrayList<>();
        Matcher call = SPEAKS.matcher(source);
        while (call.find()) {
            Matcher literal = LITERAL.matcher(source.substring(call.end(), endOfCall(source, call.end())));
            while (literal.find()) {
                literals.add(literal.group(1));
            }
        }
        return pieces(literals.toArray(String[]::new));
    }

    /** Where the bracket is closed that was opened before {@code start}. */
    private static int endOfCall(String source, int start) {
        int depth = 1;
        boolean quoted = false;
        for (int i = start; i < source.length(); i++) {
            char c = source.charAt(i);
            if (quoted && c == '\\') {
                i++;
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && c == '(') {
                depth++;
            } else if (!quoted && c == ')' && --depth == 0) {
                return i;
            }
        }
        return source.length();
    }

    /** What is long enough to be recognised, as the page has it. */
    private static List<String> pieces(String... texts) {
        List<String> pieces = new ArrayList<>();
        for (String text : texts) {
            String piece = text.replaceFirst(LEAD, "")
                    .replace("`", "")
                    .replaceAll("\\s+", " ")
                    .strip();
            if (piece.length() >= SHORTEST && piece.contains(" ")) {
                pieces.add(piece);
            }
        }
        return pieces;
    }
}
