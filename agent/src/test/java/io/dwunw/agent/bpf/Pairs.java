// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** An application's own allocators, see {@code src/test/native/pairs.c}. The library is loaded by the test. */
final class Pairs {
    private Pairs() {}

    static Path library() {
        try {
            return Path.of(Pairs.class.getResource("/native/libpairs.so").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static void load() {
        System.load(library().toString());
    }

    static native long ctxNew(long size);

    /** @param leaps the function is left by a jump instead of returning */
    static native long leapNew(long size, boolean leaps);

    static native void ctxFree(long block);

    static native long gridNew(long rows, long columns);

    static native void gridFree(long grid);

    static native long boxMake(long size);

    static native void boxDrop(long box);

    static native long bagFill(long least);

    static native void bagEmpty(long bag);

    static native long poolGet();

    static native void poolPut(long entry);

    static native long treeNew(long size, int depth);

    static native void treeFree(long tree);

    static native void pairs(int count, long size);
}
