// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Runs readelf and reads what it prints, entry by entry. */
final class ReadelfOutput {
    private static final Pattern SECTION = Pattern.compile("Contents of the (\\S+) section.*");
    private static final Pattern CIE = Pattern.compile("([0-9a-f]+) [0-9a-f]+ [0-9a-f]+ CIE .*ra=(\\d+).*");
    private static final Pattern FDE =
            Pattern.compile("([0-9a-f]+) [0-9a-f]+ [0-9a-f]+ FDE cie=([0-9a-f]+) pc=([0-9a-f]+)\\.\\.([0-9a-f]+).*");
    /** How a register that holds another one's value is printed: {@code r9 (r9)}. */
    private static final Pattern REGISTER = Pattern.compile("(r\\d+) \\([^)]*\\)");

    private static final int HEX = 16;

    private final Consumer<ReadelfFrame> consumer;
    private String section = "";
    private @Nullable ReadelfFrame current;

    private ReadelfOutput(Consumer<ReadelfFrame> consumer) {
        this.consumer = consumer;
    }

    /** Shows every entry of a file's CFI, in the order of the file. */
    static void forEach(Path file, Consumer<ReadelfFrame> consumer) throws IOException {
        Process readelf = new ProcessBuilder(
                        "readelf", "-W", "--debug-dump=frames-interp,no-follow-links", file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        ReadelfOutput output = new ReadelfOutput(consumer);
        try (BufferedReader lines = readelf.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                output.line(line);
            }
        }
        output.finish();
    }

    private void line(String line) {
        Matcher title = SECTION.matcher(line);
        Matcher cie = CIE.matcher(line);
        Matcher fde = FDE.matcher(line);
        if (title.matches()) {
            finish();
            section = title.group(1);
        } else if (cie.matches()) {
            finish();
            long offset = hex(cie.group(1));
            current = frame(offset, offset, true, Integer.parseInt(cie.group(2)), 0, 0);
        } else if (fde.matches()) {
            finish();
            current = frame(hex(fde.group(1)), hex(fde.group(2)), false, -1, hex(fde.group(3)), hex(fde.group(4)));
        } else if (current != null && !line.isBlank() && !line.endsWith("ZERO terminator")) {
            row(current, REGISTER.matcher(line.strip()).replaceAll("$1").split("\\s+"));
        }
    }

    private static void row(ReadelfFrame frame, String[] words) {
        if (words[0].equals("LOC")) {
            frame.columns().addAll(List.of(words).subList(2, words.length));
        } else if (words.length == frame.columns().size() + 2) {
            frame.rows().add(words);
        }
    }

    private ReadelfFrame frame(long offset, long cie, boolean isCie, int column, long start, long end) {
        return new ReadelfFrame(section, offset, cie, isCie, column, start, end, new ArrayList<>(), new ArrayList<>());
    }

    private void finish() {
        ReadelfFrame done = current;
        current = null;
        if (done != null) {
            consumer.accept(done);
        }
    }

    private static long hex(String digits) {
        return Long.parseUnsignedLong(digits, HEX);
    }
}
