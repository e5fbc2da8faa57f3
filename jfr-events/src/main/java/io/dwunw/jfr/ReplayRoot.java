// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/** Entry into a chain of generated methods. Public only because generated classes implement it. */
public interface ReplayRoot {
    /** Replays one stack; its innermost frame commits the event in the {@link EventSlot}. */
    void stack();
}
