// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/**
 * A common information entry (DWARF 5 §6.4.1).
 *
 * @param offset of the entry in its section
 * @param version 1, 3 or 4
 * @param augmentation the string as it stands
 * @param addressBytes size of a target address in this entry's FDEs
 * @param codeAlign factor of {@code DW_CFA_advance_loc*}
 * @param dataAlign factor of register-save offsets
 * @param returnAddressColumn DWARF register number
 * @param pointerEncoding how FDEs state their range, {@code DW_EH_PE_*}
 * @param hasAugmentationData whether FDEs carry augmentation data (augmentation begins with {@code z})
 * @param signalFrame augmentation {@code S}: frames of this entry are entered by a signal, not by a call
 * @param bKey augmentation {@code B}: return addresses are signed with AArch64's B key
 * @param instructions offset of the initial instructions
 * @param end offset behind the entry
 */
public record Cie(
        long offset,
        int version,
        String augmentation,
        int addressBytes,
        long codeAlign,
        long dataAlign,
        int returnAddressColumn,
        int pointerEncoding,
        boolean hasAugmentationData,
        boolean signalFrame,
        boolean bKey,
        long instructions,
        long end) {}
