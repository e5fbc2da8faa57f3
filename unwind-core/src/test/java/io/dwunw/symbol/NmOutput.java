// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Output of binutils' {@code nm -C} for a file's code: all names of an address. */
record NmOutput(Map<Long, Set<String>> namesByAddress) {

    /** Both symbol tables of the file. */
    static NmOutput of(Path file) throws IOException {
        Map<Long, Set<String>> names = new HashMap<>();
        for (String option : List.of("-C", "-DC")) {
            for (String line : run("nm", option, "--defined-only", file.toString())) {
                parse(line, names);
            }
        }
        return new NmOutput(names);
    }

    private static void parse(String line, Map<Long, Set<String>> into) {
        int space = line.indexOf(' ');
        if (space < 0 || line.length() < space + 4 || "tTwWi".indexOf(line.charAt(space + 1)) < 0) {
            return;
        }
        String name = line.substring(space + 3);
        int version = name.lastIndexOf("@@") > 0 ? name.lastIndexOf("@@") : name.lastIndexOf('@');
        String plain = version > 0 ? name.substring(0, version) : name;
        long address = Long.parseUnsignedLong(line.substring(0, space), 16);
        into.computeIfAbsent(address, unused -> new HashSet<>()).add(plain);
    }

    static List<String> run(String... command) throws IOException {
        Path output = Files.createTempFile("dwunw-symbol", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(output.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.waitFor();
            return new ArrayList<>(
                    List.of(Files.readString(output, StandardCharsets.UTF_8).split("\n")));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            Files.delete(output);
        }
    }
}
