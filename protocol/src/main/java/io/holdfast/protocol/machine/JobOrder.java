package io.holdfast.protocol.machine;

import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * What a host is to do.
 *
 * @param job its id
 * @param fence to be named in each word about it
 * @param leaseSeconds how long it is this host's without a report that was heard
 * @param media the media servers to go to, in this order
 * @param backup what to save, where that is what to do
 * @param restore what to bring back, where that is what to do
 */
public record JobOrder(
        String job,
        long fence,
        long leaseSeconds,
        String host,
        List<MediaPlace> media,
        Optional<BackupOrder> backup,
        Optional<RestoreOrder> restore) {

    /**
     * A media server as a host reaches it.
     *
     * @param address host and port, or {@link #IN_CONTROL}
     * @param id by which its certificate names it; absent where it is in the process of the control server
     */
    public record MediaPlace(String name, String address, Optional<String> id) {
        /** It is in the process of the control server, at whatever address the host reaches that. */
        public static final String IN_CONTROL = "control";
    }

    /**
     * @param plan by whose wish; empty for none
     * @param tags that snapshots get
     * @param conduct how to go about it; absent for nothing special
     * @param storing what the media server does with it; absent for what the repository is set to
     * @param encrypt {@link #BY_HOST}, or absent where the media server encrypts
     */
    public record BackupOrder(
            String plan,
            String repository,
            List<Source> sources,
            List<String> tags,
            Optional<JobConduct> conduct,
            Optional<Storing> storing,
            Optional<String> encrypt) {
        /** The host encrypts, and its vault gets the snapshots. */
        public static final String BY_HOST = "host";

        /** Whether snapshots go to the vault of the host. */
        public boolean isForVault() {
            return encrypt.filter(BY_HOST::equals).isPresent();
        }
    }

    /**
     * How snapshots are stored.
     *
     * @param lockFor how long each is locked, as {@code backup --lock-for} has it
     * @param dataClass the storage class of their data
     */
    public record Storing(Optional<String> lockFor, Optional<String> dataClass) {}

    /**
     * One thing to save: files, a volume, the output of a program, databases of a server.
     *
     * @param kind {@code files}, {@code volume} or {@code command}; with databases, the make of their server
     * @param name of a volume or stream; of databases, what the names of their streams begin with
     * @param paths of files or the volume, as the program's raw text has them
     * @param databases which ones, where it is of databases
     */
    public record Source(
            String kind,
            String name,
            List<String> paths,
            List<String> excludes,
            List<String> command,
            Optional<Databases> databases) {
        public static final String FILES = "files";
        public static final String VOLUME = "volume";
        public static final String COMMAND = "command";

        private static final String OF_A_DATABASE = ":";
        private static final String OF_ACCOUNTS = ".accounts.dump";

        public static Source files(List<String> paths, List<String> excludes) {
            return new Source(FILES, "", paths, excludes, List.of(), Optional.empty());
        }

        public static Source volume(String name, String path) {
            return new Source(VOLUME, name, List.of(path), List.of(), List.of(), Optional.empty());
        }

        public static Source command(String name, List<String> command) {
            return new Source(COMMAND, name, List.of(), List.of(), command, Optional.empty());
        }

        /** @param make of the server, as plans have it */
        public static Source databases(String make, String name, Databases databases) {
            return new Source(make, name, List.of(), List.of(), List.of(), Optional.of(databases));
        }

        /**
         * What its snapshots are known by: of files the paths in their shortest form, ascending; of others the name. Of databases, the name of the accounts' stream: for
         * the others see {@link #prefix}.
         */
        public List<Bytes> names() {
            if (kind.equals(FILES)) {
                return paths.stream()
                        .map(Source::shortest)
                        .map(RawText::encode)
                        .distinct()
                        .sorted()
                        .toList();
            }
            return List.of(RawText.encode(databases.isPresent() ? name + OF_ACCOUNTS : name));
        }

        /** What the names of its streams begin with that only the host knows, as it alone knows its databases; absent where there are none. */
        public Optional<Bytes> prefix() {
            return databases.map(chosen -> RawText.encode(name + OF_A_DATABASE));
        }

        /** The name of the source that a stream is of, where it may be the dump of a database or of accounts. */
        public static Optional<String> ofDump(String stream) {
            if (!stream.endsWith(".dump") || stream.startsWith("/")) {
                return Optional.empty();
            }
            int end = stream.endsWith(OF_ACCOUNTS) && stream.indexOf(OF_A_DATABASE) < 0
                    ? stream.length() - OF_ACCOUNTS.length()
                    : stream.indexOf(OF_A_DATABASE);
            return end > 0 ? Optional.of(stream.substring(0, end)) : Optional.empty();
        }

        private static String shortest(String path) {
            Deque<String> parts = new ArrayDeque<>();
            for (String part : path.split("/", -1)) {
                if (part.equals("..")) {
                    parts.pollLast();
                } else if (!part.isEmpty() && !part.equals(".")) {
                    parts.addLast(part);
                }
            }
            return "/" + String.join("/", parts);
        }
    }

    /**
     * Which databases of a server, and how it is reached.
     *
     * @param names in which {@code *} stands for any letters; of none at all, every one
     * @param excludes the same, of what is left out
     * @param accounts whether users, roles and grants are saved, too
     * @param connectionFile on the host; absent for the socket of the machine
     * @param runAs the user of the machine who runs the server's programs; absent for that of the agent
     */
    public record Databases(
            List<String> names,
            List<String> excludes,
            boolean accounts,
            Optional<String> connectionFile,
            Optional<String> runAs) {}

    /**
     * What a media server copies for a job of a plan and host: their snapshots, into the job's repository.
     *
     * @param from where they are
     * @param lockFor how long copies are locked, as {@code backup --lock-for} has it
     */
    public record CopyOrder(String from, Optional<String> lockFor) {}

    /**
     * @param snapshot of the repository
     * @param paths in the snapshot, as raw text; none for all
     * @param target directory on the host, {@code /} for where they came from; empty with a database, so that an agent that knows none writes nothing
     * @param overwrite as {@code restore --overwrite} has it
     * @param database where the stream of the snapshot goes, in the place of files
     * @param vault the id of the host in whose vault the snapshot is; absent where it is in the repository itself
     */
    public record RestoreOrder(
            String repository,
            String snapshot,
            List<String> paths,
            String target,
            String overwrite,
            Optional<DatabaseTarget> database,
            Optional<String> vault) {}

    /**
     * A running database server, reached from the host.
     *
     * @param name under which the database comes back; absent for its own
     * @param replace what has that name now
     * @param connectionFile on the host; absent for the socket of the machine
     * @param runAs the user of the machine who runs the server's programs; absent for that of the agent
     */
    public record DatabaseTarget(
            Optional<String> name, boolean replace, Optional<String> connectionFile, Optional<String> runAs) {}
}
