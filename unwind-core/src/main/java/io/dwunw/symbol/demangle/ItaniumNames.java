// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/** {@code <name>} and all below it: Itanium C++ ABI 5.1.3. */
final class ItaniumNames {
    private static final String ANONYMOUS_PREFIX = "_GLOBAL_";

    private final ItaniumParser parser;
    private final MangledCursor in;

    ItaniumNames(ItaniumParser parser) {
        this.parser = parser;
        this.in = parser.in;
    }

    Node name() {
        parser.budget.enter();
        Node node = switch (in.peek()) {
            case 'N' -> nestedName();
            case 'Z' -> localName();
            case 'U' -> unqualifiedName();
            default -> unscopedName();
        };
        parser.budget.leave();
        return node;
    }

    /** {@code <unscoped-name>}, or {@code <unscoped-template-name> <template-args>}. */
    private Node unscopedName() {
        boolean substituted = in.peek() == 'S' && in.peek(1) != 't';
        Node node;
        if (substituted) {
            node = parser.substitution(false);
        } else if (in.at('S', 't')) {
            in.skip(2);
            node = qualified(Node.name("std"), unqualifiedName());
        } else {
            node = unqualifiedName();
        }
        if (in.peek() != 'I') {
            return node;
        }
        if (!substituted) {
            parser.addSubstitution(node);
        }
        return Node.of(NodeKind.TEMPLATE, node, parser.expressions.templateArguments());
    }

    private static Node qualified(@Nullable Node scope, Node name) {
        return scope == null ? name : Node.of(NodeKind.QUALIFIED_NAME, scope, name);
    }

    /** {@code N [<CV-qualifiers>] [<ref-qualifier>] <prefix> <unqualified-name> E}. */
    private Node nestedName() {
        in.expect('N');
        ItaniumTypes.Qualifiers qualifiers = parser.types.qualifiers(true);
        NodeKind reference = parser.types.referenceQualifier();
        Node node = qualifiers.around(prefix(true));
        in.expect('E');
        return reference == null ? node : Node.of(reference, node);
    }

    /** {@code <prefix>} with the {@code <unqualified-name>} at its end, up to the {@code E}. */
    Node prefix(boolean substitutable) {
        Node node = null;
        while (in.peek() != 'E') {
            // M marks the name before it as the variable that the lambda after it initialises.
            in.take('M');
            char c = in.peek();
            node = prefixComponent(node);
            if (substitutable && c != 'S' && in.peek() != 'E') {
                parser.addSubstitution(node);
            }
        }
        if (node == null) {
            throw new NotMangledException();
        }
        return node;
    }

    private Node prefixComponent(@Nullable Node scope) {
        char c = in.peek();
        if (c == 'I') {
            if (scope == null) {
                throw new NotMangledException();
            }
            return Node.of(NodeKind.TEMPLATE, scope, parser.expressions.templateArguments());
        }
        if (c == 'S' && scope == null) {
            return parser.substitution(true);
        }
        if (c == 'T') {
            return qualified(scope, parser.types.templateParameter());
        }
        if (c == 'D' && (in.peek(1) == 'T' || in.peek(1) == 't')) {
            return qualified(scope, parser.types.type());
        }
        return qualified(scope, unqualifiedName());
    }

    Node unqualifiedName() {
        Node module = in.peek() == 'W' ? moduleName() : null;
        char c = in.peek();
        Node node;
        if (MangledCursor.isDigit(c)) {
            node = sourceName();
        } else if (MangledCursor.isLower(c)) {
            node = operatorName();
        } else if (c == 'D' && in.peek(1) == 'C') {
            node = structuredBinding();
        } else if (c == 'C' || c == 'D') {
            node = constructorOrDestructor();
        } else if (c == 'L') {
            in.skip(1);
            node = sourceName();
            discriminator();
        } else if (in.at('U', 'l')) {
            node = lambda();
        } else if (in.at('U', 't')) {
            node = unnamedType();
        } else {
            throw new NotMangledException();
        }
        if (module != null) {
            node = Node.of(NodeKind.MODULE_ENTITY, node, module);
        }
        return in.peek() == 'B' ? abiTags(node) : node;
    }

    /** {@code <module-name> ::= W [P] <source-name>} repeated; a candidate for substitution at each step. */
    Node moduleName() {
        Node module = null;
        while (in.peek() == 'W') {
            in.skip(1);
            boolean partition = in.take('P');
            module = Node.numberedPair(NodeKind.MODULE_NAME, partition ? 1 : 0, module, sourceName());
            parser.addSubstitution(module);
        }
        if (module == null) {
            throw new NotMangledException();
        }
        return module;
    }

