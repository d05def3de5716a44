package io.holdfast.cli;

import io.holdfast.core.MonotonicClock;
import io.holdfast.testkit.SimulatedCrash;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A process: a thread of its own and those that it starts, on {@link SimulatedTime}. */
final class SimulatedProcess implements MonotonicClock {
    private static final int MAX_THREADS = 64;

    private final String name;
    private final SimulatedTime time;
    private final ThreadGroup group;
    private final Thread thread;
    // What follows is guarded by the time.
    private final List<SimulatedTime.Waiting> waiting = new ArrayList<>();
    private volatile boolean dead;

    /** What it does. */
    @FunctionalInterface
    interface Life {
        void live(SimulatedProcess self) throws Exception;
    }

    /** @param next what begins when it was killed; absent where nobody starts it again */
    SimulatedProcess(String name, SimulatedTime time, Life life, @Nullable Runnable next) {
        this.name = name;
        this.time = time;
        this.group = new ThreadGroup(name);
        // Trees are read with deep stacks.
        this.thread = new Thread(group, () -> run(life, next), name);
        this.thread.setDaemon(true);
    }

    String name() {
        return name;
    }

    void start() {
        thread.start();
    }

    List<SimulatedTime.Waiting> waiting() {
        return waiting;
    }

    boolean isDead() {
        return dead;
    }

    void die() {
        dead = true;
    }

    /** Whether each of its threads waits: for its time, or for another one. */
    boolean isQuiet() {
        Thread[] threads = new Thread[MAX_THREADS];
        int count = group.enumerate(threads);
        for (int i = 0; i < count; i++) {
            Thread one = threads[i];
            boolean waits = switch (one.getState()) {
                case WAITING, TIMED_WAITING, BLOCKED, TERMINATED -> true;
                default -> false;
            };
            if (!waits && waiting.stream().noneMatch(each -> each.thread() == one)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public long nanoTime() {
        return time.nowNanos();
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        time.await(this, duration);
    }

    // Whatever comes out of a life is judged here.
    @SuppressWarnings("CatchingUnchecked")
    private void run(Life life, @Nullable Runnable next) {
        try {
            time.await(this, Duration.ZERO);
            life.live(this);
        } catch (SimulatedCrash e) {
            if (next != null) {
                next.run();
            }
        } catch (Exception | AssertionError e) {
            StringWriter text = new StringWriter();
            e.printStackTrace(new PrintWriter(text, true));
            time.fail(name + " failed: " + text);
        } finally {
            time.ended(this);
        }
    }
}
