// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/**
 * Sampled memory that was freed.
 *
 * @param lifetimeNanos between allocation and free
 */
record PendingFree(long address, long size, long lifetimeNanos) implements PendingEvent {}
