// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.agent.hotspot.JavaCode;
import io.dwunw.agent.hotspot.JavaMethod;
import io.dwunw.agent.sample.AllocatorNames;
import io.dwunw.jfr.FrameName;
import io.dwunw.module.LoadedModule;
import io.dwunw.symbol.Symbol;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.FrameAddress;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Names frames, each distinct one once. Not thread-safe.
 *
 * <p>A native frame's method name is the function without its parameters and return type, so that a stack trace reads
 * well and one function is one node in a tree; its text has the exact name, module and offset. Where a file has been
 * stripped and the nearest symbol is all there is, the name starts with {@code ~} and ends in the distance from it,
 * or from the module's start if there is no symbol: one name may stand for many functions.
 */
public final class FrameResolver {
    /** Names worth remembering in a large program. */
    public static final int MAX_NAMES = 1 << 16;

    private static final String JVM_MODULE = "libjvm.so";
    private static final String UNKNOWN = "unknown";
    /** Before the name of the nearest symbol. */
    private static final String NEAR = "~";

    private static final String OFFSET = "+0x";

    private final WalkedModules modules;
    private final Symboliser symboliser;
    private final @Nullable JavaCode java;
    private final AllocatorNames allocators;
    private final boolean showHidden;
    private final FrameNameCache names;
    private final SiteHash site = new SiteHash();
    private final @Nullable String jdk = jdkLibraries();

    /** As the other, for stacks of libc's allocator only. */
    public FrameResolver(WalkedModules modules, Symboliser symboliser, @Nullable JavaCode java, boolean showHidden) {
        this(modules, symboliser, java, AllocatorNames.LIBC, showHidden, MAX_NAMES);
    }

    /**
     * Names the frames of one walker.
     *
     * @param modules those that the walker met
     * @param java what named the methods in the frames; null if the walker had none
     * @param allocators what the allocators at the top of stacks are called
     * @param showHidden whether Java frames that {@link Throwable} leaves out are shown all the same
     * @param capacity names remembered at least
     */
    public FrameResolver(
            WalkedModules modules,
            Symboliser symboliser,
            @Nullable JavaCode java,
            AllocatorNames allocators,
            boolean showHidden,
            int capacity) {
        this.names = new FrameNameCache(capacity);
        this.modules = modules;
        this.symboliser = symboliser;
        this.java = java;
        this.allocators = allocators;
        this.showHidden = showHidden;
    }

    /** The name of a frame of {@link PackedFrame}'s making; marked if {@link Throwable} leaves it out. */
    public FrameName name(long frame) {
        FrameName known = names.find(frame);
        if (known == null) {
            known = resolve(frame);
            names.put(frame, known);
        }
        return known;
    }

    /** The name as readers are to see it: where hidden frames are wanted, no frame is marked as hidden. */
    public FrameName shown(long frame) {
        FrameName name = name(frame);
        if (!showHidden || !name.hidden()) {
            return name;
        }
        return FrameName.ofJava(name.className(), name.methodName(), name.descriptor(), name.line(), name.text());
    }

    /** The identity of a stack's site, see {@link SiteHash}. Cold. */
    public long site(StackTrace trace) {
        site.begin();
        for (int i = 0; i < trace.count(); i++) {
            addToSite(trace.frame(i));
        }
        return site.end();
    }

    private void addToSite(long frame) {
        switch (PackedFrame.kind(frame)) {
            case GAP, RAW, NOT_RECORDED -> site.unknownFrame();
            case NATIVE -> addNativeToSite(frame);
            case JAVA -> {
                FrameName name = name(frame);
                if (!name.hidden()) {
                    site.javaFrame(name.className(), name.methodName());
                }
            }
            case STUB -> {}
            case ALLOCATOR ->
                site.nativeFrame(
                        allocators.module(PackedFrame.ordinal(frame)), allocators.function(PackedFrame.ordinal(frame)));
        }
    }

