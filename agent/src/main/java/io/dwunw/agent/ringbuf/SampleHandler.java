// SPDX-License-Identifier: MIT
package io.dwunw.agent.ringbuf;

import io.dwunw.agent.sample.Sample;

/** Takes samples, one at a time, on the thread that drains. */
@FunctionalInterface
public interface SampleHandler {
    /** For samples that are not wanted any more. */
    SampleHandler FORGET = new SampleHandler() {
        @Override
        public void onSample(Sample sample) {
            // Nothing is remembered.
        }
    };

    /** The flyweight lies over the ring's own memory: it is valid only during the call. Should not throw. */
    void onSample(Sample sample);
}
