// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.StackMemory;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the generated code of the JVM that this runs in. One instance serves one thread.
 *
 * <p>Hot: allocates nothing for code that was seen before.
 */
public final class JavaFrames implements JavaCode {
    /** JDK 20 left the byte 0 out of its compressed numbers. */
    private static final int FIRST_WITHOUT_ZERO_BYTES = 20;

    private static final int FIRST_WITH_VIRTUAL_THREADS = 21;
    /** What has not gone away for so long hardly does so in the next moment. */
    private static final long QUIET_NANOS = 1_000_000_000L;

    private static final int MAX_BLOBS = 1 << 18;

    private static final String CALL_STUB = "call_stub";
    private static final String ENTER_SPECIAL = "enterSpecial";
    private static final String UNLOADED_CLASSES = "java.cls.unloadedClasses";
    private static final String LOADED_CLASSES = "java.cls.loadedClasses";
    private static final String SAFEPOINTS = "sun.rt.safepoints";
    private static final String COMPILATIONS = "sun.ci.totalCompiles";

    private final CodeCache codeCache;
    private final BlobNames names;
    private final JavaMethods methods;
    private final CompiledScopes scopes;
    private final InterpretedFrames interpreted;
    private final EntryStubs entries;
    private final CompiledFrames compiled;
    private final StubFrames stubs;
    private final SenderRules rules;
    private final MetadataHistory metadata;
    private final CodeHistory history;
    private final MetadataReader memory;
    private final MethodDecoder decoder;
    private final int callStubName;
    private final int frozenFramesName;
    private final boolean learnsContinuationReturn;
    private boolean lookedForContinuationReturn;
    private final CodeBlob blob = new CodeBlob();
    private final JavaCursor cursor = new JavaCursor();
    private boolean interrupted;
    private long sampleNanos;

    static JavaFrames open(
            VmStructs structs,
            MetadataReader metadata,
            MemoryWindow window,
            @Nullable JvmCounter sweeper,
            @Nullable RollCall rollCall)
            throws JavaFramesUnavailableException {
        FieldFinder find = new FieldFinder(structs);
        CodeCacheLayout layout = CodeCacheLayout.of(find);
        if (find.foundAll()) {
            CodeCache.tryOut(metadata, layout);
        }
        PerfData perfData = PerfData.open(structs, metadata, window);
        JvmCounter gone = perfData == null ? null : perfData.counter(UNLOADED_CLASSES);
        JvmCounter loaded = perfData == null ? null : perfData.counter(LOADED_CLASSES);
        JvmCounter safepoints = perfData == null ? null : perfData.counter(SAFEPOINTS);
        if (gone == null || loaded == null) {
            // The JVM was started with -XX:-UsePerfData.
            ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
            gone = classes::getUnloadedClassCount;
            loaded = classes::getTotalLoadedClassCount;
        }
        MetadataReuse reuse = new MetadataReuse(loaded, safepoints == null ? loaded : safepoints);
        JvmCounter compilations = perfData == null ? null : perfData.counter(COMPILATIONS);
        JvmCounter collections = perfData == null ? HeapCollections.open(structs, metadata, window) : null;
        CodeFrees frees = CodeFrees.of(Runtime.version().feature(), compiles(), sweeper, perfData, collections);
        return new JavaFrames(
                structs,
                metadata,
                window,
                gone,
                reuse,
                frees,
                compilations == null ? System::nanoTime : compilations,
                sweeper == null ? rollCall : null);
    }

    private static boolean compiles() {
        return !System.getProperty("java.vm.info", "").startsWith("interpreted");
    }

    /** Of a JVM that replaces no classes and frees no code: one that was recorded. */
    JavaFrames(VmStructs structs, MetadataReader memory, MemoryWindow window, JvmCounter unloaded)
            throws JavaFramesUnavailableException {
        this(structs, memory, window, unloaded, new MetadataReuse(() -> 0, () -> 0), CodeFrees.never(), () -> 0, null);
    }

