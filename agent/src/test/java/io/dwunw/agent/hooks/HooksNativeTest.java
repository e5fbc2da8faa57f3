// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the checks in {@code src/test/native/hooks}; each says in its first lines what it is about. */
class HooksNativeTest {
    @TempDir
    private static Path directory;

    private static NativeChecks checks;

    @BeforeAll
    static void build() throws Exception {
        checks = NativeChecks.build(directory);
    }

    @ParameterizedTest
    @CsvSource({
        "exact,",
        "semantics,",
        "weights,",
        "growth,",
        "signals,",
        "leaps,",
        "burst,",
        "resident,",
        "exits,",
        "reborn,",
        "stacks,",
        "stacks, forbidden",
        "unseen,",
        "mappings,",
        "slots, liblazy.so libnow.so",
        "owner,",
        "opening, liblazy.so libnow.so",
        "churn, liblazy.so 100",
        "lookup, libnow.so libother.so",
        "heap,",
        "ways, early libways.so libwaysstatic.so libwaysown.so",
        "ways, late libways.so libwaysstatic.so libwaysown.so",
    })
    void check(String program, String arguments) throws Exception {
        String[] words = arguments == null ? new String[0] : arguments.split(" ", -1);
        NativeChecks.Outcome outcome = checks.run(program, List.of(), Map.of(), words);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    /** The ways to import a function: by what address, bound when, protected how, found by which table. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-no-pie -fno-pie",
                "-fno-plt -Wl,-z,now -Wl,-z,relro",
                "-fno-plt -Wl,-z,lazy",
                "-Wl,-z,norelro",
                "-Wl,-z,pack-relative-relocs",
                "-Wl,--hash-style=sysv"
            })
    void howeverTheProgramIsLinked(String options) throws Exception {
        NativeChecks.Outcome outcome = checks.run("semantics", List.of(options.split(" ", -1)), Map.of());
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    @Test
    void aProgramMayTakeTheAddressOfMalloc() throws Exception {
        NativeChecks.Outcome outcome = checks.run("canonical", List.of("-no-pie", "-fno-pie"), Map.of(), "liblazy.so");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    @Test
    void whatOthersHaveSetStaysAsItIs() throws Exception {
        NativeChecks.Outcome outcome = checks.run("foreign", List.of("-Wl,-z,relro", "-Wl,-z,now"), Map.of());
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    /** As jemalloc and its like are brought in. */
    @Test
    void anotherAllocatorMayBePreloaded() throws Exception {
        Map<String, String> environment =
                Map.of("LD_PRELOAD", checks.library("libother.so").toString());
        NativeChecks.Outcome outcome = checks.run("preloaded", List.of(), environment, "liblazy.so");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        outcome = checks.run("unseen", List.of(), environment, "preloaded");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        outcome = checks.run("heap", List.of(), environment, "preloaded");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        outcome = checks.run("lookup", List.of(), environment, "libnow.so", "libother.so", "preloaded");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    @Test
    void aPreloadedMallocMayBeAnIndirectFunction() throws Exception {
        Map<String, String> environment =
                Map.of("LD_PRELOAD", checks.library("libifunc.so").toString());
        NativeChecks.Outcome outcome = checks.run("ways", List.of(), environment, "late", "libways.so");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    /** Where what a slot will be bound to is not what it is elsewhere. */
    @ParameterizedTest
    @ValueSource(strings = {"early", "late", "name"})
    void aLibraryMayHaveAnAllocatorOfItsOwn(String opened) throws Exception {
        NativeChecks.Outcome outcome = checks.run(
                "deepbound", List.of(), Map.of(), "libdeepother.so", "libdeepnowother.so", opened, "liblazy.so");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        Map<String, String> environment =
                Map.of("LD_PRELOAD", checks.library("libother.so").toString());
        outcome = checks.run("deepbound", List.of(), environment, "libdeep.so", "libdeepnow.so", opened, "liblazy.so");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
    }

    /** CPU time, as the machine may be busy. About 1 ns is added. */
    @Test
    void anUnsampledPairCostsNanoseconds() throws Exception {
        NativeChecks.Outcome outcome = checks.run("pairs", List.of(), Map.of(), "524288", "300000");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        double added = Double.parseDouble(outcome.output().replaceAll("(?s).*added (-?[0-9.]+).*", "$1"));
        assertThat(added).as(outcome.output()).isLessThan(10);
    }
}
