package io.holdfast.catalog;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** Which media servers serve which repositories, and what they have said of them (docs/server.md, "Remote media servers"). Thread-safe. */
public final class ServedRepositories {
    private static final int MAX_TROUBLE = 2_000;

    private final Database database;

    ServedRepositories(Database database) {
        this.database = database;
    }

    /**
     * What a media server said of a repository when it was here last.
     *
     * @param trouble why it is not open there; empty where it is
     * @param storedBytes in its store, as its index knows
     * @param freeBytes left where it lies; -1 where nobody can tell
     * @param totalBytes of that; -1 where nobody can tell
     */
    public record Held(
            MediaServerId server,
            String repository,
            String trouble,
            long storedBytes,
            long freeBytes,
            long totalBytes) {
        public boolean isOpen() {
            return trouble.isEmpty();
        }
    }

    /** Says who serves a repository: these alone, or with none of them all that can open it. */
    public void assign(String repository, Collection<MediaServerId> servers) {
        database.write(handle -> {
            int ignored = handle.execute("DELETE FROM repository_media_servers WHERE repository = ?", repository);
            for (MediaServerId server : new HashSet<>(servers)) {
                handle.execute(
                        "INSERT INTO repository_media_servers (repository, media_server_id) VALUES (?, ?)",
                        repository,
                        server.text());
            }
            return true;
        });
    }

    /** The media servers of each repository that names some; the others are not in it. */
    public Map<String, Set<MediaServerId>> assigned() {
        Map<String, Set<MediaServerId>> assigned = new HashMap<>();
        database.read(handle -> handle.select("SELECT repository, media_server_id FROM repository_media_servers")
                .map((row, context) -> assigned.computeIfAbsent(row.getString(1), name -> new HashSet<>())
                        .add(new MediaServerId(row.getString(2))))
                .list());
        return assigned;
    }

    /** Notes what a media server says now, instead of what it said before; of repositories that are gone nothing. */
    public void note(MediaServerId server, Collection<Held> held) {
        List<Held> news = held.stream()
                .map(each -> new Held(
                        server,
                        each.repository(),
                        Texts.storable(each.trouble(), MAX_TROUBLE),
                        each.storedBytes(),
                        each.freeBytes(),
                        each.totalBytes()))
                .toList();
        if (new HashSet<>(of(server)).equals(new HashSet<>(news))) {
            return;
        }
        database.write(handle -> {
            int ignored =
                    handle.execute("DELETE FROM media_server_repositories WHERE media_server_id = ?", server.text());
            for (Held each : news) {
                handle.execute(
                        "INSERT INTO media_server_repositories (media_server_id, repository, trouble, stored_bytes,"
                                + " free_bytes, total_bytes)"
                                + " SELECT ?, name, ?, ?, ?, ? FROM repositories WHERE name = ?",
                        server.text(),
                        each.trouble(),
                        each.storedBytes(),
                        each.freeBytes(),
                        each.totalBytes(),
                        each.repository());
            }
            return true;
        });
    }

    /** What all of them said last. */
    public List<Held> held() {
        return database.read(handle -> select(handle, "ORDER BY media_server_id, repository"));
    }

    private List<Held> of(MediaServerId server) {
        return database.read(handle -> select(handle, "WHERE media_server_id = ?", server.text()));
    }

    private static List<Held> select(Handle handle, String which, Object... arguments) {
        return new ArrayList<>(handle.select(
                        "SELECT media_server_id, repository, trouble, stored_bytes, free_bytes, total_bytes"
                                + " FROM media_server_repositories " + which,
                        arguments)
                .map((row, context) -> new Held(
                        new MediaServerId(row.getString(1)),
                        row.getString(2),
                        row.getString(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.getLong(6)))
                .list());
    }
}
