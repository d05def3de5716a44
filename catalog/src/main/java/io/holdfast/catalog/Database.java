package io.holdfast.catalog;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes of one catalog. A write is a transaction; what the same thread reads and writes inside of it belongs to it. Thread-safe.
 *
 * <p>SQLite has one writer at a time, and one that waits for another sleeps in native code, where a virtual thread keeps its carrier: with as many of them as there
 * are cores, the one that writes would get none. So writers of this process wait here, in the order in which they came.
 */
final class Database {
    private final Jdbi jdbi;
    private final Dialect dialect;
    private final Duration patience;
    private final ReentrantLock writing = new ReentrantLock(true);

    /** What this thread's transaction of this database does last; there is one of them for each database, not for each thread alone. */
    @SuppressWarnings("ThreadLocalUsage")
    private final ThreadLocal<@Nullable List<HandleCallback<?, RuntimeException>>> last = new ThreadLocal<>();

    /** What all servers do one after the other. The numbers are those of locks in PostgreSQL, and mean nothing else. */
    enum Turn {
        TAKING_JOBS(0x686f6c6466610001L),
        AUDIT(0x686f6c6466610002L),
        SNAPSHOTS(0x686f6c6466610003L),
        USERS(0x686f6c6466610004L);

        private final long lock;

        Turn(long lock) {
            this.lock = lock;
        }
    }

    /** @param patience how long a write waits for others */
    Database(Jdbi jdbi, Dialect dialect, Duration patience) {
        this.jdbi = jdbi;
        this.dialect = dialect;
        this.patience = patience;
    }

    Dialect dialect() {
        return dialect;
    }

    /** Reads; each statement sees what was there when it began. Nothing is written in here. */
    <T> T read(HandleCallback<T, RuntimeException> work) {
        return jdbi.withHandle(work);
    }

    /** Reads what was there at one moment, however many statements it takes. */
    <T> T readAtOnce(HandleCallback<T, RuntimeException> work) {
        return dialect == Dialect.SQLITE
                ? write(work)
                : jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, work);
    }

    /** Does all of it or, where it throws, nothing. */
    <T> T write(HandleCallback<T, RuntimeException> work) {
        if (dialect != Dialect.SQLITE) {
            return transaction(work);
        }
        try {
            if (!writing.tryLock(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new HoldfastException(
                        ErrorCode.FAILED,
                        "the catalog was busy for " + patience.toSeconds() + " s",
                        "Try again; if it stays so, look whether its disk is slow.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new HoldfastException(
                    ErrorCode.INTERRUPTED, "stopped while waiting for the catalog", "Start it again.", e);
        }
        try {
            return transaction(work);
        } finally {
            writing.unlock();
        }
    }

    private <T> T transaction(HandleCallback<T, RuntimeException> work) {
        if (last.get() != null) {
            return jdbi.inTransaction(work);
        }
        List<HandleCallback<?, RuntimeException>> atEnd = new ArrayList<>();
        last.set(atEnd);
        try {
            return jdbi.inTransaction(handle -> {
                T result = work.withHandle(handle);
                for (HandleCallback<?, RuntimeException> each : atEnd) {
                    each.withHandle(handle);
                }
                return result;
            });
        } finally {
            last.remove();
        }
    }

    /** Writes one statement, and says how many rows it changed. */
    int execute(String sql, @Nullable Object... arguments) {
        return write(handle -> handle.execute(sql, arguments));
    }

    /**
     * Does something as the last of the transaction that this thread is in, or at once in one of its own. What all transactions wait for is done so, or two of them
     * could wait for each other.
     */
    void atEnd(HandleCallback<?, RuntimeException> work) {
        List<HandleCallback<?, RuntimeException>> atEnd = last.get();
        if (atEnd == null) {
            Object ignored = write(work::withHandle);
        } else {
            atEnd.add(work);
        }
    }

    /** Waits until no other transaction has this turn, and has it until the end of this one. In SQLite every transaction that writes is alone anyway. */
    void await(Handle handle, Turn turn) {
        if (dialect == Dialect.POSTGRESQL) {
            handle.execute("SELECT pg_advisory_xact_lock(?)", turn.lock);
        }
    }
}
