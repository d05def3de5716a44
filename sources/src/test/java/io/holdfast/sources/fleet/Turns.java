package io.holdfast.sources.fleet;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import io.holdfast.testkit.SimulatedCrash;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets one actor work at a time. Each call on the store, and each sleep, is a place where the next one is chosen: whoever calls waits here until it is
 * his turn. The threads of an actor share its turn; it is over when each of them waits, for the store or for another one.
 */
final class Turns {
    private static final int MAX_STEPS = 60_000;
    private static final long POLL_NANOS = 30_000;
    private static final int QUIET_POLLS = 2;
    private static final int MORE_FAULTS_WHERE_IT_DECIDES = 6;
    private static final int MAX_POLLS_WITHOUT_A_STEP = 1_000_000;

    private final Odds odds;
    private final SeededRandom random;
    private final Trace trace;
    private final Consumer<SeededRandom> daysGoBy;
    private final List<Actor> actors = new ArrayList<>();
    private final List<Late> late = new ArrayList<>();
    private @Nullable Actor current;
    private @Nullable Actor lastChosen;
    private int quietPolls;
    private int steps;
    private boolean begun;
    private boolean stopped;
    private Optional<String> failure = Optional.empty();

    /** @param daysGoBy told when somebody stops for days */
    Turns(Odds odds, SeededRandom random, Trace trace, Consumer<SeededRandom> daysGoBy) {
        this.odds = odds;
        this.random = random;
        this.trace = trace;
        this.daysGoBy = daysGoBy;
    }

    /** A put or delete that has not arrived yet. */
    private record Late(String text, Runnable arrive) {}

    /** What a call may suffer. */
    enum Risk {
        NONE,
        /** It fails, or the process dies. */
        READS,
        /** The same, and it may happen all the same, at once or late. */
        CHANGES,
        /** The same, and oftener: what it puts or deletes decides what others do. */
        DECIDES
    }

    /** What becomes of a call. */
    enum Decision {
        GO,
        /** The call fails; whether it happens, and when, is the effect's. */
        LOSE,
        /** The same, and the process is no more. */
        DIE
    }

    /** When a call that fails happens all the same. */
    enum Effect {
        NONE,
        DONE,
        LATE
    }

    record Outcome(Decision decision, Effect effect) {
        static final Outcome GO = new Outcome(Decision.GO, Effect.DONE);
    }

    /** A thread that waits for its turn. */
    static final class Waiting {
        final Thread thread = Thread.currentThread();
        final Risk risk;
        volatile @Nullable Outcome outcome;
        volatile boolean aborted;

        Waiting(Risk risk) {
            this.risk = risk;
        }
    }

    synchronized void add(Actor actor) {
        actors.add(actor);
    }

    /** Runs all actors to their ends. */
    void runAll() {
        List<Actor> all;
        synchronized (this) {
            all = List.copyOf(actors);
        }
        for (Actor actor : all) {
            actor.start();
        }
        watch();
        for (Actor actor : all) {
            actor.join();
        }
    }

    /** What went wrong, where something did. */
    synchronized Optional<String> failure() {
        return failure;
    }

    synchronized int steps() {
        return steps;
    }

    /** Ends everything: the first thing that is wrong is what the trace shall end with. */
    synchronized void fail(String what) {
        if (failure.isEmpty()) {
            failure = Optional.of(what);
            trace.add("", "WRONG: " + what);
        }
        stop();
    }

    private void stop() {
        stopped = true;
        for (Actor actor : actors) {
            abort(actor);
        }
    }

    private static void abort(Actor actor) {
        for (Waiting waiting : actor.waiting) {
            waiting.aborted = true;
            LockSupport.unpark(waiting.thread);
        }
        actor.waiting.clear();
    }

    /**
     * Waits until it is this thread's turn.
     *
     * @throws SimulatedCrash where the process has died
     */
    Outcome await(Actor actor, Risk risk, String what) {
        Waiting mine = new Waiting(risk);
        synchronized (this) {
            requireAlive(actor);
            requireNotInterrupted(actor, mine, what);
            actor.waiting.add(mine);
            if (actor == current && actor.isSingleThreaded()) {
                next();
            }
        }
        while (mine.outcome == null && !mine.aborted) {
            LockSupport.park(this);
            if (Thread.currentThread().isInterrupted()) {
                synchronized (this) {
                    if (mine.outcome == null && !mine.aborted) {
                        requireNotInterrupted(actor, mine, what);
                    }
                }
            }
        }
        Outcome outcome = mine.outcome;
        if (outcome == null) {
            throw new SimulatedCrash(actor.name() + " is no more");
        }
        if (outcome.decision() == Decision.DIE) {
            synchronized (this) {
                actor.dead = true;
                abort(actor);
            }
        }
        return outcome;
    }

