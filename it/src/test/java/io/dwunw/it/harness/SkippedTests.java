// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * Summary of the tests that a build has skipped, by reason. The build prints it once, after the last module's tests.
 */
public final class SkippedTests {
    /** Prefixes that say how a test was skipped, which is of no interest beside why. */
    private static final String PREFIX = "(Assumption failed: |needs [A-Z0-9_]+: )";

    private SkippedTests() {}

    /**
     * Prints the summary.
     *
     * @param arguments the top directory of the source tree, and when the build began (ISO 8601): older reports do not
     *     count
     */
    public static void main(String[] arguments) throws IOException {
        print(Path.of(arguments[0]), Instant.parse(arguments[1]), System.out);
    }

    static void print(Path root, Instant begin, PrintStream out) throws IOException {
        Map<String, Long> reasons = reports(root, begin).stream()
                .flatMap(report -> reasons(report).stream())
                .collect(Collectors.groupingBy(reason -> reason, TreeMap::new, Collectors.counting()));
        long all = reasons.values().stream().mapToLong(Long::longValue).sum();
        out.println(all == 0 ? "No test was skipped." : "Tests skipped: " + all);
        reasons.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .forEach(reason -> out.printf("%6d  %s%n", reason.getValue(), reason.getKey()));
    }

    private static List<Path> reports(Path root, Instant begin) throws IOException {
        List<Path> reports = new ArrayList<>();
        for (String module : List.of("unwind-core", "jfr-events", "agent", "it")) {
            for (String kind : List.of("surefire", "failsafe")) {
                Path directory = root.resolve(module).resolve("target").resolve(kind + "-reports");
                if (Files.isDirectory(directory)) {
                    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "TEST-*.xml")) {
                        for (Path file : files) {
                            if (!Files.getLastModifiedTime(file).toInstant().isBefore(begin)) {
                                reports.add(file);
                            }
                        }
                    }
                }
            }
        }
        return reports;
    }

    private static List<String> reasons(Path report) {
        List<String> reasons = new ArrayList<>();
        try {
            DocumentBuilder builder = DocumentBuilderFactory.newInstance().newDocumentBuilder();
            builder.setErrorHandler(new DefaultHandler()); // the default one prints
            NodeList skipped = builder.parse(report.toFile()).getElementsByTagName("skipped");
            for (int i = 0; i < skipped.getLength(); i++) {
                reasons.add(reason((Element) skipped.item(i)));
            }
        } catch (IOException | ParserConfigurationException | SAXException e) {
            reasons.add("unknown, as " + report + " cannot be read: " + e.getMessage());
        }
        return reasons;
    }

    /** What the report gives as message; where it has none, the message of the exception that it shows. */
    private static String reason(Element skipped) {
        String message = skipped.getAttribute("message");
        if (message.isBlank()) {
            message = skipped.getTextContent().strip().replaceFirst("^[\\w.$]+: ", "");
        }
        message = message.replaceFirst("^" + PREFIX, "").strip();
        return message.isEmpty()
                ? "no reason given"
                : message.lines().findFirst().orElse(message);
    }
}
