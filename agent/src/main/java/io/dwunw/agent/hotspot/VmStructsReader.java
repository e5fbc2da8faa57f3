// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Parses the tables behind {@code gHotSpotVMStructs}, {@code …Types}, {@code …IntConstants}, {@code …LongConstants}.
 * Each of these symbols holds a pointer to an array whose stride and field offsets are exported beside it, and which
 * ends with an entry without a name (HotSpot, {@code runtime/vmStructs.cpp}).
 *
 * <p>Everything is treated as hostile: counts, strides and lengths are capped, and unreadable memory ends the parse
 * with one message.
 */
final class VmStructsReader {
    /** JDK 17 has 788 fields, 768 types. */
    private static final int MAX_ENTRIES = 20_000;

    private static final int MAX_STRIDE = 1024;
    private static final int MAX_NAME = 512;

    private final MetadataReader memory;
    private final ExportedSymbols symbols;
    private final byte[] name = new byte[MAX_NAME];
    /** The tables repeat the name of a type once a field, and always by the same pointer. */
    private final Map<Long, String> strings = new HashMap<>();

    private VmStructsReader(MetadataReader memory, ExportedSymbols symbols) {
        this.memory = memory;
        this.symbols = symbols;
    }

    static VmStructs read(MetadataReader memory, ExportedSymbols symbols) throws JavaFramesUnavailableException {
        memory.begin();
        VmStructsReader reader = new VmStructsReader(memory, symbols);
        Map<String, VmStructs.Field> fields = reader.fields();
        Map<String, Long> sizes = reader.numbers("gHotSpotVMType", "s", "TypeName", "Size");
        Map<String, Long> constants = new HashMap<>(reader.numbers("gHotSpotVMLongConstant", "s", "Name", "Value"));
        reader.intConstants(constants);
        if (memory.faulted()) {
            throw new JavaFramesUnavailableException("libjvm's structure tables cannot be read");
        }
        return new VmStructs(fields, sizes, constants);
    }

    private Map<String, VmStructs.Field> fields() throws JavaFramesUnavailableException {
        Table table = table("gHotSpotVMStruct", "s");
        int typeName = table.offset("TypeName");
        int fieldName = table.offset("FieldName");
        int typeString = table.offset("TypeString");
        int isStatic = table.offset("IsStatic");
        int offset = table.offset("Offset");
        int address = table.offset("Address");
        Map<String, VmStructs.Field> fields = new HashMap<>(2048);
        for (int i = 0; i < MAX_ENTRIES; i++) {
            long entry = table.entry(i);
            String type = string(memory.word(entry + typeName));
            String field = string(memory.word(entry + fieldName));
            if (type == null || field == null) {
                break;
            }
            String fieldType = string(memory.word(entry + typeString));
            fields.put(
                    type + "::" + field,
                    new VmStructs.Field(
                            fieldType == null ? "" : fieldType,
                            memory.s4(entry + isStatic) != 0,
                            memory.word(entry + offset),
                            memory.word(entry + address)));
        }
        return fields;
    }

    private Map<String, Long> numbers(String prefix, String plural, String nameField, String valueField)
            throws JavaFramesUnavailableException {
        Table table = table(prefix, plural);
        int nameOffset = table.offset(nameField);
        int valueOffset = table.offset(valueField);
        Map<String, Long> numbers = new HashMap<>(2048);
        for (int i = 0; i < MAX_ENTRIES; i++) {
            long entry = table.entry(i);
            String key = string(memory.word(entry + nameOffset));
            if (key == null) {
                break;
            }
            numbers.put(key, memory.word(entry + valueOffset));
        }
        return numbers;
    }

    private void intConstants(Map<String, Long> into) throws JavaFramesUnavailableException {
        Table table = table("gHotSpotVMIntConstant", "s");
        int nameOffset = table.offset("Name");
        int valueOffset = table.offset("Value");
        for (int i = 0; i < MAX_ENTRIES; i++) {
            long entry = table.entry(i);
            String key = string(memory.word(entry + nameOffset));
            if (key == null) {
                break;
            }
            into.put(key, (long) memory.s4(entry + valueOffset));
        }
    }

    private Table table(String prefix, String plural) throws JavaFramesUnavailableException {
        long array = variable(prefix + plural);
        long stride = variable(prefix + "EntryArrayStride");
        if (array == 0 || stride <= 0 || stride > MAX_STRIDE) {
            throw new JavaFramesUnavailableException("libjvm's table " + prefix + plural + " is not usable");
        }
        return new Table(prefix, array, (int) stride);
    }

    private long variable(String symbol) throws JavaFramesUnavailableException {
        long address = symbols.find(symbol);
        if (address == 0) {
            throw new JavaFramesUnavailableException("libjvm.so does not export " + symbol);
        }
        return memory.word(address);
    }

    private @Nullable String string(long address) {
        if (address == 0 || memory.faulted()) {
            return null;
        }
        String known = strings.get(address);
        if (known != null) {
            return known;
        }
        int length = memory.string(address, name);
        String read = new String(name, 0, length, StandardCharsets.ISO_8859_1);
        strings.put(address, read);
        return read;
    }

    private final class Table {
        private final String prefix;
        private final long array;
        private final int stride;

        Table(String prefix, long array, int stride) {
            this.prefix = prefix;
            this.array = array;
            this.stride = stride;
        }

        long entry(int index) {
            return array + (long) index * stride;
        }

        int offset(String field) throws JavaFramesUnavailableException {
            long offset = variable(prefix + "Entry" + field + "Offset");
            if (offset < 0 || offset > MAX_STRIDE) {
                throw new JavaFramesUnavailableException("libjvm's table " + prefix + " has no usable " + field);
            }
            return (int) offset;
        }
    }
}
