// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * The Java frames of a JVM whose memory is being recorded, or is a recording: reads no byte more than it needs, and
 * tells of each frame what kind of code it ran.
 */
public final class RecordedJava implements JavaCode {
    /** What the production code reads by the page is read here word by word. */
    private static final int WORD_BITS = 3;

    private static final int INVOCATION_ENTRY = -1;
    private static final int FIRST_C2_LEVEL = 4;

    private final JavaFrames frames;
    private final CodeCache codeCache;
    private final BlobNames names;
    private final DeoptHandlers deopt;
    private final int compileLevel;
    private final int entryBci;
    private final long interpreterLow;
    private final long interpreterHigh;
    private final CodeBlob blob = new CodeBlob();
    private final List<String> kinds = new ArrayList<>();

    /**
     * Reads the JVM's description of itself.
     *
     * @param libjvm where the first byte of {@code libjvm.so} is, or was, mapped
     * @param unloadedClasses stands for the JVM's counter
     */
    public RecordedJava(long libjvm, MemoryReader memory, MemoryWindow window, UnloadedClasses unloadedClasses)
            throws JavaFramesUnavailableException {
        MetadataReader metadata = new MetadataReader(memory, WORD_BITS);
        VmStructs structs = VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata));
        frames = new JavaFrames(structs, metadata, window, unloadedClasses::count);
        FieldFinder find = new FieldFinder(structs);
        codeCache = CodeCache.open(metadata, window, CodeCacheLayout.of(find), CodeBlobLayout.of(find));
        names = new BlobNames(metadata);
        deopt = new DeoptHandlers(NmethodLayout.of(find));
        EntryLayout entries = EntryLayout.of(find);
        compileLevel = find.offset("nmethod::_comp_level");
        entryBci = find.offset("nmethod::_entry_bci");
        find.requireAll();
        long stubQueue = metadata.word(entries.interpreterCode());
        interpreterLow = metadata.word(stubQueue + entries.stubBuffer());
        interpreterHigh = interpreterLow + metadata.s4(stubQueue + entries.bufferLimit());
    }

    /** The frames of {@link JavaFrames} without anything that is not production code, for measuring. */
    public static JavaCode plain(long libjvm, MemoryReader memory, MemoryWindow window)
            throws JavaFramesUnavailableException {
        MetadataReader metadata = new MetadataReader(memory, WORD_BITS);
        VmStructs structs = VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata));
        return new JavaFrames(structs, metadata, window, () -> 0);
    }

    /** Counter of the classes that the JVM has unloaded so far. */
    @FunctionalInterface
    public interface UnloadedClasses {
        long count();
    }

    /** What ran the frames of the last walk that lay in generated code, in the order in which they were reported. */
    public List<String> kinds() {
        return List.copyOf(kinds);
    }

    @Override
    public void begin(long sampleNanos) {
        kinds.clear();
        frames.begin(sampleNanos);
    }

    @Override
    public JavaStep step(RegisterSet registers, StackMemory stack, boolean returnAddress, JavaFrameSink sink) {
        String kind = kind(registers.pc());
        int before = kinds.size();
        JavaStep step = frames.step(registers, stack, returnAddress, new Noting(sink, kind));
        for (int inlined = before; inlined < kinds.size() - 1; inlined++) {
            kinds.set(inlined, "inlined");
        }
        return step;
    }

    private String kind(long pc) {
        if (pc >= interpreterLow && pc < interpreterHigh) {
            return "interpreted";
        }
        if (!codeCache.find(pc, blob)) {
            return "no code";
        }
        return switch (names.kind(blob)) {
            case NMETHOD -> compiled(pc);
            case NATIVE_WRAPPER -> "native wrapper";
            default -> "stub";
        };
    }

    private String compiled(long pc) {
        String compiler = blob.u1(compileLevel) >= FIRST_C2_LEVEL ? "C2" : "C1";
        String entry = blob.s4(entryBci) == INVOCATION_ENTRY ? "" : " on-stack replacement";
        return compiler + entry + (deopt.isHandler(pc, blob) ? " deoptimised" : "");
    }

    @Override
    public boolean undisturbed() {
        return frames.undisturbed();
    }

    @Override
    public boolean idle() {
        return frames.idle();
    }

    @Override
    public boolean contains(long pc) {
        return frames.contains(pc);
    }

    @Override
    public long savedAnchorSp() {
        return frames.savedAnchorSp();
    }

    @Override
    public long savedAnchorPc() {
        return frames.savedAnchorPc();
    }

    @Override
    public long savedAnchorFp() {
        return frames.savedAnchorFp();
    }

    @Override
    public boolean metGoneMethod() {
        return frames.metGoneMethod();
    }

    @Override
    public boolean searched() {
        return frames.searched();
    }

    @Override
    public boolean missedInlined() {
        return frames.missedInlined();
    }

    @Override
    public boolean metFrozenFrames() {
        return frames.metFrozenFrames();
    }

    @Override
    public JavaMethod method(int methodId) {
        return frames.method(methodId);
    }

    @Override
    public String stubName(int stubId) {
        return frames.stubName(stubId);
    }

    /** Passes frames on and remembers what ran them. */
    private final class Noting implements JavaFrameSink {
        private final JavaFrameSink next;
        private final String kind;

        private Noting(JavaFrameSink next, String kind) {
            this.next = next;
            this.kind = kind;
        }

        @Override
        public void javaFrame(int methodId, int bci, boolean approximate) {
            kinds.add(kind);
            next.javaFrame(methodId, bci, approximate);
        }

        @Override
        public void stubFrame(int stubId) {
            kinds.add(kind);
            next.stubFrame(stubId);
        }
    }
}
