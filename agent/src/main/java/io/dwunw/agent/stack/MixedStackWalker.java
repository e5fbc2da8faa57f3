// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.agent.hotspot.JavaCode;
import io.dwunw.agent.hotspot.JavaStep;
import io.dwunw.agent.sample.Sample;
import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.unwind.FrameAddress;
import io.dwunw.unwind.NativeUnwinder;
import io.dwunw.unwind.StopReason;
import org.jspecify.annotations.Nullable;

/**
 * Walks a sample's stack: native frames by CFI, generated code by the JVM's own metadata, whichever the pc at hand is
 * in, up to the thread's outermost frame. Where native code cannot be unwound the walk goes on at the frame anchor that
 * HotSpot left when it was called from Java; a gap stands for the frames in between, and the stack counts as
 * incomplete.
 *
 * <p>Hot: allocates nothing once warm. Not thread-safe.
 */
public final class MixedStackWalker {
    private static final int CALLEE_SAVED = X86_64.ARCHITECTURE.calleeSaved();
    /** Walks of one stack, if something goes away during each. */
    private static final int MAX_ATTEMPTS = 3;

    private final ModuleMap modules;
    private final NativeUnwinder unwinder;
    private final @Nullable JavaCode java;
    private final MappedModules mapped;
    private final WalkedModules walked = new WalkedModules();
    private final NativeFrameCache nativeFrames = new NativeFrameCache();
    private final RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
    private final SampleAnchor anchor = new SampleAnchor();
    /** Why frames are missing in the middle; {@link StackState#COMPLETE} if none are. */
    private StackState skipped = StackState.COMPLETE;
    /** Whether the module of the last native pc may have been another one when the stack was copied. */
    private boolean gone;

    /**
     * @param java the JVM's generated code; null if its frames cannot be read
     * @param mapped keeps {@code modules} up to date
     */
    public MixedStackWalker(ModuleMap modules, NativeUnwinder unwinder, @Nullable JavaCode java, MappedModules mapped) {
        this.modules = modules;
        this.unwinder = unwinder;
        this.java = java;
        this.mapped = mapped;
    }

    /** The modules of all frames so far, for naming them. */
    public WalkedModules walkedModules() {
        return walked;
    }

    /** To be called while there is nothing to walk, as often as {@link JavaCode#idle} wishes and says. */
    public boolean idle() {
        return java == null || java.idle();
    }

    /** Replaces what {@code out} holds by the frames of the sample's stack. */
    public void walk(Sample sample, FrameBuffer out) {
        int attempts = 0;
        do {
            walkOnce(sample, out);
        } while (mustWalkAgain(++attempts, out));
    }

    /** Metadata and code may be freed, and their memory used again, in the middle of a walk. */
    private boolean mustWalkAgain(int attempts, FrameBuffer out) {
        if (java == null || java.undisturbed()) {
            return false;
        }
        if (attempts < MAX_ATTEMPTS) {
            return true;
        }
        out.cutBeforeJava(StackState.CODE_REPLACED);
        return false;
    }

    private void walkOnce(Sample sample, FrameBuffer out) {
        out.clear();
        sample.registers(registers);
        anchor.set(sample.anchorSp(), sample.anchorPc(), sample.anchorFp());
        boolean atReturn = sample.atReturn();
        if (atReturn) {
            out.add(PackedFrame.allocator(sample.allocatorNumber()));
        }
        walk(sample.stack(), sample.timeNanos(), atReturn, out);
    }

    /** For walks from a recording: registers and anchor as given, frames are added to {@code out}. */
    void walk(
            RegisterSet from,
            SampleAnchor sampleAnchor,
            StackMemory stack,
            long sampleNanos,
            boolean returnAddress,
            FrameBuffer out) {
        int attempts = 0;
        do {
            out.clear();
            registers.copyFrom(from);
            anchor.copyFrom(sampleAnchor);
            walk(stack, sampleNanos, returnAddress, out);
        } while (mustWalkAgain(++attempts, out));
    }

    private void walk(StackMemory stack, long sampleNanos, boolean returnAddress, FrameBuffer out) {
        if (java != null) {
            java.begin(sampleNanos);
        }
        mapped.begin(sampleNanos);
        skipped = StackState.COMPLETE;
        StackState end = walkToEnd(stack, sampleNanos, returnAddress, out);
        out.end(end == StackState.COMPLETE ? blemish() : end);
    }

    /** What a walk to the outermost frame has to confess, the worst first. */
    private StackState blemish() {
        if (java == null || skipped != StackState.COMPLETE) {
            return skipped;
        }
        if (java.searched()) {
            return StackState.SEARCHED;
        }
        // Frames that lack weigh more than one that is there without a name.
        if (java.metFrozenFrames()) {
            return StackState.FROZEN_FRAMES;
        }
        if (java.missedInlined()) {
            return StackState.INLINED_UNKNOWN;
        }
        return java.metGoneMethod() ? StackState.METHOD_GONE : StackState.COMPLETE;
    }

