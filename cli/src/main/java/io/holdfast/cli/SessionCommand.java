package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.repository.session.SessionRecord;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Snapshots;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "session",
        description = "Shows who is writing into the repository, and ends a dead session by hand.",
        synopsisSubcommandLabel = "COMMAND")
final class SessionCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private SessionCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new SessionCommand())
                .addSubcommand(new ListSessions(root))
                .addSubcommand(new FenceSession(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(), "'session' needs a command: list or fence");
    }

    @Command(name = "list", description = "Lists the open sessions.")
    static final class ListSessions implements Callable<Integer> {
        private final RootCommand root;

        ListSessions(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                List<SessionRecord> sessions = opened.repository().sessions().open();
                HostIdentity self = HostIdentity.ofThisProcess();
                for (SessionRecord session : sessions) {
                    show(
                            session,
                            opened.repository()
                                    .sessions()
                                    .lastBeat(session.id())
                                    .map(ListSessions::count),
                            self.isGone(session));
                }
                root.messages().tell(Formats.count(sessions.size(), "open session", "open sessions"));
                return 0;
            }
        }

        private void show(SessionRecord session, Optional<Long> beats, boolean isGone) {
            root.messages()
                    .print(String.format(
                            Locale.ROOT,
                            "%s  since %s  %s@%s  process %d%s  beat %s  %s",
                            session.id().shortText(),
                            Formats.local(session.started()),
                            session.user(),
                            session.host(),
                            session.processId(),
                            isGone ? " (gone)" : "",
                            beats.map(String::valueOf).orElse("none"),
                            session.purpose()));
            root.messages()
                    .object(JsonLine.of("session")
                            .with("id", session.id().text())
                            .with("started", Formats.json(session.started()))
                            .with("host", session.host())
                            .with("user", session.user())
                            .with("pid", session.processId())
                            .with("purpose", session.purpose())
                            .with("beats", beats.orElse(0L))
                            .with("gone", isGone));
        }

        /** A beat is named {@code <session>.<count>}, eight hexadecimal digits. */
        private static long count(String beat) {
            return Long.parseLong(beat.substring(beat.lastIndexOf('.') + 1), 16);
        }
    }

    @Command(
            name = "fence",
            description = "Ends a session whose process is dead: it can make no snapshot any more. A live one fails"
                    + " and has to be run again.")
    static final class FenceSession implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "ID", description = "The session, from 'holdfast session list'.")
        private String name = "";

        FenceSession(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                Repository repository = opened.repository();
                SnapshotId id = named(repository.sessions().ids());
                boolean committed = repository.snapshots().fence(id) instanceof Snapshots.Occupant.Present;
                // Ended one way or the other, so the session object may go.
                repository.sessions().remove(id);
                root.messages()
                        .tell(
                                committed
                                        ? "Session " + id.shortText()
                                                + " had committed meanwhile: its snapshot is there and stays."
                                        : "Session " + id.shortText() + " is fenced: it makes no snapshot any more.");
                root.messages()
                        .object(JsonLine.of("fenced").with("id", id.text()).with("committed", committed));
                return 0;
            }
        }

        private SnapshotId named(List<SnapshotId> ids) {
            String prefix = name.toLowerCase(Locale.ROOT);
            List<SnapshotId> matching = ids.stream()
                    .filter(id -> !prefix.isEmpty() && id.text().startsWith(prefix))
                    .toList();
            if (matching.isEmpty()) {
                throw new HoldfastException(
                        ErrorCode.NOT_FOUND,
                        "there is no open session '" + name + "'",
                        "'holdfast session list' lists all.");
            }
            if (matching.size() > 1) {
                throw HoldfastException.usage(
                        "'" + name + "' fits " + matching.size() + " sessions", "Write more digits of its id.");
            }
            return matching.getFirst();
        }
    }
}
