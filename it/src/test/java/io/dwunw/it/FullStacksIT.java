// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.StackKinds;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.StackPattern;
import java.io.IOException;
import java.util.List;

/** Every way to native memory: each frame from the allocator to the thread's start, and whose thread it was. */
final class FullStacksIT {
    private static final String PROGRAM = "io.dwunw.it.program.StackKinds$";
    private static final String UNSAFE = "jdk.internal.misc.Unsafe.";
    /** Sparse enough for a JVM at work, and dense enough for every block of the program and many of the JVM's own. */
    private static final String OPTIONS = "maxoverhead=off,maxevents=off,interval=2k,stack=64k,engine=";

    private static final int FIRST_WITH_FOREIGN_FUNCTIONS = 22;

    @JvmTest(
            main = StackKinds.class,
            agent = OPTIONS + "uprobe",
            jvm = {"-XX:+UseG1GC", "-XX:ParallelGCThreads=2"},
            recording = JvmTest.ONLY_DWUNW)
    void withKernelProbes(JvmOutcome jvm) throws IOException {
        assertAllKinds(jvm);
    }

    @JvmTest(
            main = StackKinds.class,
            agent = OPTIONS + "hooks",
            jvm = {"-XX:+UseG1GC", "-XX:ParallelGCThreads=2"},
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void withTheHooks(JvmOutcome jvm) throws IOException {
        assertAllKinds(jvm);
    }

    private static void assertAllKinds(JvmOutcome jvm) throws IOException {
        List<AgentEvent> all = new ConsumerReader().read(jvm.recording(), AgentEvent.ALLOCATION);
        boolean foreign = jvm.command().jdk().feature() >= FIRST_WITH_FOREIGN_FUNCTIONS;
        assertAll(
                () -> unsafe(all, jvm),
                () -> directBuffer(all, jvm),
                () -> inflater(all, jvm),
                () -> jni(all, jvm),
                () -> {
                    if (foreign) {
                        foreignFunction(all, jvm);
                    }
                },
                () -> {
                    if (foreign) {
                        upcall(all, jvm);
                    }
                },
                () -> compilerThread(all, "C1 CompilerThre", "Compiler::compile_method"),
                () -> compilerThread(all, "C2 CompilerThre", "C2Compiler::compile_method"),
                () -> vmThread(all),
                () -> collectorThread(all));
    }

    private static void unsafe(List<AgentEvent> all, JvmOutcome jvm) {
        StackPattern.from("libc.malloc")
                .thenSomeOf("libjvm")
                .then(UNSAFE + "allocateMemory0", UNSAFE + "allocateMemory", "sun.misc.Unsafe.allocateMemory")
                .then(PROGRAM + "UnsafeBlock.run", "java.lang.Thread.run")
                .thenStartOfJavaThread()
                .assertMatches(only(all, "unsafe", StackKinds.UNSAFE_SIZE, jvm));
    }

    private static void directBuffer(List<AgentEvent> all, JvmOutcome jvm) {
        StackPattern.from("libc.malloc")
                .thenSomeOf("libjvm")
                .then(UNSAFE + "allocateMemory0", UNSAFE + "allocateMemory")
                .then("java.nio.DirectByteBuffer.<init>", "java.nio.ByteBuffer.allocateDirect")
                .then(PROGRAM + "DirectBuffer.run", "java.lang.Thread.run")
                .thenStartOfJavaThread()
                .assertMatches(only(all, "direct", StackKinds.DIRECT_SIZE, jvm));
    }

    private static void inflater(List<AgentEvent> all, JvmOutcome jvm) {
        List<AgentEvent> found = of(all, "inflater", StackKinds.INFLATE_STATE, jvm);
        assertThat(found).isNotEmpty();
        for (AgentEvent event : found) {
            // Debian's JDK uses the system's zlib, others have it inside.
            StackPattern.from("libc." + event.text("allocator"))
                    .thenSomeOf("libz", "libzip")
                    .then("java.util.zip.Inflater.init")
                    .then("java.util.zip.Inflater.<init>", "java.util.zip.Inflater.<init>")
                    .then(PROGRAM + "InflaterState.run", "java.lang.Thread.run")
                    .thenStartOfJavaThread()
                    .assertMatches(event);
            assertThat(event.names()).contains("libzip.Java_java_util_zip_Inflater_init");
        }
    }

    private static void jni(List<AgentEvent> all, JvmOutcome jvm) {
        jniLayers()
                .then(PROGRAM + "JniBlock.run", "java.lang.Thread.run")
                .thenStartOfJavaThread()
                .assertMatches(only(all, "jni", StackKinds.JNI_SIZE, jvm));
    }

    private static void foreignFunction(List<AgentEvent> all, JvmOutcome jvm) {
        layers().then("libjvm.nep_invoker_blob", PROGRAM + "ForeignBlock.run", "java.lang.Thread.run")
                .thenStartOfJavaThread()
                .assertMatches(only(all, "foreign", StackKinds.FOREIGN_SIZE, jvm));
    }

    /** Java, C, Java and C again. */
    private static void upcall(List<AgentEvent> all, JvmOutcome jvm) {
        jniLayers()
                .then(PROGRAM + "UpcallBlock.allocate", "libjvm.upcall_stub")
                .then("libdwunwit.dwunwit_call", "libjvm.nep_invoker_blob")
                .then(PROGRAM + "UpcallBlock.run", "java.lang.Thread.run")
                .thenStartOfJavaThread()
                .assertMatches(only(all, "upcall", StackKinds.UPCALL_SIZE, jvm));
    }

    private static StackPattern layers() {
        return StackPattern.from(
                "libc.malloc", "libdwunwit.c_leaf", "libdwunwit.dwunwit_c_middle", "libdwunwit.dwunwit_c_layers");
    }

    private static StackPattern jniLayers() {
        return layers().then(
                        "libdwunwit.Java_io_dwunw_it_program_NativeBlocks_cLayers",
                        "io.dwunw.it.program.NativeBlocks.cLayers");
    }

    /** The one allocation of a thread that is at least so big; HotSpot adds a little to what it is asked for. */
    private static AgentEvent only(List<AgentEvent> all, String thread, long atLeast, JvmOutcome jvm) {
        List<AgentEvent> found = of(all, thread, atLeast, jvm);
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private static List<AgentEvent> of(List<AgentEvent> all, String thread, long atLeast, JvmOutcome jvm) {
        List<AgentEvent> found = all.stream()
                .filter(event -> event.number("size") >= atLeast && event.number("size") < atLeast + 1000)
                .filter(event -> event.text("osThreadName").equals(thread))
                .toList();
        for (AgentEvent event : found) {
            assertThat(event.text("allocatingThread")).isEqualTo(thread);
            assertThat(event.number("osThreadId")).isEqualTo(Long.parseLong(jvm.value(thread)));
        }
        return found;
    }

    /** The JVM's own: no Java frames, but for all frames HotSpot's names. */
    private static void compilerThread(List<AgentEvent> all, String thread, String compiler) {
        List<AgentEvent> found = ofThreads(all, thread, compiler);
        assertThat(found).isNotEmpty();
        for (AgentEvent event : found) {
            // qsort_r allocates, too.
            StackPattern.from("libc." + event.text("allocator"))
                    .thenSomeOf("libjvm", "libc")
                    .then("libjvm." + compiler)
                    .then("libjvm.CompileBroker::invoke_compiler_on_method")
                    .then("libjvm.CompileBroker::compiler_thread_loop")
                    .thenSomeOf("libjvm")
                    .thenStartOfThread()
                    .assertMatches(event);
            assertThat(event.text("allocatingThread")).isEmpty();
        }
    }

    private static void vmThread(List<AgentEvent> all) {
        List<AgentEvent> found = ofThreads(all, "VM Thread", "VM_Operation::evaluate");
        assertThat(found).isNotEmpty();
        for (AgentEvent event : found) {
            StackPattern.from("libc." + event.text("allocator"))
                    .thenSomeOf("libjvm", "libc")
                    .then("libjvm.VM_Operation::evaluate", "libjvm.VMThread::evaluate_operation")
                    .thenSomeOf("libjvm")
                    .then("libjvm.VMThread::run")
                    .thenStartOfThread()
                    .assertMatches(event);
            assertThat(event.text("allocatingThread")).isEmpty();
        }
    }

    private static void collectorThread(List<AgentEvent> all) {
        List<AgentEvent> found = ofThreads(all, "GC Thread#", "G1ParScanThreadStateSet::state_for_worker");
        assertThat(found).isNotEmpty();
        for (AgentEvent event : found) {
            StackPattern.from("libc." + event.text("allocator"))
                    .thenSomeOf("libjvm")
                    .thenStartOfThread()
                    .assertMatches(event);
            assertThat(event.names()).anyMatch(name -> name.matches("libjvm\\.(GangWorker|WorkerThread)::\\w+"));
            assertThat(event.text("allocatingThread")).isEmpty();
        }
    }

    private static List<AgentEvent> ofThreads(List<AgentEvent> all, String prefix, String through) {
        return all.stream()
                .filter(event -> event.text("osThreadName").startsWith(prefix) && event.passes(through))
                .toList();
    }
}
