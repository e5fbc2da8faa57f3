// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code <type>}: Itanium C++ ABI 5.1.5. */
final class ItaniumTypes {
    private final ItaniumParser parser;
    private final MangledCursor in;

    ItaniumTypes(ItaniumParser parser) {
        this.parser = parser;
        this.in = parser.in;
    }

    Node type() {
        parser.budget.enter();
        Node node = atQualifier() ? parser.addSubstitution(qualifiedType()) : unqualifiedType();
        parser.budget.leave();
        return node;
    }

    private boolean atQualifier() {
        char c = in.peek();
        if (c == 'r' || c == 'V' || c == 'K') {
            return true;
        }
        return c == 'D' && "xoOw".indexOf(in.peek(1)) >= 0 && in.peek(1) != MangledCursor.END;
    }

    /** The qualified type and the bare one are candidates for substitution, those in between are not (5.1.5.1). */
    private Node qualifiedType() {
        Qualifiers qualifiers = qualifiers(false);
        // Qualifiers of a function type belong to its implied object, and the bare type is no candidate.
        Node inner = in.peek() == 'F' ? functionType() : type();
        if (inner.is(NodeKind.REFERENCE_THIS) || inner.is(NodeKind.RVALUE_REFERENCE_THIS)) {
            // The reference qualifier is the outermost, to be printed last.
            return Node.of(inner.kind, qualifiers.around(inner.left()));
        }
        return qualifiers.around(inner);
    }

    private Node unqualifiedType() {
        BuiltinType builtin = BuiltinType.byLetter(in.peek());
        if (builtin != null) {
            in.skip(1);
            return Node.builtin(builtin);
        }
        return switch (in.peek()) {
            case 'T' -> templateParameterType();
            case 'S' -> substitutedType();
            case 'D' -> extendedType();
            default -> parser.addSubstitution(compoundType());
        };
    }

    private Node compoundType() {
        return switch (in.peek()) {
            case 'u' -> vendorType();
            case 'F' -> functionType();
            case 'A' -> arrayType();
            case 'M' -> pointerToMember();
            case 'O' -> modified(NodeKind.RVALUE_REFERENCE);
            case 'P' -> modified(NodeKind.POINTER);
            case 'R' -> modified(NodeKind.REFERENCE);
            case 'C' -> modified(NodeKind.COMPLEX);
            case 'G' -> modified(NodeKind.IMAGINARY);
            case 'U' -> vendorQualifiedType();
            default -> parser.names.name();
        };
    }

    private Node modified(NodeKind kind) {
        in.skip(1);
        return Node.of(kind, type());
    }

    private Node vendorType() {
        in.skip(1);
        return Node.of(NodeKind.VENDOR_TYPE, parser.names.sourceName());
    }

    private Node vendorQualifiedType() {
        in.skip(1);
        Node qualifier = parser.names.sourceName();
        if (in.peek() == 'I') {
            qualifier = Node.of(NodeKind.TEMPLATE, qualifier, parser.expressions.templateArguments());
        }
        return Node.of(NodeKind.VENDOR_QUALIFIER, type(), qualifier);
    }

    private Node substitutedType() {
        char c = in.peek(1);
        if (c == '_' || MangledCursor.isDigit(c) || MangledCursor.isUpper(c)) {
            Node node = parser.substitution(false);
            return in.peek() == 'I'
                    ? parser.addSubstitution(Node.of(NodeKind.TEMPLATE, node, parser.expressions.templateArguments()))
                    : node;
        }
        Node node = parser.names.name();
        return node.is(NodeKind.STANDARD_NAME) ? node : parser.addSubstitution(node);
    }

    /** {@code <template-param> ::= T [<number>] _}. */
    Node templateParameter() {
        in.expect('T');
        return Node.numbered(NodeKind.TEMPLATE_PARAMETER, in.compactNumber(), null);
    }

    private Node templateParameterType() {
        Node node = templateParameter();
        if (in.peek() != 'I') {
            return parser.addSubstitution(node);
        }
        if (parser.inConversion) {
            return ambiguousConversionType(node);
        }
        parser.addSubstitution(node);
        return parser.addSubstitution(Node.of(NodeKind.TEMPLATE, node, parser.expressions.templateArguments()));
    }