    private StackState walkToEnd(StackMemory stack, long sampleNanos, boolean startsAtReturnAddress, FrameBuffer out) {
        boolean returnAddress = startsAtReturnAddress;
        while (!out.isFull()) {
            long pc = registers.pc();
            StopReason step = StopReason.END_OF_STACK;
            if (pc != 0 && java != null && java.contains(pc)) {
                JavaStep javaStep = java.step(registers, stack, returnAddress, out);
                if (javaStep != JavaStep.STEPPED) {
                    return ended(javaStep);
                }
                leftJavaFrame(java);
                returnAddress = true;
                continue;
            }
            gone = false;
            if (pc != 0) {
                out.add(nativeFrame(pc, sampleNanos, returnAddress));
                step = gone ? StopReason.NO_MODULE : unwinder.step(registers, stack, returnAddress);
            }
            if (step == StopReason.STEPPED) {
                returnAddress = !unwinder.leftSignalFrame();
            } else if (resumeAtAnchor(stack, step)) {
                skip(step, sampleNanos);
                out.add(PackedFrame.GAP);
                returnAddress = true;
            } else {
                return ended(step, sampleNanos);
            }
        }
        return StackState.MAX_FRAMES;
    }

    private void leftJavaFrame(JavaCode code) {
        if (Long.compareUnsigned(registers.sp(), anchor.sp()) > 0) {
            anchor.clear();
        }
        if (code.savedAnchorSp() != 0) {
            anchor.set(code.savedAnchorSp(), code.savedAnchorPc(), code.savedAnchorFp());
        }
    }

    private void skip(StopReason reason, long sampleNanos) {
        if (skipped != StackState.COMPLETE) {
            return;
        }
        if (reason != StopReason.NO_MODULE) {
            skipped = StackState.SKIPPED_NATIVE;
        } else {
            skipped = isGone(sampleNanos) ? StackState.SKIPPED_GONE : StackState.SKIPPED_UNKNOWN;
        }
    }

    /** Of a pc that lies in no module that can be believed: whether that is because of an unloading. */
    private boolean isGone(long sampleNanos) {
        return gone || mapped.unloadedSince(sampleNanos);
    }

    private StackState ended(StopReason reason, long sampleNanos) {
        if (reason == StopReason.END_OF_STACK && java != null && anchor.sp() != 0) {
            return StackState.BEFORE_JAVA;
        }
        if (reason != StopReason.NO_MODULE) {
            return StackState.of(reason);
        }
        if (java == null && !gone) {
            // The JVM's code cache is the one executable region of a JVM that belongs to no file.
            return StackState.JAVA_UNAVAILABLE;
        }
        return isGone(sampleNanos) ? StackState.LIBRARY_GONE : StackState.NO_MODULE;
    }

    private static StackState ended(JavaStep reason) {
        return switch (reason) {
            case STEPPED -> throw new IllegalArgumentException("not an end");
            case STACK_CUT -> StackState.STACK_CUT;
            case CODE_FREED -> StackState.CODE_FREED;
            case CODE_REPLACED -> StackState.CODE_REPLACED;
            case NO_PROGRESS -> StackState.NO_PROGRESS;
        };
    }

    private long nativeFrame(long pc, long sampleNanos, boolean returnAddress) {
        long known = nativeFrames.find(pc, returnAddress, modules.version());
        if (known == NativeFrameCache.NONE) {
            known = newNativeFrame(pc, sampleNanos, returnAddress);
        }
        if (!mapped.allWereMapped(sampleNanos) && PackedFrame.kind(known) == PackedFrame.Kind.NATIVE) {
            gone = !mapped.wasMapped(PackedFrame.moduleId(known), sampleNanos);
        }
        return gone ? PackedFrame.raw(pc) : known;
    }

    private long newNativeFrame(long pc, long sampleNanos, boolean returnAddress) {
        LoadedModule module = modules.find(FrameAddress.lookup(pc, returnAddress));
        if (module == null && mapped.refreshAfterMiss(sampleNanos)) {
            module = modules.find(FrameAddress.lookup(pc, returnAddress));
        }
        if (module == null) {
            return PackedFrame.raw(pc);
        }
        walked.note(module);
        long frame = PackedFrame.nativeFrame(module.id(), module.svma(pc), pc, returnAddress);
        nativeFrames.put(pc, returnAddress, frame);
        return frame;
    }

    /**
     * Native code that cannot be unwound, or says that it is the outermost while Java code waits further out: HotSpot
     * has noted where the Java frames go on.
     */
    private boolean resumeAtAnchor(StackMemory stack, StopReason reason) {
        long sp = anchor.sp();
        if (java == null || reason == StopReason.STACK_CUT || sp == 0) {
            return false;
        }
        if (Long.compareUnsigned(sp, registers.sp()) <= 0 || !stack.contains(sp - Long.BYTES, 2 * Long.BYTES)) {
            return false;
        }
        long pc = anchor.pc() != 0 ? anchor.pc() : stack.word(sp - Long.BYTES);
        if (!java.contains(pc)) {
            return false;
        }
        long fp = anchor.fp();
        registers.retain(~CALLEE_SAVED);
        if (fp != 0) {
            registers.set(X86_64.RBP, fp);
        }
        registers.sp(sp);
        registers.pc(pc);
        anchor.clear();
        return true;
    }
}
