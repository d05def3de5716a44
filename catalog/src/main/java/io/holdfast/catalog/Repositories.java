package io.holdfast.catalog;

import io.holdfast.catalog.RepositoryEntry.Size;
import io.holdfast.catalog.RepositoryEntry.State;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The repositories of a catalog. Thread-safe. */
public final class Repositories {
    private static final String COLUMNS =
            "name, url, sealed_key, repository_id, state, added_micros, trouble, trouble_since_micros";

    private final Database database;
    private final InstantSource clock;

    Repositories(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Adds one.
     *
     * @param sealedKey absent where the server has none
     * @throws HoldfastException {@code REFUSED} where the name, or this very repository under another name, is there
     */
    public RepositoryEntry add(String name, String url, @Nullable Bytes sealedKey, String repositoryId) {
        RepositoryEntry added = new RepositoryEntry(
                Names.check(name, "repository"),
                url,
                sealedKey,
                repositoryId,
                State.ACTIVE,
                Micros.exact(clock),
                "",
                null);
        return database.write(handle -> {
            int rows = handle.execute(
                    "INSERT INTO repositories (name, url, sealed_key, repository_id, state, added_micros) VALUES (?, ?, ?, ?, ?, ?)"
                            + " ON CONFLICT DO NOTHING",
                    name,
                    url,
                    sealedKey == null ? null : sealedKey.toByteArray(),
                    repositoryId,
                    Words.of(State.ACTIVE),
                    Micros.of(added.added()));
            if (rows == 0) {
                String other = select(handle, "WHERE name = ? OR repository_id = ?", name, repositoryId)
                        .getFirst()
                        .name();
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        other.equals(name)
                                ? "there is a repository '" + name + "' already"
                                : "the repository at " + url + " is there already, as '" + other + "'",
                        other.equals(name) ? "Name this one otherwise." : "Use that one.");
            }
            return added;
        });
    }

    public Optional<RepositoryEntry> named(String name) {
        return database.read(
                handle -> select(handle, "WHERE name = ?", name).stream().findFirst());
    }

    /** All, in the order of their names. */
    public List<RepositoryEntry> all() {
        return database.read(handle -> select(handle, "ORDER BY name"));
    }

    /** Says where it is and what is done with it; false where it is gone. */
    public boolean change(String name, String url, State state) {
        return database.execute("UPDATE repositories SET url = ?, state = ? WHERE name = ?", url, Words.of(state), name)
                > 0;
    }

    /** Puts another sealed key in the place of the one that was read, as when the host key changes; false where somebody else was faster. */
    public boolean reseal(String name, Bytes before, Bytes after) {
        return database.execute(
                        "UPDATE repositories SET sealed_key = ? WHERE name = ? AND sealed_key = ?",
                        after.toByteArray(),
                        name,
                        before.toByteArray())
                > 0;
    }

    /** Notes what is wrong with it, or with an empty text that nothing is any more. */
    public void trouble(String name, String text) {
        if (named(name).filter(entry -> !entry.trouble().equals(text)).isEmpty()) {
            return;
        }
        int ignored = database.execute(
                "UPDATE repositories SET trouble = ?, trouble_since_micros ="
                        + " CASE WHEN ? = '' THEN 0 WHEN trouble = '' THEN ? ELSE trouble_since_micros END WHERE name = ?",
                text,
                text,
                Micros.of(clock.instant()),
                name);
    }

    /** Notes how large it is; of one moment, the size that was noted last. */
    public void note(String name, Size size) {
        int ignored = database.execute(
                "INSERT INTO repository_sizes (repository, at_micros, stored_bytes, plain_bytes, snapshots) VALUES (?, ?, ?, ?, ?)"
                        + " ON CONFLICT (repository, at_micros) DO UPDATE SET stored_bytes = excluded.stored_bytes,"
                        + " plain_bytes = excluded.plain_bytes, snapshots = excluded.snapshots",
                name,
                Micros.of(size.at()),
                size.storedBytes(),
                size.plainBytes(),
                size.snapshots());
    }

    /** The sizes that were noted from then on, the oldest first; not more than so many, the newest. */
    public List<Size> sizes(String name, Instant from, int most) {
        int rows = Pages.check(most);
        return database.read(handle -> handle.select(
                        "SELECT at_micros, stored_bytes, plain_bytes, snapshots FROM repository_sizes"
                                + " WHERE repository = ? AND at_micros >= ? ORDER BY at_micros DESC LIMIT ?",
                        name,
                        Micros.of(from),
                        rows)
                .map((row, context) ->
                        new Size(Micros.instant(row.getLong(1)), row.getLong(2), row.getLong(3), row.getLong(4)))
                .list()
                .reversed());
    }

    /** Forgets it, with what was known of its snapshots; its store is not touched. Says whether it was there. */
    public boolean remove(String name) {
        return database.execute("DELETE FROM repositories WHERE name = ?", name) > 0;
    }

    private static List<RepositoryEntry> select(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + COLUMNS + " FROM repositories " + which, arguments)
                .map((row, context) -> new RepositoryEntry(
                        row.getString(1),
                        row.getString(2),
                        bytes(row.getBytes(3)),
                        row.getString(4),
                        Words.read(State.class, row.getString(5)),
                        Micros.instant(row.getLong(6)),
                        row.getString(7),
                        Micros.orNull(row.getLong(8))))
                .list();
    }

    private static @Nullable Bytes bytes(byte @Nullable [] bytes) {
        return bytes == null ? null : Bytes.wrap(bytes);
    }
}
