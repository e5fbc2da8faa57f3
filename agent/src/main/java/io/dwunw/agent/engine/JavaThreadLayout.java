// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

/**
 * Offsets in bytes from the start of a {@code JavaThread}, for engines that look into it while they take a sample.
 *
 * @param anchorSp of {@code _last_Java_sp} in its frame anchor
 * @param anchorPc of {@code _last_Java_pc}
 * @param anchorFp of {@code _last_Java_fp}
 * @param stackBase of the address where its stack begins: the highest
 */
public record JavaThreadLayout(int anchorSp, int anchorPc, int anchorFp, int stackBase) {}
