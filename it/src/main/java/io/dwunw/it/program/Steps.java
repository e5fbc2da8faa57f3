// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * Follows commands on standard input, so that a test can start recordings or load agents in between: {@code leak}
 * leaks {@link NativeLayers#COUNT} blocks through C, {@code traced} says whether malloc is traced, {@code await} waits
 * until it is, {@code exit <code>} ends.
 */
public final class Steps {
    /** Bytes of each leaked block. */
    public static final long SIZE = 50_021;

    private Steps() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        System.out.println("ready=" + NativeBlocks.traced());
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            switch (words[0]) {
                case "leak" -> NativeBlocks.cLayers(SIZE, NativeLayers.COUNT);
                case "await" -> NativeBlocks.awaitTracing();
                case "traced" -> {}
                case "exit" -> System.exit(Integer.parseInt(words[1]));
                default -> throw new IOException("unknown step " + line);
            }
            System.out.println(line + "=" + NativeBlocks.traced());
        }
    }
}
