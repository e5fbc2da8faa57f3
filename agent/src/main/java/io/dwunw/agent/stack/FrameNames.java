package io.dwunw.agent.stack;

import io.dwunw.agent.hotspot.JavaCode;
import io.dwunw.agent.hotspot.JavaMethod;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.jfr.FrameName;
import io.dwunw.module.LoadedModule;
import io.dwunw.symbol.Symbol;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.FrameAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names frames, each distinct one once. Not thread-safe.
 *
 * <p>A native frame's method name is the function without its parameters and return type, so that a stack trace reads
 * well and one function is one node in a tree; its text has the exact name, module and offset. Where a file has been
 * stripped and the nearest symbol is all there is, the name starts with {@code ~}.
 */
public final class FrameNames {
    private static final int MAX_NAMES = 1 << 17;
    private static final String ALLOCATOR_MODULE = "libc.so.6";
    private static final String JVM_MODULE = "libjvm.so";

    private final WalkedModules modules;
    private final Symboliser symboliser;
    private final @Nullable JavaCode java;
    private final boolean showHidden;
    private final Map<Long, FrameName> names = new LinkedHashMap<>(1024, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, FrameName> eldest) {
            return size() > MAX_NAMES;
        }
    };

    /**
     * Names the frames of one walker.
     *
     * @param modules those that the walker met
     * @param java what named the methods in the frames; null if the walker had none
     * @param showHidden whether Java frames that {@link Throwable} leaves out are shown all the same
     */
    public FrameNames(WalkedModules modules, Symboliser symboliser, @Nullable JavaCode java, boolean showHidden) {
        this.modules = modules;
        this.symboliser = symboliser;
        this.java = java;
        this.showHidden = showHidden;
    }

    /** The name of a frame of {@link Frame}'s making. */
    public FrameName name(long frame) {
        FrameName known = names.get(frame);
        if (known == null) {
            known = resolve(frame);
            names.put(frame, known);
        }
        return known;
    }

    private FrameName resolve(long frame) {
        return switch (Frame.kind(frame)) {
            case RAW -> raw(Frame.pc(frame));
            case NATIVE -> nativeFrame(frame);
            case JAVA -> javaFrame(frame);
            case STUB -> stub(Frame.ordinal(frame));
            case ALLOCATOR -> allocator(Frame.ordinal(frame));
        };
    }

    private static FrameName raw(long pc) {
        return FrameName.ofNative("unknown", "unknown", "0x" + Long.toHexString(pc));
    }

    private FrameName nativeFrame(long frame) {
        long svma = Frame.svma(frame);
        LoadedModule module = modules.find(Frame.moduleId(frame));
        if (module == null) {
            return raw(svma);
        }
        Symbol symbol = symboliser.symbolise(module, FrameAddress.lookup(svma, Frame.isReturnAddress(frame)));
        String file = module.name();
        String place = file + "+0x" + Long.toHexString(svma);
        if (!symbol.isKnown()) {
            return FrameName.ofNative(file, "unknown", place);
        }
        // The pc itself, not the lookup address: a return address is what other tools show.
        long offset = symbol.offset() + (Frame.isReturnAddress(frame) ? 1 : 0);
        String near = symbol.exact() ? "" : "~";
        String text = file + "!" + near + symbol.name() + "+0x" + Long.toHexString(offset) + " (" + place + ")";
        return FrameName.ofNative(file, near + FunctionName.plain(symbol.name()), text);
    }

    private FrameName javaFrame(long frame) {
        JavaMethod method = java == null ? JavaMethod.UNKNOWN : java.method(Frame.methodId(frame));
        int bci = Frame.bci(frame);
        return new FrameName(
                method.className(),
                method.methodName(),
                method.descriptor(),
                method.line(bci),
                method.text(bci),
                method.hidden() && !showHidden);
    }

    private FrameName stub(int stubId) {
        String name = java == null ? "unknown" : java.stubName(stubId);
        return FrameName.ofNative(JVM_MODULE, name, JVM_MODULE + "!<" + name + ">");
    }

    private static FrameName allocator(int ordinal) {
        Allocator[] allocators = Allocator.values();
        String name = ordinal < allocators.length ? allocators[ordinal].functionName() : "unknown";
        return FrameName.ofNative(ALLOCATOR_MODULE, name, ALLOCATOR_MODULE + "!" + name);
    }
}
