package io.holdfast.testkit;

import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.StoreOperation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** What a {@link FaultStore} and its reserved view share: counts, calls that are late, and what changed lately. */
final class FaultState {
    private final int staleCalls;
    private final List<Runnable> late = new ArrayList<>();
    private final Deque<Change> changes = new ArrayDeque<>();
    private FaultScript script;
    private long calls;
    private long mutations;
    private boolean crashed;

    FaultState(FaultScript script, int staleCalls) {
        this.script = script;
        this.staleCalls = staleCalls;
    }

    /** What an object was before a call changed it. */
    private record Change(long callOrdinal, ObjectName name, Optional<ObjectStat> before) {}

    /** Counts a call and tells how it goes wrong. */
    synchronized Optional<Fault> begin(StoreOperation operation, String name) {
        calls++;
        if (operation.isMutation()) {
            mutations++;
        }
        if (crashed) {
            return Optional.of(Fault.crash(Fault.Effect.NONE));
        }
        Optional<Fault> fault = script.faultFor(new FaultScript.Call(operation, name, calls, mutations));
        crashed = fault.filter(Fault.Crash.class::isInstance).isPresent();
        return fault;
    }

    synchronized void setScript(FaultScript next) {
        script = next;
    }

    synchronized long callCount() {
        return calls;
    }

    synchronized long mutationCount() {
        return mutations;
    }

    synchronized boolean hasCrashed() {
        return crashed;
    }

    synchronized void addLate(Runnable call) {
        late.add(call);
    }

    synchronized void settle() {
        late.forEach(Runnable::run);
        late.clear();
    }

    boolean isStale() {
        return staleCalls > 0;
    }

    synchronized void noteBefore(ObjectName name, Optional<ObjectStat> before) {
        changes.addLast(new Change(calls, name, before));
    }

    /** The listing with the changes of the last calls undone, newest first. */
    synchronized List<ObjectStat> listStale(ObjectStore store, String prefix) {
        changes.removeIf(change -> change.callOrdinal() < calls - staleCalls);
        TreeMap<ObjectName, ObjectStat> listed = new TreeMap<>();
        store.list(prefix, object -> listed.put(object.name(), object));
        for (Iterator<Change> newestFirst = changes.descendingIterator(); newestFirst.hasNext(); ) {
            Change change = newestFirst.next();
            if (change.name().value().startsWith(prefix)) {
                change.before()
                        .ifPresentOrElse(stat -> listed.put(change.name(), stat), () -> listed.remove(change.name()));
            }
        }
        return List.copyOf(listed.values());
    }
}