    private void requireAlive(Actor actor) {
        if (stopped || actor.dead) {
            throw new SimulatedCrash(actor.name() + " is no more");
        }
    }

    private static void requireNotInterrupted(Actor actor, Waiting mine, String what) {
        if (Thread.currentThread().isInterrupted()) {
            actor.waiting.remove(mine);
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted: " + what);
        }
    }

    synchronized void ended(Actor actor) {
        actor.hasEnded = true;
        abort(actor);
        if (actor == current) {
            next();
        }
    }

    synchronized void addLate(String text, Runnable arrive) {
        late.add(new Late(text, arrive));
    }

    /** What is still under way arrives, or never does. */
    synchronized void settle() {
        while (!late.isEmpty()) {
            Late one = late.remove(random.nextInt(late.size()));
            if (!random.oneIn(4)) {
                arrive(one);
            }
        }
    }

    private void arrive(Late one) {
        trace.add("", one.text() + " arrives");
        one.arrive().run();
    }

    /** Sees when the turn of an actor of several threads is over. */
    private void watch() {
        int polls = 0;
        int stepsBefore = -1;
        while (true) {
            synchronized (this) {
                if (actors.stream().allMatch(actor -> actor.hasEnded)) {
                    return;
                }
                polls = steps == stepsBefore ? polls + 1 : 0;
                stepsBefore = steps;
                if (polls > MAX_POLLS_WITHOUT_A_STEP) {
                    fail("nobody goes on; " + (current == null ? "nobody" : current.name()) + " has the turn");
                }
                if (!stopped && isTurnOver()) {
                    next();
                }
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private boolean isTurnOver() {
        if (!begun) {
            begun = actors.stream().allMatch(actor -> !actor.waiting.isEmpty());
            return begun;
        }
        Actor actor = current;
        boolean quiet = actor == null || actor.hasEnded || (!actor.waiting.isEmpty() && actor.isQuiet());
        quietPolls = quiet ? quietPolls + 1 : 0;
        return quietPolls >= QUIET_POLLS;
    }

    /** Chooses who goes on. */
    private void next() {
        quietPolls = 0;
        current = null;
        if (stopped) {
            return;
        }
        if (++steps > MAX_STEPS) {
            fail("more than " + MAX_STEPS + " steps");
            return;
        }
        if (!late.isEmpty() && random.oneIn(odds.lateOneIn())) {
            arrive(late.remove(random.nextInt(late.size())));
            if (stopped) {
                return;
            }
        }
        List<Actor> ready =
                actors.stream().filter(actor -> !actor.waiting.isEmpty()).toList();
        if (ready.isEmpty()) {
            return;
        }
        List<Actor> awake =
                ready.stream().filter(actor -> actor.sleepsUntil <= steps).toList();
        Actor chosen = awake.isEmpty() ? random.pick(ready) : choose(awake);
        chosen.sleepsUntil = 0;
        if (random.oneIn(odds.stallOneIn())) {
            // For days: the others do all they want to do meanwhile, or much of it.
            chosen.sleepsUntil = steps + (random.oneIn(3) ? MAX_STEPS : 20 + random.nextInt(600));
            daysGoBy.accept(random);
        }
        current = chosen;
        Waiting turn = chosen.waiting.removeFirst();
        turn.outcome = outcome(turn);
        LockSupport.unpark(turn.thread);
    }

    private Actor choose(List<Actor> awake) {
        if (odds.byPriority()) {
            // The one with the highest goes on until it loses it: few changes, at places that nobody foresees.
            Actor first =
                    awake.stream().max(Comparator.comparingInt(a -> a.priority)).orElseThrow();
            if (random.oneIn(odds.switchOneIn())) {
                first.priority = actors.stream().mapToInt(a -> a.priority).min().orElse(0) - 1;
            }
            return first;
        }
        Actor last = lastChosen;
        if (last != null && awake.contains(last) && !random.oneIn(odds.switchOneIn())) {
            return last;
        }
        lastChosen = random.pick(awake);
        return lastChosen;
    }

    private Outcome outcome(Waiting turn) {
        if (turn.risk == Risk.NONE) {
            return Outcome.GO;
        }
        boolean decides = turn.risk == Risk.DECIDES;
        Effect effect = decides || turn.risk == Risk.CHANGES ? random.pick(List.of(Effect.values())) : Effect.NONE;
        int oftener = decides ? MORE_FAULTS_WHERE_IT_DECIDES : 1;
        if (random.oneIn(odds.dieOneIn() / oftener)) {
            return new Outcome(Decision.DIE, effect);
        }
        return random.oneIn(odds.loseOneIn() / oftener) ? new Outcome(Decision.LOSE, effect) : Outcome.GO;
    }
}