    private Node operatorName() {
        if (in.at('o', 'n')) {
            in.skip(2);
        }
        boolean wasExpression = parser.inExpression;
        parser.inExpression = false;
        Node node = parser.expressions.operatorName();
        parser.inExpression = wasExpression;
        if (node.isOperator("nx") || node.isOperator("ti") || node.isOperator("te")) {
            // These operators cannot be overloaded: they are no function's name.
            throw new NotMangledException();
        }
        return node.isOperator("li") ? Node.of(NodeKind.UNARY, node, sourceName()) : node;
    }

    /** {@code <source-name> ::= <positive length number> <identifier>}. */
    Node sourceName() {
        if (!MangledCursor.isDigit(in.peek())) {
            throw new NotMangledException();
        }
        String identifier = in.take(in.number());
        Node node = Node.name(isAnonymousNamespace(identifier) ? "(anonymous namespace)" : identifier);
        parser.lastName = node;
        return node;
    }

    /** GNU: {@code _GLOBAL__N_…}. */
    private static boolean isAnonymousNamespace(String identifier) {
        return identifier.length() >= ANONYMOUS_PREFIX.length() + 2
                && identifier.startsWith(ANONYMOUS_PREFIX)
                && "._$".indexOf(identifier.charAt(8)) >= 0
                && identifier.charAt(9) == 'N';
    }

    private Node structuredBinding() {
        in.skip(2);
        Node node = Node.of(NodeKind.STRUCTURED_BINDING, bindingNames());
        in.expect('E');
        return node;
    }

    private Node bindingNames() {
        parser.budget.enter();
        Node first = sourceName();
        Node list = Node.of(NodeKind.ARGUMENTS, first, in.peek() == 'E' ? null : bindingNames());
        parser.budget.leave();
        return list;
    }

    /** {@code <ctor-dtor-name>}, 5.1.4.3; which of the variants it is, is not printed. */
    private Node constructorOrDestructor() {
        boolean constructor = in.next() == 'C';
        boolean inheriting = constructor && in.take('I');
        char variant = in.next();
        if ((constructor ? "12345" : "01245").indexOf(variant) < 0) {
            throw new NotMangledException();
        }
        if (inheriting) {
            // The base class becomes the last name: an inherited constructor is named after it.
            parser.types.type();
        }
        Node className = parser.lastName;
        if (className == null) {
            throw new NotMangledException();
        }
        return Node.of(constructor ? NodeKind.CONSTRUCTOR : NodeKind.DESTRUCTOR, className);
    }

    /** {@code Ul <parameters> E [<number>] _}, 5.1.8. */
    private Node lambda() {
        in.skip(2);
        Node parameters = parser.types.parameters();
        in.expect('E');
        return Node.numbered(NodeKind.LAMBDA, in.compactNumber(), parameters);
    }

    /** {@code Ut [<number>] _}, 5.1.8; itself a candidate for substitution, as GCC has it. */
    private Node unnamedType() {
        in.skip(2);
        return parser.addSubstitution(Node.numbered(NodeKind.UNNAMED_TYPE, in.compactNumber(), null));
    }

    /** {@code B <source-name>}, repeated. A constructor after it is named after the class, not the tag. */
    Node abiTags(Node tagged) {
        Node held = parser.lastName;
        Node node = tagged;
        while (in.take('B')) {
            node = Node.of(NodeKind.TAGGED_NAME, node, sourceName());
        }
        parser.lastName = held;
        return node;
    }

    /** {@code <local-name> ::= Z <encoding> E <name> [<discriminator>]}, 5.1.7. */
    private Node localName() {
        in.expect('Z');
        Node function = withoutReturnType(parser.encoding());
        in.expect('E');
        if (in.take('s')) {
            discriminator();
            return Node.of(NodeKind.LOCAL_NAME, function, Node.name("string literal"));
        }
        int argument = in.take('d') ? in.compactNumber() : -1;
        Node name = name();
        if (!name.is(NodeKind.LAMBDA) && !name.is(NodeKind.UNNAMED_TYPE)) {
            discriminator();
        }
        if (argument >= 0) {
            name = Node.numbered(NodeKind.DEFAULT_ARGUMENT, argument, name);
        }
        return Node.of(NodeKind.LOCAL_NAME, function, name);
    }

    /** The enclosing function's return type would be read as that of the local one. */
    private static Node withoutReturnType(Node function) {
        if (!function.is(NodeKind.TYPED_NAME) || !function.right().is(NodeKind.FUNCTION_TYPE)) {
            return function;
        }
        Node type = Node.of(NodeKind.FUNCTION_TYPE, null, function.right().right);
        return Node.of(NodeKind.TYPED_NAME, function.left(), type);
    }

    /** {@code <discriminator> ::= _ <digit> | __ <number> _}; not printed. */
    private void discriminator() {
        if (!in.take('_')) {
            return;
        }
        boolean two = in.take('_');
        int number = in.number();
        if (number < 0) {
            throw new NotMangledException();
        }
        if (two && number >= 10) {
            in.expect('_');
        }
    }
}
