// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.ArrayList;
import java.util.List;

/** {@code <expression>}, {@code <template-args>} and operators: Itanium C++ ABI 5.1.3, 5.1.6. */
final class ItaniumExpressions {
    private final ItaniumParser parser;
    private final MangledCursor in;

    ItaniumExpressions(ItaniumParser parser) {
        this.parser = parser;
        this.in = parser.in;
    }

    /** {@code I <template-arg>* E}, or {@code J…E} for an argument pack. */
    Node templateArguments() {
        // A constructor after the arguments is named after the class before them.
        Node held = parser.lastName;
        if (!in.take('I')) {
            in.expect('J');
        }
        Node arguments = templateArgumentsAfterOpening();
        parser.lastName = held;
        return arguments;
    }

    private Node templateArgumentsAfterOpening() {
        parser.budget.enter();
        List<Node> list = new ArrayList<>();
        while (!in.take('E')) {
            list.add(templateArgument());
        }
        parser.budget.leave();
        return ItaniumTypes.chain(NodeKind.TEMPLATE_ARGUMENTS, list);
    }

    Node templateArgument() {
        return switch (in.peek()) {
            case 'X' -> {
                in.skip(1);
                Node node = expression();
                in.expect('E');
                yield node;
            }
            case 'L' -> primary();
            case 'I', 'J' -> templateArguments();
            default -> parser.types.type();
        };
    }

    Node expression() {
        boolean was = parser.inExpression;
        parser.inExpression = true;
        Node node = anyExpression();
        parser.inExpression = was;
        return node;
    }

    private Node anyExpression() {
        parser.budget.enter();
        Node node = expressionByFirstLetters();
        parser.budget.leave();
        return node;
    }

    private Node expressionByFirstLetters() {
        char c = in.peek();
        char d = in.peek(1);
        if (c == 'L') {
            return primary();
        }
        if (c == 'T') {
            return parser.types.templateParameter();
        }
        if (c == 's' && d == 'r') {
            return unresolvedName();
        }
        if (c == 's' && d == 'p') {
            in.skip(2);
            return Node.of(NodeKind.PACK_EXPANSION, anyExpression());
        }
        if (c == 'f' && d == 'p') {
            return functionParameter();
        }
        if (MangledCursor.isDigit(c) || (c == 'o' && d == 'n')) {
            if (c == 'o') {
                in.skip(2);
            }
            return withArguments(parser.names.unqualifiedName());
        }
        if ((c == 'i' || c == 't') && d == 'l') {
            in.skip(2);
            Node type = c == 't' ? parser.types.type() : null;
            return Node.of(NodeKind.INITIALIZER_LIST, type, expressionList('E'));
        }
        if (c == 'u') {
            in.skip(1);
            Node name = parser.names.sourceName();
            return Node.of(NodeKind.VENDOR_EXPRESSION, name, templateArgumentsAfterOpening());
        }
        return operation();
    }

    private Node unresolvedName() {
        in.skip(2);
        Node scope = parser.unresolvedScope();
        return withArguments(Node.of(NodeKind.QUALIFIED_NAME, scope, parser.names.unqualifiedName()));
    }

    private Node withArguments(Node name) {
        return in.peek() == 'I' ? Node.of(NodeKind.TEMPLATE, name, templateArguments()) : name;
    }

    /** {@code fp [<number>] _}, or {@code fpT} for {@code this}. */
    private Node functionParameter() {
        in.skip(2);
        int number = in.take('T') ? 0 : in.compactNumber() + 1;
        return Node.numbered(NodeKind.FUNCTION_PARAMETER, number, null);
    }

    private Node expressionList(char terminator) {
        List<Node> list = new ArrayList<>();
        while (!in.take(terminator)) {
            list.add(expression());
        }
        return ItaniumTypes.chain(NodeKind.ARGUMENTS, list);
    }

    private Node operation() {
        Node operator = operatorName();
        if (operator.isOperator("st") || operator.isOperator("ti")) {
            return Node.of(NodeKind.UNARY, operator, parser.types.type());
        }
        int operands = switch (operator.kind) {
            case OPERATOR, VENDOR_OPERATOR -> operator.number;
            case CAST -> 1;
            default -> throw new NotMangledException();
        };
        if (operands > 1 && !operator.is(NodeKind.OPERATOR)) {
            throw new NotMangledException();
        }
        return switch (operands) {
            case 0 -> Node.of(NodeKind.NULLARY, operator);
            case 1 -> unary(operator);
            case 2 -> binary(operator);
            case 3 -> ternary(operator);
            default -> throw new NotMangledException();
        };
    }

