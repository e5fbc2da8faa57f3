// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import io.dwunw.arch.X86_64;
import io.dwunw.bytes.FileBytes;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.RegisterRule;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.dwarf.UnwindRow;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.ImageCfi;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares the rows of an x86-64 file's {@code .eh_frame} with llvm-dwarfdump's where readelf is vague: what is
 * undefined and what only unspecified, and what the expressions say. CFAs of register and offset are left to readelf,
 * because llvm-dwarfdump 14 does not restore them with the remembered state.
 */
public final class LlvmRowComparison {
    private static final Pattern FDE = Pattern.compile("([0-9a-f]{8}) \\S+ \\S+ FDE .*");
    private static final Pattern ROW = Pattern.compile("\\s+0x([0-9a-f]+): CFA=(.*?)(?:: (.*))?");
    private static final int REPORTED = 20;

    private final CfiSection section;
    private final RowEvaluator rows = new RowEvaluator();
    private final ExpressionText expressions = new ExpressionText(X86_64.ARCHITECTURE.registerNames());
    private final List<String> differences = new ArrayList<>();
    private long compared;
    private boolean inFde;

    private LlvmRowComparison(CfiSection section) {
        this.section = section;
    }

    /** Compares a whole file. */
    public static LlvmRowComparison of(Path file) throws IOException {
        ElfImage image = ElfImage.ofFile(FileBytes.open(file));
        CfiSection ehFrame =
                Objects.requireNonNull(ImageCfi.of(image)).sections().get(0);
        LlvmRowComparison comparison = new LlvmRowComparison(ehFrame);
        Process dump = new ProcessBuilder("llvm-dwarfdump", "--eh-frame", file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader lines = dump.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                comparison.line(line);
            }
        }
        return comparison;
    }

    public long rows() {
        return compared;
    }

    /** The first few differences in words; empty if there is none. */
    public List<String> report() {
        return List.copyOf(differences);
    }

    private void line(String line) {
        Matcher fde = FDE.matcher(line);
        Matcher row = ROW.matcher(line);
        if (fde.matches()) {
            inFde = true;
            Fde current = section.fde(Long.parseLong(fde.group(1), 16));
            rows.start(current);
        } else if (line.contains(" CIE")) {
            inFde = false;
        } else if (inFde && row.matches()) {
            if (rows.next()) {
                compare(line, row.group(2), row.group(3));
            } else {
                differ(line, "no more rows");
            }
        }
    }

    private void compare(String line, String cfa, @Nullable String registers) {
        compared++;
        UnwindRow row = rows.row();
        String ours = String.format("0x%x", rows.startSvma());
        if (!line.strip().startsWith(ours + ":")) {
            differ(line, ours);
        }
        if (row.isCfaExpression() && cfa.startsWith("DW_OP")) {
            String text = expressions.of(section.bytes(), row.cfaOperand());
            if (!text.equals(cfa)) {
                differ(line, text);
            }
        }
        String rules = rules(row);
        if (!rules.equals(registers == null ? "" : registers)) {
            differ(line, rules);
        }
    }

    private String rules(UnwindRow row) {
        List<String> texts = new ArrayList<>();
        for (int register = 0; register < row.registerCount(); register++) {
            if (row.rule(register) != RegisterRule.UNSPECIFIED) {
                texts.add(name(register) + "=" + rule(row.rule(register), row.operand(register)));
            }
        }
        return String.join(", ", texts);
    }

    private String rule(RegisterRule rule, long operand) {
        String offset = operand == 0 ? "" : String.format("%+d", operand);
        return switch (rule) {
            case UNSPECIFIED -> "unspecified";
            case UNDEFINED -> "undefined";
            case SAME_VALUE -> "same";
            case OFFSET -> "[CFA" + offset + "]";
            case VAL_OFFSET -> "CFA" + offset;
            case REGISTER -> name((int) operand);
            case EXPRESSION -> "[" + expressions.of(section.bytes(), operand) + "]";
            case VAL_EXPRESSION -> expressions.of(section.bytes(), operand);
        };
    }

    private static String name(int register) {
        List<String> names = X86_64.ARCHITECTURE.registerNames();
        return register < names.size() ? names.get(register).toUpperCase(Locale.ROOT) : "reg" + register;
    }

    private void differ(String theirs, String ours) {
        if (differences.size() < REPORTED) {
            differences.add(theirs.strip() + " / ours: " + ours);
        }
    }
}
