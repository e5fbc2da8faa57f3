// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tree of a C++ name to text. Template parameters get their meaning only here, from the scopes around them, since
 * the arguments may come after their use in the mangled name.
 */
final class ItaniumPrinter {
    /** More function qualifiers than these a name cannot have. */
    private static final int MAX_NAME_MODIFIERS = 4;

    private final StringBuilder out = new StringBuilder();
    final TypePrinter types;
    final ExpressionPrinter expressions;
    private final DemangleBudget budget;
    private char lastChar = MangledCursor.END;

    @Nullable
    Modifier modifiers;

    @Nullable
    TemplateScope scope;

    /** The element of argument packs that is being printed; negative for the whole pack. */
    int packIndex;

    /** Greater than 0 within a lambda's parameters, whose {@code T_} is the lambda's own {@code auto}. */
    private int lambdaDepth;

    private @Nullable Node currentTemplate;
    private final List<Node> path = new ArrayList<>();
    private final IdentityHashMap<Node, Captured> captured = new IdentityHashMap<>();

    /** The scope in which a substitutable {@code T_&} was first met. */
    private record Captured(@Nullable TemplateScope scope) {}

    ItaniumPrinter(DemangleBudget budget) {
        this.budget = budget;
        this.types = new TypePrinter(this);
        this.expressions = new ExpressionPrinter(this);
    }

    String text(Node root) {
        print(root);
        return out.toString();
    }

    void append(String text) {
        if (out.length() + text.length() > DemangleBudget.MAX_OUTPUT) {
            throw new NotMangledException();
        }
        out.append(text);
        if (!text.isEmpty()) {
            lastChar = text.charAt(text.length() - 1);
        }
    }

    void append(char c) {
        out.append(c);
        lastChar = c;
    }

    int length() {
        return out.length();
    }

    /** Takes back what was written last; {@link #lastChar} stays, and with it binutils' spacing. */
    void shorten(int count) {
        out.setLength(out.length() - count);
    }

    /** The character written last. */
    char lastChar() {
        return lastChar;
    }

    /** Prints a node if there is one. */
    void printIfAny(@Nullable Node node) {
        if (node != null) {
            print(node);
        }
    }

    void print(Node node) {
        // A template argument that refers to itself would never end; twice is what legal names need.
        if (node.beingPrinted > 1) {
            throw new NotMangledException();
        }
        budget.enter();
        node.beingPrinted++;
        path.add(node);
        printByKind(node);
        path.remove(path.size() - 1);
        node.beingPrinted--;
        budget.leave();
    }

    private void printByKind(Node node) {
        switch (node.kind) {
            case NAME, STANDARD_NAME, BUILTIN_TYPE -> append(node.text);
            case VENDOR_TYPE, CONSTRUCTOR -> print(node.left());
            case DESTRUCTOR -> {
                append('~');
                print(node.left());
            }
            case QUALIFIED_NAME, LOCAL_NAME -> {
                print(node.left());
                append("::");
                print(localName(node));
            }
            case TAGGED_NAME -> surrounded("", node.left(), "[abi:", node.right(), "]");
            case MODULE_ENTITY -> surrounded("", node.left(), "@", node.right(), "");
            case MODULE_NAME -> moduleName(node);
            case STRUCTURED_BINDING -> surrounded("[", node.left(), "]");
            case TYPED_NAME -> typedName(node);
            case TEMPLATE -> template(node);
            case TEMPLATE_PARAMETER -> templateParameter(node);
            case SPECIAL_NAME -> surrounded(node.text, node.left(), "");
            case CONSTRUCTION_VTABLE -> surrounded("construction vtable for ", node.left(), "-in-", node.right(), "");
            case REFERENCE_TEMPORARY -> surrounded("reference temporary #", node.right(), " for ", node.left(), "");
            case CLONE -> {
                print(node.left());
                append(" [clone ");
                append(node.text);
                append(']');
            }
            case LAMBDA -> lambda(node);
            case UNNAMED_TYPE -> numbered("{unnamed type#", node.number + 1, "}");
            case REFERENCE, RVALUE_REFERENCE -> reference(node);
            default -> {
                if (!types.print(node)) {
                    expressions.print(node);
                }
            }
        }
    }

