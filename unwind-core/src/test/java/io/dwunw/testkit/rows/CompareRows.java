package io.dwunw.testkit.rows;

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
    public static void main(String[] files) throws IOException {
        long rows = 0;
        long differences = 0;
        for (String file : files) {
            RowComparison comparison = RowComparison.of(Path.of(file));
            System.out.printf(
                    "%s: %d FDEs, %d rows compared, %d differences%n",
                    file, comparison.fdes(), comparison.rows(), comparison.differences());
            comparison.report().forEach(line -> System.out.println("  " + line));
            rows += comparison.rows();
            differences += comparison.differences();
        }
        System.out.printf("total: %d rows compared, %d differences%n", rows, differences);
        System.exit(differences == 0 ? 0 : 1);
    }
}
