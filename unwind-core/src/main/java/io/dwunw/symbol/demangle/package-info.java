// SPDX-License-Identifier: MIT
/**
 * Mangled linker names to readable ones: the Itanium C++ ABI, Rust legacy and Rust v0, printed as binutils' {@code nm
 * -C} prints them.
 *
 * <p>Must not know where a name comes from: text in, text out. No file, no ELF, no cache.
 *
 * <p>Threading: {@link io.dwunw.symbol.demangle.Demangler} has no state, every call works on its own objects.
 *
 * <p>Allocation: cold code, a tree of small nodes per name; bounded by the caps in {@code DemangleBudget}, whatever the
 * input is. Callers that ask twice should cache.
 *
 * <p>Sources: <a href="https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling">Itanium C++ ABI, chapter 5.1</a>,
 * <a href="https://rust-lang.github.io/rfcs/2603-rust-symbol-name-mangling-v0.html">Rust RFC 2603</a>. Where the C++
 * ABI leaves the spelling open, binutils' choice is followed, since users compare.
 */
@NullMarked
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.NullMarked;
