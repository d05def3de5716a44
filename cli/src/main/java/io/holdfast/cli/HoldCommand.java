package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.RetentionSpan;
import io.holdfast.repository.lock.Hold;
import io.holdfast.repository.lock.LockDates;
import io.holdfast.repository.session.HostIdentity;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "hold",
        description = "Keeps snapshots from being removed, whatever a policy says.",
        synopsisSubcommandLabel = "COMMAND")
final class HoldCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private HoldCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new HoldCommand())
                .addSubcommand(new AddHold(root))
                .addSubcommand(new RemoveHold(root))
                .addSubcommand(new ListHolds(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'hold' needs a command: add, remove or list");
    }

    private static JsonLine json(String type, Hold hold) {
        JsonLine line = JsonLine.of(type)
                .with("snapshot", hold.snapshot().text())
                .with("made", hold.made().toString())
                .with("reason", hold.reason())
                .with("owner", hold.owner());
        return hold.until().equals(Instant.EPOCH)
                ? line
                : line.with("until", hold.until().toString());
    }

    private static String text(Hold hold) {
        return "%s  since %s  %s  by %s%s"
                .formatted(
                        hold.snapshot().shortText(),
                        Formats.local(hold.made()),
                        hold.until().equals(Instant.EPOCH) ? "until removed" : "until " + Formats.local(hold.until()),
                        hold.owner(),
                        hold.reason().isEmpty() ? "" : ": " + hold.reason());
    }

    @Command(
            name = "add",
            description = "Holds a snapshot: it cannot be forgotten until the hold is removed or ends. With --for the"
                    + " store locks all that is needed to restore it, too.")
    static final class AddHold implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "SNAPSHOT", description = "Id of the snapshot, or 'latest'.")
        private String name = "";

        @Option(
                names = "--for",
                paramLabel = "SPAN",
                description = "Ends by itself after this time, such as 90d or 6mo; until then nobody can delete it.")
        private @Nullable String span;

        @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for whoever asks later.")
        private String reason = "";

        private static final int MAX_REASON = 1_000;

        @Mixin
        private final SnapshotFilter filter = new SnapshotFilter();

        AddHold(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            if (reason.length() > MAX_REASON
                    || reason.codePoints()
                            .anyMatch(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT)) {
                throw HoldfastException.usage(
                        "--reason has control characters, or more than " + MAX_REASON + " characters",
                        "Write one line of text.");
            }
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                Repository repository = opened.repository();
                Snapshot snapshot = filter.one(repository, name);
                HostIdentity self = HostIdentity.ofThisProcess();
                Hold hold =
                        repository.holds().add(snapshot, until(repository), reason, self.user() + "@" + self.host());
                root.messages().tell("Held: " + text(hold));
                root.messages().object(json("held", hold));
                return 0;
            }
        }

        private Instant until(Repository repository) {
            if (span == null) {
                return Instant.EPOCH;
            }
            Instant now = repository.settings().clock().instant();
            Duration wanted = RetentionSpan.parseForLock(span).from(now, ZoneId.systemDefault());
            LockDates.requireReasonable(wanted);
            if (!repository.store().capabilities().locks()) {
                throw new HoldfastException(
                        ErrorCode.REFUSED,
                        repository.store().describe() + " cannot lock a snapshot for a time",
                        "Leave --for out: the hold then lasts until 'holdfast hold remove'.");
            }
            return now.plus(wanted).truncatedTo(ChronoUnit.SECONDS);
        }
    }

    @Command(
            name = "remove",
            description = "Removes the holds of a snapshot. What a hold for a time has locked stays locked.")
    static final class RemoveHold implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(paramLabel = "SNAPSHOT", description = "Id of the snapshot, or 'latest'.")
        private String name = "";

        @Mixin
        private final SnapshotFilter filter = new SnapshotFilter();

        RemoveHold(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                Repository repository = opened.repository();
                // By its id a snapshot is found also where it cannot be read, or is gone.
                String prefix = name.equals("latest") || filter.isGiven()
                        ? filter.one(repository, name).id().text()
                        : name.toLowerCase(Locale.ROOT);
                List<ObjectName> names = repository.holds().names();
                List<SnapshotId> matching = names.stream()
                        .flatMap(each -> Hold.heldBy(each).stream())
                        .filter(id -> !prefix.isEmpty() && id.text().startsWith(prefix))
                        .distinct()
                        .toList();
                if (matching.isEmpty()) {
                    throw new HoldfastException(
                            ErrorCode.NOT_FOUND,
                            "there is no hold of a snapshot '" + name + "'",
                            "'holdfast hold list' lists all.");
                }
                if (matching.size() > 1) {
                    throw HoldfastException.usage(
                            "'" + name + "' fits " + matching.size() + " snapshots", "Write more digits of its id.");
                }
                SnapshotId snapshot = matching.getFirst();
                List<Hold> going = repository.holds().all().stream()
                        .filter(hold -> hold.snapshot().equals(snapshot))
                        .toList();
                repository
                        .holds()
                        .remove(names.stream()
                                .filter(each -> Hold.heldBy(each)
                                        .filter(snapshot::equals)
                                        .isPresent())
                                .toList());
                for (Hold hold : going) {
                    root.messages()
                            .tell("Removed: " + text(hold)
                                    + (hold.until()
                                                    .isAfter(repository
                                                            .settings()
                                                            .clock()
                                                            .instant())
                                            ? "; what it locked stays locked until then"
                                            : ""));
                    root.messages().object(json("released", hold));
                }
                return 0;
            }
        }
    }

    @Command(name = "list", description = "Lists the holds, oldest first.")
    static final class ListHolds implements Callable<Integer> {
        private final RootCommand root;

        ListHolds(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            try (RepositoryAccess.Opened opened = new RepositoryAccess(root).open()) {
                Instant now = opened.repository().settings().clock().instant();
                List<Hold> holds = opened.repository().holds().all();
                for (Hold hold : holds) {
                    root.messages().print(text(hold) + (hold.isInForce(now) ? "" : "  (ended)"));
                    root.messages().object(json("hold", hold).with("ended", !hold.isInForce(now)));
                }
                root.messages().tell(Formats.count(holds.size(), "hold", "holds"));
                return 0;
            }
        }
    }
}
