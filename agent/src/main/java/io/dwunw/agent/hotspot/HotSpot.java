package io.dwunw.agent.hotspot;

import io.dwunw.memory.MemoryReader;
import java.lang.instrument.Instrumentation;
import org.jspecify.annotations.Nullable;

/**
 * What this JVM tells of itself: its generated code and its threads.
 *
 * @param frames walks through generated code
 * @param threads finds Java threads by their OS threads
 */
public record HotSpot(JavaFrames frames, JavaThreads threads) {
    /**
     * Reads the JVM's description of itself. Takes some tens of milliseconds.
     *
     * @param libjvm where the first byte of {@code libjvm.so} is mapped
     * @param memory reads this process's memory, safe against any address
     * @param window opens memory of this process that is never unmapped
     * @param instrumentation opens {@code java.lang.Thread}; without it no Java thread is found
     * @throws JavaFramesUnavailableException with one line that names what is missing
     */
    public static HotSpot open(
            long libjvm, MemoryReader memory, MemoryWindow window, @Nullable Instrumentation instrumentation)
            throws JavaFramesUnavailableException {
        MetadataReader metadata = new MetadataReader(memory);
        VmStructs structs = VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata));
        JavaThreads threads = JavaThreads.open(structs, new MetadataReader(memory), instrumentation);
        return new HotSpot(JavaFrames.open(structs, metadata, window), threads);
    }
}