    private void addNativeToSite(long frame) {
        LoadedModule module = modules.find(PackedFrame.moduleId(frame));
        if (module == null) {
            site.unknownFrame();
            return;
        }
        // Two builds of one version of the JDK do not have the same functions.
        boolean ofJdk = jdk != null && module.path().startsWith(jdk);
        long lookup = FrameAddress.lookup(PackedFrame.svma(frame), PackedFrame.isReturnAddress(frame));
        site.nativeFrame(
                module.name(), ofJdk ? "" : symboliser.exported(module, lookup).name());
    }

    /** Where the libraries of this JVM lie, as the kernel names them. */
    private static @Nullable String jdkLibraries() {
        try {
            return Path.of(System.getProperty("java.home", ""), "lib").toRealPath() + "/";
        } catch (IOException | InvalidPathException gone) {
            return null;
        }
    }

    private FrameName resolve(long frame) {
        return switch (PackedFrame.kind(frame)) {
            case GAP -> FrameName.ofGap("callers that could not be found");
            case RAW -> raw(PackedFrame.pc(frame));
            case NATIVE -> nativeFrame(frame);
            case JAVA -> javaFrame(frame);
            case STUB -> stub(PackedFrame.ordinal(frame));
            case ALLOCATOR -> allocator(PackedFrame.ordinal(frame));
            case NOT_RECORDED -> FrameName.ofGap("stack not recorded");
        };
    }

    private static FrameName raw(long pc) {
        return FrameName.ofNative(UNKNOWN, UNKNOWN, "0x" + Long.toHexString(pc));
    }

    private FrameName nativeFrame(long frame) {
        long svma = PackedFrame.svma(frame);
        LoadedModule module = modules.find(PackedFrame.moduleId(frame));
        if (module == null) {
            return raw(svma);
        }
        Symbol symbol = symboliser.symbolise(module, FrameAddress.lookup(svma, PackedFrame.isReturnAddress(frame)));
        String file = module.name();
        String place = file + "+0x" + Long.toHexString(svma);
        if (!symbol.isKnown()) {
            return FrameName.ofNative(file, UNKNOWN + offset(svma), place);
        }
        // The pc itself, not the lookup address: a return address is what other tools show.
        long offset = symbol.offset() + (PackedFrame.isReturnAddress(frame) ? 1 : 0);
        String near = symbol.exact() ? "" : NEAR;
        String text = file + "!" + near + symbol.name() + offset(offset) + " (" + place + ")";
        return FrameName.ofNative(file, methodName(symbol, offset), text);
    }

    private static String offset(long bytes) {
        return OFFSET + Long.toHexString(bytes);
    }

    /**
     * The function without its parameters; the nearest one with the distance from it, because many share its name.
     *
     * @param offset from the symbol, in bytes
     */
    static String methodName(Symbol symbol, long offset) {
        String plain = FunctionName.plain(symbol.name());
        return symbol.exact() ? plain : NEAR + plain + offset(offset);
    }

    private FrameName javaFrame(long frame) {
        JavaMethod method = java == null ? JavaMethod.UNKNOWN : java.method(PackedFrame.methodId(frame));
        int bci = PackedFrame.bci(frame);
        return new FrameName(
                method.className(),
                method.methodName(),
                method.descriptor(),
                method.line(bci),
                method.text(bci),
                method.hidden());
    }

    private FrameName stub(int stubId) {
        String name = java == null ? "unknown" : java.stubName(stubId);
        if (name.equals(JavaCode.FROZEN_FRAMES)) {
            return FrameName.ofGap(name);
        }
        return FrameName.ofNative(JVM_MODULE, name, JVM_MODULE + "!<" + name + ">");
    }

    private FrameName allocator(int number) {
        String module = allocators.module(number);
        String name = allocators.function(number);
        return FrameName.ofNative(module, name, module + "!" + name);
    }
}
