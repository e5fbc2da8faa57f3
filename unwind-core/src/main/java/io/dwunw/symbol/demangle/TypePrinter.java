// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Types of a C++ name to text: declarators inside out, see {@link Modifier}. */
final class TypePrinter {
    private final ItaniumPrinter printer;

    TypePrinter(ItaniumPrinter printer) {
        this.printer = printer;
    }

    /** Whether the node was a type, and has been printed. */
    boolean print(Node node) {
        switch (node.kind) {
            case RESTRICT, VOLATILE, CONST -> {
                if (alreadyQualified(node.kind)) {
                    printer.print(node.left());
                } else {
                    modified(node, node.left());
                }
            }
            case POINTER, COMPLEX, IMAGINARY, VENDOR_QUALIFIER -> modified(node, node.left());
            case POINTER_TO_MEMBER, VECTOR_TYPE -> modified(node, node.right());
            case FUNCTION_TYPE -> functionType(node);
            case ARRAY_TYPE -> arrayType(node);
            case DECLTYPE -> printer.surrounded("decltype (", node.left(), ")");
            default -> {
                if (!node.kind.isFunctionQualifier()) {
                    return false;
                }
                modified(node, node.left());
            }
        }
        return true;
    }

    /** An array hands its qualifiers to its elements, so the same one may arrive twice. */
    private boolean alreadyQualified(NodeKind qualifier) {
        for (Modifier m = printer.modifiers; m != null; m = m.next) {
            if (m.printed) {
                continue;
            }
            if (!m.node.kind.isTypeQualifier()) {
                return false;
            }
            if (m.node.is(qualifier)) {
                return true;
            }
        }
        return false;
    }

    /** Prints {@code inner} with {@code modifier} around it. */
    void modified(Node modifier, Node inner) {
        Modifier held = printer.modifiers;
        Modifier pushed = new Modifier(modifier, held, printer.scope);
        printer.modifiers = pushed;
        printer.print(inner);
        if (!pushed.printed) {
            modifier(modifier);
        }
        printer.modifiers = held;
    }

    private void functionType(Node node) {
        Node returned = node.left;
        if (returned != null) {
            Modifier held = printer.modifiers;
            Modifier pushed = new Modifier(node, held, printer.scope);
            printer.modifiers = pushed;
            printer.print(returned);
            printer.modifiers = held;
            if (pushed.printed) {
                return;
            }
            printer.append(' ');
        }
        functionDeclarator(node, printer.modifiers);
    }

    private void functionDeclarator(Node node, @Nullable Modifier around) {
        Modifier decisive = firstParenthesised(around);
        if (decisive != null) {
            char last = printer.lastChar();
            boolean space = !isPlainPointer(decisive.node.kind) || (last != '(' && last != '*');
            if (space && last != ' ') {
                printer.append(' ');
            }
            printer.append('(');
        }
        Modifier held = printer.modifiers;
        printer.modifiers = null;
        modifiers(around, false);
        if (decisive != null) {
            printer.append(')');
        }
        printer.append('(');
        printer.printIfAny(node.right);
        printer.append(')');
        modifiers(around, true);
        printer.modifiers = held;
    }

    private static boolean isPlainPointer(NodeKind kind) {
        return kind == NodeKind.POINTER || kind == NodeKind.REFERENCE || kind == NodeKind.RVALUE_REFERENCE;
    }

    private static @Nullable Modifier firstParenthesised(@Nullable Modifier around) {
        for (Modifier m = around; m != null && !m.printed; m = m.next) {
            switch (m.node.kind) {
                case POINTER, REFERENCE, RVALUE_REFERENCE, RESTRICT, VOLATILE, CONST -> {
                    return m;
                }
                case VENDOR_QUALIFIER, COMPLEX, IMAGINARY, POINTER_TO_MEMBER -> {
                    return m;
                }
                default -> {}
            }
        }
        return null;
    }

