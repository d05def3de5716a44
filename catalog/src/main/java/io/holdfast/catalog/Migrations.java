package io.holdfast.catalog;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Brings a database to the schema of this program, forward only: each step once, in the order of its number, in a transaction that no other server's steps run
 * beside. Steps that were released never change; one that was applied with another text is an error, and so is one that this program does not know.
 */
final class Migrations {
    /** Any number, the same for all servers: whoever holds this lock in PostgreSQL migrates. */
    private static final long LOCK = 0x686f6c6466617374L;

    private static final List<String> FILES = List.of(
            "0001-hosts-and-plans.sql",
            "0002-jobs.sql",
            "0003-machines-and-tokens.sql",
            "0004-jobs-of-all-kinds.sql",
            "0005-repositories-and-snapshots.sql",
            "0006-users.sql",
            "0007-audit-and-alerts.sql",
            "0008-recovery-codes.sql",
            "0009-vaults.sql",
            "0010-media-servers.sql");

    private final Dialect dialect;
    private final InstantSource clock;
    private final List<Step> steps;

    /** @param number from 1 on, without gaps */
    record Step(int number, String text) {
        String hash() {
            try {
                byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
                return HexFormat.of().formatHex(hash);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private Migrations(Dialect dialect, InstantSource clock, List<Step> steps) {
        this.dialect = dialect;
        this.clock = clock;
        this.steps = steps;
    }

    static Migrations of(Dialect dialect, InstantSource clock) {
        List<Step> steps = FILES.stream()
                .map(file -> new Step(Integer.parseInt(file.substring(0, 4)), read(file)))
                .toList();
        return new Migrations(dialect, clock, steps);
    }

    /** The number of the newest step that this program knows. */
    static int newest() {
        return Integer.parseInt(FILES.getLast().substring(0, 4));
    }

    /** With further steps than those of this program. */
    Migrations with(Function<List<Step>, List<Step>> change) {
        return new Migrations(dialect, clock, change.apply(steps));
    }

    private static String read(String file) {
        try (InputStream in = Migrations.class.getResourceAsStream("migrations/" + file)) {
            if (in == null) {
                throw new IllegalStateException("no migration " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Applies what is missing.
     *
     * @throws HoldfastException {@code UNSUPPORTED_VERSION} where a newer program was here, {@code DAMAGED} where a step was another one
     */
    void apply(Jdbi jdbi) {
        jdbi.useTransaction(handle -> {
            if (dialect == Dialect.POSTGRESQL) {
                handle.execute("SELECT pg_advisory_xact_lock(?)", LOCK);
            }
            handle.execute("CREATE TABLE IF NOT EXISTS schema_steps ("
                    + "number BIGINT PRIMARY KEY, hash TEXT NOT NULL, applied_micros BIGINT NOT NULL)");
            Map<Integer, String> applied = applied(handle);
            int newest = steps.getLast().number();
            applied.keySet().stream()
                    .filter(number -> number > newest)
                    .findFirst()
                    .ifPresent(number -> {
                        throw new HoldfastException(
                                ErrorCode.UNSUPPORTED_VERSION,
                                "the catalog has schema " + number + ", this program knows " + newest,
                                "Use the newer program that made it; or a catalog of its own.");
                    });
            for (Step step : steps) {
                String hash = applied.get(step.number());
                if (hash == null) {
                    apply(handle, step);
                } else if (!hash.equals(step.hash())) {
                    throw HoldfastException.damaged("the catalog's schema step " + step.number() + " was another one");
                }
            }
        });
    }

    private static Map<Integer, String> applied(Handle handle) {
        Map<Integer, String> applied = new TreeMap<>();
        handle.createQuery("SELECT number, hash FROM schema_steps")
                .map((row, context) -> Map.entry((int) row.getLong("number"), row.getString("hash")))
                .forEach(step -> applied.put(step.getKey(), step.getValue()));
        return applied;
    }

    private void apply(Handle handle, Step step) {
        for (String statement : step.text().replaceAll("(?m)^--.*$", "").split(";\\s*\\n")) {
            if (!statement.isBlank()) {
                handle.execute(statement.strip());
            }
        }
        handle.execute(
                "INSERT INTO schema_steps (number, hash, applied_micros) VALUES (?, ?, ?)",
                step.number(),
                step.hash(),
                Micros.of(clock.instant()));
    }
}
