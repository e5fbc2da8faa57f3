// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * A piece of generated code (HotSpot, {@code code/codeBlob.hpp}). Up to JDK 24 the code range is stated by pointers,
 * later by offsets from the blob.
 *
 * @param codeBegin offset of the field that states where the code begins
 * @param codeEnd offset of the field that states where it ends
 * @param relative whether these fields are offsets from the blob
 * @param shortFrameComplete whether {@code _frame_complete_offset} has 2 bytes, else 4
 * @param kind offset of {@code _kind}; -1 where the name alone tells
 * @param upcallKind value of {@code _kind} for stubs that enter Java from native code
 */
record CodeBlobLayout(
        int name,
        int size,
        int frameSize,
        int frameComplete,
        boolean shortFrameComplete,
        int codeBegin,
        int codeEnd,
        boolean relative,
        int kind,
        int upcallKind) {

    static CodeBlobLayout of(FieldFinder find) {
        boolean relative = find.has("CodeBlob::_code_offset");
        return new CodeBlobLayout(
                find.offset("CodeBlob::_name"),
                find.offset("CodeBlob::_size"),
                find.offset("CodeBlob::_frame_size"),
                find.offset("CodeBlob::_frame_complete_offset"),
                find.type("CodeBlob::_frame_complete_offset").equals("int16_t"),
                relative ? find.offset("CodeBlob::_code_offset") : find.offset("CodeBlob::_code_begin"),
                relative ? find.offset("CodeBlob::_data_offset") : find.offset("CodeBlob::_code_end"),
                relative,
                find.optionalOffset("CodeBlob::_kind"),
                find.constant("CodeBlobKind::Upcall", -1));
    }
}
