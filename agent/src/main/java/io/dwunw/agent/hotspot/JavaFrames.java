package io.dwunw.agent.hotspot;

import io.dwunw.RegisterSet;
import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackMemory;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;

/**
 * Walks through the generated code of the JVM that this runs in. One instance serves one thread.
 *
 * <p>Hot: allocates nothing for code that was seen before.
 */
public final class JavaFrames implements JavaCode {
    /** JDK 20 left the byte 0 out of its compressed numbers. */
    private static final int FIRST_WITHOUT_ZERO_BYTES = 20;

    private static final int FIRST_WITH_VIRTUAL_THREADS = 21;

    private static final String CALL_STUB = "call_stub";
    private static final String ENTER_SPECIAL = "enterSpecial";
    private static final String UNLOADED_CLASSES = "java.cls.unloadedClasses";

    private final CodeCache codeCache;
    private final BlobNames names;
    private final JavaMethods methods;
    private final CompiledScopes scopes;
    private final InterpretedFrames interpreted;
    private final EntryStubs entries;
    private final CompiledFrames compiled;
    private final StubFrames stubs;
    private final SenderRules rules;
    private final UnloadCounter unloaded;
    private final int callStubName;
    private final boolean learnsContinuationReturn;
    private final CodeBlob blob = new CodeBlob();
    private final JavaCursor cursor = new JavaCursor();
    private long unloadedBefore;
    /** Stacks that were copied before this moment may hold addresses of what is gone. */
    private long distrustedUntil = Long.MIN_VALUE;

    /**
     * Reads the JVM's description of itself. Takes some tens of milliseconds.
     *
     * @param libjvm where the first byte of {@code libjvm.so} is mapped
     * @param memory reads this process's memory, safe against any address
     * @param window opens memory of this process that is never unmapped
     * @throws JavaFramesUnavailableException with one line that names what is missing
     */
    public static JavaFrames open(long libjvm, MemoryReader memory, MemoryWindow window)
            throws JavaFramesUnavailableException {
        MetadataReader metadata = new MetadataReader(memory);
        return open(VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata)), metadata, window);
    }

    static JavaFrames open(VmStructs structs, MetadataReader metadata, MemoryWindow window)
            throws JavaFramesUnavailableException {
        PerfData perfData = PerfData.open(structs, metadata, window);
        UnloadCounter counter = perfData == null ? null : perfData.counter(UNLOADED_CLASSES);
        return new JavaFrames(structs, metadata, window, counter != null ? counter : managementCounter());
    }

    /** The JVM was started with {@code -XX:-UsePerfData}. */
    private static UnloadCounter managementCounter() {
        ClassLoadingMXBean classLoading = ManagementFactory.getClassLoadingMXBean();
        return classLoading::getUnloadedClassCount;
    }

    JavaFrames(VmStructs structs, MetadataReader memory, MemoryWindow window, UnloadCounter unloaded)
            throws JavaFramesUnavailableException {
        FieldFinder find = new FieldFinder(structs);
        CodeCacheLayout cacheLayout = CodeCacheLayout.of(find);
        CodeBlobLayout blobLayout = CodeBlobLayout.of(find);
        NmethodLayout nmethodLayout = NmethodLayout.of(find);
        MethodLayout methodLayout = MethodLayout.of(find);
        EntryLayout entryLayout = EntryLayout.of(find);
        find.requireAll();
        this.unloaded = unloaded;
        unloadedBefore = unloaded.value();
        codeCache = CodeCache.open(memory, window, cacheLayout, blobLayout);
        memory.begin();
        int major = memory.s4(entryLayout.majorVersion());
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
        methods = new JavaMethods(new MethodDecoder(memory, methodLayout, excluded), methodLayout);
        scopes = new CompiledScopes(memory, nmethodLayout, methods, excluded);
        interpreted = new InterpretedFrames(methods, interpreterLow, interpreterHigh);
        entries = new EntryStubs(entryLayout, callStubReturn);
        DeoptHandlers deopt = new DeoptHandlers(nmethodLayout);
        rules = new SenderRules(codeCache, names, scopes, interpreted, entries, deopt);
        compiled = new CompiledFrames(scopes, deopt, rules);
        stubs = new StubFrames(rules, memory, entryLayout.continuationReturn());
        learnsContinuationReturn = entryLayout.continuationReturn() == 0 && major >= FIRST_WITH_VIRTUAL_THREADS;
    }

    @Override
    public void begin(long sampleNanos) {
        long unloadedNow = unloaded.value();
        if (unloadedNow != unloadedBefore) {
            unloadedBefore = unloadedNow;
            distrustedUntil = System.nanoTime();
            methods.distrust();
            scopes.forget();
        }
        interpreted.begin(sampleNanos < distrustedUntil ? sampleNanos : Long.MAX_VALUE);
        compiled.begin();
        stubs.begin();
        entries.forgetAnchor();
    }

    @Override
    public boolean contains(long pc) {
        return codeCache.contains(pc);
    }

    @Override
    public JavaStep step(RegisterSet registers, StackMemory stack, boolean returnAddress, JavaFrameSink sink) {
        cursor.start(registers, stack);
        entries.forgetAnchor();
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

    private JavaStep finish(JavaStep step, RegisterSet registers) {
        return step == JavaStep.STEPPED ? cursor.finish(registers) : step;
    }

    private JavaStep leaveContinuation(RegisterSet registers, JavaFrameSink sink) {
        sink.stubFrame(names.nameId(blob));
        JavaStep step = stubs.leaveContinuationStub(cursor, blob);
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
        return compiled.searched();
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
