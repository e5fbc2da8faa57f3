// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeMemory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Copies of buffers of the Java heap, at addresses that the kernel can be given. They last until {@link #close}, which
 * also takes over into the buffers what the kernel has written. Confined to one thread.
 */
final class SyscallArena implements AutoCloseable {
    /** Most calls need less. */
    private static final int BLOCK_BYTES = 1 << 14;

    private static final int ALIGNMENT = 16;
    /** One that the next call may use; others are given back. */
    private static final AtomicReference<@Nullable Block> SPARE = new AtomicReference<>();

    private final List<Copy> copies = new ArrayList<>();
    private final List<Block> blocks = new ArrayList<>();

    /** Memory of which the first bytes are in use. */
    private static final class Block {
        final ByteBuffer memory;
        final long address;
        int used;

        Block(int bytes) {
            address = NativeMemory.map(bytes);
            memory = Linux.memory(address, bytes);
        }

        boolean hasRoom(int bytes) {
            return bytes <= memory.capacity() - used;
        }
    }

    private record Copy(ByteBuffer original, ByteBuffer memory, int at) {}

    /**
     * Where a copy of this buffer's bytes is until {@link #close}, as they are now, at index 0 whatever its position.
     *
     * @param heap backed by an array
     */
    long address(ByteBuffer heap) {
        int bytes = heap.capacity();
        Block block = blockFor(bytes);
        int at = block.used;
        block.memory.put(at, heap.array(), heap.arrayOffset(), bytes);
        block.used += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        copies.add(new Copy(heap, block.memory, at));
        return block.address + at;
    }

    private Block blockFor(int bytes) {
        Block last = blocks.isEmpty() ? null : blocks.get(blocks.size() - 1);
        if (last != null && last.hasRoom(bytes)) {
            return last;
        }
        Block block = bytes <= BLOCK_BYTES ? SPARE.getAndSet(null) : null;
        if (block == null) {
            block = new Block(Math.max(bytes, BLOCK_BYTES));
        }
        blocks.add(block);
        return block;
    }

    long cString(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return address(BpfSystem.buffer(bytes.length + 1).put(0, bytes));
    }

    long longs(long[] values) {
        ByteBuffer array = BpfSystem.buffer(values.length * Long.BYTES);
        array.asLongBuffer().put(values);
        return address(array);
    }

    /** Takes over what the kernel has written so far. */
    void copyBack() {
        for (Copy copy : copies) {
            ByteBuffer original = copy.original();
            copy.memory().get(copy.at(), original.array(), original.arrayOffset(), original.capacity());
        }
    }

    @Override
    public void close() {
        copyBack();
        copies.clear();
        for (Block block : blocks) {
            block.used = 0;
            if (block.memory.capacity() != BLOCK_BYTES || !SPARE.compareAndSet(null, block)) {
                NativeMemory.unmap(block.address, block.memory.capacity());
            }
        }
        blocks.clear();
    }
}
