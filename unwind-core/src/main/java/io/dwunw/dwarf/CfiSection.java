// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The bytes of one {@code .eh_frame} or {@code .debug_frame}, and the entries in it. */
public final class CfiSection {
    /** The two formats of a CFI section; they differ in how an FDE finds its CIE, and in what a CIE looks like. */
    public enum Format {
        /** LSB: the CIE pointer counts backwards, CIE id 0. */
        EH_FRAME,
        /** DWARF: the CIE pointer is a section offset, CIE id all ones. */
        DEBUG_FRAME
    }

    private static final long EXTENDED_LENGTH = 0xffff_ffffL;

    private final Bytes bytes;
    private final long svma;
    private final Format format;
    private final int wordBytes;
    private final long textSvma;
    private final long dataSvma;
    private final Map<Long, Cie> cies = new HashMap<>();
    private final ByteCursor cursor;

    /**
     * A section's bytes.
     *
     * @param svma address of the first byte (meaningless for {@code .debug_frame})
     * @param wordBytes 4 or 8
     * @param textSvma base of text-relative pointers, usually 0
     * @param dataSvma base of data-relative pointers, usually the GOT or 0
     */
    public CfiSection(Bytes bytes, long svma, Format format, int wordBytes, long textSvma, long dataSvma) {
        this.bytes = bytes;
        this.svma = svma;
        this.format = format;
        this.wordBytes = wordBytes;
        this.textSvma = textSvma;
        this.dataSvma = dataSvma;
        this.cursor = new ByteCursor(bytes);
    }

    public Bytes bytes() {
        return bytes;
    }

    public long svma() {
        return svma;
    }

    public Format format() {
        return format;
    }

    int wordBytes() {
        return wordBytes;
    }

    /** Reads an address in an FDE of {@code cie}; the cursor stands in this section. */
    long pointer(ByteCursor at, Cie cie) {
        return EhPointer.read(at, cie.pointerEncoding(), cie.addressBytes(), svma, dataSvma, textSvma);
    }

    /**
     * Reads the FDE that begins at {@code offset}.
     *
     * @throws MalformedDataException if no FDE stands there
     */
    public Fde fde(long offset) {
        Fde fde = entry(offset).fde();
        if (fde == null) {
            throw new MalformedDataException("no FDE stands here", offset);
        }
        return fde;
    }

    /**
     * One entry: a CIE, an FDE, or the terminator (neither).
     *
     * @param next offset behind it
     */
    record Entry(@Nullable Cie cie, @Nullable Fde fde, long next) {}

    /** The extent of an entry, and where it says which CIE it belongs to. */
    private record Frame(long next, boolean isCie, long cieOffset, long body) {}

    Entry entry(long offset) {
        Frame frame = frame(offset);
        if (frame.body() == frame.next()) {
            return new Entry(null, null, frame.next());
        }
        if (frame.isCie()) {
            return new Entry(cie(offset), null, frame.next());
        }
        return new Entry(null, parseFde(offset, frame), frame.next());
    }

    /** Offset behind the entry at {@code offset}, even if its body is damaged. */
    long next(long offset) {
        return frame(offset).next();
    }

    private Frame frame(long offset) {
        ByteCursor at = cursor.reset(bytes, 0, bytes.size());
        at.position(offset);
        long length = at.u32();
        boolean wide = length == EXTENDED_LENGTH;
        if (wide) {
            length = at.u64();
        }
        if (length < 0 || length > at.remaining()) {
            throw new MalformedDataException("CFI entry is longer than its section", offset);
        }
        long next = at.position() + length;
        if (length == 0) {
            return new Frame(next, false, 0, next);
        }
        long idAt = at.position();
        // LSB: four bytes in .eh_frame whatever the length's form; DWARF: as wide as the length.
        long id = wide && format == Format.DEBUG_FRAME ? at.u64() : at.u32();
        if (at.position() > next) {
            throw new MalformedDataException("CFI entry is too short", offset);
        }
        if (format == Format.EH_FRAME) {
            return new Frame(next, id == 0, idAt - id, at.position());
        }
        return new Frame(next, id == (wide ? -1L : EXTENDED_LENGTH), id, at.position());
    }

    private Fde parseFde(long offset, Frame frame) {
        Cie cie = cie(frame.cieOffset());
        ByteCursor at = cursor.reset(bytes, frame.body(), frame.next());
        long start = pointer(at, cie);
        long range = EhPointer.range(at, cie.pointerEncoding(), cie.addressBytes());
        if (cie.hasAugmentationData()) {
            at.skip(at.uleb128());
        }
        return new Fde(this, offset, cie, start, range, at.position(), frame.next());
    }

    private Cie cie(long offset) {
        Cie known = cies.get(offset);
        if (known != null) {
            return known;
        }
        Frame frame = frame(offset);
        if (!frame.isCie()) {
            throw new MalformedDataException("CIE pointer leads to no CIE", offset);
        }
        Cie cie = CieParser.parse(cursor.reset(bytes, frame.body(), frame.next()), offset, this);
        if (cies.size() < CfiLimits.MAX_CACHED_CIES) {
            cies.put(offset, cie);
        }
        return cie;
    }
}
