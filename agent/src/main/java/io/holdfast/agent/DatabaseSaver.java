package io.holdfast.agent;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.DatabasePart;
import io.holdfast.databases.DatabaseSelection;
import io.holdfast.databases.DatabaseSource;
import io.holdfast.databases.Dump;
import io.holdfast.databases.LogPosition;
import io.holdfast.databases.ServerAccess;
import io.holdfast.databases.mariadb.MariadbSource;
import io.holdfast.databases.postgresql.PostgresqlSource;
import io.holdfast.protocol.machine.JobOrder.Databases;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import io.holdfast.sources.backup.BackupResult;
import io.holdfast.sources.backup.NamedSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Saves the databases of a server, each as a stream of its own ({@link DatabasePart#streamName}). */
final class DatabaseSaver {
    /** After these no other database fares better. */
    private static final Set<ErrorCode> ENDS_ALL =
            Set.of(ErrorCode.INTERRUPTED, ErrorCode.FENCED, ErrorCode.STORE_UNREACHABLE, ErrorCode.NO_REPOSITORY);

    private final SourceSaver saver;
    private final JobWatch watch;

    DatabaseSaver(SourceSaver saver, JobWatch watch) {
        this.saver = saver;
        this.watch = watch;
    }

    /**
     * Saves all that the source names. One that cannot be dumped keeps no other from being saved.
     *
     * @throws HoldfastException where one could not be saved, at the end
     */
    List<Report.Made> save(Source source) {
        Databases chosen = source.databases().orElseThrow(() -> unknown(source));
        DatabaseSource server = server(source, chosen);
        List<DatabasePart> parts =
                new DatabaseSelection(chosen.names(), chosen.excludes(), chosen.accounts()).parts(server.databases());
        if (parts.isEmpty()) {
            throw new HoldfastException(
                    ErrorCode.NOT_FOUND,
                    "source '" + source.name() + "' names no database that is there",
                    "Change the plan: 'databases' and 'exclude'.");
        }
        List<Report.Made> made = new ArrayList<>();
        List<HoldfastException> failures = new ArrayList<>();
        for (DatabasePart part : parts) {
            try {
                made.add(save(server, part, source));
            } catch (HoldfastException e) {
                if (ENDS_ALL.contains(e.code())) {
                    throw e;
                }
                watch.event("error", part.streamName(source.name()), String.valueOf(e.getMessage()));
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            HoldfastException first = failures.getFirst();
            throw new HoldfastException(
                    first.code(),
                    failures.size() == 1
                            ? String.valueOf(first.getMessage())
                            : failures.size() + " of " + parts.size() + " dumps failed; the first: "
                                    + first.getMessage(),
                    first.hint().orElse(null),
                    first);
        }
        return made;
    }

    private static DatabaseSource server(Source source, Databases chosen) {
        ServerAccess access = new ServerAccess(chosen.connectionFile().map(Path::of), chosen.runAs(), Optional.empty());
        return switch (source.kind()) {
            case "mariadb" -> new MariadbSource(access);
            case "postgresql" -> new PostgresqlSource(access);
            default -> throw unknown(source);
        };
    }

    private static HoldfastException unknown(Source source) {
        return new HoldfastException(
                ErrorCode.FAILED,
                "this agent cannot save '" + source.kind() + "'",
                "Install the agent of the server's version.");
    }

    private Report.Made save(DatabaseSource server, DatabasePart part, Source source) {
        String name = part.streamName(source.name());
        NamedSource named = saver.named(name);
        AtomicReference<@Nullable Dump<BackupResult>> last = new AtomicReference<>();
        BackupResult result = saver.stream(named, backup -> {
            Dump<BackupResult> dump = server.dump(part, (in, ending) -> backup.run(in, ending::check));
            last.set(dump);
            return dump.result();
        });
        Optional<Dump<BackupResult>> dump = Optional.ofNullable(last.get());
        dump.stream().flatMap(whole -> whole.warnings().stream()).forEach(text -> watch.event("warning", name, text));
        Optional<String> position = dump.flatMap(Dump::position).map(LogPosition::text);
        position.ifPresent(text -> watch.event("info", name, "log position " + text));
        return saver.made(name, result, position);
    }
}
