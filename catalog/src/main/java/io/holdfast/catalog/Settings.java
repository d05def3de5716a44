package io.holdfast.catalog;

import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What all control servers of a catalog agree on, as texts under keys. Thread-safe. */
public final class Settings {
    private final Database database;

    Settings(Database database) {
        this.database = database;
    }

    public Optional<String> of(String key) {
        return database.read(handle -> handle.select("SELECT value FROM settings WHERE key = ?", key)
                .mapTo(String.class)
                .findFirst());
    }

    /** All, in the order of their keys. */
    public SortedMap<String, String> all() {
        SortedMap<String, String> all = new TreeMap<>();
        database.read(handle -> handle.select("SELECT key, value FROM settings")
                        .map((row, context) -> Map.entry(row.getString(1), row.getString(2)))
                        .list())
                .forEach(setting -> all.put(setting.getKey(), setting.getValue()));
        return all;
    }

    public void put(String key, String value) {
        int ignored = database.execute(
                "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                key,
                value);
    }

    /** Puts a value where there is none; of several servers that do, one is right. Gives the value that is there then. */
    public String putFirst(String key, String value) {
        return database.write(handle -> {
            handle.execute("INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", key, value);
            return handle.select("SELECT value FROM settings WHERE key = ?", key)
                    .mapTo(String.class)
                    .one();
        });
    }

    /** Puts a value in the place of the one that was read; false where it has changed meanwhile. */
    public boolean replace(String key, String before, String after) {
        return database.execute("UPDATE settings SET value = ? WHERE key = ? AND value = ?", after, key, before) > 0;
    }

    /** Whether it was there. */
    public boolean remove(String key) {
        return database.execute("DELETE FROM settings WHERE key = ?", key) > 0;
    }
}
