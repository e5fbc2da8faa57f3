// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Expressions, argument lists and operators of a C++ name to text. */
final class ExpressionPrinter {
    private static final String SEPARATOR = ", ";

    private final ItaniumPrinter printer;

    ExpressionPrinter(ItaniumPrinter printer) {
        this.printer = printer;
    }

    void print(Node node) {
        switch (node.kind) {
            case ARGUMENTS, TEMPLATE_ARGUMENTS -> list(node);
            case INITIALIZER_LIST -> {
                printer.printIfAny(node.left);
                printer.surrounded("{", node.right(), "}");
            }
            case OPERATOR -> operatorName(node.text);
            case VENDOR_OPERATOR -> printer.surrounded("operator ", node.left(), "");
            case CONVERSION -> printer.conversion(node);
            case CAST -> printer.surrounded("operator ", node.left(), "");
            case NULLARY -> operator(node.left());
            case UNARY -> unary(node);
            case BINARY -> binary(node);
            case TERNARY -> ternary(node);
            case LITERAL, NEGATIVE_LITERAL -> literal(node);
            case NUMBER -> printer.numbered("", node.number, "");
            case PACK_EXPANSION -> packExpansion(node.left());
            case FUNCTION_PARAMETER -> {
                if (node.number == 0) {
                    printer.append("this");
                } else {
                    printer.numbered("{parm#", node.number, "}");
                }
            }
            case VENDOR_EXPRESSION -> {
                printer.print(node.left());
                printer.surrounded("(", node.right(), ")");
            }
            default -> throw new NotMangledException();
        }
    }

    /** A tail of the list that prints nothing, since its packs are empty, takes the comma before it along. */
    private void list(Node node) {
        printer.printIfAny(node.left);
        List<Integer> tails = new ArrayList<>();
        for (Node rest = node.right; rest != null; rest = rest.right) {
            printer.append(SEPARATOR);
            tails.add(printer.length());
            printer.printIfAny(rest.left);
        }
        for (int i = tails.size() - 1; i >= 0 && printer.length() == tails.get(i); i--) {
            printer.shorten(SEPARATOR.length());
        }
    }

    private void operatorName(String text) {
        printer.append("operator");
        if (MangledCursor.isLower(text.charAt(0))) {
            printer.append(' ');
        }
        printer.append(text.stripTrailing());
    }

    /** The operator as written between operands. */
    private void operator(Node node) {
        if (node.is(NodeKind.OPERATOR)) {
            printer.append(node.text);
        } else {
            printer.print(node);
        }
    }

    private void operand(Node node) {
        boolean simple = node.is(NodeKind.NAME)
                || node.is(NodeKind.QUALIFIED_NAME)
                || node.is(NodeKind.INITIALIZER_LIST)
                || node.is(NodeKind.FUNCTION_PARAMETER);
        if (simple) {
            printer.print(node);
        } else {
            printer.surrounded("(", node, ")");
        }
    }

    private void unary(Node node) {
        Node operator = node.left();
        Node operand = node.right();
        if (operand.is(NodeKind.SUFFIXED)) {
            operand(operand.left());
            operator(operator);
            return;
        }
        if (operator.isOperator("sZ")) {
            Node pack = printer.findPack(operand);
            printer.numbered("", pack == null ? 0 : TemplateScope.length(pack), "");
            return;
        }
        if (operator.isOperator("sP")) {
            printer.numbered("", expandedLength(operand), "");
            return;
        }
        if (operator.is(NodeKind.CAST)) {
            printer.surrounded("(", operator.left(), ")");
        } else {
            operator(operator);
        }
        if (operator.isOperator("gs")) {
            printer.print(operand);
        } else if (operator.isOperator("st") || operator.isOperator("nx")) {
            printer.surrounded("(", operand, ")");
        } else {
            operand(operator.isOperator("ad") ? withoutParameters(operand) : operand);
        }
    }

    /** The address of a member function is written without its type. */
    private static Node withoutParameters(Node operand) {
        boolean qualifiedFunction = operand.is(NodeKind.TYPED_NAME)
                && operand.left().is(NodeKind.QUALIFIED_NAME)
                && operand.right().is(NodeKind.FUNCTION_TYPE);
        return qualifiedFunction ? operand.left() : operand;
    }

    /** The number of arguments once packs are expanded. */
    private int expandedLength(Node arguments) {
        int length = 0;
        for (Node rest = arguments; rest != null && rest.left != null; rest = rest.right) {
            Node pack = rest.left.is(NodeKind.PACK_EXPANSION) ? printer.findPack(rest.left.left) : null;
            length += pack == null ? 1 : TemplateScope.length(pack);
        }
        return length;
    }

