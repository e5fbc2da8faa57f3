// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Stacks are written innermost first, frames with a space between them: {@code libfoo.so!function}, {@code libfoo.so!}
 * where the function is not exported, {@code ?} where the code is unknown, and {@code Class#method}.
 */
class SiteHashTest {
    /** Recordings of older versions must still match: may only change with a note in the changelog. */
    private static final long KNOWN = -5197910275754025517L;

    private static final String MALLOC = "libc.so.6!malloc ";

    private final SiteHash hash = new SiteHash();

    private long site(String stack) {
        hash.begin();
        for (String frame : stack.trim().split(" ", -1)) {
            int library = frame.indexOf('!');
            int method = frame.indexOf('#');
            if (library > 0) {
                hash.nativeFrame(frame.substring(0, library), frame.substring(library + 1));
            } else if (method > 0) {
                hash.javaFrame(frame.substring(0, method), frame.substring(method + 1));
            } else {
                hash.unknownFrame();
            }
        }
        return hash.end();
    }

    @Test
    void theHashIsTheSameInEveryRun() {
        assertThat(site(MALLOC + "app.Main#main")).isEqualTo(KNOWN);
    }

    @ParameterizedTest
    @CsvSource({
        // What a library was unpacked as, and which version it is.
        "sqlite-3.49.1.0-ab6c76cb-bfc3-4aaf-8a3f-de31f1e79fc6-libsqlitejdbc.so!f A#m,"
                + " sqlite-3.49.1.0-12345678-1234-1234-1234-1234567890ab-libsqlitejdbc.so!f A#m",
        "libnetty_epoll_x86_6414253647.so!f A#m, libnetty_epoll_x86_6499887766.so!f A#m",
        "librocksdbjni123456789.so!f A#m, librocksdbjni9876.so!f A#m",
        "libzstd-jni-1.5.6-41234567.so!f A#m, libzstd-jni-1.5.7-129.so!f A#m",
        "jna1234567.tmp!f A#m, jna42.tmp!f A#m",
        "libz.so.1!deflate A#m, libz.so.1.2.13!deflate A#m",
        // Functions that only a debug file or a symbol table names.
        "libz.so!inflate libz.so! A#m, libz.so! libz.so!inflate libz.so! libz.so! A#m",
        "libjvm.so! libjvm.so! A#m, libjvm.so! A#m",
        "libx.so! ? libx.so! A#m, libx.so! ? ? libx.so! libx.so! A#m",
        // Who has built the JDK: zlib is a part of libzip, with names or without, or a library of its own.
        "libz.so.1.3!deflateInit2_ libzip.so!Java_java_util_zip_Deflater_init java.util.zip.Deflater#init A#m,"
                + " libzip.so!deflateInit2_ libzip.so!Java_java_util_zip_Deflater_init java.util.zip.Deflater#init A#m",
        "libjvm.so!JVM_DefineClassWithSource libjava.so!Java_x java.lang.ClassLoader#defineClass1 A#m,"
                + " libjvm.so! libjava.so! java.lang.ClassLoader#defineClass1 A#m",
        "liblcms2.so.2!_cmsMalloc liblcms.so!Java_sun_java2d_cmm sun.java2d.cmm.lcms.LCMS#loadProfile A#m,"
                + " liblcms.so! sun.java2d.cmm.lcms.LCMS#loadProfile A#m",
        // What lies below the first Java frame, native code in between included.
        "A#m libjvm.so! libc.so.6! , A#m",
        "A#m libx.so!call B#n, A#m B#n",
        // Where threads start.
        "A#m java.lang.Thread#run, A#m java.lang.Thread#runWith java.lang.Thread#run",
        "A#m java.lang.Thread#run, A#m",
        "A#m java.lang.VirtualThread#run jdk.internal.vm.Continuation#enter java.lang.VirtualThread#runContinuation"
                + " java.util.concurrent.ForkJoinPool#scan, A#m",
        "A#m jdk.internal.vm.Continuation#enterSpecial jdk.internal.vm.Continuation#run C#d, A#m",
        "libx.so!work libc.so.6! libc.so.6!, libx.so!work libc.so.6!",
        "libx.so!work libc.so.6!, libx.so!work",
        // Reflection, before and after it has generated an accessor.
        "A#m jdk.internal.reflect.NativeMethodAccessorImpl#invoke0 java.lang.reflect.Method#invoke B#n,"
                + " A#m jdk.internal.reflect.GeneratedMethodAccessor12#invoke java.lang.reflect.Method#invoke B#n",
        "A#m jdk.internal.reflect.DirectMethodHandleAccessor#invoke B#n, A#m java.lang.invoke.LambdaForm$DMH/0x01#x B#n",
        // Classes that are generated.
        "A$$Lambda$14/0x0000000800c03000#run A#m, A$$Lambda/0x000000080aaaa000#run A#m",
        "A#lambda$m$0 B#n, A#lambda$m$17 B#n",
        "A#lambda$0 B#n, A#lambda$3 B#n",
        "A/0x0000000800c03000#m, A/0x00000008aaaaaaaa#m",
        "jdk.proxy2.$Proxy14#get, com.sun.proxy.$Proxy9#get",
        "p.A$$EnhancerBySpringCGLIB$$1a2b3c#m B#n, p.A$$SpringCGLIB$$0#CGLIB$m$2 B#n",
        "p.A$$SpringCGLIB$$0#m p.A#m B#n, p.A#m B#n",
        "p.A_$$_jvst5_2#m B#n, p.A#m B#n",
        "p.A$HibernateProxy$x7Yz#m B#n, p.A#m B#n",
        "p.Accessor1234567#m B#n, p.Accessor7654321#m B#n",
        // A method that calls itself, however often.
        "A#m A#m A#m B#n, A#m B#n",
        // Parameters.
        "libx.so!f(int) A#m, 'libx.so!f(int,long) A#m'",
    })
    void isTheSame(String one, String other) {
        assertThat(site(MALLOC + one)).isEqualTo(site(MALLOC + other));
    }

    @ParameterizedTest
    @CsvSource({
        "A#m B#n, B#n A#m",
        "A#m, A#m B#n",
        "A#m B#n A#m, A#m B#n",
        "A#m, A#n",
        "p.A#m, q.A#m",
        "Am#x, A#mx",
        "libx.so!f A#m, libx.so!g A#m",
        "libx.so!f A#m, liby.so!f A#m",
        "libx.so!f A#m, A#m",
        "libx.so! A#m, A#m",
        "libx.so!f libx.so!g A#m, libx.so!f A#m",
        "libx.so!f libc.so.6!qsort libx.so!f A#m, libx.so!f A#m",
        "libx.so!one libc.so.6!, libx.so!other libc.so.6!",
        "? A#m, A#m",
        "jdk.proxy2.$Proxy14#get A#m, jdk.proxy2.$Proxy14#put A#m",
        // A library of the application, while the JDK loads it; or zlib where the application calls it.
        "libx.so!init libjava.so! jdk.internal.loader.NativeLibraries#load A#m,"
                + " liby.so!init libjava.so! jdk.internal.loader.NativeLibraries#load A#m",
        "libz.so.1!deflate libx.so!pack app.Codec#pack A#m, libz.so.1!inflate libx.so!pack app.Codec#pack A#m",
        "libz.so.1!deflate app.Codec#pack A#m, libz.so.1!inflate app.Codec#pack A#m",
        "A#lambda$m$0 B#n, A#lambda$k$0 B#n",
        "A$1#m, A$2#m",
        "app.Utf8#m, app.Utf16#m",
        "app.Year20261#m, app.Year20262#m",
        "A#m java.lang.Thread#start B#n, A#m B#n",
        "java.util.concurrent.locks.LockSupport#park A#m, java.util.concurrent.locks.LockSupport#park B#m",
        "java.lang.VirtualThread#park A#m, java.lang.VirtualThread#park B#m",
    })
    void isAnother(String one, String other) {
        assertThat(site(MALLOC + one)).isNotEqualTo(site(MALLOC + other));
    }

    @Test
    void theAllocatorCounts() {
        assertThat(site("libc.so.6!malloc A#m")).isNotEqualTo(site("libc.so.6!mmap A#m"));
    }

    @Test
    void aStackOfNothingButWhatIsLeftOutIsASiteAllTheSame() {
        Set<Long> sites = new HashSet<>();
        sites.add(site(MALLOC));
        sites.add(site(MALLOC + "java.lang.Thread#exit"));
        sites.add(site(MALLOC + "libc.so.6! libjvm.so!"));
        assertThat(sites).hasSize(3);
    }
}
