// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackMemory;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Passes walks on to the real code and counts what kinds of frames they go through, so that a test that claims to cover
 * a kind can prove it. Looks at the code for itself, by itself. Allocates nothing while it counts.
 */
@SuppressWarnings("EnumOrdinal") // counts by kind while it walks
public final class FrameKinds implements JavaCode {
    /** Kinds of frames. One frame may be of several. */
    public enum Kind {
        INTERPRETED,
        C1,
        C2,
        /** A method that was inlined into its caller, beyond the frame's own. */
        INLINED,
        /** Code that was entered in the middle of a loop. */
        OSR,
        /** Will be deoptimised when control returns to it. */
        DEOPTIMISED,
        NATIVE_WRAPPER,
        CALL_STUB,
        UPCALL,
        CONTINUATION
    }

    private static final int HIGHEST_C1_LEVEL = 3;
    private static final int NO_OSR = -1;

    private final JavaCode java;
    private final CodeCache codeCache;
    private final BlobNames names;
    private final DeoptHandlers deopt;
    private final int compLevel;
    private final int entryBci;
    private final NmethodLayout nmethod;
    private final WalkTrace trace = new WalkTrace();
    private final CodeBlob blob = new CodeBlob();
    private final long[] counts = new long[Kind.values().length];
    private final CountingSink counting = new CountingSink();

    /** @param java what is really to walk */
    public FrameKinds(JavaCode java, long libjvm, MemoryReader memory, MemoryWindow window)
            throws JavaFramesUnavailableException {
        this.java = java;
        MetadataReader metadata = new MetadataReader(memory);
        FieldFinder find = new FieldFinder(VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata)));
        codeCache = CodeCache.open(metadata, window, CodeCacheLayout.of(find), CodeBlobLayout.of(find));
        names = new BlobNames(metadata);
        nmethod = NmethodLayout.of(find);
        deopt = new DeoptHandlers(nmethod);
        compLevel = find.offset("nmethod::_comp_level");
        entryBci = find.offset("nmethod::_entry_bci");
        find.requireAll();
    }

    /** All counts so far, as {@code c1=12 c2=5 …}. */
    public String text() {
        Map<Kind, Long> shown = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            shown.put(kind, counts[kind.ordinal()]);
        }
        StringBuilder text = new StringBuilder();
        shown.forEach((kind, count) -> text.append(' ')
                .append(kind.name().toLowerCase(Locale.ROOT))
                .append('=')
                .append(count));
        return text.substring(1);
    }

    @Override
    public JavaStep step(RegisterSet registers, StackMemory stack, boolean returnAddress, JavaFrameSink sink) {
        look(registers, stack);
        counting.frames = 0;
        counting.to = sink;
        JavaStep step = java.step(registers, stack, returnAddress, counting);
        trace.end(counting.frames);
        counts[Kind.INLINED.ordinal()] += Math.max(0, counting.frames - 1);
        return step;
    }

    /** Where the code of the last walk's frames lay, and when each attempt to walk began. */
    public String trace() {
        return trace.text();
    }

    private void look(RegisterSet registers, StackMemory stack) {
        long pc = registers.pc();
        if (!codeCache.find(pc, blob)) {
            trace.other("no code", pc);
            return;
        }
        BlobKind kind = names.kind(blob);
        if (kind == BlobKind.NMETHOD || kind == BlobKind.NATIVE_WRAPPER) {
            trace.code(kind.name(), pc, blob, blob.s4(nmethod.compileId()), blob.word(nmethod.method()));
        } else if (kind == BlobKind.INTERPRETER) {
            trace.interpreted(registers, stack);
        } else {
            trace.other(kind.name(), pc);
        }
        switch (kind) {
            case INTERPRETER -> count(Kind.INTERPRETED);
            case NATIVE_WRAPPER -> count(Kind.NATIVE_WRAPPER);
            case STUB_ROUTINES -> count(Kind.CALL_STUB);
            case UPCALL -> count(Kind.UPCALL);
            case CONTINUATION_STUB -> count(Kind.CONTINUATION);
            case NMETHOD -> lookAtCompiled(pc);
            case ADAPTER, VTABLE, RUNTIME_STUB -> {}
        }
    }

    private void lookAtCompiled(long pc) {
        count(blob.u1(compLevel) <= HIGHEST_C1_LEVEL ? Kind.C1 : Kind.C2);
        if (blob.s4(entryBci) != NO_OSR) {
            count(Kind.OSR);
        }
        if (deopt.isHandler(pc, blob)) {
            count(Kind.DEOPTIMISED);
        }
    }

    private void count(Kind kind) {
        counts[kind.ordinal()]++;
    }

    private static final class CountingSink implements JavaFrameSink {
        private int frames;
        private JavaFrameSink to = this;

        @Override
        public void javaFrame(int methodId, int bci, boolean approximate) {
            frames++;
            to.javaFrame(methodId, bci, approximate);
        }

        @Override
        public void stubFrame(int stubId) {
            to.stubFrame(stubId);
        }
    }

    @Override
    public void begin(long sampleNanos) {
        trace.begin(sampleNanos);
        java.begin(sampleNanos);
    }

    @Override
    public boolean undisturbed() {
        return java.undisturbed();
    }

    @Override
    public boolean idle() {
        return java.idle();
    }

    @Override
    public boolean contains(long pc) {
        return java.contains(pc);
    }

    @Override
    public long savedAnchorSp() {
        return java.savedAnchorSp();
    }

    @Override
    public long savedAnchorPc() {
        return java.savedAnchorPc();
    }

    @Override
    public long savedAnchorFp() {
        return java.savedAnchorFp();
    }

    @Override
    public boolean metGoneMethod() {
        return java.metGoneMethod();
    }

    @Override
    public boolean searched() {
        return java.searched();
    }

    @Override
    public boolean missedInlined() {
        return java.missedInlined();
    }

    @Override
    public boolean metFrozenFrames() {
        return java.metFrozenFrames();
    }

    @Override
    public JavaMethod method(int methodId) {
        return java.method(methodId);
    }

    @Override
    public String stubName(int stubId) {
        return java.stubName(stubId);
    }
}
