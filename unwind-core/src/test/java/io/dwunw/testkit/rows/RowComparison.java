// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import io.dwunw.arch.Architecture;
import io.dwunw.arch.Architectures;
import io.dwunw.bytes.FileBytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.FdeIndex;
import io.dwunw.dwarf.RegisterRule;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.dwarf.UnwindRow;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.ImageCfi;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares one file's rows with readelf's, and every FDE with what a search for its addresses finds. */
public final class RowComparison {
    private static final int REPORTED = 20;
    private static final int EM_386 = 3;
    /** System V ABI, Intel386 Architecture Processor Supplement, figure 2.14. */
    private static final List<String> I386 = List.of("eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip");

    /** readelf's names beyond the general registers: AMD64 ABI figure 3.36, AADWARF64 §4.1. */
    private static final Map<String, Integer> X86_VECTORS = numbered("xmm", 17, 16);

    private static final Map<String, Integer> AARCH64_VECTORS = numbered("v", 64, 32);

    private final RowEvaluator rows = new RowEvaluator();
    private final Map<String, ReadelfFrame> cies = new HashMap<>();
    private final List<String> differences = new ArrayList<>();
    private final @Nullable CallFrameInfo cfi;
    private final Map<String, Integer> numbers;
    private final List<String> names;
    private long compared;
    private long fdes;
    private long different;

    private RowComparison(ElfImage image) {
        cfi = ImageCfi.of(image);
        Architecture architecture = Architectures.byMachine(image.header().machine());
        String machine = architecture == null ? "" : architecture.name();
        names = names(image.header().machine(), architecture);
        numbers = new HashMap<>(machine.equals("x86_64") ? X86_VECTORS : AARCH64_VECTORS);
        for (int i = 0; i < names.size(); i++) {
            numbers.put(names.get(i), i);
        }
    }

    /** As readelf prints them: it has no names for MIPS registers. */
    private static List<String> names(int machine, @Nullable Architecture architecture) {
        if (machine == EM_386) {
            return I386;
        }
        return architecture == null || architecture.name().equals("mips32") ? List.of() : architecture.registerNames();
    }

    /**
     * Compares a whole file.
     *
     * @throws IOException if it cannot be read, or readelf's names for its registers are not known here
     */
    public static RowComparison of(Path file) throws IOException {
        ElfImage image = ElfImage.ofFile(FileBytes.open(file));
        int machine = image.header().machine();
        if (machine != EM_386 && Architectures.byMachine(machine) == null) {
            throw new IOException("the register names of machine " + machine + " are not known");
        }
        RowComparison comparison = new RowComparison(image);
        ReadelfOutput.forEach(file, comparison::compare);
        comparison.compareCounts();
        return comparison;
    }

    /** Also where readelf gave up half way, or saw none of what we see. */
    private void compareCounts() {
        CallFrameInfo info = cfi;
        long[] ours = {0};
        if (info != null) {
            info.sections().forEach(section -> FdeIndex.forEach(section, fde -> ours[0]++));
        }
        if (ours[0] != fdes) {
            different++;
            differences.add(fdes + " FDEs / ours: " + ours[0]);
        }
    }

    /** Rows that both sides have stated. */
    public long rows() {
        return compared;
    }

    public long fdes() {
        return fdes;
    }

    /** Rows, and searches, that differ. */
    public long differences() {
        return different;
    }

    /** The first few differences in words. */
    public List<String> report() {
        return List.copyOf(differences);
    }

    private void compare(ReadelfFrame frame) {
        if (frame.isCie()) {
            cies.put(frame.section() + frame.offset(), frame);
            return;
        }
        fdes++;
        try {
            CfiSection section = section(frame.section());
            Fde fde = section.fde(frame.offset());
            if (fde.startSvma() != frame.startSvma() || fde.startSvma() + fde.bytes() != frame.endSvma()) {
                differ(frame, "range", fde.toString());
            }
            compareRows(frame, fde);
            compareSearch(frame, fde);
        } catch (MalformedDataException e) {
            differ(frame, "failed", String.valueOf(e.getMessage()));
        }
    }

    /** A search for the first and the last address must come to this FDE. */
    private void compareSearch(ReadelfFrame frame, Fde fde) {
        CallFrameInfo info = cfi;
        if (info == null || fde.bytes() == 0 || !frame.section().endsWith(".eh_frame")) {
            return;
        }
        for (long address : new long[] {fde.startSvma(), fde.startSvma() + fde.bytes() - 1}) {
            Fde found = info.find(address);
            if (found == null || found.startSvma() != fde.startSvma()) {
                differ(frame, "search for " + Long.toHexString(address), String.valueOf(found));
            }
        }
    }

