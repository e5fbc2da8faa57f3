// SPDX-License-Identifier: MIT
/**
 * The sidecar: one daemon thread that drains the sample ring, walks stacks, pairs allocations with frees and publishes
 * events.
 *
 * <p>{@link io.dwunw.agent.sidecar.Sidecar} is the duty cycle and the mailbox in which other threads leave their
 * wishes; everything else in here is confined to its thread. Draining comes before publishing: a record waits in the
 * ring at the cost of samples being lost, an unpublished event only at the cost of some heap. Handling a sample
 * allocates nothing but the event that it becomes.
 */
@NullMarked
package io.dwunw.agent.sidecar;

import org.jspecify.annotations.NullMarked;
