// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * The seams between native code and Java: interpreter, call stub, upcall stubs, continuations, frame anchors.
 *
 * @param interpreterCode address of the pointer to the interpreter's {@code StubQueue}
 * @param callStubReturn address of the variable that holds the pc at which a call stub goes on
 * @param continuationReturn address of {@code ContinuationEntry::_return_pc}; 0 before JDK 22
 * @param upcallFrameData offset of {@code UpcallStub::_frame_data_offset}; -1 where there is none
 */
record EntryLayout(
        long interpreterCode,
        int stubBuffer,
        int bufferLimit,
        long callStubReturn,
        int wrapperAnchor,
        int anchorSp,
        int anchorPc,
        int anchorFp,
        long continuationReturn,
        int upcallFrameData,
        int upcallAnchor,
        long majorVersion) {

    static EntryLayout of(FieldFinder find) {
        return new EntryLayout(
                find.address("AbstractInterpreter::_code"),
                find.offset("StubQueue::_stub_buffer"),
                find.offset("StubQueue::_buffer_limit"),
                find.address("StubRoutines::_call_stub_return_address"),
                find.offset("JavaCallWrapper::_anchor"),
                find.offset("JavaFrameAnchor::_last_Java_sp"),
                find.offset("JavaFrameAnchor::_last_Java_pc"),
                find.offset("JavaFrameAnchor::_last_Java_fp"),
                find.optionalAddress("ContinuationEntry::_return_pc"),
                find.optionalOffset("UpcallStub::_frame_data_offset"),
                Math.max(0, find.optionalOffset("UpcallStub::FrameData::jfa")),
                find.address("Abstract_VM_Version::_vm_major_version"));
    }
}
