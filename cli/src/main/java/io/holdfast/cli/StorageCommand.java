package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.storage.Bandwidth;
import io.holdfast.storage.ObjectStore;
import io.holdfast.storage.StoreValidation;
import io.holdfast.stores.StorePlace;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "storage",
        description = "Tries out places for repositories, and brings back what was deleted there.",
        synopsisSubcommandLabel = "COMMAND")
final class StorageCommand implements Runnable {
    @Spec
    private @Nullable CommandSpec spec;

    private StorageCommand() {}

    /** The command with its subcommands. */
    static CommandLine line(RootCommand root) {
        return new CommandLine(new StorageCommand())
                .addSubcommand(new Validate(root))
                .addSubcommand(new Undelete(root));
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "'storage' needs a command: validate or undelete");
    }

    @Command(
            name = "undelete",
            description =
                    "Brings back what somebody has deleted in a bucket with versions, as far as versions are left:"
                            + " those that were locked are.")
    static final class Undelete implements Callable<Integer> {
        private final RootCommand root;

        @Parameters(index = "0", paramLabel = "URL", description = "s3://BUCKET/PREFIX.")
        private String url = "";

        Undelete(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() {
            StorePlace place = StorePlace.parse(url);
            long objects = place.undelete();
            root.messages()
                    .tell(Formats.count(objects, "object is", "objects are") + " there again at " + place.url()
                            + ". What 'holdfast prune' deletes in such a bucket it deletes with all versions.");
            if (objects > 0) {
                root.messages().tell("Then: holdfast repair, and holdfast verify.");
            }
            root.messages()
                    .object(JsonLine.of("undeleted").with("url", place.url()).with("objects", objects));
            return 0;
        }
    }

    @Command(
            name = "validate",
            description = "Tries whether a place does what a repository needs, and says what it may be used for.")
    static final class Validate implements Callable<Integer> {
        private static final int FEWEST = 2;
        private static final int MOST = 64;

        private final RootCommand root;

        @Parameters(index = "0", paramLabel = "URL", description = "A path, or s3://BUCKET/PREFIX.")
        private String url = "";

        @Option(names = "--clients", paramLabel = "N", description = "So many clients race for names (default: 8).")
        private int clients = 8;

        Validate(RootCommand root) {
            this.root = root;
        }

        @Override
        public Integer call() throws InterruptedException {
            if (clients < FEWEST || clients > MOST) {
                throw HoldfastException.usage(
                        "--clients " + clients + " makes no race",
                        "Write a number from " + FEWEST + " to " + MOST + ".");
            }
            StorePlace place = StorePlace.parse(url);
            List<ObjectStore> opened = new ArrayList<>();
            try {
                for (int i = 0; i < clients; i++) {
                    opened.add(place.create(Optional.empty(), Bandwidth.UNLIMITED));
                }
                StoreValidation.Use use = new StoreValidation(opened, new SecureRandom(), this::tell).run();
                report(place, use, opened.getFirst().capabilities().putIfAbsent());
                return use == StoreValidation.Use.EVERYTHING ? 0 : ErrorCode.REFUSED.exitCode();
            } finally {
                opened.forEach(ObjectStore::close);
            }
        }

        private void tell(StoreValidation.Check check) {
            root.messages().print((check.isGood() ? "good    " : "FAILED  ") + check.name());
            check.problem().ifPresent(problem -> root.messages().print("        " + problem));
            root.messages()
                    .object(JsonLine.of("check")
                            .with("name", check.name())
                            .with("good", check.isGood())
                            .with("problem", check.problem().orElse("")));
        }

        /** @param seemsSafe whether a lone client takes the place for one that keeps writers apart */
        private void report(StorePlace place, StoreValidation.Use use, boolean seemsSafe) {
            root.messages()
                    .print(place.url() + " "
                            + switch (use) {
                                case EVERYTHING -> "may be used for everything.";
                                case SINGLE_WRITER ->
                                    seemsSafe
                                            ? "may be used by one writer at a time; see to that yourself, with prune, too: only a"
                                                    + " race shows that it cannot keep two apart, so nobody will be refused."
                                            : "may be used by one writer at a time; a second one, and prune, will be refused.";
                                case BACKUP_AND_RESTORE ->
                                    "may be used for backup and restore; nothing can be pruned there.";
                                case NOTHING -> "cannot be used.";
                            });
            root.messages()
                    .object(JsonLine.of("summary")
                            .with("url", place.url())
                            .with("use", use.name().toLowerCase(Locale.ROOT)));
        }
    }
}
