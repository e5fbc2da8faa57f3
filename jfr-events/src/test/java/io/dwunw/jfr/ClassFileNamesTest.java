// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassFileNamesTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "com.acme.Main com/acme/Main",
                "libz libz",
                "java.lang.Thread \u2060java/lang/Thread",
                "javax.crypto.Cipher javax/crypto/Cipher",
                "java java",
                "jdk.jfr.Event \u2060jdk/jfr/Event",
                "jdk.internal.misc.Unsafe jdk/internal/misc/Unsafe",
                "io.dwunw.jfr.ReplayNode \u2060io/dwunw/jfr/ReplayNode",
                "io.dwunw.agent.Main io/dwunw/agent/Main",
                "a..b a/?/b",
                ".a ?/a",
                "a. a/?",
                "a/b a∕b",
                "[La; ⟦La,",
                "\u2060a a",
                "ja\u2060va.lang.Thread \u2060java/lang/Thread",
                "\u2060java.lang.Thread \u2060java/lang/Thread",
                "\u2060io.dwunw.jfr.ReplayNode \u2060io/dwunw/jfr/ReplayNode",
                "\u2060 ?"
            })
    void classNames(String from, String to) {
        assertThat(ClassFileNames.className(from)).isEqualTo(to);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "main main",
                "<init> ‹init›",
                "a.b a·b",
                "f[] f⟦⟧",
                "wait \u2060wait",
                "finalize \u2060finalize",
                "waiting waiting",
                "a;b a,b",
                "\u2060wait \u2060wait"
            })
    void methodNames(String from, String to) {
        assertThat(ClassFileNames.methodName(from)).isEqualTo(to);
    }

    @Test
    void emptyIsNotNothing() {
        assertThat(ClassFileNames.className("")).isEqualTo("?");
        assertThat(ClassFileNames.methodName("")).isEqualTo("?");
    }

    @Test
    void everyNameIsLegal() {
        Random random = new Random(7);
        String alphabet = ".;[]/<>(), ~:*&aZ\0\n\u007f\u2060\ud83d\ude00ü";
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int k = random.nextInt(12); k > 0; k--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            String name = text.toString();
            assertThat(ClassFileNames.methodName(name)).isNotEmpty().doesNotContainPattern("[.;\\[/<>\0]");
            assertThat(ClassFileNames.className(name)).doesNotContainPattern("[.;\\[\0]|^/|/$|//|^$");
        }
    }

    @Test
    void lengthIsBounded() {
        String longer = "n".repeat(70_000);
        assertThat(ClassFileNames.methodName(longer + 1)).hasSizeLessThanOrEqualTo(ClassFileNames.MAX_LENGTH);
        assertThat(ClassFileNames.methodName(longer + 1)).isNotEqualTo(ClassFileNames.methodName(longer + 2));
    }
}
