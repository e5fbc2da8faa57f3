// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mangled C++ name to its tree: encodings, special names, and the state that names, types and expressions share.
 * Paragraph numbers are those of the Itanium C++ ABI. Any violation throws {@link NotMangledException}.
 */
final class ItaniumParser {
    final MangledCursor in;
    final DemangleBudget budget;
    final ItaniumNames names;
    final ItaniumTypes types;
    final ItaniumExpressions expressions;

    private final List<Node> substitutions = new ArrayList<>();

    /** The class name that a constructor or destructor name, which follows, repeats. */
    @Nullable
    Node lastName;

    /** In an expression {@code cv} is a cast, elsewhere a conversion operator. */
    boolean inExpression;

    /** In the type of a conversion operator, where {@code T_I…} may mean two things. */
    boolean inConversion;

    private final boolean oldUnresolvedNames;
    private boolean metUnresolvedPrefix;

    /** {@code oldUnresolvedNames}: see {@link #unresolvedScope}. */
    ItaniumParser(String mangled, DemangleBudget budget, boolean oldUnresolvedNames) {
        this.oldUnresolvedNames = oldUnresolvedNames;
        this.in = new MangledCursor(mangled, 0);
        this.budget = budget;
        this.names = new ItaniumNames(this);
        this.types = new ItaniumTypes(this);
        this.expressions = new ItaniumExpressions(this);
    }

    /** 5.1.2: the whole text, {@code _Z <encoding> [. <vendor-specific suffix>]}. */
    Node parse() {
        Node node = globalKeyed();
        if (node == null) {
            node = encodedName();
        }
        while (atCloneSuffix()) {
            node = Node.text(NodeKind.CLONE, cloneSuffix(), node);
        }
        if (!in.atEnd()) {
            throw new NotMangledException();
        }
        return node;
    }

    private Node encodedName() {
        in.expect('_');
        in.expect('Z');
        return encoding();
    }

    /** {@code _GLOBAL__I_<name>}, GNU's functions that run static constructors. */
    private @Nullable Node globalKeyed() {
        int start = in.position();
        String prefix = "_GLOBAL_";
        for (int i = 0; i < prefix.length(); i++) {
            if (!in.take(prefix.charAt(i))) {
                in.position(start);
                return null;
            }
        }
        boolean separated = in.take('.') || in.take('_') || in.take('$');
        char what = in.next();
        if (!separated || (what != 'I' && what != 'D') || !in.take('_')) {
            throw new NotMangledException();
        }
        Node key = in.at('_', 'Z') ? encodedName() : Node.name(restOfText());
        return Node.text(
                NodeKind.SPECIAL_NAME,
                what == 'I' ? "global constructors keyed to " : "global destructors keyed to ",
                key);
    }

    private String restOfText() {
        int start = in.position();
        while (!in.atEnd()) {
            in.skip(1);
        }
        return in.since(start);
    }

    private boolean atCloneSuffix() {
        char c = in.peek(1);
        return in.peek() == '.' && (MangledCursor.isLower(c) || MangledCursor.isDigit(c) || c == '_');
    }

    /** GNU: {@code .constprop.0}, {@code .isra.0.cold}: a word, then numbers. */
    private String cloneSuffix() {
        int start = in.position();
        in.skip(2);
        while (MangledCursor.isLower(in.peek()) || MangledCursor.isDigit(in.peek()) || in.peek() == '_') {
            in.skip(1);
        }
        while (in.peek() == '.' && MangledCursor.isDigit(in.peek(1))) {
            in.skip(2);
            while (MangledCursor.isDigit(in.peek())) {
                in.skip(1);
            }
        }
        return in.since(start);
    }

    /** 5.1.2 {@code <encoding>}: a function with its type, data, or a special name. */
    Node encoding() {
        budget.enter();
        Node node;
        if (in.peek() == 'G' || in.peek() == 'T') {
            node = specialName();
        } else {
            node = names.name();
            if (!in.atEnd() && in.peek() != 'E') {
                node = Node.of(NodeKind.TYPED_NAME, node, types.bareFunctionType(hasReturnType(node)));
            }
        }
        budget.leave();
        return node;
    }

    /** 5.1.5.3: only template functions carry their return type, and not constructors, destructors or conversions. */
    private static boolean hasReturnType(Node name) {
        Node node = name;
        while (node.is(NodeKind.LOCAL_NAME) || node.kind.isFunctionQualifier()) {
            node = node.is(NodeKind.LOCAL_NAME) ? node.right() : node.left();
        }
        return node.is(NodeKind.TEMPLATE) && !isConstructorDestructorOrConversion(node.left());
    }

    private static boolean isConstructorDestructorOrConversion(Node name) {
        Node node = name;
        while (node.is(NodeKind.QUALIFIED_NAME) || node.is(NodeKind.LOCAL_NAME)) {
            node = node.right();
        }
        return node.is(NodeKind.CONSTRUCTOR) || node.is(NodeKind.DESTRUCTOR) || node.is(NodeKind.CONVERSION);
    }

    /** 5.1.4 {@code <special-name>}, with GNU's additions. */
    private Node specialName() {
        return in.next() == 'T' ? tableOrThunk() : guardOrAlias();
    }

