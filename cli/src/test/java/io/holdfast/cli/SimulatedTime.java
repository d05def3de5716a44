package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import io.holdfast.testkit.SimulatedCrash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Time of which a simulation has as much as it likes: it goes on when everybody waits. One process works at a time; the one that goes on is drawn from those whose waiting
 * is over. The threads of a process share its turn, which ends when each of them waits, for its time or for another one.
 */
final class SimulatedTime {
    private static final long POLL_NANOS = 20_000;
    private static final int QUIET_POLLS = 2;
    private static final int MAX_STEPS = 200_000;
    private static final int MAX_POLLS_OF_A_TURN = 1_500_000;

    private final SeededRandom random;
    private final List<SimulatedProcess> processes = new ArrayList<>();
    private long nowNanos;
    private @Nullable SimulatedProcess current;
    private boolean begun;
    private boolean stopped;
    private int quietPolls;
    private int steps;
    private Optional<String> failure = Optional.empty();

    SimulatedTime(SeededRandom random) {
        this.random = random;
    }

    /** A thread that waits. */
    static final class Waiting {
        private final Thread thread = Thread.currentThread();
        private final long untilNanos;
        private volatile boolean chosen;
        private volatile boolean aborted;

        Waiting(long untilNanos) {
            this.untilNanos = untilNanos;
        }

        Thread thread() {
            return thread;
        }
    }

    synchronized long nowNanos() {
        return nowNanos;
    }

    synchronized int steps() {
        return steps;
    }

    synchronized Optional<String> failure() {
        return failure;
    }

    /** Has a process take part from now on; after the end nothing begins any more. */
    synchronized void start(SimulatedProcess process) {
        if (stopped) {
            return;
        }
        processes.add(process);
        process.start();
    }

    /**
     * Waits, and lets others work.
     *
     * @throws SimulatedCrash where the process has died meanwhile
     * @throws HoldfastException {@code INTERRUPTED}
     */
    void await(SimulatedProcess process, Duration pause) {
        Waiting mine;
        synchronized (this) {
            if (stopped || process.isDead()) {
                throw new SimulatedCrash(process.name() + " is no more");
            }
            requireNotInterrupted();
            mine = new Waiting(nowNanos + Math.max(0, pause.toNanos()));
            process.waiting().add(mine);
        }
        while (!mine.chosen && !mine.aborted) {
            LockSupport.park(this);
            if (Thread.currentThread().isInterrupted()) {
                synchronized (this) {
                    if (!mine.chosen && !mine.aborted) {
                        process.waiting().remove(mine);
                        requireNotInterrupted();
                    }
                }
            }
        }
        if (mine.aborted) {
            throw new SimulatedCrash(process.name() + " is no more");
        }
    }

    private static void requireNotInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new HoldfastException(ErrorCode.INTERRUPTED, "interrupted");
        }
    }

    /** Ends a process, which notices at its next step. */
    synchronized void kill(SimulatedProcess process) {
        process.die();
        for (Waiting waiting : process.waiting()) {
            waiting.aborted = true;
            LockSupport.unpark(waiting.thread);
        }
        process.waiting().clear();
    }

    synchronized void fail(String what) {
        if (failure.isEmpty()) {
            failure = Optional.of(what);
        }
        stop();
    }

    /** Ends all that is under way. */
    synchronized void stop() {
        stopped = true;
        List.copyOf(processes).forEach(this::kill);
    }

    synchronized void ended(SimulatedProcess process) {
        kill(process);
        processes.remove(process);
    }

    /** Lets everybody work until all have ended. */
    void run() {
        int polls = 0;
        int stepsBefore = -1;
        while (true) {
            synchronized (this) {
                if (processes.isEmpty()) {
                    return;
                }
                polls = steps == stepsBefore ? polls + 1 : 0;
                stepsBefore = steps;
                if (polls > MAX_POLLS_OF_A_TURN) {
                    fail("nobody goes on; " + (current == null ? "nobody" : current.name()) + " has the turn");
                }
                if (!stopped && isTurnOver()) {
                    next();
                }
            }
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.interrupted()) {
                throw new AssertionError("not done in time");
            }
        }
    }

    private boolean isTurnOver() {
        if (!begun) {
            begun = processes.stream().noneMatch(process -> process.waiting().isEmpty());
            return begun;
        }
        SimulatedProcess process = current;
        boolean quiet = process == null
                || !processes.contains(process)
                || !process.waiting().isEmpty() && process.isQuiet();
        // Who has died may still be about to begin anew.
        quiet &= processes.stream().noneMatch(each -> each.waiting().isEmpty() && each != process);
        quietPolls = quiet ? quietPolls + 1 : 0;
        return quietPolls >= QUIET_POLLS;
    }

    private void next() {
        quietPolls = 0;
        current = null;
        if (++steps > MAX_STEPS) {
            fail("more than " + MAX_STEPS + " steps");
            return;
        }
        long earliest = processes.stream()
                .flatMap(process -> process.waiting().stream())
                .mapToLong(waiting -> waiting.untilNanos)
                .min()
                .orElse(nowNanos);
        nowNanos = Math.max(nowNanos, earliest);
        List<SimulatedProcess> ready = processes.stream()
                .filter(process -> process.waiting().stream().anyMatch(waiting -> waiting.untilNanos <= nowNanos))
                .toList();
        if (stopped || ready.isEmpty()) {
            return;
        }
        SimulatedProcess chosen = random.pick(ready);
        Waiting turn = chosen.waiting().stream()
                .filter(waiting -> waiting.untilNanos <= nowNanos)
                .findFirst()
                .orElseThrow();
        chosen.waiting().remove(turn);
        current = chosen;
        turn.chosen = true;
        LockSupport.unpark(turn.thread);
    }
}
