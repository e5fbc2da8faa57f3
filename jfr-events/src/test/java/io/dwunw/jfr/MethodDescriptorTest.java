// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MethodDescriptorTest {
    @Test
    void knowsParametersAndResult() {
        MethodDescriptor descriptor = MethodDescriptor.of("(I[JLjava/lang/String;D[[La/B;)J");

        assertThat(descriptor.parameters()).isEqualTo("I[LD[");
        assertThat(descriptor.result()).isEqualTo('J');
        assertThat(descriptor.slots()).isEqualTo(6);
        assertThat(descriptor.text()).isEqualTo("(I[JLjava/lang/String;D[[L\u2060\u2060a/B;)J");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "V",
                "(",
                ")",
                "()",
                "()V ",
                "(V)V",
                "()[V",
                "(L;)V",
                "(La)V",
                "(L/a;)V",
                "(La/;)V",
                "(La//b;)V",
                "(La.b;)V",
                "(L[a;)V",
                "(X)V",
                "(\u0000)V",
                "(La\ud83d;)V"
            })
    void malformedIsNone(String text) {
        assertThat(MethodDescriptor.of(text)).isEqualTo(MethodDescriptor.of("()V"));
    }

    @Test
    void tooLongIsNone() {
        assertThat(MethodDescriptor.of("(" + "[I".repeat(255) + ")V").text()).isEqualTo("()V");
        assertThat(MethodDescriptor.of("(" + "[I".repeat(254) + ")V").slots()).isEqualTo(254);
        assertThat(MethodDescriptor.of("(" + "[".repeat(256) + "I)V").text()).isEqualTo("()V");
        assertThat(MethodDescriptor.of("(" + "[".repeat(255) + "I)V").slots()).isOne();
        assertThat(MethodDescriptor.of("(L" + "a".repeat(70_000) + ";)V").text())
                .isEqualTo("()V");
    }

    @Test
    void nothingThrows() {
        Random random = new Random(11);
        String alphabet = "()VIJ[L;a/.\u2060";
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder("(");
            for (int k = random.nextInt(10); k > 0; k--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            assertThat(MethodDescriptor.of(text.toString()).text()).startsWith("(");
        }
    }
}