    private void binary(Node node) {
        Node operator = node.left();
        Node left = node.right().left();
        Node right = node.right().right();
        Operator details = operator.operator;
        if (details != null && details.isNamedCast()) {
            operator(operator);
            printer.surrounded("<", left, ">");
            printer.surrounded("(", right, ")");
            return;
        }
        if (details != null && details.isFold()) {
            fold(details.code(), left, right, null);
            return;
        }
        if (operator.isOperator("di") || operator.isOperator("dx")) {
            designated(operator, left, null, right);
            return;
        }
        // Not to be read as the end of the template arguments.
        boolean guarded = operator.isOperator("gt");
        if (guarded) {
            printer.append('(');
        }
        boolean call = operator.isOperator("cl");
        operand(call && left.is(NodeKind.TYPED_NAME) ? left.left() : left);
        if (operator.isOperator("ix")) {
            printer.surrounded("[", right, "]");
        } else {
            if (!call) {
                operator(operator);
            }
            operand(right);
        }
        if (guarded) {
            printer.append(')');
        }
    }

    private void ternary(Node node) {
        Node operator = node.left();
        Node first = node.right().left();
        Node second = node.right().right().left();
        Node third = node.right().right().right;
        if (operator.isOperator("qu") && third != null) {
            operand(first);
            operator(operator);
            operand(second);
            printer.append(" : ");
            operand(third);
        } else if (operator.isOperator("dX") && third != null) {
            designated(operator, first, second, third);
        } else if (operator.operator != null && operator.operator.isFold()) {
            fold(operator.operator.code(), /* operator= */ first, /* first= */ second, /* second= */ third);
        } else {
            newExpression(first, second, third);
        }
    }

    private void newExpression(Node placement, Node type, @Nullable Node initializer) {
        printer.append("new ");
        if (placement.left != null) {
            operand(placement);
            printer.append(' ');
        }
        printer.print(type);
        if (initializer != null) {
            operand(initializer);
        }
    }

    /** {@code (... + x)}, {@code (x + ...)}, {@code (x + ... + y)}; the packs themselves stay whole. */
    private void fold(String code, Node operator, Node first, @Nullable Node second) {
        int held = printer.packIndex;
        printer.packIndex = -1;
        printer.append(code.equals("fl") ? "(..." : "(");
        if (code.equals("fl")) {
            operator(operator);
        }
        operand(first);
        if (!code.equals("fl")) {
            operator(operator);
            printer.append("...");
        }
        if (second != null) {
            operator(operator);
            operand(second);
        }
        printer.append(')');
        printer.packIndex = held;
    }

    /** {@code .member=value}, {@code [index]=value}, {@code [from ... to]=value}. */
    private void designated(Node operator, Node first, @Nullable Node last, Node value) {
        printer.append(operator.isOperator("di") ? '.' : '[');
        printer.print(first);
        if (last != null) {
            printer.append(" ... ");
            printer.print(last);
        }
        printer.append(operator.isOperator("di") ? "" : "]");
        boolean nested = value.is(NodeKind.BINARY) || value.is(NodeKind.TERNARY);
        if (nested && isDesignator(value.left())) {
            printer.print(value);
        } else {
            printer.append('=');
            operand(value);
        }
    }

    private static boolean isDesignator(Node operator) {
        return operator.isOperator("di") || operator.isOperator("dx") || operator.isOperator("dX");
    }

    private void literal(Node node) {
        Node type = node.left();
        Node value = node.right();
        boolean negative = node.is(NodeKind.NEGATIVE_LITERAL);
        BuiltinType.Literal style = type.literal;
        switch (style) {
            case INT, UNSIGNED, LONG, UNSIGNED_LONG, LONG_LONG, UNSIGNED_LONG_LONG -> {
                printer.append(negative ? "-" : "");
                printer.append(value.text);
                printer.append(style.suffix);
                return;
            }
            case BOOL -> {
                if (!negative && (value.text.equals("0") || value.text.equals("1"))) {
                    printer.append(value.text.equals("0") ? "false" : "true");
                    return;
                }
            }
            default -> {}
        }
        printer.surrounded("(", type, negative ? ")-" : ")");
        boolean bits = style == BuiltinType.Literal.FLOAT;
        printer.append(bits ? "[" : "");
        printer.append(value.text);
        printer.append(bits ? "]" : "");
    }

    /** The pattern once for each element of the pack; as it is, when only function parameters are packed. */
    private void packExpansion(Node pattern) {
        Node pack = printer.findPack(pattern);
        if (pack == null) {
            operand(pattern);
            printer.append("...");
            return;
        }
        int length = TemplateScope.length(pack);
        for (int i = 0; i < length; i++) {
            printer.append(i == 0 ? "" : ", ");
            printer.packIndex = i;
            printer.print(pattern);
        }
    }
}
