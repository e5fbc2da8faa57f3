// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemanglerTest {
    static Stream<String> cases() throws IOException {
        var stream = Objects.requireNonNull(DemanglerTest.class.getResourceAsStream("cases.tsv"));
        try (var reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            return reader.lines().filter(line -> !line.startsWith("#")).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void printsWhatBinutilsPrints(String line) {
        String[] columns = line.split("\t", -1);

        assertThat(Demangler.demangle(columns[0])).isEqualTo(columns[1]);
    }

    /** Binutils 2.40 does not know these, or prints them wrongly; rustc's own demangler is the model. */
    @Test
    void printsRustConstantsThatBinutilsDoesNotKnow() {
        assertThat(Demangler.demangle("_RINvC1a1fKRe616263_E")).isEqualTo("a::f::<\"abc\">");
        assertThat(Demangler.demangle("_RINvC1a1fKRh7_E")).isEqualTo("a::f::<{&7}>");
        assertThat(Demangler.demangle("_RINvC1a1fKAh1_h2_EE")).isEqualTo("a::f::<{[1, 2]}>");
        assertThat(Demangler.demangle("_RINvC1a1fKTh1_b1_EE")).isEqualTo("a::f::<{(1, true)}>");
        assertThat(Demangler.demangle("_RINvC1a1fKVNtB2_1STh1_EE")).isEqualTo("a::f::<{a::S(1)}>");
        assertThat(Demangler.demangle("_RINvC1a1fKVNtB2_1SS1xh1_EE")).isEqualTo("a::f::<{a::S { x: 1 }}>");
        assertThat(Demangler.demangle("_RINvC1a1fKnn80000000000000000000000000000000_E"))
                .isEqualTo("a::f::<-0x80000000000000000000000000000000>");
    }

    @Test
    void countsIdentifiersInBytes() {
        assertThat(Demangler.demangle("_ZN6größe1fEv".replace("6", "7"))).isEqualTo("größe::f()");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "main",
                "_Z",
                "_ZN",
                "_R",
                "_RN",
                "_ZZ",
                "_Z1",
                "_Z9foo",
                "_ZN3fooE3",
                "_ZS_",
                "_Z1fS9_",
                "_Z1fT_",
                "_Z1fIT_Ev",
                "_ZTV",
                "_ZTh",
                "_ZGR",
                "_Z99999999999999999999f",
                "_ZN3fooEi_",
                "_Z1fLi",
                "_Z1fDv_",
                "_RB_",
                "_RNvB_1a",
                "_RNvC1a",
                "_RC5ab",
                "_RNvC1au2a_",
                "_RINvC1a1fKhzz_E",
                "_GLOBAL__",
                "_ZN3foo3barE@"
            })
    void returnsWhatIsMalformedAsItIs(String name) {
        assertThat(Demangler.demangle(name)).isEqualTo(name);
    }

    @Test
    void survivesDeepNestingOnASmallStack() throws InterruptedException {
        String[] names = {
            "_Z1f" + "P".repeat(60_000) + "i",
            "_Z1f" + "A_".repeat(20_000) + "i",
            "_Z1f" + "PF".repeat(20_000) + "iv" + "E".repeat(20_000),
            "_Z1f" + "1aI".repeat(15_000) + "i" + "E".repeat(15_000),
            "_Z1fIX" + "nt".repeat(20_000) + "Li1EEEvv",
            "_Z1fIX" + "plLi1E".repeat(10_000) + "Li1EEEvv",
            "_Z" + "Z1fvE".repeat(10_000) + "1g",
            "_Z1f" + "Dp".repeat(20_000) + "T_",
            "_RINvC1a1f" + "S".repeat(60_000) + "hE",
            "_R" + "Nv".repeat(20_000) + "C1a" + "1b".repeat(20_000),
            "_RINvC1a1fK" + "R".repeat(50_000) + "h1_E",
        };
        Throwable[] failure = new Throwable[1];
        Thread small = new Thread(null, () -> demangleAll(names), "small", 512 << 10);
        small.setUncaughtExceptionHandler((thread, e) -> failure[0] = e);
        small.start();
        small.join();

        assertThat(failure[0]).isNull();
    }

    private static void demangleAll(String... names) {
        for (String name : names) {
            assertThat(Demangler.demangle(name)).isEqualTo(name);
        }
    }

    @Test
    void printsNestingUpToTheCapOnASmallStack() throws InterruptedException {
        String nested = "_Z1f" + "1aI".repeat(100) + "i" + "E".repeat(100);
        String[] printed = new String[1];
        Thread small = new Thread(null, () -> printed[0] = Demangler.demangle(nested), "small", 512 << 10);
        small.start();
        small.join();

        assertThat(printed[0])
                .isEqualTo("f(" + "a<".repeat(100) + "int" + " >".repeat(100).substring(1) + ")");
    }

    /** Each substitution may name twice what came before: the output would double with every few characters. */
    @Test
    void boundsExponentialOutput() {
        StringBuilder bomb = new StringBuilder("_Z1f1aI1bS0_E");
        String digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        for (int i = 1; i < 34; i++) {
            bomb.append("1aIS")
                    .append(digits.charAt(i))
                    .append("_S")
                    .append(digits.charAt(i))
                    .append("_E");
        }
        long start = System.nanoTime();
        String printed = Demangler.demangle(bomb.toString());

        assertThat(printed.length()).isLessThanOrEqualTo(DemangleBudget.MAX_OUTPUT);
        assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);

        StringBuilder rust = new StringBuilder("_RINvC1a1fTuuE");
        int at = "INvC1a1f".length();
        for (int i = 0; i < 40; i++) {
            int next = rust.length() - 2;
            String back = "B" + base62(at) + "_";
            rust.append("T").append(back).append(back).append("E");
            at = next;
        }
        String rustBomb = rust.append("E").toString();

        assertThat(Demangler.demangle(rustBomb)).isEqualTo(rustBomb);
    }

    /** A pack of empty packs prints nothing, and each element must be looked up: output caps alone do not bound it. */
    @Test
    void boundsWorkThatPrintsNothing() {
        String many = "JE".repeat(12_000);
        String name = "_Z1fIJ" + many + "EEvDpT_" + "DpS_".repeat(5_000);

        assertTimeoutPreemptively(
                Duration.ofMinutes(1),
                () -> assertThat(Demangler.demangle(name)).isNotEmpty());
    }

    private static String base62(int value) {
        String digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        String text = "";
        for (int rest = value - 1; rest > 0 || text.isEmpty(); rest /= 62) {
            text = digits.charAt(rest % 62) + text;
        }
        return text;
    }

    @Test
    void survivesMutationsOfRealNames() throws IOException {
        String[] names = cases().map(line -> line.split("\t", -1)[0]).toArray(String[]::new);
        Random random = new Random(20_240_601);
        for (int i = 0; i < 40_000; i++) {
            StringBuilder name = new StringBuilder(names[random.nextInt(names.length)]);
            for (int edit = random.nextInt(3); edit >= 0 && name.length() > 3; edit--) {
                String other = names[random.nextInt(names.length)];
                int from = random.nextInt(other.length());
                int to = Math.min(other.length(), from + random.nextInt(12));
                int at = 2 + random.nextInt(name.length() - 2);
                name.replace(at, Math.min(name.length(), at + random.nextInt(4)), other.substring(from, to));
            }
            assertThat(Demangler.demangle(name.toString())).isNotEmpty();
        }
    }
}
