// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/**
 * Superclass of all generated classes: an object that, when one of its methods is called, calls on. Public only because
 * its subclasses live in other class loaders.
 *
 * <p>The methods that subclasses add bear the names of other people's functions. Whatever is declared here or in {@link
 * Object} must be known to {@link ClassFileNames}, which keeps foreign names from overriding it.
 */
public abstract class ReplayNode implements Cloneable {
    /** The callee: another node, or the {@link EventSlot} if this is the innermost frame. */
    @SuppressWarnings("NullAway.Init") // set by calling() before any use; prototypes are never called
    public Object next;

    /** Which of the calls that the method makes is this frame's: its index in the method's switch. */
    public int site;

    protected ReplayNode() {}

    final ReplayNode calling(Object callee, int ofSite) {
        try {
            ReplayNode node = (ReplayNode) clone();
            node.next = callee;
            node.site = ofSite;
            return node;
        } catch (CloneNotSupportedException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