    /** The qualifiers of an array are those of its elements, and are printed with them. */
    private void arrayType(Node node) {
        Modifier held = printer.modifiers;
        Modifier array = new Modifier(node, held, printer.scope);
        printer.modifiers = array;
        List<Modifier> copies = new ArrayList<>();
        for (Modifier m = held; m != null && m.node.kind.isTypeQualifier(); m = m.next) {
            if (!m.printed) {
                Modifier copy = m.before(printer.modifiers);
                copies.add(copy);
                printer.modifiers = copy;
                m.printed = true;
            }
        }
        printer.print(node.right());
        printer.modifiers = held;
        if (array.printed) {
            return;
        }
        for (int i = copies.size() - 1; i >= 0; i--) {
            modifier(copies.get(i).node);
        }
        arrayDeclarator(node, printer.modifiers);
    }

    private void arrayDeclarator(Node node, @Nullable Modifier around) {
        Modifier first = around;
        while (first != null && first.printed) {
            first = first.next;
        }
        boolean space = first == null || !first.node.is(NodeKind.ARRAY_TYPE);
        boolean parenthesised = first != null && space;
        if (parenthesised) {
            printer.append(" (");
        }
        modifiers(around, false);
        if (parenthesised) {
            printer.append(')');
        }
        if (space) {
            printer.append(' ');
        }
        printer.append('[');
        printer.printIfAny(node.left);
        printer.append(']');
    }

    /** All modifiers not yet printed; function qualifiers only as {@code suffix}, after the parameters. */
    private void modifiers(@Nullable Modifier from, boolean suffix) {
        Modifier m = from;
        while (m != null && (m.printed || (!suffix && m.node.kind.isFunctionQualifier()))) {
            m = m.next;
        }
        if (m == null) {
            return;
        }
        m.printed = true;
        TemplateScope held = printer.scope;
        printer.scope = m.scope;
        boolean containsRest = true;
        switch (m.node.kind) {
            case FUNCTION_TYPE -> functionDeclarator(m.node, m.next);
            case ARRAY_TYPE -> arrayDeclarator(m.node, m.next);
            case LOCAL_NAME -> localName(m.node);
            default -> {
                modifier(m.node);
                containsRest = false;
            }
        }
        printer.scope = held;
        if (!containsRest) {
            modifiers(m.next, suffix);
        }
    }

    /** Its qualifiers were lifted to the list of modifiers; the function around it must not see that list. */
    private void localName(Node node) {
        Modifier held = printer.modifiers;
        printer.modifiers = null;
        printer.print(node.left());
        printer.modifiers = held;
        printer.append("::");
        Node name = printer.localName(node);
        while (name.kind.isFunctionQualifier()) {
            name = name.left();
        }
        printer.print(name);
    }

    void modifier(Node node) {
        switch (node.kind) {
            case RESTRICT, RESTRICT_THIS -> printer.append(" restrict");
            case VOLATILE, VOLATILE_THIS -> printer.append(" volatile");
            case CONST, CONST_THIS -> printer.append(" const");
            case TRANSACTION_SAFE -> printer.append(" transaction_safe");
            case NOEXCEPT -> withOperand(" noexcept", node.right);
            case THROW_SPECIFICATION -> withOperand(" throw", node.right);
            case VENDOR_QUALIFIER -> {
                printer.append(' ');
                printer.print(node.right());
            }
            case POINTER -> printer.append('*');
            case REFERENCE_THIS -> printer.append(" &");
            case REFERENCE -> printer.append('&');
            case RVALUE_REFERENCE_THIS -> printer.append(" &&");
            case RVALUE_REFERENCE -> printer.append("&&");
            case COMPLEX -> printer.append(" _Complex");
            case IMAGINARY -> printer.append(" _Imaginary");
            case POINTER_TO_MEMBER -> {
                if (printer.lastChar() != '(') {
                    printer.append(' ');
                }
                printer.surrounded("", node.left(), "::*");
            }
            case TYPED_NAME -> printer.print(node.left());
            case VECTOR_TYPE -> printer.surrounded(" __vector(", node.left(), ")");
            default -> printer.print(node);
        }
    }

    private void withOperand(String word, @Nullable Node operand) {
        printer.append(word);
        if (operand != null) {
            printer.surrounded("(", operand, ")");
        }
    }
}