    /**
     * In {@code cv T_ I…}, the arguments are the conversion operator's own unless a second list follows: only then are
     * the first those of a template template parameter (5.1.4.2).
     */
    private Node ambiguousConversionType(Node parameter) {
        int position = in.position();
        int candidates = parser.substitutionCount();
        Node arguments = attemptArguments();
        if (arguments == null || in.peek() != 'I') {
            in.position(position);
            parser.forgetSubstitutionsFrom(candidates);
            return parser.addSubstitution(parameter);
        }
        parser.addSubstitution(parameter);
        return parser.addSubstitution(Node.of(NodeKind.TEMPLATE, parameter, arguments));
    }

    /** Null if they do not parse; they may refer to a candidate that is not there yet. */
    private @Nullable Node attemptArguments() {
        int depth = parser.budget.depth();
        boolean expression = parser.inExpression;
        Node held = parser.lastName;
        try {
            return parser.expressions.templateArguments();
        } catch (NotMangledException e) {
            parser.budget.depth(depth);
            parser.inExpression = expression;
            parser.lastName = held;
            return null;
        }
    }

    /** The types that begin with {@code D}. */
    private Node extendedType() {
        in.skip(1);
        char c = in.next();
        BuiltinType builtin = BuiltinType.byLetterAfterD(c);
        if (builtin != null) {
            return Node.builtin(builtin);
        }
        return switch (c) {
            case 'T', 't' -> {
                Node expression = parser.expressions.expression();
                in.expect('E');
                yield parser.addSubstitution(Node.of(NodeKind.DECLTYPE, expression));
            }
            case 'p' -> parser.addSubstitution(Node.of(NodeKind.PACK_EXPANSION, type()));
            case 'a' -> Node.name("auto");
            case 'c' -> Node.name("decltype(auto)");
            case 'v' -> parser.addSubstitution(vectorType());
            case 'F' -> floatType();
            default -> throw new NotMangledException();
        };
    }

    /** {@code DF16_}, {@code DF64x}, {@code DF16b}. */
    private Node floatType() {
        int bits = in.number();
        char kind = in.next();
        if (kind == 'b' && bits == 16) {
            return Node.builtin(new BuiltinType("std::bfloat16_t", BuiltinType.Literal.CAST));
        }
        if (kind != '_' && kind != 'x') {
            throw new NotMangledException();
        }
        String text = "_Float" + bits + (kind == 'x' ? "x" : "");
        return Node.builtin(new BuiltinType(text, BuiltinType.Literal.CAST));
    }

    /** {@code Dv <number> _ <type>} or {@code Dv _ <expression> _ <type>}. */
    private Node vectorType() {
        Node dimension;
        if (in.take('_')) {
            dimension = parser.expressions.expression();
        } else {
            dimension = Node.numbered(NodeKind.NUMBER, in.number(), null);
        }
        in.expect('_');
        return Node.of(NodeKind.VECTOR_TYPE, dimension, type());
    }

    /** {@code A <number> _ <type>} or {@code A [<expression>] _ <type>}. */
    private Node arrayType() {
        in.expect('A');
        Node dimension = null;
        if (MangledCursor.isDigit(in.peek())) {
            int start = in.position();
            while (MangledCursor.isDigit(in.peek())) {
                in.skip(1);
            }
            dimension = Node.name(in.since(start));
        } else if (in.peek() != '_') {
            dimension = parser.expressions.expression();
        }
        in.expect('_');
        return Node.of(NodeKind.ARRAY_TYPE, dimension, type());
    }

    private Node pointerToMember() {
        in.expect('M');
        Node memberOf = type();
        return Node.of(NodeKind.POINTER_TO_MEMBER, memberOf, type());
    }

    /** {@code F [Y] <bare-function-type> [<ref-qualifier>] E}. */
    private Node functionType() {
        parser.budget.enter();
        in.expect('F');
        in.take('Y');
        Node node = bareFunctionType(true);
        NodeKind reference = referenceQualifier();
        in.expect('E');
        parser.budget.leave();
        return reference == null ? node : Node.of(reference, node);
    }

