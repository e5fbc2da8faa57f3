// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.memory.MemoryReader;

/** Knowledge that the walker has of a method's class beyond its name. */
public final class MethodVersions {
    private static final int FIRST_WITHOUT_ZERO_BYTES = 20;

    private final MetadataReader metadata;
    private final MethodDecoder decoder;

    /** @param libjvm where the first byte of {@code libjvm.so} is mapped */
    public MethodVersions(long libjvm, MemoryReader memory) throws JavaFramesUnavailableException {
        metadata = new MetadataReader(memory);
        FieldFinder find = new FieldFinder(VmStructsReader.read(metadata, ExportedSymbols.at(libjvm, metadata)));
        int excluded = Runtime.version().feature() >= FIRST_WITHOUT_ZERO_BYTES ? 1 : 0;
        decoder = new MethodDecoder(metadata, MethodLayout.of(find), excluded);
        find.requireAll();
    }

    /**
     * Whether the method's class has not been replaced, as its description says; an exception if it is not that
     * method's.
     */
    public boolean isOriginal(long methodId, String name) {
        metadata.begin();
        long method = metadata.word(methodId);
        JavaMethod read = decoder.readIdentity(method) ? decoder.readMethod(method) : null;
        if (read == null || !read.methodName().equals(name) || !decoder.isOfItsClass()) {
            throw new IllegalStateException("not the method " + name);
        }
        return decoder.isOriginal();
    }
}