    private Node tableOrThunk() {
        char what = in.next();
        return switch (what) {
            case 'V' -> special("vtable for ", types.type());
            case 'T' -> special("VTT for ", types.type());
            case 'I' -> special("typeinfo for ", types.type());
            case 'S' -> special("typeinfo name for ", types.type());
            case 'F' -> special("typeinfo fn for ", types.type());
            case 'J' -> special("java Class for ", types.type());
            case 'H' -> special("TLS init function for ", names.name());
            case 'W' -> special("TLS wrapper function for ", names.name());
            case 'A' -> special("template parameter object for ", expressions.templateArgument());
            case 'h' -> {
                callOffset('h');
                yield special("non-virtual thunk to ", encoding());
            }
            case 'v' -> {
                callOffset('v');
                yield special("virtual thunk to ", encoding());
            }
            case 'c' -> {
                callOffset(in.next());
                callOffset(in.next());
                yield special("covariant return thunk to ", encoding());
            }
            case 'C' -> constructionVtable();
            default -> throw new NotMangledException();
        };
    }

    private Node constructionVtable() {
        Node derived = types.type();
        if (in.number() < 0) {
            throw new NotMangledException();
        }
        in.expect('_');
        Node base = types.type();
        return Node.of(NodeKind.CONSTRUCTION_VTABLE, base, derived);
    }

    private Node guardOrAlias() {
        char what = in.next();
        return switch (what) {
            case 'V' -> special("guard variable for ", names.name());
            case 'R' -> {
                Node name = names.name();
                yield Node.of(NodeKind.REFERENCE_TEMPORARY, name, Node.numbered(NodeKind.NUMBER, in.number(), null));
            }
            case 'A' -> special("hidden alias for ", encoding());
            case 'I' -> special("initializer for module ", names.moduleName());
            case 'T' -> special(in.next() == 'n' ? "non-transaction clone for " : "transaction clone for ", encoding());
            default -> throw new NotMangledException();
        };
    }

    /** {@code <call-offset> ::= h <nv-offset> _ | v <v-offset> _ <virtual offset> _}. */
    private void callOffset(char kind) {
        if (kind != 'h' && kind != 'v') {
            throw new NotMangledException();
        }
        int unusedOffset = in.number();
        in.expect('_');
        if (kind == 'v') {
            unusedOffset = in.number();
            in.expect('_');
        }
    }

    private static Node special(String prefix, Node of) {
        return Node.text(NodeKind.SPECIAL_NAME, prefix, of);
    }

    /**
     * 5.1.6.1 {@code sr}: the scope of an unresolved name, {@code <prefix> E} or a type. Old mangling left the {@code
     * E} out, {@code sr1A1x} for today's {@code sr1AE1x}: which it is, shows only at the end of the name.
     */
    Node unresolvedScope() {
        char c = in.peek();
        boolean prefix = MangledCursor.isDigit(c) || MangledCursor.isLower(c) || c == 'C' || c == 'U' || c == 'L';
        if (oldUnresolvedNames || !prefix) {
            return types.type();
        }
        metUnresolvedPrefix = true;
        Node scope = names.prefix(false);
        in.take('E');
        return scope;
    }

    /** After a failure: whether another parser should read unresolved names the old way. */
    boolean mayHaveOldUnresolvedNames() {
        return metUnresolvedPrefix;
    }

    Node addSubstitution(Node node) {
        substitutions.add(node);
        return node;
    }

    /** How many candidates there are: together with a position of {@link #in}, a point to go back to. */
    int substitutionCount() {
        return substitutions.size();
    }

    void forgetSubstitutionsFrom(int count) {
        substitutions.subList(count, substitutions.size()).clear();
    }

    /** 5.1.9 {@code <substitution>}; {@code inPrefix}: a constructor's name may follow. */
    Node substitution(boolean inPrefix) {
        in.expect('S');
        char c = in.peek();
        if (c == '_' || MangledCursor.isDigit(c) || MangledCursor.isUpper(c)) {
            int index = in.sequenceNumber();
            if (index >= substitutions.size()) {
                throw new NotMangledException();
            }
            return substitutions.get(index);
        }
        in.skip(1);
        // A constructor of std::string is basic_string's, so the abbreviation is spelled out before it.
        boolean full = inPrefix && (in.peek() == 'C' || in.peek() == 'D');
        Node node = standardName(c, full);
        if (in.peek() == 'B') {
            node = addSubstitution(names.abiTags(node));
        }
        return node;
    }

    private Node standardName(char letter, boolean full) {
        return switch (letter) {
            case 't' -> Node.text(NodeKind.STANDARD_NAME, "std", null);
            case 'a' -> standardName("std::allocator", "allocator");
            case 'b' -> standardName("std::basic_string", "basic_string");
            case 's' ->
                standardName(
                        full ? "std::basic_string<char, std::char_traits<char>, std::allocator<char> >" : "std::string",
                        "basic_string");
            case 'i' ->
                standardName(
                        full ? "std::basic_istream<char, std::char_traits<char> >" : "std::istream", "basic_istream");
            case 'o' ->
                standardName(
                        full ? "std::basic_ostream<char, std::char_traits<char> >" : "std::ostream", "basic_ostream");
            case 'd' ->
                standardName(
                        full ? "std::basic_iostream<char, std::char_traits<char> >" : "std::iostream",
                        "basic_iostream");
            default -> throw new NotMangledException();
        };
    }

    private Node standardName(String text, String className) {
        lastName = Node.text(NodeKind.STANDARD_NAME, className, null);
        return Node.text(NodeKind.STANDARD_NAME, text, null);
    }
}