    private void compareRows(ReadelfFrame frame, Fde fde) {
        ReadelfFrame cie = cies.get(frame.section() + frame.cieOffset());
        // readelf prints nothing for programs of padding only: such a function is all its CIE's row.
        boolean padding = frame.rows().isEmpty();
        List<String[]> theirs = padding && cie != null ? cie.rows() : frame.rows();
        List<String> columns = padding && cie != null ? cie.columns() : frame.columns();
        rows.start(fde);
        int index = 0;
        while (rows.next()) {
            if (index == theirs.size()) {
                differ(frame, "has " + index + " rows", "more");
                return;
            }
            String[] expected = theirs.get(index++);
            String[] ours = render(columns, fde.cie().returnAddressColumn());
            ours[0] = padding ? expected[0] : location(rows.startSvma(), expected[0].length());
            compared++;
            if (!Arrays.equals(ours, expected)) {
                differ(frame, Arrays.toString(expected), Arrays.toString(ours));
            }
            String extra = extra(columns, fde.cie().returnAddressColumn());
            if (!extra.isEmpty()) {
                differ(frame, "no rule", extra);
            }
        }
        if (index != theirs.size()) {
            differ(frame, "has " + theirs.size() + " rows", index + " rows");
        }
    }

    private String[] render(List<String> columns, int returnAddressColumn) {
        UnwindRow row = rows.row();
        String[] words = new String[columns.size() + 2];
        words[1] = row.isCfaExpression() ? "exp" : name(row.cfaRegister()) + String.format("%+d", row.cfaOperand());
        for (int i = 0; i < columns.size(); i++) {
            int register = number(columns.get(i), returnAddressColumn);
            words[i + 2] = render(row.rule(register), row.operand(register));
        }
        return words;
    }

    private String render(RegisterRule rule, long operand) {
        return switch (rule) {
            case UNSPECIFIED, UNDEFINED -> "u"; // readelf does not tell them apart
            case SAME_VALUE -> "s";
            case OFFSET -> String.format("c%+d", operand);
            case VAL_OFFSET -> String.format("v%+d", operand);
            case REGISTER -> "r" + operand;
            case EXPRESSION -> "exp";
            case VAL_EXPRESSION -> "vexp";
        };
    }

    /** A rule of ours about a register that readelf does not show. */
    private String extra(List<String> columns, int returnAddressColumn) {
        Set<Integer> shown = new HashSet<>();
        for (String column : columns) {
            shown.add(number(column, returnAddressColumn));
        }
        UnwindRow row = rows.row();
        for (int register = 0; register < row.registerCount(); register++) {
            if (row.rule(register) != RegisterRule.UNSPECIFIED && !shown.contains(register)) {
                return name(register) + " " + row.rule(register);
            }
        }
        return "";
    }

    private int number(String column, int returnAddressColumn) {
        if (column.equals("ra")) {
            return returnAddressColumn;
        }
        Integer known = numbers.get(column);
        return known != null ? known : Integer.parseInt(column.substring(1));
    }

    private String name(int register) {
        if (register < names.size()) {
            return names.get(register);
        }
        for (Map.Entry<String, Integer> entry : numbers.entrySet()) {
            if (entry.getValue() == register) {
                return entry.getKey();
            }
        }
        return "r" + register;
    }

    private CfiSection section(String name) {
        CallFrameInfo info = cfi;
        CfiSection.Format format =
                name.endsWith("debug_frame") ? CfiSection.Format.DEBUG_FRAME : CfiSection.Format.EH_FRAME;
        if (info != null) {
            for (CfiSection section : info.sections()) {
                if (section.format() == format) {
                    return section;
                }
            }
        }
        throw new MalformedDataException("we do not see this section", 0);
    }

    private void differ(ReadelfFrame frame, String theirs, String ours) {
        different++;
        if (differences.size() < REPORTED) {
            differences.add(
                    frame.section() + "+" + Long.toHexString(frame.offset()) + ": " + theirs + " / ours: " + ours);
        }
    }

    private static String location(long svma, int digits) {
        String hex = String.format("%016x", svma);
        return hex.substring(hex.length() - digits);
    }

    private static Map<String, Integer> numbered(String prefix, int first, int count) {
        Map<String, Integer> map = new HashMap<>();
        for (int i = 0; i < count; i++) {
            map.put(prefix + i, first + i);
        }
        return map;
    }
}