    private Node unary(Node operator) {
        boolean suffix = (operator.isOperator("pp") || operator.isOperator("mm")) && !in.take('_');
        Node operand;
        if (operator.is(NodeKind.CAST) && in.take('_')) {
            operand = expressionList('E');
        } else if (operator.isOperator("sP")) {
            operand = templateArgumentsAfterOpening();
        } else {
            operand = anyExpression();
        }
        return Node.of(NodeKind.UNARY, operator, suffix ? Node.of(NodeKind.SUFFIXED, operand) : operand);
    }

    private Node binary(Node operator) {
        Node left;
        Operator details = operator.operator;
        if (details != null && details.isNamedCast()) {
            left = parser.types.type();
        } else if (details != null && details.isFold()) {
            left = operatorName();
        } else if (operator.isOperator("di")) {
            left = parser.names.unqualifiedName();
        } else {
            left = anyExpression();
        }
        Node right;
        if (operator.isOperator("cl")) {
            right = expressionList('E');
        } else if (operator.isOperator("dt") || operator.isOperator("pt")) {
            right = in.at('g', 's') || in.at('s', 'r')
                    ? anyExpression()
                    : withArguments(parser.names.unqualifiedName());
        } else {
            right = anyExpression();
        }
        return Node.of(NodeKind.BINARY, operator, Node.of(NodeKind.OPERANDS, left, right));
    }

    private Node ternary(Node operator) {
        Node first;
        Node second;
        Node third;
        if (operator.isOperator("nw") || operator.isOperator("na")) {
            first = expressionList('_');
            second = parser.types.type();
            third = in.take('E') ? null : newInitializer();
        } else {
            first = operator.isOperator("fL") || operator.isOperator("fR") ? operatorName() : anyExpression();
            second = anyExpression();
            third = anyExpression();
        }
        Node rest = Node.of(NodeKind.OPERANDS, second, third);
        return Node.of(NodeKind.TERNARY, operator, Node.of(NodeKind.OPERANDS, first, rest));
    }

    private Node newInitializer() {
        if (in.at('p', 'i')) {
            in.skip(2);
            return expressionList('E');
        }
        if (in.at('i', 'l')) {
            return anyExpression();
        }
        throw new NotMangledException();
    }

    /** {@code <operator-name>}, also {@code cv <type>} and {@code v <digit> <source-name>}. */
    Node operatorName() {
        if (in.peek() == 'v' && MangledCursor.isDigit(in.peek(1))) {
            in.skip(1);
            int operands = in.next() - '0';
            return Node.numbered(NodeKind.VENDOR_OPERATOR, operands, parser.names.sourceName());
        }
        if (in.at('c', 'v')) {
            in.skip(2);
            boolean was = parser.inConversion;
            parser.inConversion = !parser.inExpression;
            NodeKind kind = parser.inConversion ? NodeKind.CONVERSION : NodeKind.CAST;
            Node type = parser.types.type();
            parser.inConversion = was;
            return Node.of(kind, type);
        }
        Operator operator = Operator.find(in.take(2));
        if (operator == null) {
            throw new NotMangledException();
        }
        return Node.operator(operator);
    }

    /** {@code <expr-primary> ::= L <type> <value> E | L <mangled-name> E}. */
    private Node primary() {
        in.expect('L');
        Node node = in.peek() == '_' || in.peek() == 'Z' ? mangledOperand() : literal();
        in.expect('E');
        return node;
    }

    private Node mangledOperand() {
        // Old GCC leaves the underscore out.
        in.take('_');
        in.expect('Z');
        return parser.encoding();
    }

    private Node literal() {
        Node type = parser.types.type();
        if (type.is(NodeKind.BUILTIN_TYPE) && type.text.equals(BuiltinType.NULLPTR.text()) && in.peek() == 'E') {
            return type;
        }
        NodeKind kind = in.take('n') ? NodeKind.NEGATIVE_LITERAL : NodeKind.LITERAL;
        int start = in.position();
        while (in.peek() != 'E') {
            in.next();
        }
        if (in.position() == start) {
            throw new NotMangledException();
        }
        return Node.of(kind, type, Node.name(in.since(start)));
    }
}
