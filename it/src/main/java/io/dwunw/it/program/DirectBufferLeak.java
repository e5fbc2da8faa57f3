// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Keeps direct buffers in a static list. */
public final class DirectBufferLeak {
    /** Bytes of each buffer; HotSpot adds its own header to what it asks of malloc. */
    public static final int SIZE = 300_007;

    private static final List<ByteBuffer> BUFFERS = new ArrayList<>();

    private DirectBufferLeak() {}

    /** Arguments: number of buffers, milliseconds to live on. */
    public static void main(String[] args) throws InterruptedException {
        int buffers = Integer.parseInt(args[0]);
        for (int i = 0; i < buffers; i++) {
            BUFFERS.add(ByteBuffer.allocateDirect(SIZE));
            Thread.sleep(2);
        }
        Thread.sleep(Long.parseLong(args[1]));
        System.out.println("buffers=" + BUFFERS.size());
    }
}
