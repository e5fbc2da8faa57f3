/**
 * HotSpot as seen from inside its own process: the tables in which it describes its structures, its code cache, and with
 * them the Java frames on a copied stack.
 *
 * <p>Must not know native unwind information, nor what becomes of a frame.
 *
 * <p>Every read goes one of two ways: straight, where the memory can never be unmapped (the committed part of the code
 * heaps); through the fault-safe reader anywhere else. What is read is treated as hostile: metadata may vanish and be
 * reused under the reader. A frame that cannot be told for certain is reported as unknown, never under a wrong name.
 *
 * <p>Threading: not thread-safe; the sidecar owns it all.
 *
 * <p>Allocation: none for code that was seen before.
 */
@NullMarked
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.NullMarked;
