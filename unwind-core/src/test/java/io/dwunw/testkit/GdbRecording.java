// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import io.dwunw.arch.Architecture;
import io.dwunw.arch.X86_64;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * Recording that {@code record.py} or {@code remote.py} in {@code src/test/gdb} made: snapshots with gdb's frames.
 *
 * @param buildIds of the modules on the stacks, by path
 * @param elfutils what eu-stack found, by snapshot; nothing where it was not installed
 */
public record GdbRecording(
        List<Snapshot> snapshots, Map<String, String> buildIds, Map<String, List<Snapshot.Expected>> elfutils) {
    private static final int HEX = 16;

    /** Reads a recording of this processor, packed by gzip or not. */
    public static GdbRecording read(Path file) throws IOException {
        return read(file, X86_64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads a recording, packed by gzip or not. */
    public static GdbRecording read(Path file, Architecture architecture, ByteOrder order) throws IOException {
        List<String> others = new ArrayList<>();
        Map<String, String> buildIds = new HashMap<>();
        Map<String, List<Snapshot.Expected>> elfutils = new HashMap<>();
        String name = "";
        for (String line : lines(file)) {
            String[] words = line.split(" ", 3);
            switch (words[0]) {
                case "module" -> buildIds.put(words[1], words[2]);
                case "elfutils" ->
                    elfutils.computeIfAbsent(name, any -> new ArrayList<>())
                            .add(new Snapshot.Expected(Long.parseUnsignedLong(words[1], HEX), words[2].equals("0")));
                default -> {
                    name = words[0].equals("snapshot") ? words[1] : name;
                    others.add(line);
                }
            }
        }
        List<Snapshot> snapshots = Snapshot.parse(others, architecture, order);
        return new GdbRecording(snapshots, buildIds, elfutils);
    }

    private static List<String> lines(Path file) throws IOException {
        if (!file.toString().endsWith(".gz")) {
            return Files.readAllLines(file);
        }
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return reader.lines().toList();
        }
    }
}