    void surrounded(String before, Node node, String after) {
        append(before);
        print(node);
        append(after);
    }

    private void surrounded(String before, Node first, String between, Node second, String after) {
        append(before);
        print(first);
        append(between);
        print(second);
        append(after);
    }

    void numbered(String before, int number, String after) {
        append(before);
        append(Integer.toString(number));
        append(after);
    }

    private void moduleName(Node node) {
        printIfAny(node.left);
        if (node.number == 1) {
            append(':');
        } else if (node.left != null) {
            append('.');
        }
        print(node.right());
    }

    /** The name after the {@code ::}; a default argument's scope is printed on the way. */
    Node localName(Node node) {
        Node name = node.right();
        if (!name.is(NodeKind.DEFAULT_ARGUMENT)) {
            return name;
        }
        numbered("{default arg#", name.number + 1, "}::");
        return name.left();
    }

    /** The name goes down to the function type, with its qualifiers, to be printed between result and parameters. */
    private void typedName(Node node) {
        Modifier held = modifiers;
        modifiers = null;
        List<Modifier> pushed = new ArrayList<>();
        Node name = node.left();
        pushed.add(push(name));
        while (name.kind.isFunctionQualifier()) {
            name = name.left();
            pushed.add(push(name));
        }
        if (name.is(NodeKind.LOCAL_NAME)) {
            name = liftQualifiers(name, pushed);
        }
        if (pushed.size() > MAX_NAME_MODIFIERS) {
            throw new NotMangledException();
        }
        boolean isTemplate = name.is(NodeKind.TEMPLATE);
        TemplateScope heldScope = scope;
        if (isTemplate) {
            scope = new TemplateScope(name, scope);
        }
        print(node.right());
        if (isTemplate) {
            scope = heldScope;
        }
        for (int i = pushed.size() - 1; i >= 0; i--) {
            if (!pushed.get(i).printed) {
                append(' ');
                types.modifier(pushed.get(i).node);
            }
        }
        modifiers = held;
    }

    private Modifier push(Node node) {
        modifiers = new Modifier(node, modifiers, scope);
        return modifiers;
    }

    /** The qualifiers of a local function apply to it, not to the function around it. Returns the local name. */
    private Node liftQualifiers(Node localName, List<Modifier> pushed) {
        Node name = localName.right();
        if (name.is(NodeKind.DEFAULT_ARGUMENT)) {
            name = name.left();
        }
        while (name.kind.isFunctionQualifier()) {
            int last = pushed.size() - 1;
            Modifier local = pushed.get(last);
            pushed.set(last, new Modifier(name, local.next, scope));
            pushed.add(local.before(pushed.get(last)));
            modifiers = pushed.get(last + 1);
            name = name.left();
        }
        return name;
    }

    /** Modifiers from outside do not reach into a template's arguments. */
    private void template(Node node) {
        Modifier heldModifiers = modifiers;
        Node heldTemplate = currentTemplate;
        modifiers = null;
        currentTemplate = node;
        print(node.left());
        angleBrackets(node.right());
        modifiers = heldModifiers;
        currentTemplate = heldTemplate;
    }

    /** Keeps {@code <<} and {@code >>} apart. */
    private void angleBrackets(Node arguments) {
        if (lastChar() == '<') {
            append(' ');
        }
        append('<');
        print(arguments);
        if (lastChar() == '>') {
            append(' ');
        }
        append('>');
    }