    JavaFrames(
            VmStructs structs,
            MetadataReader memory,
            MemoryWindow window,
            JvmCounter unloaded,
            MetadataReuse reuse,
            CodeFrees frees,
            JvmCounter compilations,
            @Nullable RollCall rollCall)
            throws JavaFramesUnavailableException {
        FieldFinder find = new FieldFinder(structs);
        CodeCacheLayout cacheLayout = CodeCacheLayout.of(find);
        CodeBlobLayout blobLayout = CodeBlobLayout.of(find);
        NmethodLayout nmethodLayout = NmethodLayout.of(find);
        MethodLayout methodLayout = MethodLayout.of(find);
        EntryLayout entryLayout = EntryLayout.of(find);
        find.requireAll();
        metadata = new MetadataHistory(unloaded, reuse);
        this.memory = memory;
        codeCache = CodeCache.open(memory, window, cacheLayout, blobLayout);
        memory.begin();
        int major = memory.s4(entryLayout.majorVersion());
        int compileId = nmethodLayout.compileId();
        ByteBuffer rolls = major < CodeFrees.FIRST_WITHOUT_SWEEPER || rollCall == null
                ? null
                : rollCall.begin(codeCache.plan(compileId, frees));
        history = new CodeHistory(
                codeCache, frees, metadata, compilations, compileId, rolls == null ? null : new CodeRolls(rolls));
        int excluded = major >= FIRST_WITHOUT_ZERO_BYTES ? 1 : 0;
        long stubQueue = memory.word(entryLayout.interpreterCode());
        long interpreterLow = memory.word(stubQueue + entryLayout.stubBuffer());
        long interpreterHigh = interpreterLow + memory.s4(stubQueue + entryLayout.bufferLimit());
        long callStubReturn = memory.word(entryLayout.callStubReturn());
        if (memory.faulted() || !codeCache.contains(interpreterLow) || !codeCache.contains(callStubReturn)) {
            throw new JavaFramesUnavailableException("this JVM's interpreter or call stub is not where it says");
        }
        names = new BlobNames(memory);
        callStubName = names.idOf(CALL_STUB);
        frozenFramesName = names.idOf(FROZEN_FRAMES);
        decoder = new MethodDecoder(memory, methodLayout, excluded);
        methods = new JavaMethods(decoder, methodLayout, metadata);
        scopes = new CompiledScopes(history, memory, nmethodLayout, methods, excluded);
        interpreted = new InterpretedFrames(methods, interpreterLow, interpreterHigh);
        entries = new EntryStubs(entryLayout, callStubReturn);
        DeoptHandlers deopt = new DeoptHandlers(nmethodLayout);
        rules = new SenderRules(codeCache, names, scopes, interpreted, entries, deopt);
        compiled = new CompiledFrames(scopes, deopt, rules);
        stubs = new StubFrames(rules, memory, entryLayout.continuationReturn());
        learnsContinuationReturn = entryLayout.continuationReturn() == 0 && major >= FIRST_WITH_VIRTUAL_THREADS;
    }

    @Override
    public void begin(long copiedNanos) {
        sampleNanos = copiedNanos;
        notice();
        history.tick();
        methods.begin(sampleNanos);
        scopes.begin(sampleNanos, methods.remembers());
        interpreted.begin();
        interrupted = false;
        compiled.begin();
        stubs.begin();
        entries.forgetAnchor();
    }

    private void notice() {
        if (metadata.notice()) {
            scopes.distrust();
        }
    }

    @Override
    public boolean undisturbed() {
        return metadata.undisturbed() && history.undisturbed();
    }

    @Override
    public boolean idle() {
        notice();
        history.tick();
        long lastChange = Math.max(metadata.quietSince(), history.quietSince());
        return lastChange == Long.MIN_VALUE || System.nanoTime() - lastChange >= QUIET_NANOS;
    }

    @Override
    public boolean contains(long pc) {
        return codeCache.contains(pc);
    }

    @Override
    public JavaStep step(RegisterSet registers, StackMemory stack, boolean returnAddress, JavaFrameSink sink) {
        cursor.start(registers, stack);
        entries.forgetAnchor();
        interrupted |= !returnAddress;
        long pc = cursor.pc();
        if (interpreted.contains(pc)) {
            return finish(interpreted.step(cursor, rules, sink), registers);
        }
        if (entries.isCallStub(pc)) {
            sink.stubFrame(callStubName);
            return entries.leaveCallStub(cursor, registers);
        }
        if (!codeCache.find(pc, blob)) {
            return JavaStep.CODE_FREED;
        }
        BlobKind kind = names.kind(blob);
        boolean compiledCode = kind == BlobKind.NMETHOD || kind == BlobKind.NATIVE_WRAPPER;
        if (!compiledCode && !history.stubWasThere(blob.address(), sampleNanos)) {
            // A compiler's buffer, or a blob that is being made, where compiled code was.
            return JavaStep.CODE_REPLACED;
        }
        return switch (kind) {
            case NMETHOD -> finish(compiled.step(cursor, blob, false, returnAddress, sink), registers);
            case NATIVE_WRAPPER -> {
                learnContinuationReturn(pc);
                yield finish(compiled.step(cursor, blob, true, returnAddress, sink), registers);
            }
            case UPCALL -> {
                sink.stubFrame(names.nameId(blob));
                yield entries.leaveUpcallStub(cursor, blob, registers);
            }
            case CONTINUATION_STUB -> leaveContinuation(registers, sink);
            case STUB_ROUTINES -> {
                sink.stubFrame(names.nameId(blob));
                yield finish(stubs.leaveStubRoutine(cursor), registers);
            }
            case RUNTIME_STUB -> {
                sink.stubFrame(names.nameId(blob));
                yield finish(stubs.leaveRuntimeStub(cursor, blob), registers);
            }
            case INTERPRETER, ADAPTER, VTABLE -> JavaStep.CODE_REPLACED;
        };
    }

