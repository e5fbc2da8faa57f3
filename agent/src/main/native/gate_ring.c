/* SPDX-License-Identifier: MIT
 *
 * The ring between the threads that sample (many) and the reader (one), in ordinary memory of this process.
 *
 *   header page | data (a power of two) | one commit word for each 64-byte unit of data
 *
 * Positions count bytes since the ring was made and never wrap. A record starts at a unit: 4 bytes length, 4 bytes
 * PAD or 0, then the record. A producer reserves room by moving `producer` on, writes, and sets its first unit's commit
 * word to position + 1. As commit words hold nothing but positions, no stale byte can pass for a commit, and a
 * record that is still being written makes the reader wait without any flag to be cleared. A record does not cross the
 * end of the data: a padding record fills the rest.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "gate.h"

#define UNIT 64u
#define RECORD_HEADER_BYTES 8
#define PAD 1u
#define MIN_BYTES 65536u
#define MAX_BYTES (1ull << 30)
/* One part in so many is kept for frees. */
#define URGENT_SHARE 8

struct ring_header {
    uint64_t data_bytes; /* 0 */
    uint64_t data_offset;
    uint64_t commits_offset;
    uint64_t unused[5];
    uint64_t consumer; /* 64: written by the reader, with release */
    uint64_t unused2[7];
    uint64_t producer; /* 128 */
};

static struct ring_header *header;
static uint8_t *data;
static uint64_t *commits;
static uint64_t mapped_bytes;

/* A ring is made once. Asking for another size later keeps the one there is: threads may be writing to it. */
int gate_ring_open(uint64_t bytes)
{
    if (header != NULL) {
        return 0;
    }
    uint64_t size = MIN_BYTES;
    while (size < bytes && size < MAX_BYTES) {
        size *= 2;
    }
    uint64_t all = GATE_PAGE + size + size / UNIT * sizeof(uint64_t);
    struct ring_header *ring = gate_map(all);
    if (ring == NULL) {
        return -ENOMEM;
    }
    ring->data_bytes = size;
    ring->data_offset = GATE_PAGE;
    ring->commits_offset = GATE_PAGE + size;
    data = (uint8_t *) ring + ring->data_offset;
    commits = (uint64_t *) (void *) ((uint8_t *) ring + ring->commits_offset);
    mapped_bytes = all;
    __atomic_store_n(&header, ring, __ATOMIC_RELEASE);
    return 0;
}

uint64_t gate_ring_address(void)
{
    return (uintptr_t) header;
}

uint64_t gate_ring_mapped_bytes(void)
{
    return mapped_bytes;
}

static void write_header(uint64_t position, uint32_t length, uint32_t flags)
{
    uint32_t *words = (uint32_t *) (void *) (data + (position & (header->data_bytes - 1)));
    words[0] = length;
    words[1] = flags;
}

static void commit(uint64_t position)
{
    uint64_t unit = (position & (header->data_bytes - 1)) / UNIT;
    __atomic_store_n(&commits[unit], position + 1, __ATOMIC_RELEASE);
}

bool gate_ring_reserve(uint32_t length, bool urgent, struct gate_reservation *reservation)
{
    uint64_t size = header->data_bytes;
    uint64_t limit = urgent ? size : size - size / URGENT_SHARE;
    uint64_t total = (RECORD_HEADER_BYTES + (uint64_t) length + UNIT - 1) & ~(uint64_t) (UNIT - 1);
    uint64_t position;
    uint64_t padding;
    for (;;) {
        /* In this order, so that the difference cannot be negative, however long this thread is interrupted. */
        uint64_t consumed = __atomic_load_n(&header->consumer, __ATOMIC_ACQUIRE);
        position = __atomic_load_n(&header->producer, __ATOMIC_ACQUIRE);
        uint64_t room = size - (position & (size - 1));
        padding = total <= room ? 0 : room;
        if (position + padding + total - consumed > limit) {
            if (consumed != __atomic_load_n(&header->consumer, __ATOMIC_ACQUIRE)) {
                continue;
            }
            return false;
        }
        if (__atomic_compare_exchange_n(&header->producer, &position, position + padding + total, true,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            break;
        }
    }
    if (padding != 0) {
        write_header(position, (uint32_t) padding - RECORD_HEADER_BYTES, PAD);
        commit(position);
    }
    reservation->position = position + padding;
    write_header(reservation->position, length, 0);
    reservation->record = data + (reservation->position & (size - 1)) + RECORD_HEADER_BYTES;
    return true;
}

void gate_ring_commit(const struct gate_reservation *reservation)
{
    commit(reservation->position);
}
