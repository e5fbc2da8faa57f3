// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/**
 * Sampled memory that was freed.
 *
 * @param lifetimeNanos between allocation and free
 */
record SampledDeath(long address, long size, long lifetimeNanos) implements Waiting {}
