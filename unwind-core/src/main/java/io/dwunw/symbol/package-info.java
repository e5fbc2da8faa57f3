// SPDX-License-Identifier: MIT
/**
 * Addresses to names: which function of an ELF file a code address belongs to.
 *
 * <p>{@link io.dwunw.symbol.Symboliser} is the door. Per module it merges the symbol tables that can be had into one
 * sorted index of primitives; names stay in the file until somebody asks.
 *
 * <p>Must not know how addresses were found: no stacks, no registers, no CFI. The rule that a return address is looked
 * up one byte lower is the caller's.
 *
 * <p>Threading: thread-confined. Allocation: cold code; about 20 bytes per symbol of a module once one of its addresses
 * was looked up, and its readable name for each symbol that was hit.
 */
@NullMarked
package io.dwunw.symbol;

import org.jspecify.annotations.NullMarked;
