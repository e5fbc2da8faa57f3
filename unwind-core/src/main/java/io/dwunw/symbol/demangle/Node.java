// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/** One node of a parsed name. Substitutions share nodes, so the tree is a graph; it has no cycle of children. */
final class Node {
    final NodeKind kind;
    final @Nullable Node left;
    final @Nullable Node right;
    final String text;
    final int number;
    final @Nullable Operator operator;
    /** Of a built-in type: how its literals are written. */
    final BuiltinType.Literal literal;
    /** How often the printer is inside this node now: a template argument may refer to itself. */
    int beingPrinted;

    private Node(
            NodeKind kind,
            @Nullable Node left,
            @Nullable Node right,
            String text,
            int number,
            @Nullable Operator operator) {
        this.kind = kind;
        this.left = left;
        this.right = right;
        this.text = text;
        this.number = number;
        this.operator = operator;
        this.literal = BuiltinType.Literal.CAST;
    }

    private Node(NodeKind kind, BuiltinType type) {
        this.kind = kind;
        this.left = null;
        this.right = null;
        this.text = type.text();
        this.number = 0;
        this.operator = null;
        this.literal = type.literal();
    }

    static Node of(NodeKind kind, @Nullable Node left, @Nullable Node right) {
        return new Node(kind, left, right, "", 0, null);
    }

    static Node of(NodeKind kind, @Nullable Node left) {
        return new Node(kind, left, null, "", 0, null);
    }

    static Node text(NodeKind kind, String text, @Nullable Node left) {
        return new Node(kind, left, null, text, 0, null);
    }

    static Node name(String text) {
        return new Node(NodeKind.NAME, null, null, text, 0, null);
    }

    static Node numbered(NodeKind kind, int number, @Nullable Node left) {
        return new Node(kind, left, null, "", number, null);
    }

    static Node numberedPair(NodeKind kind, int number, @Nullable Node left, Node right) {
        return new Node(kind, left, right, "", number, null);
    }

    static Node builtin(BuiltinType type) {
        return new Node(NodeKind.BUILTIN_TYPE, type);
    }

    static Node operator(Operator operator) {
        return new Node(NodeKind.OPERATOR, null, null, operator.text(), operator.operands(), operator);
    }

    boolean is(NodeKind other) {
        return kind == other;
    }

    /** Whether this is the operator with that two-letter code. */
    boolean isOperator(String code) {
        return operator != null && operator.code().equals(code);
    }

    Node left() {
        return present(left);
    }

    Node right() {
        return present(right);
    }

    private static Node present(@Nullable Node node) {
        if (node == null) {
            throw new NotMangledException();
        }
        return node;
    }
}
