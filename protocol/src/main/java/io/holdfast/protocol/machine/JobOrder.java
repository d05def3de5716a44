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
     */
    public record MediaPlace(String name, String address) {
        /** It is in the process of the control server, at whatever address the host reaches that. */
        public static final String IN_CONTROL = "control";
    }

    /**
     * @param plan by whose wish; empty for none
     * @param tags that snapshots get
     */
    public record BackupOrder(
            String plan, String repository, List<Source> sources, List<String> tags, Courtesy courtesy) {}

    /**
     * One thing to save: files, a volume, the output of a program.
     *
     * @param kind {@code files}, {@code volume} or {@code command}
     * @param name of a volume or stream
     * @param paths of files or the volume, as the program's raw text has them
     */
    public record Source(String kind, String name, List<String> paths, List<String> excludes, List<String> command) {
        public static final String FILES = "files";
        public static final String VOLUME = "volume";
        public static final String COMMAND = "command";

        /** What its snapshots are known by: of files the paths in their shortest form, ascending; of others the name. */
        public List<Bytes> names() {
            return kind.equals(FILES)
                    ? paths.stream()
                            .map(Source::shortest)
                            .map(RawText::encode)
                            .distinct()
                            .sorted()
                            .toList()
                    : List.of(RawText.encode(name));
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
     * How a host is spared.
     *
     * @param uploadLimit bytes a second; 0 for none
     * @param nice 0 to 19
     * @param threads 0 for all
     */
    public record Courtesy(long uploadLimit, int nice, int threads) {
        public static final Courtesy NONE = new Courtesy(0, 0, 0);
    }

    /**
     * @param snapshot of the repository
     * @param paths in the snapshot, as raw text; none for all
     * @param target directory on the host; empty for where they came from
     * @param overwrite as {@code restore --overwrite} has it
     */
    public record RestoreOrder(
            String repository, String snapshot, List<String> paths, String target, String overwrite) {}
}
