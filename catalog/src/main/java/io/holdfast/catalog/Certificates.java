package io.holdfast.catalog;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * Which certificates machines may show. One counts until a later one of the same machine was shown, so that an answer that got lost locks nobody out, and a
 * certificate that was copied ends with the next renewal. Thread-safe.
 */
public final class Certificates {
    /** A machine that asks again and again and never shows what it gets is not owed all of it. */
    private static final int MAX_KEPT = 5;

    private final Database database;
    private final InstantSource clock;

    /**
     * A certificate.
     *
     * @param serial its number, in hexadecimal digits
     * @param publicKey SHA-256 of the key as the certificate has it, in hexadecimal digits
     * @param until when it expires
     */
    public record Issued(String serial, String publicKey, Instant until) {}

    Certificates(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * Notes a certificate before the machine gets it.
     *
     * @return false where there is no such machine (any more): then it must not get it
     */
    public boolean issue(MachineId machine, Issued certificate) {
        return database.write(handle -> issue(handle, machine, certificate));
    }

    /** Notes the certificate of a machine that begins anew; no earlier one counts any more. */
    public boolean replace(MachineId machine, Issued certificate) {
        return database.write(handle -> {
            handle.execute("DELETE FROM certificates WHERE " + column(machine) + " = ?", machine.text());
            return issue(handle, machine, certificate);
        });
    }

    private boolean issue(Handle handle, MachineId machine, Issued certificate) {
        String column = column(machine);
        // Held until the end, or the machine could be removed meanwhile.
        int there = handle.execute(
                "UPDATE " + table(machine) + " SET certificates = certificates + 1 WHERE id = ?", machine.text());
        if (there == 0) {
            return false;
        }
        long number = handle.select("SELECT certificates FROM " + table(machine) + " WHERE id = ?", machine.text())
                .mapTo(Long.class)
                .one();
        handle.execute(
                "INSERT INTO certificates (serial, " + column
                        + ", number, public_key, issued_micros, until_micros) VALUES (?, ?, ?, ?, ?, ?)",
                certificate.serial(),
                machine.text(),
                number,
                certificate.publicKey(),
                Micros.of(clock.instant()),
                Micros.of(certificate.until()));
        // The oldest is the one that it shows; of the others the newest stay.
        handle.execute(
                "DELETE FROM certificates WHERE " + column + " = ? AND number <= ? AND number >"
                        + " (SELECT min(number) FROM certificates WHERE " + column + " = ?)",
                machine.text(),
                number - MAX_KEPT + 1,
                machine.text());
        return true;
    }

    /**
     * Whether a machine may come with this certificate; and if so, no earlier one counts any more.
     *
     * @param publicKey SHA-256 of the key, in hexadecimal digits
     */
    public boolean admit(MachineId machine, String serial, String publicKey) {
        String column = column(machine);
        List<Long> numbers = new ArrayList<>();
        Optional<Long> shown = database.read(handle -> {
            numbers.addAll(handle.select("SELECT number FROM certificates WHERE " + column + " = ?", machine.text())
                    .mapTo(Long.class)
                    .list());
            return handle.select(
                            "SELECT number FROM certificates WHERE " + column
                                    + " = ? AND serial = ? AND public_key = ? AND until_micros > ?",
                            machine.text(),
                            serial,
                            publicKey,
                            Micros.of(clock.instant()))
                    .mapTo(Long.class)
                    .findFirst();
        });
        shown.filter(number -> numbers.stream().anyMatch(other -> other < number))
                .ifPresent(number -> database.execute(
                        "DELETE FROM certificates WHERE " + column + " = ? AND number < ?", machine.text(), number));
        return shown.isPresent();
    }

    /** Those that count, the oldest first. */
    public List<Issued> of(MachineId machine) {
        return database.read(handle -> handle.select(
                        "SELECT serial, public_key, until_micros FROM certificates WHERE " + column(machine)
                                + " = ? ORDER BY number",
                        machine.text())
                .map((row, context) -> new Issued(row.getString(1), row.getString(2), Micros.instant(row.getLong(3))))
                .list());
    }

    private static String column(MachineId machine) {
        return switch (machine) {
            case HostId host -> "host_id";
            case MediaServerId server -> "media_server_id";
        };
    }

    private static String table(MachineId machine) {
        return switch (machine) {
            case HostId host -> "hosts";
            case MediaServerId server -> "media_servers";
        };
    }
}
