// SPDX-License-Identifier: MIT
/**
 * HotSpot as seen from inside its own process: the tables in which it describes its structures, its code cache, and
 * with them the Java frames on a copied stack.
 *
 * <p>Must not know native unwind information, nor what becomes of a frame.
 *
 * <p>Every read goes one of two ways: straight, where the memory can never be unmapped (the committed part of the code
 * heaps); through the fault-safe reader anywhere else. What is read is treated as hostile: metadata may vanish and be
 * reused under the reader. A frame that is not known for certain is reported as unknown, never under a wrong name.
 *
 * <h2>What differs between JDKs</h2>
 *
 * <p>Offsets always come from the JVM's own tables; layouts are chosen by which fields those tables have, not by
 * version.
 *
 * <table>
 * <caption>x86-64</caption>
 * <tr><th>what</th><th>17</th><th>21</th><th>25</th></tr>
 * <tr><td>code range of a blob</td><td colspan="2">pointers {@code _code_begin}, {@code _code_end}</td>
 *     <td>offsets {@code _code_offset}, {@code _data_offset}</td></tr>
 * <tr><td>kind of a blob</td><td colspan="2">its name</td><td>{@code _kind} for upcall stubs, else its name</td></tr>
 * <tr><td>{@code _frame_complete_offset}</td><td colspan="2">4 bytes</td><td>2 bytes</td></tr>
 * <tr><td>{@code HeapBlock} header</td><td colspan="2">16 bytes</td><td>8 bytes</td></tr>
 * <tr><td>{@code PcDesc}s and scopes</td><td colspan="2">inside the blob</td><td>C heap, {@code
 * _immutable_data}</td></tr>
 * <tr><td>metadata of an nmethod</td><td colspan="2">inside the blob</td><td>C heap, {@code _mutable_data}</td></tr>
 * <tr><td>deopt handlers</td><td colspan="2">pointers in {@code CompiledMethod}</td><td>offsets in {@code
 * nmethod}</td></tr>
 * <tr><td>compiled code is freed by</td><td>the sweeper, a thread: unused in one turn, gone in a later one; before that
 * it has
 *     lost its {@code _method}</td><td colspan="2">collections that unload classes (since 20)</td></tr>
 * <tr><td>compressed numbers</td><td>may contain byte 0</td><td colspan="2">do not (since 20)</td></tr>
 * <tr><td>hidden methods</td><td>{@code Method::_flags}</td><td colspan="2">{@code ConstMethod::_flags._flags}, bit
 * 12</td></tr>
 * <tr><td>{@code _osthread}</td><td colspan="2">{@code JavaThread}</td><td>{@code Thread}</td></tr>
 * <tr><td>virtual threads</td><td>none</td><td>return pc of {@code enterSpecial} learnt from a walk, or by looking
 * through all code once</td>
 *     <td>{@code ContinuationEntry::_return_pc}</td></tr>
 * <tr><td>anchor of an upcall stub</td><td colspan="2">not described</td>
 *     <td>{@code UpcallStub::_frame_data_offset}</td></tr>
 * </table>
 *
 * <p>Not described by any JDK, and the same in all three: the interpreter's frame ({@code InterpretedFrames}), the
 * registers that the call stub saves ({@code EntryStubs}), and the number of a class's version in its pool ({@code
 * MethodLayout}).
 *
 * <h2>Which pcs there are</h2>
 *
 * <p>Samples are taken at the entry or return of native allocators, so that every Java frame is at a call. Only a
 * signal handler that allocates has Java code below it that was interrupted at any instruction: such a walk goes on as
 * well as it can and is reported as searched, because no rule is sure about a frame that is half made.
 *
 * <h2>What virtual threads leave in the heap</h2>
 *
 * <p>When a virtual thread goes on after it waited, HotSpot puts only its youngest frames back on the carrier's stack;
 * the older ones stay in a {@code StackChunk}, a Java object, until control returns to them. They are not read. The
 * walk comes milliseconds after the sample: by then the thread may have returned into those frames, and waited again in
 * others, and the chunk is reused in place. That would give a plausible stack of another moment, and nothing in a
 * sample could tell: what would (the chunk's stack pointer at that time) is in the heap, too, where a collector may
 * move it while the thread is in native code. A placeholder stands for them, and the walk says that it is
 * incomplete. For the same reason the virtual thread itself is not reported: {@code JavaThread::_vthread} leads to an
 * object.
 *
 * <p>Threading: not thread-safe; the sidecar owns it all.
 *
 * <p>Allocation: none for code that was seen before.
 */
@NullMarked
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.NullMarked;
