// SPDX-License-Identifier: MIT
package io.dwunw.it.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Comments are plain modern English, each to be understood by itself, in lines that fit on a screen. */
final class LanguageTest {
    private static final int WIDTH = 120;

    /** These rules name what they forbid. */
    private static final String RULES = "it/src/test/java/io/dwunw/it/sources/";

    /** Archaic or ambiguous words, and what is said instead. */
    private static final Pattern ARCHAIC = Pattern.compile(
            "(?i)\\b(dear|dearer|dearest" // expensive, costs more
                    + "|told" // reported, known, distinguished, by default
                    + "|nobody|whoever" // no one, no thread; any caller, code that
                    + "|in vain|for ever" // without result; forever
                    + "|(?<!there )(is|are|was|were) none)\\b"); // is not one

    /** Refers to a neighbour, which is out of sight where a member's comment is shown alone. */
    private static final Pattern REFERS_TO_NEIGHBOUR = Pattern.compile("(^|[.:;] )The same\\b");

    /** The description of a type that begins as a question would, and so does not say what the type is. */
    private static final Pattern QUESTION = Pattern.compile(
            "/\\*\\*[\\s*]*(What|Whether|Which|Where|How|Who|Why|When|Since)\\b(?:(?!\\*/).)*\\*/\\s*"
                    + "(?:@\\w+(?:\\([^)]*\\))?\\s*)*"
                    + "(?:(?:public|private|protected|static|final|abstract|sealed|non-sealed) )*"
                    + "(?:class|interface|record|enum|@interface) (\\w+)",
            Pattern.DOTALL);

    /** Names and quotations keep their words. */
    private static final Pattern CODE = Pattern.compile("`[^`]*`|\\{@code [^}]*}|@param \\w+");

    @Test
    void linesWithCommentsFitIntoTheWidthOfCode() throws IOException {
        List<String> tooLong = new ArrayList<>();
        int seen = 0;
        for (SourceFile file : SourceFile.all()) {
            if (file.kind() == SourceFile.Kind.MARKDOWN) {
                continue;
            }
            for (Comments.Line line : Comments.of(file)) {
                seen++;
                if (file.lines().get(line.number() - 1).length() > WIDTH) {
                    tooLong.add(file.path() + ":" + line.number());
                }
            }
        }
        assertThat(seen).isGreaterThan(1000);
        assertThat(tooLong)
                .as("comment lines of more than " + WIDTH + " characters")
                .isEmpty();
    }

    @Test
    void commentsAndDocumentsAreInPlainModernEnglish() throws IOException {
        assertThat(findings(ARCHAIC, SourceFile.all())).isEmpty();
    }

    @Test
    void commentsDoNotReferToTheirNeighbours() throws IOException {
        List<SourceFile> code = SourceFile.all().stream()
                .filter(file -> file.kind() != SourceFile.Kind.MARKDOWN)
                .toList();
        assertThat(findings(REFERS_TO_NEIGHBOUR, code)).isEmpty();
    }

    @Test
    void descriptionsOfTypesSayWhatTheTypeIs() throws IOException {
        assertThat(
                        questions(
                                "/** A record. */\nrecord Pair() {}\n/**\n * What is told.\n */\n@Nullable\nfinal class Told {}"))
                .containsExactly("Told: What");
        List<String> found = new ArrayList<>();
        for (SourceFile file : SourceFile.all()) {
            if (file.kind() == SourceFile.Kind.JAVA) {
                found.addAll(questions(String.join("\n", file.lines())));
            }
        }
        assertThat(found)
                .as("types whose descriptions do not begin with a noun or a verb")
                .isEmpty();
    }

    private static List<String> questions(String java) {
        return QUESTION.matcher(java)
                .results()
                .map(found -> found.group(2) + ": " + found.group(1))
                .toList();
    }

    @Test
    void findsPhrasesInCommentsOnly() {
        SourceFile file = new SourceFile(
                "Example.java",
                SourceFile.Kind.JAVA,
                List.of(
                        "/** The same, as told",
                        " * by nobody for",
                        " * ever; see {@code whoever}. */",
                        "String quoted = \"// dear\"; // There is none. That is",
                        "// none.",
                        "/** The user's words. */",
                        "String code = \"nobody\";"));

        assertThat(findings(ARCHAIC, List.of(file)))
                .containsExactly(
                        "Example.java:1: told",
                        "Example.java:2: nobody",
                        "Example.java:2: for ever",
                        "Example.java:4: is none");
        assertThat(findings(REFERS_TO_NEIGHBOUR, List.of(file))).containsExactly("Example.java:1: The same");
    }

    /** Phrases as "file:line: phrase", also those that go on in the next line. */
    private static List<String> findings(Pattern phrase, List<SourceFile> files) {
        List<String> findings = new ArrayList<>();
        for (SourceFile file : files) {
            if (!file.path().startsWith(RULES)) {
                List<Comments.Line> lines = Comments.of(file);
                for (int first = 0; first < lines.size(); ) {
                    first = findInOneComment(phrase, file, lines, first, findings);
                }
            }
        }
        return findings;
    }

    /** Returns the index of the next comment's first line. */
    private static int findInOneComment(
            Pattern phrase, SourceFile file, List<Comments.Line> lines, int first, List<String> findings) {
        StringBuilder text = new StringBuilder();
        List<Integer> starts = new ArrayList<>();
        int next = first;
        do {
            starts.add(text.length());
            text.append(lines.get(next).text()).append(' ');
            next++;
        } while (next < lines.size()
                && !lines.get(next).begins()
                && lines.get(next).number() == lines.get(next - 1).number() + 1);

        Matcher found = phrase.matcher(
                CODE.matcher(text).replaceAll(code -> "_".repeat(code.group().length())));
        while (found.find()) {
            int line = 0;
            while (line + 1 < starts.size()
                    && starts.get(line + 1)
                            <= found.end() - found.group().stripLeading().length()) {
                line++;
            }
            findings.add(file.path() + ":" + lines.get(first + line).number() + ": "
                    + found.group().strip().replaceFirst("^[.:;] ", ""));
        }
        return next;
    }
}
