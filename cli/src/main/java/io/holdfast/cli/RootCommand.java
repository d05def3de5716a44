package io.holdfast.cli;

import io.holdfast.core.ByteSize;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.RawText;
import io.holdfast.sources.files.ProcessPriority;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code holdfast} itself: the options that all commands share. */
@Command(
        name = "holdfast",
        description = "Backs up and restores files: deduplicated, compressed, encrypted, verified.",
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footer = {"", "holdfast COMMAND --help tells more about a command; docs/guide has a tour."})
final class RootCommand implements Runnable {
    private final Environment environment;

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--repo",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description =
                    "The repository: a path, file:… or s3:… (also HOLDFAST_REPO; default: in your data directory).")
    private @Nullable String repository;

    @Option(
            names = "--server",
            paramLabel = "NAME|URL",
            scope = ScopeType.INHERIT,
            description = "The server, for commands about one (also HOLDFAST_SERVER; default: logged in to last).")
    private @Nullable String server;

    @Option(
            names = "--password-file",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Reads the passphrase from FILE (also HOLDFAST_PASSWORD_FILE, or HOLDFAST_PASSWORD itself).")
    private @Nullable Path passwordFile;

    @Option(
            names = "--key-file",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description =
                    "Opens the repository with this key file (also HOLDFAST_KEY_FILE); init makes it where it is missing.")
    private @Nullable Path keyFile;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "One JSON object a line, for scripts.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            scope = ScopeType.INHERIT,
            description = "Says only what was asked for, and errors.")
    private boolean quiet;

    @Option(names = "--no-progress", scope = ScopeType.INHERIT, description = "Shows no progress.")
    private boolean noProgress;

    @Option(
            names = "--cache-dir",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description = "Keeps copies of the index here (also HOLDFAST_CACHE_DIR).")
    private @Nullable Path cacheDirectory;

    @Option(
            names = "--limit-upload",
            paramLabel = "SIZE",
            scope = ScopeType.INHERIT,
            description = "Sends at most this much a second, such as 5M.")
    private @Nullable String uploadLimit;

    @Option(
            names = "--limit-download",
            paramLabel = "SIZE",
            scope = ScopeType.INHERIT,
            description = "Fetches at most this much a second.")
    private @Nullable String downloadLimit;

    @Option(
            names = "--threads",
            paramLabel = "N",
            scope = ScopeType.INHERIT,
            description = "Uses N processors at most (default: all).")
    private @Nullable Integer threads;

    @Option(
            names = "--nice",
            paramLabel = "N",
            scope = ScopeType.INHERIT,
            description = "Gives way to other programs, from 0 (not at all) to 19.")
    private @Nullable Integer nice;

    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Says more.")
    private boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Shows this help.")
    @SuppressWarnings("UnusedVariable") // picocli reads the annotation
    private boolean help;

    private @Nullable Messages messages;

    RootCommand(Environment environment) {
        this.environment = environment;
    }

    /** The whole command line; commands are added here, in the order of the help. */
    CommandLine commandLine() {
        return commandLine(name -> true);
    }

    /**
     * The part of it that these arguments need: reading the annotations of all commands takes a third of the time of a small one. A
     * word that is a command's name brings it in wherever it stands; without any such word all are needed, to say what there is.
     */
    CommandLine commandLineFor(String... arguments) {
        List<String> words = List.of(arguments);
        boolean any = commands().keySet().stream().anyMatch(words::contains);
        return any ? commandLine(words::contains) : commandLine();
    }

    private CommandLine commandLine(Predicate<String> needed) {
        CommandLine line = new CommandLine(this);
        commands().forEach((name, command) -> {
            if (needed.test(name)) {
                line.addSubcommand(command.get());
            }
        });
        line.registerConverter(Path.class, RootCommand::path);
        line.setUsageHelpAutoWidth(true);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        return line;
    }

    private Map<String, Supplier<Object>> commands() {
        Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
        commands.put("init", () -> new InitCommand(this));
        commands.put("backup", () -> new BackupCommand(this));
        commands.put("snapshots", () -> new SnapshotsCommand(this));
        commands.put("ls", () -> new LsCommand(this));
        commands.put("find", () -> new FindCommand(this));
        commands.put("search", () -> new SearchCommand(this));
        commands.put("diff", () -> new DiffCommand(this));
        commands.put("cat", () -> new CatCommand(this));
        commands.put("restore", () -> new RestoreCommand(this));
        commands.put("mount", () -> new MountCommand(this));
        commands.put("stats", () -> new StatsCommand(this));
        commands.put("verify", () -> new VerifyCommand(this));
        commands.put("repair", () -> new RepairCommand(this));
        commands.put("forget", () -> new ForgetCommand(this));
        commands.put("copy", () -> new CopyCommand(this));
        commands.put("prune", () -> new PruneCommand(this));
        commands.put("hold", () -> HoldCommand.line(this));
        commands.put("session", () -> SessionCommand.line(this));
        commands.put("key", () -> KeyCommand.line(this));
        commands.put("storage", () -> StorageCommand.line(this));
        commands.put("plan", () -> PlanCommand.line(this));
        commands.put("host", () -> HostCommand.line(this));
        commands.put("job", () -> JobCommand.line(this));
        commands.put("repository", () -> RepositoryCommand.line(this));
        commands.put("audit", () -> AuditCommand.line(this));
        commands.put("alert", () -> AlertCommand.line(this));
        commands.put("report", () -> new ReportCommand(this));
        commands.put("token", () -> TokenCommand.line(this));
        commands.put("user", () -> UserCommand.line(this));
        commands.put("login", () -> new LoginCommand(this));
        commands.put("server", () -> ServerCommand.line(this));
        commands.put("catalog", () -> CatalogCommand.line(this));
        commands.put("agent", () -> AgentCommand.line(this));
        commands.put("media", () -> MediaCommand.line(this));
        commands.put("config", () -> ConfigCommand.line(this));
        commands.put("doctor", () -> new DoctorCommand(this));
        commands.put("completion", () -> new CompletionCommand(this));
        commands.put("version", () -> new VersionCommand(this));
        commands.put("help", () -> new HelpCommand(this));
        return commands;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(Objects.requireNonNull(spec).commandLine(), "no command given");
    }

    /** An empty path would be the current directory, which nobody means by it. */
    private static Path path(String text) {
        if (text.isEmpty()) {
            throw new CommandLine.TypeConversionException("an empty path");
        }
        if (RawText.hasRaw(text)) {
            throw new CommandLine.TypeConversionException("a path that is no UTF-8 cannot be used here");
        }
        return Path.of(text);
    }

    Environment environment() {
        return environment;
    }

    Messages messages() {
        Messages made = messages;
        if (made == null) {
            made = new Messages(environment, json, quiet);
            messages = made;
        }
        return made;
    }

    boolean isVerbose() {
        return verbose;
    }

    /** Whether a person watches, or a script asked to. */
    boolean showsProgress() {
        return !noProgress && !quiet && !json && environment.isErrTerminal();
    }

    Optional<String> repositoryUrl() {
        if (server != null) {
            throw HoldfastException.usage(
                    repository != null
                            ? "--repo and --server together"
                            : "this command is about a repository, and --server names a server",
                    "Name a repository with --repo.");
        }
        return Optional.ofNullable(repository).or(() -> environment.variable("HOLDFAST_REPO"));
    }

    /** Bytes a second that may be sent, 0 for no limit. */
    ByteSize uploadLimit() {
        return limit("--limit-upload", uploadLimit);
    }

    /** Bytes a second that may be fetched, 0 for no limit. */
    ByteSize downloadLimit() {
        return limit("--limit-download", downloadLimit);
    }

    private static ByteSize limit(String option, @Nullable String given) {
        if (given == null) {
            return new ByteSize(0);
        }
        ByteSize limit = ByteSize.parse(given);
        if (limit.bytes() == 0) {
            throw HoldfastException.usage(
                    option + " " + given + " would let nothing through", "Leave it out for no limit.");
        }
        return limit;
    }

    Optional<Integer> threads() {
        if (threads != null && threads < 1) {
            throw HoldfastException.usage("--threads " + threads + " is too few", "Write 1 or more.");
        }
        return Optional.ofNullable(threads);
    }

    /** Lowers the priority of this process where that was asked for. */
    void giveWay() {
        if (nice == null) {
            return;
        }
        if (nice < 0 || nice > ProcessPriority.MAX_NICE) {
            throw HoldfastException.usage(
                    "--nice " + nice + " is no priority to give way with",
                    "Write 0 to " + ProcessPriority.MAX_NICE + ".");
        }
        ProcessPriority.lower(nice);
    }

    Optional<Path> passwordFile() {
        return Optional.ofNullable(passwordFile)
                .or(() -> environment.variable("HOLDFAST_PASSWORD_FILE").map(Path::of));
    }

    /**
     * Whether a command that can look at either is about a server: {@code --repo}, {@code --server}, {@code HOLDFAST_REPO}, {@code HOLDFAST_SERVER}, in this order; else the
     * default repository is meant.
     */
    boolean isAboutServer() {
        if (repository != null && server != null) {
            throw HoldfastException.usage("--repo and --server together", "Name one of them.");
        }
        if (repository != null || server != null) {
            return server != null;
        }
        return environment.variable("HOLDFAST_REPO").isEmpty()
                && environment.variable("HOLDFAST_SERVER").isPresent();
    }

    /** Which server is meant, by the name that it was remembered under or its URL; empty for the one that was logged in to last. */
    Optional<String> serverName() {
        return Optional.ofNullable(server).or(() -> environment.variable("HOLDFAST_SERVER"));
    }

    /** What a user logs in with. */
    String loginPassword() {
        return passwordFile()
                .map(file -> SmallFiles.firstLine(file, "--password-file"))
                .or(() -> environment.variable("HOLDFAST_PASSWORD"))
                .orElseThrow(() -> HoldfastException.usage(
                        "there is no password", "Name a file with it with --password-file, or set HOLDFAST_PASSWORD."));
    }

    /** The options that open the repository, as they were given; what the environment has is there the next time, too. */
    String keyOptions() {
        return option("--password-file", passwordFile) + option("--key-file", keyFile);
    }

    private static String option(String name, @Nullable Path value) {
        return value == null ? "" : name + " " + Shell.quote(value.toString()) + " ";
    }

    Optional<Path> keyFile() {
        return Optional.ofNullable(keyFile)
                .or(() -> environment.variable("HOLDFAST_KEY_FILE").map(Path::of));
    }

    Path cacheDirectory() {
        return Optional.ofNullable(cacheDirectory)
                .or(() -> environment.variable("HOLDFAST_CACHE_DIR").map(Path::of))
                .orElseGet(environment::cacheHome);
    }
}
