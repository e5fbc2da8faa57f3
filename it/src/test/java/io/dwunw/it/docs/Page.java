// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A page of the documentation: Markdown, of which only headings, tables, links and code are understood. */
public record Page(Path path, List<String> lines) {
    private static final Pattern HEADING = Pattern.compile("(#+) (.*)");
    private static final Pattern CODE = Pattern.compile("`([^`]*)`");
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final String FENCE = "```";
    private static final String SHELL = FENCE + "sh";

    /** The page with this path, seen from the top of the source tree. */
    public static Page of(String path) throws IOException {
        return of(Project.root().resolve(path));
    }

    static Page of(Path path) throws IOException {
        return new Page(path, Files.readAllLines(path));
    }

    /** Every page of the source tree that is written by hand. */
    static List<Page> all() throws IOException {
        List<Page> pages = new ArrayList<>();
        try (Stream<Path> top = Files.list(Project.root())) {
            for (Path entry : top.sorted().toList()) {
                String name = entry.getFileName().toString();
                boolean skipped = name.equals("target") || name.equals(".git");
                if (!skipped) {
                    addAll(entry, pages);
                }
            }
        }
        return pages;
    }

    private static void addAll(Path entry, List<Page> pages) throws IOException {
        try (Stream<Path> files = Files.walk(entry)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(".md") && Files.isRegularFile(file))
                    .filter(file -> !file.toString().contains("/target/"))
                    .sorted()
                    .toList();
            for (Path file : found) {
                pages.add(of(file));
            }
        }
    }

    /** All of it, with single spaces for all white space, and without the marks of code. */
    String plainText() {
        return String.join(" ", lines).replace("`", "").replaceAll("\\s+", " ");
    }

    /** The lines outside of fenced code. */
    private List<String> prose() {
        List<String> prose = new ArrayList<>();
        boolean fenced = false;
        for (String line : lines) {
            if (line.startsWith(FENCE)) {
                fenced = !fenced;
            } else if (!fenced && !line.startsWith("    ")) {
                prose.add(line);
            }
        }
        return prose;
    }

    /** Commands that the page shows for a shell, one a line, in their order. */
    public List<String> commands() {
        List<String> commands = new ArrayList<>();
        boolean shell = false;
        for (String line : lines) {
            if (line.startsWith(FENCE)) {
                shell = line.equals(SHELL);
            } else if (shell) {
                commands.add(line);
            }
        }
        return commands;
    }

    /** Where links lead, as they are written. */
    List<String> links() {
        List<String> links = new ArrayList<>();
        Matcher link = LINK.matcher(CODE.matcher(String.join("\n", prose())).replaceAll(""));
        while (link.find()) {
            links.add(link.group(1));
        }
        return links;
    }

    /** What links to a part of the page may name: its headings, spelled as GitHub spells them in addresses. */
    List<String> anchors() {
        List<String> anchors = new ArrayList<>();
        for (String line : prose()) {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                String text = heading.group(2).toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}_ -]", "");
                String anchor = text.replace(' ', '-');
                long before = anchors.stream().filter(anchor::equals).count();
                anchors.add(before == 0 ? anchor : anchor + "-" + before);
            }
        }
        return anchors;
    }

    /** The part below a heading, up to the next of its level or above. */
    Page section(String title) {
        List<String> part = new ArrayList<>();
        int level = 0;
        for (String line : lines) {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches() && level > 0 && heading.group(1).length() <= level) {
                break;
            }
            if (level > 0) {
                part.add(line);
            } else if (heading.matches() && heading.group(2).equals(title)) {
                level = heading.group(1).length();
            }
        }
        return new Page(path, part);
    }

    /** The rows of its tables, by each piece of code in the first cell; the value is the last cell. */
    Map<String, String> rows() {
        Map<String, String> rows = new LinkedHashMap<>();
        for (String line : lines) {
            String[] cells = line.split("(?<!\\\\)\\|", -1);
            if (line.startsWith("|") && cells.length > 3) {
                Matcher code = CODE.matcher(cells[1]);
                while (code.find()) {
                    rows.put(code.group(1), cells[cells.length - 2].strip());
                }
            }
        }
        return rows;
    }
}
