package io.holdfast.sources.fleet;

import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.sources.fleet.Turns.Decision;
import io.holdfast.testkit.SimulatedCrash;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A process: a thread of its own, those that it starts, and a clock that moves when it sleeps. */
final class Actor implements MonotonicClock {
    private static final int MAX_THREADS = 64;

    private final String name;
    private final World world;
    private final ThreadGroup group;
    private final Thread thread;
    private final AtomicLong nanos = new AtomicLong();

    // What follows belongs to Turns, and is guarded by it.
    final List<Turns.Waiting> waiting = new ArrayList<>();
    int sleepsUntil;
    int priority;
    boolean hasEnded;
    volatile boolean dead;

    /** What an actor does, on a store of its own. */
    @FunctionalInterface
    interface Work {
        void run(Actor actor, Gate store) throws Exception;
    }

    Actor(String name, World world, Work work) {
        this.name = name;
        this.world = world;
        this.group = new ThreadGroup(name);
        this.thread = new Thread(group, () -> live(work), name);
        this.thread.setDaemon(true);
    }

    String name() {
        return name;
    }

    void start() {
        thread.start();
    }

    void join() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Whether nobody but the caller works for this actor. */
    boolean isSingleThreaded() {
        return Thread.currentThread() == thread && group.activeCount() <= 1;
    }

    /** Whether each of its threads waits: for its turn, or for another one. */
    boolean isQuiet() {
        Thread[] threads = new Thread[MAX_THREADS];
        int count = group.enumerate(threads);
        for (int i = 0; i < count; i++) {
            Thread.State state = threads[i].getState();
            boolean waits = state == Thread.State.WAITING
                    || state == Thread.State.TIMED_WAITING
                    || state == Thread.State.BLOCKED;
            Thread one = threads[i];
            if (!waits && waiting.stream().noneMatch(each -> each.thread == one)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public long nanoTime() {
        return nanos.get();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Turns.Outcome outcome = world.turns().await(this, Turns.Risk.READS, "sleeps");
        if (outcome.decision() == Decision.DIE) {
            world.trace().add(name, "DIES as it sleeps");
            throw new SimulatedCrash("asleep");
        }
        long ignored = nanos.addAndGet(Math.max(0, duration.toNanos()));
    }

    // Whatever comes out of the work is judged here.
    @SuppressWarnings("CatchingUnchecked")
    private void live(Work work) {
        try {
            Turns.Outcome ignored = world.turns().await(this, Turns.Risk.NONE, "starts");
            work.run(this, new Gate(this, world));
            world.trace().add(name, "is done");
        } catch (SimulatedCrash e) {
            // Said where it died.
        } catch (HoldfastException e) {
            world.trace().add(name, "ends with an error: " + e.code() + " " + e.getMessage());
            world.judge(this, e);
        } catch (Exception | AssertionError e) {
            if (!dead) {
                StringWriter text = new StringWriter();
                e.printStackTrace(new PrintWriter(text, true));
                world.turns().fail(name + " failed: " + text);
            }
        } finally {
            world.turns().ended(this);
        }
    }
}
