// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import io.dwunw.it.program.NativeBlocks;

/** A native method that lives on {@code malloc}: blocks of 16 to 512 bytes. An operation is one malloc and its free. */
public final class JniBursts {
    private static final int BLOCKS = 60;
    private static final int BURSTS = 20;

    private JniBursts() {}

    /** Arguments: see {@link Phases#parse}. */
    public static void main(String[] args) throws Exception {
        MeasuredLoop.run(Phases.parse(args), BLOCKS * BURSTS, () -> JniBursts::batch);
    }

    private static long batch() {
        long bytes = 0;
        for (int i = 0; i < BURSTS; i++) {
            bytes += NativeBlocks.burst(BLOCKS);
        }
        return bytes;
    }
}
