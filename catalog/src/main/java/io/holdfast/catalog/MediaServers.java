package io.holdfast.catalog;

import io.holdfast.catalog.MediaServer.State;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/** The media servers of a catalog. Thread-safe. */
public final class MediaServers {
    private static final String COLUMNS =
            "id, name, url, site, state, added_micros, seen_micros, version, address, facts";

    private final Database database;
    private final InstantSource clock;
    private final RandomGenerator random;

    MediaServers(Database database, InstantSource clock, RandomGenerator random) {
        this.database = database;
        this.clock = clock;
        this.random = random;
    }

    /**
     * Adds one.
     *
     * @throws HoldfastException {@code REFUSED} where there is one of this name
     */
    public MediaServer add(String name, String url, String site) {
        MediaServer server = new MediaServer(
                MediaServerId.generate(random),
                Names.check(name, "media server"),
                url,
                site,
                State.ACTIVE,
                Micros.exact(clock),
                null);
        int added = database.execute(
                "INSERT INTO media_servers (id, name, url, site, state, added_micros) VALUES (?, ?, ?, ?, ?, ?)"
                        + " ON CONFLICT (name) DO NOTHING",
                server.id().text(),
                name,
                url,
                site,
                Words.of(State.ACTIVE),
                Micros.of(server.added()));
        if (added == 0) {
            throw new HoldfastException(
                    ErrorCode.REFUSED, "there is a media server '" + name + "' already", "Name this one otherwise.");
        }
        return server;
    }

    public Optional<MediaServer> of(MediaServerId id) {
        return database.read(
                handle -> select(handle, "WHERE id = ?", id.text()).stream().findFirst());
    }

    public Optional<MediaServer> named(String name) {
        return database.read(
                handle -> select(handle, "WHERE name = ?", name).stream().findFirst());
    }

    /** All, in the order of their names. */
    public List<MediaServer> all() {
        return database.read(handle -> select(handle, "ORDER BY name"));
    }

    /** Says where it is reached and what it may be given; false where it is gone. */
    public boolean change(MediaServerId id, String url, String site, State state) {
        return database.execute(
                        "UPDATE media_servers SET url = ?, site = ?, state = ? WHERE id = ?",
                        url,
                        site,
                        Words.of(state),
                        id.text())
                > 0;
    }

    /** Notes that it was here; see {@link Sighting}. */
    public void seen(MediaServerId id, String version, String address, String facts) {
        Sightings.note(database, clock, id, version, address, facts);
    }

    /** Removes it with its certificates: at its next request it is refused. Says whether it was there. */
    public boolean remove(MediaServerId id) {
        return database.execute("DELETE FROM media_servers WHERE id = ?", id.text()) > 0;
    }

    private static List<MediaServer> select(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + COLUMNS + " FROM media_servers " + which, arguments)
                .map((row, context) -> new MediaServer(
                        new MediaServerId(row.getString(1)),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        Words.read(State.class, row.getString(5)),
                        Micros.instant(row.getLong(6)),
                        Sightings.read(row, 7)))
                .list();
    }
}
