// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * A method and the way to its names (HotSpot, {@code oops/method.hpp}, {@code constMethod.hpp}, {@code
 * constantPool.hpp}).
 *
 * <pre>
 *   Method → ConstMethod → ConstantPool ⇄ holder Klass → Symbol
 *            ConstMethod | bytecodes | line table
 *                           ConstantPool | slots: Symbol* of name, signature, source file
 * </pre>
 *
 * @param flags offset of the flags that say whether {@link Throwable} hides the method: in {@code ConstMethod} since
 *     JDK 21,
 *     before in {@code Method}
 * @param hiddenBit the bit in these flags
 * @param objectKlass address of the variable that points to {@code java.lang.Object}'s {@code Klass}; 0 if not
 *     described
 * @param poolVersion offset of the number of times that the class had been replaced when the pool was made: {@code
 *     _saved}, which
 *     the tables do not state; right behind the length, in JDK 17 to 25
 * @param archiveBase address of the variable that points to where archived metadata (CDS) begins, {@code archiveTop} to
 *     its
 *     end; 0 if not described
 * @param constMethodFlags offset of the flags of which bit 0 says that there is a line table
 */
record MethodLayout(
        int constMethod,
        int accessFlags,
        boolean hiddenInConstMethod,
        int flags,
        int hiddenBit,
        int constMethodFlags,
        int constants,
        int codeSize,
        int nameIndex,
        int signatureIndex,
        int constMethodBytes,
        int constMethodWords,
        int poolHolder,
        int poolCache,
        int poolSourceFileIndex,
        int poolLength,
        int poolVersion,
        int poolBytes,
        int klassConstants,
        int klassName,
        int klassLoaderData,
        long objectKlass,
        long archiveBase,
        long archiveTop,
        int symbolLength,
        int symbolBody) {

    static final int ACC_NATIVE = 0x100;
    static final int HAS_LINE_TABLE = 1;

    /** {@code ConstMethodFlags::_misc_is_hidden}, which the tables do not state; the same in JDK 21 and 25. */
    private static final int IS_HIDDEN = 1 << 12;

    private static final String OBJECT_KLASS = "vmClasses::_klasses[static_cast<int>(vmClassID::Object_klass_knum)]";

    /** {@code Method::_hidden} up to JDK 20. */
    private static final int HIDDEN_BEFORE_21 = 1 << 3;

    static MethodLayout of(FieldFinder find) {
        boolean hiddenInConstMethod = find.has("ConstMethod::_flags._flags");
        return new MethodLayout(
                find.offset("Method::_constMethod"),
                find.offset("Method::_access_flags"),
                hiddenInConstMethod,
                hiddenInConstMethod ? find.offset("ConstMethod::_flags._flags") : find.offset("Method::_flags"),
                hiddenInConstMethod ? IS_HIDDEN : find.constant("Method::_hidden", HIDDEN_BEFORE_21),
                find.offset("ConstMethod::_flags._flags", "ConstMethod::_flags"),
                find.offset("ConstMethod::_constants"),
                find.offset("ConstMethod::_code_size"),
                find.offset("ConstMethod::_name_index"),
                find.offset("ConstMethod::_signature_index"),
                find.size("ConstMethod"),
                find.offset("ConstMethod::_constMethod_size"),
                find.offset("ConstantPool::_pool_holder"),
                find.offset("ConstantPool::_cache"),
                find.offset("ConstantPool::_source_file_name_index"),
                find.offset("ConstantPool::_length"),
                find.offset("ConstantPool::_length") + Integer.BYTES,
                find.size("ConstantPool"),
                find.offset("InstanceKlass::_constants"),
                find.offset("Klass::_name"),
                find.offset("Klass::_class_loader_data"),
                find.optionalAddress(OBJECT_KLASS),
                find.optionalAddress("MetaspaceObj::_shared_metaspace_base"),
                find.optionalAddress("MetaspaceObj::_shared_metaspace_top"),
                find.offset("Symbol::_length"),
                find.offset("Symbol::_body"));
    }
}
