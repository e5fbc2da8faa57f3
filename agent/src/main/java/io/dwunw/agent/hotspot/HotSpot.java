// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.memory.MemoryReader;
import java.lang.instrument.Instrumentation;
import org.jspecify.annotations.Nullable;

/**
 * Readers of what this JVM tells of itself: its generated code and its threads.
 *
 * @param frames walks through generated code
 * @param threads finds Java threads by their OS threads
 * @param anchor where a thread's frame anchor lies
 * @param stackBase offset in bytes from a {@code JavaThread}'s start of the address where its stack begins
 */
public record HotSpot(JavaFrames frames, JavaThreads threads, AnchorOffsets anchor, int stackBase) {
    /** What the operating system calls the thread that frees compiled code up to JDK 19. */
    public static final String SWEEPER_THREAD = "Sweeper thread";

    /**
     * Offsets of the {@code JavaFrameAnchor} in a {@code JavaThread}: for producers that copy it into the samples.
     *
     * @param sp offset in bytes of {@code _last_Java_sp} from the {@code JavaThread}'s start; the others likewise
     */
    public record AnchorOffsets(int sp, int pc, int fp) {
        static AnchorOffsets of(FieldFinder find) {
            int anchor = find.offset("JavaThread::_anchor");
            return new AnchorOffsets(
                    anchor + find.offset("JavaFrameAnchor::_last_Java_sp"),
                    anchor + find.offset("JavaFrameAnchor::_last_Java_pc"),
                    anchor + find.offset("JavaFrameAnchor::_last_Java_fp"));
        }
    }

    /**
     * Reads the JVM's description of itself. Takes some tens of milliseconds.
     *
     * @param libjvm where the first byte of {@code libjvm.so} is mapped
     * @param memory reads this process's memory, safe against any address
     * @param window opens memory of this process that is never unmapped
     * @param sweeper rises whenever the thread runs that frees compiled code; null if there is no such thread, see
     *     {@link
     *     #SWEEPER_THREAD}
     * @param rollCall has rolls of the code cache called where code is freed in collections; null if nothing can
     * @param instrumentation opens {@code java.lang.Thread}; without it no Java thread is found
     * @throws JavaFramesUnavailableException with one line that names what is missing
     */
    public static HotSpot open(
            long libjvm,
            MemoryReader memory,
            MemoryWindow window,
            @Nullable JvmCounter sweeper,
            @Nullable RollCall rollCall,
            @Nullable Instrumentation instrumentation)
            throws JavaFramesUnavailableException {
        MetadataReader metadata = new MetadataReader(memory);
        VmStructs structs = VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata));
        JavaThreads threads = JavaThreads.open(structs, new MetadataReader(memory), instrumentation);
        FieldFinder find = new FieldFinder(structs);
        AnchorOffsets anchor = AnchorOffsets.of(find);
        int stackBase = find.offset("JavaThread::_stack_base", "Thread::_stack_base");
        find.requireAll();
        return new HotSpot(JavaFrames.open(structs, metadata, window, sweeper, rollCall), threads, anchor, stackBase);
    }
}
