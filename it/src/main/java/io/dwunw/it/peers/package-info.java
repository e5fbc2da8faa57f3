// SPDX-License-Identifier: MIT
/**
 * {@code it/compare-peers}: runs the programs of {@link io.dwunw.it.bench} under dwunw and its peers, in interleaved
 * rounds, and prints what each costs as Markdown.
 *
 * <p>Every run is checked for what it claims: a profiler that took no samples, or an engine other than asked for, makes
 * the run invalid, and the table says so. Ratios are taken within a round, so that a slow minute of the machine slows
 * both sides. Single-threaded; nothing here runs in a measured process.
 */
@NullMarked
package io.dwunw.it.peers;

import org.jspecify.annotations.NullMarked;
