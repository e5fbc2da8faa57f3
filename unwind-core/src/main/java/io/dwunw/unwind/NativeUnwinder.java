// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleDataSource;
import io.dwunw.module.ModuleMap;
import org.jspecify.annotations.Nullable;

/**
 * One native step by CFI; a cache of unwind rules inside. Hot (benchmark {@code NativeWalkBenchmark}): allocates
 * nothing once warm. Not thread-safe.
 */
public final class NativeUnwinder {
    private final ModuleMap modules;
    private final RuleCache cache = new RuleCache();
    private final RuleCompiler compiler;
    private final RuleApplication application = new RuleApplication();
    private @Nullable Architecture architecture;
    private int modulesVersion;
    private long signatureMask = AArch64.DEFAULT_SIGNATURE_MASK;
    private boolean leftSignalFrame;
    private long misses;

    /** Walks through the modules of {@code modules}, whose images it opens and keeps. */
    public NativeUnwinder(ModuleMap modules) {
        this(modules, ModuleDataSource.OF_THE_MAP);
    }

    /** Walks through the modules of {@code modules}, borrowing their data from {@code source}. */
    public NativeUnwinder(ModuleMap modules, ModuleDataSource source) {
        this.modules = modules;
        this.compiler = new RuleCompiler(source);
        this.modulesVersion = modules.version();
    }

    /**
     * Turns {@code registers} of one frame into those of its caller, with all callee-saved registers restored. On
     * anything but {@link StopReason#STEPPED} the registers are untouched.
     *
     * @param returnAddress whether the pc is a return address; false for the innermost frame and after a signal frame
     */
    @SuppressWarnings("ReferenceEquality") // architectures are constants; comparing their contents would be slow
    public StopReason step(RegisterSet registers, StackMemory stack, boolean returnAddress) {
        leftSignalFrame = false;
        long pc = registers.pc();
        if (pc == 0) {
            return StopReason.END_OF_STACK;
        }
        if (modulesVersion != modules.version() || architecture != registers.architecture()) {
            forgetRules(registers.architecture());
        }
        long lookup = FrameAddress.lookup(pc, returnAddress);
        UnwindRule rule = cache.find(lookup);
        if (rule == null) {
            LoadedModule module = modules.find(lookup);
            if (module == null) {
                return throughTrampoline(registers, stack, StopReason.NO_MODULE);
            }
            misses++;
            rule = compiler.compile(module, lookup, pc, registers.architecture());
            if (rule.outcome == StopReason.NO_IMAGE) {
                // May be had later, and the opener of images remembers failures. A trampoline at the start of its
                // page has its lookup address in whatever lies below it.
                return throughTrampoline(registers, stack, StopReason.NO_IMAGE);
            }
            rule = cache.put(lookup, rule);
        }
        if (rule.outcome != StopReason.STEPPED) {
            return rule.outcome == StopReason.NO_CFI ? throughTrampoline(registers, stack, rule.outcome) : rule.outcome;
        }
        return apply(rule, registers, stack);
    }

    /** Trampolines outside of all modules: their code has to be where the stack is read from. */
    private StopReason throughTrampoline(RegisterSet registers, StackMemory stack, StopReason otherwise) {
        UnwindRule rule = SignalTrampolines.in(stack, registers.pc(), registers.architecture());
        return rule == null ? otherwise : apply(rule, registers, stack);
    }

    private StopReason apply(UnwindRule rule, RegisterSet registers, StackMemory stack) {
        StopReason reason = application.apply(rule, registers, stack, signatureMask);
        leftSignalFrame = reason == StopReason.STEPPED && rule.signalFrame;
        return reason;
    }

    /** After {@link StopReason#STEPPED}: whether the frame just left was a signal frame; the new pc is then exact. */
    public boolean leftSignalFrame() {
        return leftSignalFrame;
    }

    /** After {@link StopReason#STEPPED}: the canonical frame address of the frame just left. */
    public long cfa() {
        return application.cfa();
    }

    /** Addresses whose rule had to be made because the cache did not have it. */
    public long cacheMisses() {
        return misses;
    }

    /** AArch64: the bits of a signed return address that are not part of the address. */
    public void signatureMask(long mask) {
        signatureMask = mask;
    }

    private void forgetRules(Architecture now) {
        cache.clear();
        modulesVersion = modules.version();
        architecture = now;
    }
}
