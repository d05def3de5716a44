package io.holdfast.sources.fleet;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.sources.fleet.Turns.Decision;
import io.holdfast.sources.fleet.Turns.Outcome;
import io.holdfast.sources.fleet.Turns.Risk;
import io.holdfast.storage.ArchiveClass;
import io.holdfast.storage.Availability;
import io.holdfast.storage.Capabilities;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStat;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.PutOutcome;
import io.holdfast.storage.ThawRequest;
import io.holdfast.testkit.SimulatedCrash;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The store as one actor sees it: every call waits for its turn, and may go wrong. */
final class Gate implements ObjectStore {
    private static final List<String> DECIDING =
            List.of("snapshots/", "forgotten/", "condemned/", "waits/", "verdict/", "removals/");

    private final Actor actor;
    private final World world;

    Gate(Actor actor, World world) {
        this.actor = actor;
        this.world = world;
    }

    @Override
    public Capabilities capabilities() {
        return new Capabilities(true, true, true, world.parallelPuts(), world.hasLocksAndHosts());
    }

    @Override
    public boolean mayPass(HoldfastException failure) {
        return failure.code() == ErrorCode.STORE_UNREACHABLE;
    }

    @Override
    public PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil) {
        ByteBuffer copy = copy(content);
        return change("puts", name, () -> world.put(name, copy.duplicate(), lockUntil));
    }

    @Override
    public boolean lock(ObjectName name, Instant until) {
        return change("locks", name, () -> world.store().lock(name, until));
    }

    @Override
    public boolean delete(ObjectName name) {
        return change("deletes", name, () -> world.delete(name));
    }

    @Override
    public Optional<ByteBuffer> get(ObjectName name) {
        return read("gets", name.value(), () -> world.store().get(name));
    }

    @Override
    public boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target) {
        return read("reads", name.value(), () -> world.store().getRange(name, offsetBytes, target));
    }

    @Override
    public Optional<ObjectStat> stat(ObjectName name) {
        return read("looks for", name.value(), () -> world.store().stat(name));
    }

    /** In pages: what others put or delete between two of them is seen or not, depending on where it stands. */
    @Override
    public void list(String prefix, Visitor visitor) {
        String[] after = {""};
        int entries = world.odds().pageEntries();
        boolean more = true;
        while (more) {
            List<ObjectStat> page = read("lists", prefix, () -> page(world.store(), prefix, after[0], entries));
            page.forEach(visitor::visit);
            more = page.size() == entries;
            if (more) {
                after[0] = page.getLast().name().value();
            }
        }
    }

    private static List<ObjectStat> page(MemoryStore store, String prefix, String after, int entries) {
        List<ObjectStat> page = new ArrayList<>();
        store.list(prefix, object -> {
            if (page.size() < entries && object.name().value().compareTo(after) > 0) {
                page.add(object);
            }
        });
        return page;
    }

    @Override
    public ObjectStore withDataClass(String storageClass) {
        throw new HoldfastException(ErrorCode.USAGE, "no storage classes are simulated");
    }

    @Override
    public Optional<ArchiveClass> archiveClass(String name) {
        return Optional.empty();
    }

    @Override
    public Optional<Availability> thaw(ObjectName name, ThawRequest request) {
        return Optional.of(Availability.READABLE);
    }

    @Override
    public String describe() {
        return "simulated:";
    }

    @Override
    public void close() {
        // The objects belong to all.
    }

    private <T> T read(String verb, String name, Supplier<T> call) {
        String what = verb + " " + name;
        Outcome outcome = world.turns().await(actor, Risk.READS, what);
        if (outcome.decision() != Decision.GO) {
            throw failure(outcome, what);
        }
        T answer = call.get();
        world.trace().add(actor.name(), what + " " + told(answer));
        return answer;
    }

    private <T> T change(String verb, ObjectName name, Supplier<T> call) {
        String what = verb + " " + name.value();
        Outcome outcome = world.turns().await(actor, risk(name), what);
        if (outcome.decision() == Decision.GO) {
            T answer = call.get();
            world.trace().add(actor.name(), what + (answer == PutOutcome.ALREADY_THERE ? " : already there" : ""));
            world.lookAt(name);
            return answer;
        }
        switch (outcome.effect()) {
            case NONE -> {}
            case DONE -> attempt(call);
            case LATE ->
                world.turns().addLate(what + " of " + actor.name(), () -> {
                    attempt(call);
                    world.lookAt(name);
                });
        }
        RuntimeException failure = failure(outcome, what + ", which happens: " + outcome.effect());
        world.lookAt(name);
        throw failure;
    }

    /** Nobody hears what comes of it. */
    private static void attempt(Supplier<?> call) {
        try {
            Object ignored = call.get();
        } catch (HoldfastException e) {
            if (e.code() != ErrorCode.REFUSED) {
                throw e;
            }
        }
    }

    private static Risk risk(ObjectName name) {
        return DECIDING.stream().anyMatch(name.value()::startsWith) ? Risk.DECIDES : Risk.CHANGES;
    }

    private RuntimeException failure(Outcome outcome, String what) {
        if (outcome.decision() == Decision.DIE) {
            world.trace().add(actor.name(), "DIES as it " + what);
            return new SimulatedCrash(what);
        }
        world.trace().add(actor.name(), "gets no answer as it " + what);
        return new HoldfastException(ErrorCode.STORE_UNREACHABLE, "no answer: " + what);
    }

    private static String told(Object answer) {
        return switch (answer) {
            case List<?> page -> ": " + page.size();
            case Optional<?> found -> found.isPresent() ? "" : ": nothing there";
            case Boolean found -> found ? "" : ": nothing there";
            default -> "";
        };
    }

    private static ByteBuffer copy(List<ByteBuffer> content) {
        ByteBuffer copy = ByteBuffer.allocate(
                content.stream().mapToInt(ByteBuffer::remaining).sum());
        content.forEach(part -> copy.put(part.duplicate()));
        return copy.flip();
    }
}
