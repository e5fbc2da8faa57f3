// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.EhFrameHdr;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.elf.SectionHeader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds the call frame information of an ELF image: by sections, or by the PT_GNU_EH_FRAME segment alone. */
public final class ImageCfi {
    private static final String EH_FRAME = ".eh_frame";
    private static final String EH_FRAME_HDR = ".eh_frame_hdr";
    private static final List<String> DEBUG_FRAME = List.of(".debug_frame", ".zdebug_frame");
    private static final String GOT = ".got";

    private ImageCfi() {}

    /** The image's CFI; null if it has none. */
    public static @Nullable CallFrameInfo of(ElfImage image) {
        EhFrameHdr header = ehFrameHdr(image);
        List<CfiSection> sections = new ArrayList<>();
        CfiSection ehFrame = ehFrame(image, header);
        if (ehFrame != null) {
            sections.add(ehFrame);
        }
        addDebugFrame(image, sections);
        return sections.isEmpty() ? null : new CallFrameInfo(sections, ehFrame == null ? null : header);
    }

    /**
     * The CFI of a file that holds what was cut out of another one; null if it has none. Only {@code .debug_frame}: of
     * what is loaded at run time such a file keeps headers without contents, and its segments may lead anywhere.
     */
    public static @Nullable CallFrameInfo ofDebugFile(ElfImage image) {
        List<CfiSection> sections = new ArrayList<>();
        addDebugFrame(image, sections);
        return sections.isEmpty() ? null : new CallFrameInfo(sections, null);
    }

    private static void addDebugFrame(ElfImage image, List<CfiSection> sections) {
        for (String name : DEBUG_FRAME) {
            Bytes bytes = content(image, image.section(name));
            if (bytes != null) {
                int word = image.header().wordBytes();
                sections.add(new CfiSection(bytes, 0, CfiSection.Format.DEBUG_FRAME, word, 0, 0));
            }
        }
    }

    private static @Nullable EhFrameHdr ehFrameHdr(ElfImage image) {
        int word = image.header().wordBytes();
        for (ProgramHeader segment : image.programHeaders()) {
            Bytes bytes = segment.type() == Elf.PT_GNU_EH_FRAME ? image.atSvma(segment.svma()) : null;
            if (bytes != null) {
                return EhFrameHdr.parse(bytes, segment.svma(), word);
            }
        }
        SectionHeader section = image.section(EH_FRAME_HDR);
        Bytes bytes = content(image, section);
        return section == null || bytes == null ? null : EhFrameHdr.parse(bytes, section.svma(), word);
    }

    private static @Nullable CfiSection ehFrame(ElfImage image, @Nullable EhFrameHdr header) {
        int word = image.header().wordBytes();
        SectionHeader got = image.section(GOT);
        long dataSvma = got == null ? 0 : got.svma();
        SectionHeader section = image.section(EH_FRAME);
        Bytes bytes = content(image, section);
        if (section != null && bytes != null) {
            return new CfiSection(bytes, section.svma(), CfiSection.Format.EH_FRAME, word, 0, dataSvma);
        }
        Bytes rest = header == null ? null : image.atSvma(header.ehFrameSvma());
        if (header == null || rest == null) {
            return null;
        }
        return new CfiSection(rest, header.ehFrameSvma(), CfiSection.Format.EH_FRAME, word, 0, dataSvma);
    }

    private static @Nullable Bytes content(ElfImage image, @Nullable SectionHeader section) {
        if (section == null || !section.hasContent()) {
            return null;
        }
        try {
            return image.content(section);
        } catch (MalformedDataException damaged) {
            return null;
        }
    }
}
