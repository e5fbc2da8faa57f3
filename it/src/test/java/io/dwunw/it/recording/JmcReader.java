// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmc.common.IMCFrame;
import org.openjdk.jmc.common.IMCMethod;
import org.openjdk.jmc.common.IMCStackTrace;
import org.openjdk.jmc.common.IMCThread;
import org.openjdk.jmc.common.item.IAccessorKey;
import org.openjdk.jmc.common.item.IItem;
import org.openjdk.jmc.common.item.IItemCollection;
import org.openjdk.jmc.common.item.IItemIterable;
import org.openjdk.jmc.common.item.IType;
import org.openjdk.jmc.common.item.ItemFilters;
import org.openjdk.jmc.common.unit.IQuantity;
import org.openjdk.jmc.common.unit.UnitLookup;
import org.openjdk.jmc.flightrecorder.CouldNotLoadRecordingException;
import org.openjdk.jmc.flightrecorder.JfrAttributes;
import org.openjdk.jmc.flightrecorder.JfrLoaderToolkit;
import org.openjdk.jmc.flightrecorder.stacktrace.FrameSeparator;
import org.openjdk.jmc.flightrecorder.stacktrace.FrameSeparator.FrameCategorization;
import org.openjdk.jmc.flightrecorder.stacktrace.tree.Node;
import org.openjdk.jmc.flightrecorder.stacktrace.tree.StacktraceTreeModel;

/** The parser and the tree model of JDK Mission Control. */
public final class JmcReader implements RecordingReader {
    @Override
    public List<AgentEvent> read(Path recording, String eventType) throws IOException {
        List<AgentEvent> events = new ArrayList<>();
        for (IItemIterable items : items(recording, eventType)) {
            IType<IItem> type = items.getType();
            for (IItem item : items) {
                events.add(agentEvent(type, item));
            }
        }
        return events.stream().sorted(Comparator.comparing(AgentEvent::time)).toList();
    }

    /** The root of the tree that JMC's stack trace view shows of these events, callers above callees. */
    public static Node tree(Path recording, String eventType) throws IOException {
        FrameSeparator byMethod = new FrameSeparator(FrameCategorization.METHOD, false);
        return new StacktraceTreeModel(items(recording, eventType), byMethod, false).getRoot();
    }

    private static IItemCollection items(Path recording, String eventType) throws IOException {
        try {
            return JfrLoaderToolkit.loadEvents(recording.toFile()).apply(ItemFilters.type(eventType));
        } catch (CouldNotLoadRecordingException e) {
            throw new IOException(e);
        }
    }

    private static AgentEvent agentEvent(IType<IItem> type, IItem item) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        List<Frame> stack = new ArrayList<>();
        for (IAccessorKey<?> key : type.getAccessorKeys().keySet()) {
            Object value = type.getAccessor(key).getMember(item);
            if (value instanceof IMCStackTrace trace) {
                trace.getFrames().forEach(frame -> stack.add(frame(frame)));
            } else {
                values.put(key.getIdentifier(), plain(value));
            }
        }
        IQuantity start = JfrAttributes.START_TIME.getAccessor(type).getMember(item);
        Instant time = Instant.EPOCH.plusNanos(start.clampedLongValueIn(UnitLookup.EPOCH_NS));
        return new AgentEvent(type.getIdentifier(), time, values, stack);
    }

    private static @Nullable Object plain(@Nullable Object value) {
        if (value instanceof IMCThread thread) {
            return thread.getThreadName();
        }
        if (value instanceof IQuantity quantity) {
            if (quantity.getType().equals(UnitLookup.TIMESPAN)) {
                return quantity.clampedLongValueIn(UnitLookup.NANOSECOND);
            }
            if (quantity.getType().equals(UnitLookup.MEMORY)) {
                return quantity.clampedLongValueIn(UnitLookup.BYTE);
            }
            return quantity.longValue();
        }
        return value;
    }

    private static Frame frame(IMCFrame frame) {
        IMCMethod method = frame.getMethod();
        Integer line = frame.getFrameLineNumber();
        return Frame.shown(method.getType().getFullName(), method.getMethodName(), line == null ? 0 : line);
    }
}
