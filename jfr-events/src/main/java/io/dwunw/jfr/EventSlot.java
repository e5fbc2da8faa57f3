// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Event;

/**
 * Slot in which the innermost replayed frame finds the event to commit. Public only because generated classes read it.
 */
public final class EventSlot {
    /** Set before each replay. */
    @SuppressWarnings("NullAway.Init") // a chain is entered only after put()
    public Event event;

    EventSlot() {}

    void put(Event e) {
        event = e;
    }
}