    Node bareFunctionType(boolean hasReturnType) {
        boolean explicit = in.take('J');
        Node returned = hasReturnType || explicit ? type() : null;
        return Node.of(NodeKind.FUNCTION_TYPE, returned, parameters());
    }

    /** At least one type; a sole {@code void} is no parameter. */
    Node parameters() {
        if (in.peek() == 'v' && isEndOfParameters(1)) {
            in.skip(1);
            return Node.of(NodeKind.ARGUMENTS, null, null);
        }
        if (isEndOfParameters(0)) {
            throw new NotMangledException();
        }
        List<Node> list = new ArrayList<>();
        while (!isEndOfParameters(0)) {
            list.add(type());
        }
        return chain(NodeKind.ARGUMENTS, list);
    }

    private boolean isEndOfParameters(int ahead) {
        char c = in.peek(ahead);
        // A function type's reference qualifier, not a parameter.
        boolean qualifier = (c == 'R' || c == 'O') && in.peek(ahead + 1) == 'E';
        return c == MangledCursor.END || c == 'E' || c == '.' || qualifier;
    }

    /** A list of nodes as pairs of element and rest. */
    static Node chain(NodeKind kind, List<Node> elements) {
        Node rest = null;
        for (int i = elements.size() - 1; i >= 0; i--) {
            rest = Node.of(kind, elements.get(i), rest);
        }
        return rest == null ? Node.of(kind, null, null) : rest;
    }

    /** {@code R} or {@code O}. */
    @Nullable
    NodeKind referenceQualifier() {
        if (in.take('R')) {
            return NodeKind.REFERENCE_THIS;
        }
        return in.take('O') ? NodeKind.RVALUE_REFERENCE_THIS : null;
    }

    /** Qualifiers in the order read, the first the outermost. */
    record Qualifiers(List<NodeKind> kinds, List<Node> operands) {
        private static final Node NONE = Node.name("");

        Node around(Node qualified) {
            Node node = qualified;
            for (int i = kinds.size() - 1; i >= 0; i--) {
                Node operand = operands.get(i);
                node = Node.of(kinds.get(i), node, operand == NONE ? null : operand);
            }
            return node;
        }
    }

    /** {@code <CV-qualifiers>} and exception specifications, also of a member function. */
    Qualifiers qualifiers(boolean memberFunction) {
        Qualifiers read = new Qualifiers(new ArrayList<>(), new ArrayList<>());
        while (atQualifier()) {
            readQualifier(read);
        }
        if (memberFunction || in.peek() == 'F') {
            for (int i = 0; i < read.kinds.size(); i++) {
                read.kinds.set(i, ofImpliedObject(read.kinds.get(i)));
            }
        }
        return read;
    }

    private static NodeKind ofImpliedObject(NodeKind kind) {
        return switch (kind) {
            case RESTRICT -> NodeKind.RESTRICT_THIS;
            case VOLATILE -> NodeKind.VOLATILE_THIS;
            case CONST -> NodeKind.CONST_THIS;
            default -> kind;
        };
    }

    private void readQualifier(Qualifiers into) {
        char c = in.next();
        NodeKind kind;
        Node operand = Qualifiers.NONE;
        switch (c) {
            case 'r' -> kind = NodeKind.RESTRICT;
            case 'V' -> kind = NodeKind.VOLATILE;
            case 'K' -> kind = NodeKind.CONST;
            default -> {
                char what = in.next();
                if (what == 'x') {
                    kind = NodeKind.TRANSACTION_SAFE;
                } else if (what == 'w') {
                    kind = NodeKind.THROW_SPECIFICATION;
                    operand = parameters();
                    in.expect('E');
                } else {
                    kind = NodeKind.NOEXCEPT;
                    if (what == 'O') {
                        operand = parser.expressions.expression();
                        in.expect('E');
                    }
                }
            }
        }
        into.kinds.add(kind);
        into.operands.add(operand);
    }
}
