// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadBudgetTest {
    private static final long SECOND = 1_000_000_000;

    private final ReadBudget budget = new ReadBudget(1000, SECOND);
    private final List<String> leftOut = new ArrayList<>();

    @TempDir
    private Path directory = Path.of("");

    private Bytes open(String name) throws Exception {
        budget.tell((file, why) -> leftOut.add(file));
        return FileBytes.open(Files.write(directory.resolve(name), new byte[8192]), name, budget);
    }

    @Test
    void allFilesShareIt() throws Exception {
        FileAccount one = open("one").account();
        FileAccount other = open("other").slice(10, 10).account();
        one.take(600, "first");
        assertThatThrownBy(() -> other.take(600, "second")).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> other.take(700, "third")).isInstanceOf(MalformedDataException.class);
        assertThat(leftOut).as("told once").containsExactly("other");
        one.give(600);
        other.take(600, "second");
        assertThat(budget.taken()).isEqualTo(600);
    }

    @Test
    void whatAClosedFileTookIsFreeAgain() throws Exception {
        Bytes file = open("closed");
        file.account().take(1000, "all");
        file.close();
        assertThat(budget.taken()).isZero();
    }

    @Test
    void whatAForgottenFileTookIsFreeAgain() throws Exception {
        open("forgotten").account().take(1000, "all");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (budget.taken() > 0 && System.nanoTime() < deadline) {
            System.gc();
            Thread.sleep(5);
        }
        assertThat(budget.taken()).isZero();
    }

    @Test
    void whatIsDerivedOfAFileCountsForIt() throws Exception {
        Bytes derived = open("packed").derived(new byte[16]);
        assertThatThrownBy(() -> derived.slice(0, 8).account().take(1001, "more"))
                .isInstanceOf(Exception.class);
        assertThat(leftOut).containsExactly("packed");
    }

    @Test
    void aFileThatKeepsItsReaderBusyIsGivenUp() throws Exception {
        AtomicLong now = new AtomicLong();
        budget.measureBy(now::get);
        Bytes file = open("long");
        for (int i = 0; i <= 10; i++) {
            file.account().watch();
            now.addAndGet(SECOND / 10);
        }
        assertThatThrownBy(file::crc32).isInstanceOf(MalformedDataException.class);
        assertThat(leftOut).containsExactly("long");
    }

    @Test
    void timeInWhichSomethingElseWasDoneDoesNotCount() throws Exception {
        AtomicLong now = new AtomicLong();
        budget.measureBy(now::get);
        Bytes file = open("rare");
        for (int i = 0; i < 10; i++) {
            file.account().watch();
            now.addAndGet(SECOND);
        }
        assertThat(file.crc32()).isNotZero();
    }

    @Test
    void itsSizeGoesByTheHeap() {
        assertThat(ReadBudget.shareOf(128 << 20)).isEqualTo(16 << 20);
        assertThat(ReadBudget.shareOf(8 << 20)).isEqualTo(4 << 20);
        assertThat(ReadBudget.shareOf(1L << 40)).isEqualTo(256 << 20);
    }
}
