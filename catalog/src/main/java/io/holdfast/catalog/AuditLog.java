package io.holdfast.catalog;

import io.holdfast.catalog.Database.Turn;
import io.holdfast.core.HoldfastException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * What was done by whom, as a chain of hashes: who changes or removes an entry breaks the chain there, and who cuts its end is found out by a {@link Head} that was
 * written down elsewhere. Thread-safe, for any number of servers.
 */
public final class AuditLog {
    private static final String COLUMNS = "sequence, at_micros, actor, action, object, details, hash";
    private static final int VERIFY_PAGE = 1_000;
    private static final int MAX_WORD = 1_000;
    private static final int MAX_DETAILS = 65_536;

    private final Database database;
    private final InstantSource clock;

    /**
     * The end of the chain at some time, to be kept where nobody who can write the catalog can change it. Its text is {@code SEQUENCE:HASH}.
     *
     * @param sequence 0 where there is no entry
     */
    public record Head(long sequence, String hash) {
        private static final Pattern FORM = Pattern.compile("([0-9]{1,18}):([0-9a-f]{64})");

        public static Head parse(String text) {
            Matcher matcher = FORM.matcher(text.strip());
            if (!matcher.matches()) {
                throw HoldfastException.usage(
                        "'" + text + "' is no end of an audit log",
                        "Write it as it was exported: a number, a colon, 64 digits.");
            }
            return new Head(Long.parseLong(matcher.group(1)), matcher.group(2));
        }

        public String text() {
            return sequence + ":" + hash;
        }
    }

    /** What came of looking at the whole chain. */
    public sealed interface Verification {
        /** @param head its end: so many entries are as they were written */
        record Intact(Head head) implements Verification {}

        /** @param sequence of the first entry that is not as it was written, or is missing */
        record Broken(long sequence, String problem) implements Verification {}
    }

    /**
     * Which entries are meant; what is absent or empty means any.
     *
     * @param action or the beginning of it
     * @param from they were written then or later
     * @param until they were written earlier
     */
    public record Filter(
            String actor,
            String action,
            String object,
            @Nullable Instant from,
            @Nullable Instant until) {
        public static final Filter ALL = new Filter("", "", "", null, null);
    }

    AuditLog(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Appends an entry: inside {@link Catalog#transaction} as the last of it, so that it is there if and only if what it tells was done. What is too long is cut
     * (1,000 characters; details 65,536), as details are no JSON any more then.
     */
    public void append(String actor, String action, String object, String details) {
        String itsActor = Texts.storable(actor, MAX_WORD);
        String itsAction = Texts.storable(action, MAX_WORD);
        String itsObject = Texts.storable(object, MAX_WORD);
        String itsDetails = Texts.storable(details, MAX_DETAILS);
        database.atEnd(handle -> {
            database.await(handle, Turn.AUDIT);
            Head head = head(handle);
            long sequence = head.sequence() + 1;
            Instant at = Micros.exact(clock);
            return handle.execute(
                    "INSERT INTO audit_log (" + COLUMNS + ") VALUES (?, ?, ?, ?, ?, ?, ?)",
                    sequence,
                    Micros.of(at),
                    itsActor,
                    itsAction,
                    itsObject,
                    itsDetails,
                    AuditEntry.hash(head.hash(), sequence, at, itsActor, itsAction, itsObject, itsDetails));
        });
    }

    /** The end of the chain. */
    public Head head() {
        return database.read(AuditLog::head);
    }

    private static Head head(Handle handle) {
        return handle.select("SELECT sequence, hash FROM audit_log ORDER BY sequence DESC LIMIT 1")
                .map((row, context) -> new Head(row.getLong(1), row.getString(2)))
                .findFirst()
                .orElse(new Head(0, AuditEntry.NO_HASH));
    }

    /**
     * Entries, those that were written last first.
     *
     * @param before sequence number of the last one that is known already; {@link Long#MAX_VALUE} for the first page
     */
    public List<AuditEntry> page(Filter filter, long before, int most) {
        Conditions conditions = new Conditions();
        conditions.add("sequence < ?", before);
        if (!filter.actor().isEmpty()) {
            conditions.add("actor = ?", filter.actor());
        }
        if (!filter.action().isEmpty()) {
            conditions.add("substr(action, 1, ?) = ?", filter.action().length(), filter.action());
        }
        if (!filter.object().isEmpty()) {
            conditions.add("object = ?", filter.object());
        }
        Instant from = filter.from();
        if (from != null) {
            conditions.add("at_micros >= ?", Micros.of(from));
        }
        Instant until = filter.until();
        if (until != null) {
            conditions.add("at_micros < ?", Micros.of(until));
        }
        Object[] arguments = conditions.arguments(Pages.check(most));
        return database.read(
                handle -> select(handle, conditions.where() + " ORDER BY sequence DESC LIMIT ?", arguments));
    }

    /** Looks at the whole chain, from the first entry on. */
    public Verification verify() {
        return verify(new Head(0, AuditEntry.NO_HASH));
    }

    /**
     * Looks at the whole chain, from the first entry on.
     *
     * @param known an end that the chain had once
     */
    public Verification verify(Head known) {
        Head head = new Head(0, AuditEntry.NO_HASH);
        while (true) {
            long after = head.sequence();
            List<AuditEntry> page = database.read(
                    handle -> select(handle, "WHERE sequence > ? ORDER BY sequence LIMIT ?", after, VERIFY_PAGE));
            for (AuditEntry entry : page) {
                Optional<Verification> broken = broken(entry, head, known);
                if (broken.isPresent()) {
                    return broken.get();
                }
                head = new Head(entry.sequence(), entry.hash());
            }
            if (page.isEmpty()) {
                return head.sequence() < known.sequence()
                        ? new Verification.Broken(
                                head.sequence() + 1,
                                "the log ends at " + head.sequence() + ", and had " + known.sequence() + " entries")
                        : new Verification.Intact(head);
            }
        }
    }

    private static Optional<Verification> broken(AuditEntry entry, Head before, Head known) {
        long expected = before.sequence() + 1;
        if (entry.sequence() != expected) {
            return Optional.of(new Verification.Broken(expected, "it is missing"));
        }
        if (!entry.hash().equals(entry.hashAfter(before.hash()))) {
            return Optional.of(new Verification.Broken(expected, "its hash is not that of its content"));
        }
        if (expected == known.sequence() && !entry.hash().equals(known.hash())) {
            return Optional.of(new Verification.Broken(
                    expected, "its hash was another one: the log was written again up to here, or in part"));
        }
        return Optional.empty();
    }

    private static List<AuditEntry> select(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + COLUMNS + " FROM audit_log " + which, arguments)
                .map(AuditLog::read)
                .list();
    }

    private static AuditEntry read(ResultSet row, StatementContext context) throws SQLException {
        return new AuditEntry(
                row.getLong(1),
                Micros.instant(row.getLong(2)),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7));
    }
}
