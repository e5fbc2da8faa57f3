// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import io.dwunw.arch.Architecture;
import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.StackSnapshot;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A recording of {@code snapshot.h}: one thread's registers and stack, the process's maps, and the frames that another
 * unwinder found on it.
 *
 * @param code of signal trampolines that lie in no file
 */
public record Snapshot(
        String name,
        RegisterSet registers,
        StackSnapshot stack,
        String maps,
        List<Expected> expected,
        List<StackSnapshot> code) {
    /** A caller as the oracle saw it. */
    public record Expected(long pc, boolean returnAddress) {}

    /** Reads all snapshots of a recording. */
    public static List<Snapshot> parse(List<String> lines, Architecture architecture, ByteOrder order) {
        List<Snapshot> snapshots = new ArrayList<>();
        String name = "";
        RegisterSet registers = RegisterSet.prepare(architecture);
        StackSnapshot stack = new StackSnapshot(0, new byte[0], order);
        StringBuilder maps = new StringBuilder();
        List<Expected> expected = new ArrayList<>();
        List<StackSnapshot> code = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.split(" ", 3);
            switch (words[0]) {
                case "snapshot" -> {
                    name = words[1];
                    registers = RegisterSet.prepare(architecture);
                    maps = new StringBuilder();
                    expected = new ArrayList<>();
                    code = new ArrayList<>();
                }
                case "register" -> registers.set(Integer.parseInt(words[1]), hex(words[2]));
                case "pc" -> registers.pc(hex(words[1]));
                case "map" -> maps.append(line, "map ".length(), line.length()).append('\n');
                case "stack" ->
                    stack = new StackSnapshot(hex(words[1]), HexFormat.of().parseHex(words[2]), order);
                case "code" ->
                    code.add(new StackSnapshot(hex(words[1]), HexFormat.of().parseHex(words[2]), order));
                case "frame" -> {
                    if (hex(words[1]) != 0) {
                        expected.add(new Expected(hex(words[1]), words[2].equals("0")));
                    }
                }
                case "end" ->
                    snapshots.add(new Snapshot(
                            name, registers, stack, maps.toString(), List.copyOf(expected), List.copyOf(code)));
                default -> throw new IllegalArgumentException(line);
            }
        }
        return snapshots;
    }

    private static long hex(String digits) {
        return Long.parseUnsignedLong(digits, 16);
    }
}
