// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * A compiled method and its debug information (HotSpot, {@code code/nmethod.hpp}, {@code code/pcDesc.hpp}).
 *
 * <p>Up to JDK 22 all of it lies in the blob. Later the {@code PcDesc}s and scopes are in {@code _immutable_data}, and
 * from JDK 25 on the metadata pointers are in {@code _mutable_data} behind the relocations: both are ordinary C heap.
 *
 * @param immutableData offset of {@code _immutable_data}; -1 where debug information lies in the blob
 * @param scopesPcsEnd offset of the field that states where the {@code PcDesc}s end
 * @param scopesDataBegin offset of the pointer to the scopes; -1 where they begin at {@code scopesPcsEnd}
 * @param metadata offset of {@code _metadata_offset}; -1 where metadata lies in {@code _mutable_data}
 * @param relativeDeopt whether the deopt handlers are stated as offsets from the blob, else as pointers
 */
record NmethodLayout(
        int method,
        int compileId,
        int origPcOffset,
        int immutableData,
        int scopesPcs,
        int scopesPcsEnd,
        int scopesDataBegin,
        int metadata,
        int mutableData,
        int relocationSize,
        int deoptHandler,
        int deoptMhHandler,
        boolean relativeDeopt,
        int pcDescBytes,
        int pcOffset,
        int scopeDecodeOffset) {

    static NmethodLayout of(FieldFinder find) {
        boolean immutable = find.has("nmethod::_immutable_data");
        boolean mutable = find.has("CodeBlob::_mutable_data");
        boolean relativeDeopt = !find.has("CompiledMethod::_deopt_handler_begin");
        return new NmethodLayout(
                find.offset("nmethod::_method", "CompiledMethod::_method"),
                find.offset("nmethod::_compile_id"),
                find.offset("nmethod::_orig_pc_offset"),
                find.optionalOffset("nmethod::_immutable_data"),
                find.offset("nmethod::_scopes_pcs_offset"),
                immutable ? find.offset("nmethod::_scopes_data_offset") : find.offset("nmethod::_dependencies_offset"),
                immutable ? -1 : find.offset("CompiledMethod::_scopes_data_begin"),
                mutable ? -1 : find.offset("nmethod::_metadata_offset"),
                mutable ? find.offset("CodeBlob::_mutable_data") : -1,
                mutable ? find.offset("CodeBlob::_relocation_size") : -1,
                relativeDeopt
                        ? find.offset("nmethod::_deopt_handler_offset", "nmethod::_deopt_handler_entry_offset")
                        : find.offset("CompiledMethod::_deopt_handler_begin"),
                relativeDeopt
                        ? find.optionalOffset("nmethod::_deopt_mh_handler_offset")
                        : find.optionalOffset("CompiledMethod::_deopt_mh_handler_begin"),
                relativeDeopt,
                find.size("PcDesc"),
                find.offset("PcDesc::_pc_offset"),
                find.offset("PcDesc::_scope_decode_offset"));
    }
}