    private void templateParameter(Node node) {
        if (lambdaDepth > 0) {
            numbered("auto:", node.number + 1, "");
            return;
        }
        TemplateScope held = scope;
        Node argument = argument(node);
        if (argument == null || held == null) {
            throw new NotMangledException();
        }
        // The argument's own parameters belong to the template around this one.
        scope = held.outer();
        print(argument);
        scope = held;
    }

    /** What a template parameter stands for; of a pack, the element of now. */
    private @Nullable Node argument(Node parameter) {
        Node argument = rawArgument(parameter);
        if (argument == null || !argument.is(NodeKind.TEMPLATE_ARGUMENTS)) {
            return argument;
        }
        budget.spend(packIndex);
        return TemplateScope.element(argument, packIndex);
    }

    private @Nullable Node rawArgument(Node parameter) {
        if (scope == null) {
            throw new NotMangledException();
        }
        budget.spend(parameter.number);
        return scope.argument(parameter);
    }

    /** The first argument pack that an expansion's pattern names, or null. */
    @Nullable
    Node findPack(@Nullable Node pattern) {
        if (pattern == null || lambdaDepth > 0) {
            return null;
        }
        budget.enter();
        Node found = switch (pattern.kind) {
            case TEMPLATE_PARAMETER -> {
                Node argument = rawArgument(pattern);
                yield argument != null && argument.is(NodeKind.TEMPLATE_ARGUMENTS) ? argument : null;
            }
            case PACK_EXPANSION, LAMBDA, NAME, TAGGED_NAME, OPERATOR, BUILTIN_TYPE -> null;
            case STANDARD_NAME, UNNAMED_TYPE, FUNCTION_PARAMETER, NUMBER, DEFAULT_ARGUMENT -> null;
            case VENDOR_OPERATOR, CONSTRUCTOR, DESTRUCTOR -> findPack(pattern.left);
            default -> {
                Node left = findPack(pattern.left);
                yield left != null ? left : findPack(pattern.right);
            }
        };
        budget.leave();
        return found;
    }

    private void lambda(Node node) {
        append("{lambda(");
        lambdaDepth++;
        print(node.left());
        lambdaDepth--;
        numbered(")#", node.number + 1, "}");
    }

    /** {@code operator T}: its type may name parameters of the template that the operator is. */
    void conversion(Node node) {
        append("operator ");
        TemplateScope held = scope;
        if (currentTemplate != null) {
            scope = new TemplateScope(currentTemplate, scope);
        }
        Node type = node.left();
        if (!type.is(NodeKind.TEMPLATE)) {
            print(type);
            scope = held;
            return;
        }
        print(type.left());
        scope = held;
        angleBrackets(type.right());
    }

    /** References collapse: {@code & &&} is {@code &}, when the parameter's argument is a reference itself. */
    private void reference(Node node) {
        Node referred = node.left();
        TemplateScope held = scope;
        if (lambdaDepth == 0 && referred.is(NodeKind.TEMPLATE_PARAMETER)) {
            enterCapturedScope(node, referred);
            Node argument = argument(referred);
            if (argument == null) {
                throw new NotMangledException();
            }
            referred = argument;
        }
        if (referred.is(NodeKind.REFERENCE) || referred.is(node.kind)) {
            types.modified(referred, referred.left());
        } else if (referred.is(NodeKind.RVALUE_REFERENCE)) {
            types.modified(node, referred.left());
        } else {
            types.modified(node, node.left());
        }
        scope = held;
    }

    /**
     * A {@code T_&} met again, as a substitution, elsewhere in the tree, means what it meant where it was met first.
     */
    private void enterCapturedScope(Node reference, Node parameter) {
        Captured first = captured.get(parameter);
        if (first == null) {
            captured.put(parameter, new Captured(scope));
            return;
        }
        int last = path.size() - 1;
        for (int i = last; i >= 0; i--) {
            if (path.get(i) == parameter || (path.get(i) == reference && i != last)) {
                return;
            }
        }
        scope = first.scope();
    }
}
