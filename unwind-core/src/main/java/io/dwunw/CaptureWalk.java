// SPDX-License-Identifier: MIT
package io.dwunw;

import io.dwunw.arch.RegisterSet;
import io.dwunw.elf.ElfHeader;
import io.dwunw.memory.CachedPages;
import io.dwunw.memory.MemoryReader;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleData;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ModuleStore;
import io.dwunw.unwind.FrameAddress;
import io.dwunw.unwind.FramePointerUnwinder;
import io.dwunw.unwind.NativeUnwinder;
import io.dwunw.unwind.StopReason;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One capture from its request to its frames. */
final class CaptureWalk {
    private final UnwindRequest request;
    private final ModuleMap modules;
    private final CacheAccess access;
    private final NativeUnwinder unwinder;
    private final FramePointerUnwinder framePointers = new FramePointerUnwinder();
    private final RegisterSet registers;
    private final List<Frame> frames = new ArrayList<>();
    private boolean returnAddress;

    CaptureWalk(UnwindRequest request, ModuleStore store) {
        this.request = request;
        this.modules = request.modules();
        this.access = new CacheAccess(store, request.memory());
        this.unwinder = new NativeUnwinder(modules, access);
        this.registers = RegisterSet.prepare(request.registers().architecture());
        registers.copyFrom(request.registers());
    }

    Capture run() {
        MemoryReader memory = request.memory();
        if (memory == null) {
            Set<FrameFlag> flags = EnumSet.of(FrameFlag.PARTIAL, FrameFlag.EXACT_PC);
            frames.add(frame(registers.pc(), registers.sp(), 0, 0, flags, StopReason.STACK_CUT));
            return new Capture(Status.OK, frames);
        }
        StackMemory stack = new CachedPages(memory, order());
        while (true) {
            StopReason reason = step(stack);
            if (reason != StopReason.STEPPED) {
                return new Capture(status(reason), frames);
            }
        }
    }

    /** Adds the current frame and goes to its caller. */
    private StopReason step(StackMemory stack) {
        long pc = registers.pc();
        long sp = registers.sp();
        Set<FrameFlag> flags = EnumSet.noneOf(FrameFlag.class);
        if (!returnAddress) {
            flags.add(FrameFlag.EXACT_PC);
        }
        if (frames.size() + 1 == request.maxFrames()) {
            frames.add(frame(pc, sp, 0, 0, flags, StopReason.MAX_FRAMES));
            return StopReason.MAX_FRAMES;
        }
        StopReason reason = unwinder.step(registers, stack, returnAddress);
        long cfa = unwinder.cfa();
        if (unwinder.leftSignalFrame()) {
            flags.add(FrameFlag.SIGNAL);
        }
        if (lacksCfi(reason) && request.framePointers()) {
            reason = framePointerStep(stack, reason);
            cfa = framePointers.cfa();
            if (reason == StopReason.STEPPED) {
                flags.add(FrameFlag.FRAME_POINTER);
            }
        }
        if (reason != StopReason.STEPPED) {
            frames.add(frame(pc, sp, 0, 0, flags, reason));
            return reason;
        }
        returnAddress = !flags.contains(FrameFlag.SIGNAL);
        frames.add(frame(pc, sp, cfa, registers.pc(), flags, reason));
        return reason;
    }

    /** Frame pointers can lead anywhere: a caller outside all modules is taken as none. */
    private StopReason framePointerStep(StackMemory stack, StopReason without) {
        RegisterSet before = RegisterSet.prepare(registers.architecture());
        before.copyFrom(registers);
        StopReason reason = framePointers.step(registers, stack);
        if (reason == StopReason.STEPPED && modules.find(FrameAddress.lookup(registers.pc(), true)) == null) {
            registers.copyFrom(before);
            return without;
        }
        return reason == StopReason.NO_CFI ? without : reason;
    }

    private static boolean lacksCfi(StopReason reason) {
        return switch (reason) {
            case NO_MODULE, NO_IMAGE, NO_CFI, BAD_CFI, LOST_REGISTER -> true;
            default -> false;
        };
    }

    private Frame frame(long pc, long sp, long cfa, long caller, Set<FrameFlag> flags, StopReason stop) {
        LoadedModule module = modules.find(FrameAddress.lookup(pc, !flags.contains(FrameFlag.EXACT_PC)));
        return new Frame(pc, sp, cfa, caller, module, flags, stop);
    }

    private Status status(StopReason reason) {
        return switch (reason) {
            case STEPPED, END_OF_STACK, MAX_FRAMES -> Status.OK;
            case NO_MODULE, NO_CFI, LOST_REGISTER -> Status.NO_DEBUG_DATA;
            case NO_IMAGE -> access.failure() == Status.OK ? unsuitable() : access.failure();
            case BAD_CFI, NO_PROGRESS -> Status.BAD_FORMAT;
            case STACK_CUT -> Status.INVALID_ARG;
        };
    }

    /** The file was opened, and the walk could not use it. */
    private Status unsuitable() {
        Frame last = frames.get(frames.size() - 1);
        ElfHeader header = header(last.lookupAvma());
        boolean sisterAbi =
                header != null && header.machine() == registers.architecture().elfMachine();
        return sisterAbi ? Status.NOT_IMPLEMENTED : Status.UNSUPPORTED_ARCH;
    }

    /** MIPS runs in either order, and only the files say which: that of the pc, else whichever can be had. */
    private ByteOrder order() {
        ElfHeader header = header(registers.pc());
        for (int i = 0; header == null && i < modules.modules().size(); i++) {
            header = header(modules.modules().get(i));
        }
        return header == null ? ByteOrder.LITTLE_ENDIAN : header.order();
    }

    private @Nullable ElfHeader header(long avma) {
        LoadedModule module = modules.find(avma);
        return module == null ? null : header(module);
    }

    private @Nullable ElfHeader header(LoadedModule module) {
        ModuleData data = access.acquire(module);
        if (data == null) {
            return null;
        }
        access.release(data);
        return data.image().header();
    }
}
