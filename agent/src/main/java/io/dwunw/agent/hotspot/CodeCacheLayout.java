// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Layout that leads to the code heaps (HotSpot, {@code code/codeCache.hpp}, {@code memory/heap.hpp}).
 *
 * <pre>
 *   CodeCache::_heaps → GrowableArray { _len, _data → CodeHeap*[] }
 *   CodeHeap { _memory: VirtualSpace of the blocks, _segmap: VirtualSpace with one byte a segment, _log2_segment_size }
 *   block = HeapBlock { length, used }, then the CodeBlob
 * </pre>
 */
record CodeCacheLayout(
        long heaps,
        int arrayLength,
        int arrayData,
        long lowBound,
        long highBound,
        int heapBytes,
        int memory,
        int segmentMap,
        int log2SegmentSize,
        int low,
        int high,
        int lowBoundary,
        int highBoundary,
        int blockHeaderBytes,
        int blockUsed) {

    static CodeCacheLayout of(FieldFinder find) {
        return new CodeCacheLayout(
                find.address("CodeCache::_heaps"),
                find.offset("GrowableArrayBase::_len", "GenericGrowableArray::_len"),
                find.offset("GrowableArray<int>::_data"),
                find.address("CodeCache::_low_bound"),
                find.address("CodeCache::_high_bound"),
                find.size("CodeHeap"),
                find.offset("CodeHeap::_memory"),
                find.offset("CodeHeap::_segmap"),
                find.offset("CodeHeap::_log2_segment_size"),
                find.offset("VirtualSpace::_low"),
                find.offset("VirtualSpace::_high"),
                find.offset("VirtualSpace::_low_boundary"),
                find.offset("VirtualSpace::_high_boundary"),
                find.size("HeapBlock"),
                find.offset("HeapBlock::Header::_used"));
    }
}
