// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/** {@link System#nanoTime()}, the clock of all samples. */
final class NanoClock implements JvmCounter {
    @Override
    public long value() {
        return System.nanoTime();
    }
}
