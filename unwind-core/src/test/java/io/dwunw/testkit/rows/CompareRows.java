// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import io.dwunw.bytes.MalformedDataException;
import java.io.IOException;
import java.nio.file.Path;

/** Command line of {@code it/compare-rows}. */
public final class CompareRows {
    private CompareRows() {}

    /**
     * Compares the rows of each file with readelf's and prints what was compared.
     *
     * @param files ELF files
     */
    public static void main(String[] files) {
        System.exit(run(files));
    }

    /** 0 if nothing differs, 1 if something does, 2 if something could not be compared. */
    private static int run(String[] files) {
        long rows = 0;
        long differences = 0;
        boolean failed = false;
        for (String file : files) {
            RowComparison comparison;
            try {
                comparison = RowComparison.of(Path.of(file));
            } catch (IOException | MalformedDataException unusable) {
                System.out.printf("%s: cannot be compared: %s%n", file, unusable.getMessage());
                failed = true;
                continue;
            }
            System.out.printf(
                    "%s: %d FDEs, %d rows compared, %d differences%n",
                    file, comparison.fdes(), comparison.rows(), comparison.differences());
            comparison.report().forEach(line -> System.out.println("  " + line));
            rows += comparison.rows();
            differences += comparison.differences();
        }
        System.out.printf("total: %d rows compared, %d differences%n", rows, differences);
        if (differences > 0) {
            return 1;
        }
        return failed ? 2 : 0;
    }
}
