package io.holdfast.catalog;

import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Slows down whoever guesses passwords: by the name of the user and by address, over all servers. An attempt is counted before the password is checked, so that
 * many at once are no way around. The pause of a user is short, or anybody could lock him out. Thread-safe.
 */
public final class LoginThrottle {
    private static final Duration FORGOTTEN = Duration.ofDays(1);
    private static final int MAX_NAME = 64;
    private static final int IPV6_NETWORK_BYTES = 8;
    private static final int MAX_DOUBLINGS = 20;

    private final Database database;
    private final InstantSource clock;

    /** By what attempts are counted, and how long one waits after too many. */
    private enum By {
        USER(5, Duration.ofMinutes(1)),
        /** Many people may share one. */
        ADDRESS(20, Duration.ofMinutes(15));

        private final long free;
        private final Duration longest;

        By(long free, Duration longest) {
            this.free = free;
            this.longest = longest;
        }

        /** After so many failures: a second, doubled with each further one. */
        private Duration pause(long failures) {
            if (failures < free) {
                return Duration.ZERO;
            }
            Duration pause = Duration.ofSeconds(1L << Math.min(failures - free, MAX_DOUBLINGS));
            return pause.compareTo(longest) > 0 ? longest : pause;
        }
    }

    /** Somebody or somewhere of whom failures are counted. */
    private record Subject(By by, String name) {}

    LoginThrottle(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Asks whether somebody may try a password now; if so, that counts as a failure until {@link #succeeded} is told.
     *
     * @param user as it was typed, whether there is one or not
     * @return how long to wait; zero: the password may be checked
     */
    public Duration attempt(String user, InetAddress address) {
        Instant now = clock.instant();
        List<Subject> subjects = subjects(user, address);
        // Who has to wait writes nothing: whatever names a stranger thinks of, they take no room.
        long known = database.read(handle -> subjects.stream()
                .mapToLong(subject -> value(handle, "until_micros", subject))
                .max()
                .orElse(0));
        if (known > Micros.of(now)) {
            return Duration.between(now, Micros.instant(known));
        }
        return database.write(handle -> {
            for (Subject subject : subjects) {
                // The row is held until the end: of many at once, each sees what the one before has counted.
                handle.execute(
                        "INSERT INTO login_failures (kind, subject, failures, until_micros, last_micros) VALUES (?, ?, 0, 0, ?)"
                                + " ON CONFLICT (kind, subject) DO UPDATE SET last_micros = excluded.last_micros,"
                                + " failures = CASE WHEN login_failures.last_micros < ? THEN 0"
                                + " ELSE login_failures.failures END",
                        Words.of(subject.by()),
                        subject.name(),
                        Micros.of(now),
                        Micros.of(now.minus(FORGOTTEN)));
            }
            long until = subjects.stream()
                    .mapToLong(subject -> value(handle, "until_micros", subject))
                    .max()
                    .orElse(0);
            if (until > Micros.of(now)) {
                return Duration.between(now, Micros.instant(until));
            }
            for (Subject subject : subjects) {
                long failures = value(handle, "failures", subject) + 1;
                set(handle, subject, failures, now.plus(subject.by().pause(failures)));
            }
            return Duration.ZERO;
        });
    }

    /** The password of an attempt was right: nothing is held against the user any more, and of the address one attempt less. */
    public void succeeded(String user, InetAddress address) {
        settle(user, address, true);
    }

    /** The password of an attempt was right, and a code is still to come: the attempt counts not, and those before it do. */
    public void passed(String user, InetAddress address) {
        settle(user, address, false);
    }

    private void settle(String user, InetAddress address, boolean forgetsUser) {
        Instant now = clock.instant();
        boolean ignored = database.write(handle -> {
            for (Subject subject : subjects(user, address)) {
                long failures = forgetsUser && subject.by() == By.USER
                        ? 0
                        : Math.max(0, value(handle, "failures", subject) - 1);
                set(handle, subject, failures, now.plus(subject.by().pause(failures)));
            }
            return true;
        });
    }

    /** Forgets those of whom nothing was heard for a day. */
    public void removeOld() {
        int ignored = database.execute(
                "DELETE FROM login_failures WHERE last_micros < ?",
                Micros.of(clock.instant().minus(FORGOTTEN)));
    }

    private static void set(Handle handle, Subject subject, long failures, Instant until) {
        handle.execute(
                "UPDATE login_failures SET failures = ?, until_micros = ? WHERE kind = ? AND subject = ?",
                failures,
                Micros.of(until),
                Words.of(subject.by()),
                subject.name());
    }

    private static long value(Handle handle, String column, Subject subject) {
        return handle.select(
                        "SELECT " + column + " FROM login_failures WHERE kind = ? AND subject = ?",
                        Words.of(subject.by()),
                        subject.name())
                .mapTo(Long.class)
                .findFirst()
                .orElse(0L);
    }

    /** Always in this order, or two could wait for each other. Whoever has an address of IPv6 has all of its network. */
    private static List<Subject> subjects(String user, InetAddress address) {
        byte[] bytes = address.getAddress();
        byte[] network = bytes.length > IPV6_NETWORK_BYTES ? Arrays.copyOf(bytes, IPV6_NETWORK_BYTES) : bytes;
        return List.of(
                new Subject(By.USER, Texts.storable(user, MAX_NAME)),
                new Subject(By.ADDRESS, HexFormat.of().formatHex(network)));
    }
}
