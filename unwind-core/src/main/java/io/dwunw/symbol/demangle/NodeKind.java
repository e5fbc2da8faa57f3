// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

/** Kind of a {@link Node}: what it stands for, and what its two children are. */
enum NodeKind {
    /** text. */
    NAME,
    /** text, an abbreviation such as {@code Ss}. */
    STANDARD_NAME,
    /** left {@code ::} right. */
    QUALIFIED_NAME,
    /** A name inside the function left. */
    LOCAL_NAME,
    /** number, left: a name inside a default argument. */
    DEFAULT_ARGUMENT,
    /** left with ABI tag right. */
    TAGGED_NAME,
    /** left in module right. */
    MODULE_ENTITY,
    /** right of parent module left; number 1 for a partition. */
    MODULE_NAME,
    STRUCTURED_BINDING,
    /** Name left with function type right. */
    TYPED_NAME,
    /** left with arguments right. */
    TEMPLATE,
    /** number. */
    TEMPLATE_PARAMETER,
    /** number; 0 is {@code this}. */
    FUNCTION_PARAMETER,
    /** Class name left. */
    CONSTRUCTOR,
    /** Class name left. */
    DESTRUCTOR,
    /** text is printed, then left. */
    SPECIAL_NAME,
    /** left in right. */
    CONSTRUCTION_VTABLE,
    /** left, number right. */
    REFERENCE_TEMPORARY,
    /** left with suffix text. */
    CLONE,
    /** parameters left, number. */
    LAMBDA,
    /** number. */
    UNNAMED_TYPE,

    BUILTIN_TYPE,
    VENDOR_TYPE,
    RESTRICT,
    VOLATILE,
    CONST,
    POINTER,
    REFERENCE,
    RVALUE_REFERENCE,
    COMPLEX,
    IMAGINARY,
    /** left with vendor qualifier right. */
    VENDOR_QUALIFIER,
    /** Return type left (or none), parameters right (or none). */
    FUNCTION_TYPE,
    /** Dimension left (or none) of element type right. */
    ARRAY_TYPE,
    /** Member of class left with type right. */
    POINTER_TO_MEMBER,
    /** Dimension left of element type right. */
    VECTOR_TYPE,
    DECLTYPE,
    PACK_EXPANSION,

    // Qualifiers of a member function, printed after its parameters.
    RESTRICT_THIS,
    VOLATILE_THIS,
    CONST_THIS,
    REFERENCE_THIS,
    RVALUE_REFERENCE_THIS,
    TRANSACTION_SAFE,
    /** left, condition right (or none). */
    NOEXCEPT,
    /** left, types right (or none). */
    THROW_SPECIFICATION,

    /** left, rest right (or none): function parameters or call arguments. */
    ARGUMENTS,
    /** left, rest right (or none). */
    TEMPLATE_ARGUMENTS,
    /** Type left (or none), elements right. */
    INITIALIZER_LIST,
    OPERATOR,
    /** number of operands, name left. */
    VENDOR_OPERATOR,
    /** {@code operator T}. */
    CONVERSION,
    /** {@code (T) …}. */
    CAST,
    NULLARY,
    UNARY,
    BINARY,
    TERNARY,
    /** The two or more operands: left, right. */
    OPERANDS,
    /** The operand left of a suffix operator. */
    SUFFIXED,
    /** Type left, value text right. */
    LITERAL,
    NEGATIVE_LITERAL,
    /** number. */
    NUMBER,
    /** Name left, arguments right. */
    VENDOR_EXPRESSION;

    /** Qualifies the implied object or the function as a whole, so that it is printed after the parameters. */
    boolean isFunctionQualifier() {
        return switch (this) {
            case RESTRICT_THIS, VOLATILE_THIS, CONST_THIS, REFERENCE_THIS, RVALUE_REFERENCE_THIS -> true;
            case TRANSACTION_SAFE, NOEXCEPT, THROW_SPECIFICATION -> true;
            default -> false;
        };
    }

    boolean isTypeQualifier() {
        return this == RESTRICT || this == VOLATILE || this == CONST;
    }
}
