// SPDX-License-Identifier: MIT
/**
 * The event types of dwunw, and how a foreign stack gets into a JFR event.
 *
 * <p>JFR always records the stack of the thread that commits an event. {@link io.dwunw.jfr.StackReplay} therefore turns
 * a list of frame names into a chain of small generated methods with exactly these names, and {@link
 * io.dwunw.jfr.ReplayThread} calls the chain, whose innermost method commits the event: an ordinary event in an
 * ordinary recording, for every reader.
 *
 * <p>Must not know: ELF, DWARF, BPF, sampling, where frames come from. Input is names.
 *
 * <p>Threading: events may be committed on any thread; a {@link io.dwunw.jfr.StackReplay} belongs to one {@link
 * io.dwunw.jfr.ReplayThread}. Allocation: one event object per publication; classes only for call edges not seen
 * before.
 */
@NullMarked
package io.dwunw.jfr;

import org.jspecify.annotations.NullMarked;