    /**
     * Tells a method of the application's own loader, whose classes are never unloaded, so that they may be believed
     * even after other classes were. The agent's door is such a class.
     *
     * @param methodId {@code Linux.methodId(method)}
     * @return whether the JVM's own description confirms that it is this method's
     */
    public boolean trustLoaderOf(Method method, long methodId) {
        Class<?> type = method.getDeclaringClass();
        if (type.getClassLoader() != ClassLoader.getSystemClassLoader()) {
            return false;
        }
        memory.begin();
        // Up to JDK 25 a method's id is the address of a pointer to it; whatever it is in others will not pass the
        // check.
        long address = memory.word(methodId);
        return !memory.faulted() && decoder.trustLoaderOf(address, type.getName(), method.getName());
    }

    private JavaStep finish(JavaStep step, RegisterSet registers) {
        return step == JavaStep.STEPPED ? cursor.finish(registers) : step;
    }

    private JavaStep leaveContinuation(RegisterSet registers, JavaFrameSink sink) {
        boolean fetching = CallSites.endsCall(blob, cursor.pc());
        int name = names.nameId(blob);
        lookForContinuationReturn();
        if (fetching) {
            sink.stubFrame(name);
        }
        sink.stubFrame(frozenFramesName);
        JavaStep step = stubs.leaveContinuationStub(cursor, fetching);
        if (step != JavaStep.STEPPED || cursor.senderSp() != cursor.sp()) {
            return finish(step, registers);
        }
        // The return barrier has no frame of its own: it stands in for the frames that are still in the heap.
        registers.retain(0);
        registers.sp(cursor.senderSp());
        registers.pc(cursor.senderPc());
        return JavaStep.STEPPED;
    }

    /** JDK 21 has virtual threads, but does not say where the frame that mounts them goes on. */
    private void learnContinuationReturn(long pc) {
        if (!learnsContinuationReturn || stubs.knowsContinuationReturn()) {
            return;
        }
        learnIfEntersContinuation(pc);
    }

    /**
     * All code is looked at once: where frames are in the heap, the frame that mounts virtual threads has been called.
     */
    private void lookForContinuationReturn() {
        if (!learnsContinuationReturn || stubs.knowsContinuationReturn() || lookedForContinuationReturn) {
            return;
        }
        if (scopes.mayHaveLost()) {
            // The frame that is sought might not be believed either: there is only one look.
            return;
        }
        lookedForContinuationReturn = true;
        for (int i = 0; i < codeCache.heaps(); i++) {
            CodeHeap heap = codeCache.heap(i);
            long at = heap.firstBlob();
            for (int count = 0; count < MAX_BLOBS && at != 0 && !stubs.knowsContinuationReturn(); count++) {
                learnFromWrapper(at);
                at = heap.blobAfter(at);
            }
        }
    }

    private void learnFromWrapper(long at) {
        if (codeCache.find(at, blob) && names.kind(blob) == BlobKind.NATIVE_WRAPPER) {
            long pc = CallSites.firstReturn(blob);
            if (pc != 0) {
                learnIfEntersContinuation(pc);
            }
        }
    }

    /** Which of its calls {@code pc} comes after does not matter: the frame is the same. */
    private void learnIfEntersContinuation(long pc) {
        int entry = scopes.find(pc, blob, true);
        if (entry != CompiledScopes.NONE
                && method(scopes.methodId(entry, 0)).methodName().equals(ENTER_SPECIAL)) {
            stubs.learnContinuationReturn(pc);
        }
    }

    @Override
    public long savedAnchorSp() {
        return entries.anchorSp();
    }

    @Override
    public long savedAnchorPc() {
        return entries.anchorPc();
    }

    @Override
    public long savedAnchorFp() {
        return entries.anchorFp();
    }

    @Override
    public boolean metGoneMethod() {
        return interpreted.metGone() || compiled.metGone();
    }

    @Override
    public boolean searched() {
        // What a signal interrupted may be about to make its frame or to leave it: no rule is sure to tell.
        return compiled.searched() || interrupted;
    }

    @Override
    public boolean missedInlined() {
        return compiled.missedInlined();
    }

    @Override
    public boolean metFrozenFrames() {
        return stubs.metFrozen();
    }

    @Override
    public JavaMethod method(int methodId) {
        return methods.method(methodId);
    }

    @Override
    public String stubName(int stubId) {
        return names.name(stubId);
    }
}
