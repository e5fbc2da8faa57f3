package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.jfr.FrameName;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SiteHashTest {
    private static final FrameName MALLOC = FrameName.ofNative("libc.so.6", "malloc", "libc.so.6!malloc+0x10");

    /** Recordings of older versions must still match: may only change with a note in the changelog. */
    private static final long KNOWN = 7118069212048222708L;

    private static FrameName java(String className, String method, int line) {
        return new FrameName(className, method, "()V", line, className + "." + method + ":" + line, false);
    }

    @Test
    void theHashIsTheSameInEveryRun() {
        assertThat(SiteHash.of(List.of(MALLOC, java("app.Main", "main", 7)))).isEqualTo(KNOWN);
    }

    @Test
    void linesAndAddressesDoNotCount() {
        FrameName moved = FrameName.ofNative("libc.so.6", "malloc", "libc.so.6!malloc+0x99");
        assertThat(SiteHash.of(List.of(moved, java("app.Main", "main", 8))))
                .isEqualTo(SiteHash.of(List.of(MALLOC, java("app.Main", "main", 7))));
    }

    @Test
    void namesOrderAndDepthCount() {
        FrameName a = java("A", "m", 1);
        FrameName b = java("B", "m", 1);
        Set<Long> hashes = new HashSet<>();
        hashes.add(SiteHash.of(List.of(a, b)));
        hashes.add(SiteHash.of(List.of(b, a)));
        hashes.add(SiteHash.of(List.of(a)));
        hashes.add(SiteHash.of(List.of(a, a)));
        hashes.add(SiteHash.of(List.of(java("A", "n", 1), b)));
        // The seams between names are part of the hash: "A"+"mB" is not "Am"+"B".
        hashes.add(SiteHash.of(List.of(java("Am", "", 1), b)));
        assertThat(hashes).hasSize(6);
    }

    @Test
    void whatTheJvmNumbersAnewInEachRunDoesNotCount() {
        assertThat(SiteHash.of(List.of(java("app.Main$$Lambda$14/0x0000000800c03000", "run", 1))))
                .isEqualTo(SiteHash.of(List.of(java("app.Main$$Lambda$99/0x000000080aaaa000", "run", 1))))
                .isEqualTo(SiteHash.of(List.of(java("app.Main$$Lambda/0x000000080aaaa000", "run", 1))));
        assertThat(SiteHash.of(List.of(java("app.Hidden/0x0000000800c03000", "run", 1))))
                .isEqualTo(SiteHash.of(List.of(java("app.Hidden/0x00000008aaaaaaaa", "run", 1))));
    }

    @Test
    void hiddenFramesDoNotCount() {
        FrameName hidden = new FrameName("java.lang.invoke.LambdaForm$MH", "invoke", "()V", 0, "", true);
        assertThat(SiteHash.of(List.of(MALLOC, hidden))).isEqualTo(SiteHash.of(List.of(MALLOC)));
    }

    @Test
    void numbersOfGeneratedClassesAndUnpackedLibrariesDoNotCount() {
        assertThat(SiteHash.of(List.of(java("jdk.proxy2.$Proxy14", "get", 0))))
                .isEqualTo(SiteHash.of(List.of(java("jdk.proxy3.$Proxy9", "get", 0))))
                .isNotEqualTo(SiteHash.of(List.of(java("jdk.proxy3.$Proxy9", "put", 0))));
        assertThat(SiteHash.of(List.of(java("jdk.internal.reflect.GeneratedMethodAccessor7", "invoke", 0))))
                .isEqualTo(SiteHash.of(List.of(java("jdk.internal.reflect.GeneratedMethodAccessor123", "invoke", 0))))
                .isNotEqualTo(
                        SiteHash.of(List.of(java("jdk.internal.reflect.GeneratedConstructorAccessor7", "invoke", 0))));
        assertThat(SiteHash.of(List.of(FrameName.ofNative("libnetty_epoll_x86_6414253647.so", "f", ""))))
                .isEqualTo(SiteHash.of(List.of(FrameName.ofNative("libnetty_epoll_x86_6499887766.so", "f", ""))));
    }

    @Test
    void numbersThatBelongToANameCount() {
        assertThat(SiteHash.of(List.of(java("app.Utf8", "m", 0))))
                .isNotEqualTo(SiteHash.of(List.of(java("app.Utf16", "m", 0))));
        assertThat(SiteHash.of(List.of(java("app.Main$1", "m", 0))))
                .isNotEqualTo(SiteHash.of(List.of(java("app.Main$2", "m", 0))));
        assertThat(SiteHash.of(List.of(java("app.Year20261", "m", 0))))
                .isNotEqualTo(SiteHash.of(List.of(java("app.Year20262", "m", 0))));
    }
}
