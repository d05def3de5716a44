package io.holdfast.catalog;

import io.holdfast.catalog.Job.Progress;
import io.holdfast.catalog.Job.Times;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/** Jobs as they are read. */
final class JobRows {
    static final String COLUMNS =
            "id, kind, plan, host_id, repository, media_server_id, spec, moment_micros, priority, state,"
                    + " queued_micros, not_before_micros, begun_micros, ended_micros, fence, owner, cancel_wanted, failures,"
                    + " bytes_done, bytes_total, files_done, files_total, message, result, warnings";

    private JobRows() {}

    static Optional<Job> of(Handle handle, JobId id) {
        return select(handle, "WHERE id = ?", id.text()).stream().findFirst();
    }

    static List<Job> select(Handle handle, String which, Object... arguments) {
        return handle.select("SELECT " + COLUMNS + " FROM jobs " + which, arguments)
                .map(JobRows::read)
                .list();
    }

    static Job read(ResultSet row, StatementContext context) throws SQLException {
        return new Job(
                new JobId(row.getString("id")),
                Words.read(JobKind.class, row.getString("kind")),
                orEmpty(row.getString("plan")),
                host(row.getString("host_id")),
                row.getString("repository"),
                mediaServer(row.getString("media_server_id")),
                row.getString("spec"),
                Micros.instant(row.getLong("moment_micros")),
                row.getInt("priority"),
                Words.read(JobState.class, row.getString("state")),
                new Times(
                        Micros.instant(row.getLong("queued_micros")),
                        Micros.instant(row.getLong("not_before_micros")),
                        Micros.orNull(row.getLong("begun_micros")),
                        Micros.orNull(row.getLong("ended_micros"))),
                row.getLong("fence"),
                row.getString("owner"),
                row.getLong("cancel_wanted") != 0,
                row.getLong("failures"),
                new Progress(
                        row.getLong("bytes_done"),
                        row.getLong("bytes_total"),
                        row.getLong("files_done"),
                        row.getLong("files_total")),
                row.getString("message"),
                row.getString("result"),
                row.getLong("warnings"));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static @Nullable HostId host(@Nullable String text) {
        return text == null ? null : new HostId(text);
    }

    private static @Nullable MediaServerId mediaServer(@Nullable String text) {
        return text == null ? null : new MediaServerId(text);
    }
}
