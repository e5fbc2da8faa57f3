// SPDX-License-Identifier: MIT
/**
 * The sample record, as laid out by {@code sample.h}: what a producer (the BPF program, the in-process hooks) tells of
 * one allocation or free.
 *
 * <p>Must not know where records come from or what becomes of them. A flyweight belongs to one thread and allocates
 * nothing while it is moved from record to record.
 */
@NullMarked
package io.dwunw.agent.sample;

import org.jspecify.annotations.NullMarked;
