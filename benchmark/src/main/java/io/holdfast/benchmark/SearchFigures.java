package io.holdfast.benchmark;

import io.holdfast.core.Bytes;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.Warnings;
import io.holdfast.repository.Repository;
import io.holdfast.repository.RepositorySettings;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import io.holdfast.repository.snapshot.SnapshotStatistics;
import io.holdfast.repository.tree.DirectoryWriter;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.repository.tree.PageRef;
import io.holdfast.repository.tree.Timestamp;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.search.NameQuery;
import io.holdfast.search.SearchIndex;
import io.holdfast.search.SearchPage;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/**
 * What it takes to search names over many hosts: trees of names alone in a real repository, with a night's changes after each other, and then questions. Of each host half of the directories
 * are those of all hosts, as an operating system's are, and half its own.
 */
public final class SearchFigures {
    private static final int FILES_A_DIRECTORY = 200;
    /** One of so many directories has new files each night, as many of them as a directory has: so 1 % of all files. */
    private static final int SHARE_A_NIGHT = 100;

    private static final int SAVES_BETWEEN_TIDYING = 8;

    private static final int QUESTIONS = 400;
    private static final int PAGE = 50;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final String[] SYLLABLES = {
        "ka", "lo", "mi", "ne", "pu", "ra", "si", "to", "ve", "wo", "xa", "zu", "bel", "cor", "dan", "fin", "gar", "hul"
    };
    private static final String[] ENDINGS = {".txt", ".log", ".conf", ".so.1", ".py", ".html", ".jpg", ".pdf", ""};

    private final Repository repository;
    private final int directories;

    private SearchFigures(Repository repository, int directories) {
        this.repository = repository;
        this.directories = directories;
    }

    /** @param arguments a directory, number of hosts, files of each, nights; where it has a repository of the same numbers already, that is only asked */
    public static void main(String[] arguments) throws InterruptedException, IOException {
        Path place = Path.of(arguments[0]);
        int hosts = Integer.parseInt(arguments[1]);
        int directories = Integer.parseInt(arguments[2]) / FILES_A_DIRECTORY;
        int nights = Integer.parseInt(arguments[3]);
        Path key = place.resolve("key");
        boolean isNew = !Files.exists(key);
        try (ObjectStore store = isNew
                        ? DiskStore.create(place.resolve("repository"))
                        : DiskStore.open(place.resolve("repository"));
                Repository repository = repository(store, key, place.resolve("cache"), isNew)) {
            new SearchFigures(repository, directories).run(place.resolve("names"), hosts, isNew ? nights : 0, nights);
        }
    }

    private static Repository repository(ObjectStore store, Path key, Path cache, boolean isNew) throws IOException {
        RepositorySettings settings = RepositorySettings.of(cache, "benchmark", Warnings.NONE);
        if (!isNew) {
            return Repository.open(
                    store, List.of(new Credential.Key(KeyFile.parse(Files.readString(key), "key"))), settings);
        }
        KeyFile drawn = KeyFile.generate(new SecureRandom());
        Files.writeString(key, drawn.toText());
        return Repository.create(store, Repository.newId(settings), new Credential.Key(drawn), "benchmark", settings)
                .repository();
    }

    private void run(Path cache, int hosts, int nights, int allNights) throws InterruptedException {
        SearchIndex index = newIndex(cache);
        List<Host> all = new ArrayList<>();
        for (int i = 0; i < hosts; i++) {
            all.add(new Host("host%04d".formatted(i), i));
        }
        List<Double> updates = new ArrayList<>();
        for (int night = 0; night < nights; night++) {
            for (int i = 0; i < all.size(); i++) {
                all.get(i).save(night);
                if (i % SAVES_BETWEEN_TIDYING == 0) {
                    repository.tidyIndex();
                }
            }
            long begin = System.nanoTime();
            index.update(repository.snapshots().live());
            updates.add(seconds(begin));
            System.err.printf(Locale.ROOT, "night %d taken in within %.1f s%n", night + 1, updates.getLast());
        }
        long[] sizes = {0, 0};
        repository.store().list("search/", object -> {
            sizes[0]++;
            sizes[1] += object.sizeBytes();
        });
        long begin = System.nanoTime();
        SearchIndex again = newIndex(cache);
        again.update(repository.snapshots().live());
        double open = seconds(begin);
        System.out.printf(
                Locale.ROOT,
                "{\"hosts\": %d, \"files\": %d, \"nights\": %d, \"first_night_seconds\": %.1f, \"night_seconds\": %.1f, \"segments\": %d, \"bytes\": %d, \"open_seconds\": %.1f, %s}%n",
                hosts,
                directories * FILES_A_DIRECTORY,
                allNights,
                updates.isEmpty() ? 0 : updates.getFirst(),
                updates.isEmpty() ? 0 : median(updates.subList(Math.min(1, updates.size() - 1), updates.size())),
                sizes[0],
                sizes[1],
                open,
                questions(again, all));
    }

    private SearchIndex newIndex(Path cache) {
        return new SearchIndex(
                repository, cache, Runtime.getRuntime().maxMemory() / 8, Warnings.NONE, MonotonicClock.system());
    }

    /** Each kind of question is put to an index that has answered others before. */
    private String questions(SearchIndex index, List<Host> hosts) {
        Random random = new Random(7);
        Map<String, List<Double>> times = new TreeMap<>();
        List<Double> every = new ArrayList<>();
        long found = 0;
        for (int i = -20; i < QUESTIONS; i++) {
            Host host = hosts.get(random.nextInt(hosts.size()));
            String name = host.name(random.nextInt(directories), random.nextInt(FILES_A_DIRECTORY), 0);
            int cut = name.length() / 2;
            String[] kinds = {"whole", "part", "pattern", "ending", "none", "short"};
            String kind = kinds[Math.floorMod(i, kinds.length)];
            String question = switch (kind) {
                case "whole" -> name;
                case "part" -> name.substring(2, cut + 2);
                case "pattern" -> name.substring(0, cut) + "*" + name.substring(name.length() - 2);
                case "ending" -> "*" + name.substring(cut);
                case "none" -> name.substring(0, cut) + "qq" + name.substring(cut);
                default -> name.substring(0, 2);
            };
            long begin = System.nanoTime();
            SearchPage page =
                    index.search(NameQuery.of(question), source -> true, Optional.empty(), PAGE, Duration.ofMinutes(1));
            double seconds = seconds(begin);
            if (i >= 0) {
                times.computeIfAbsent(kind, k -> new ArrayList<>()).add(seconds);
                every.add(seconds);
                found += page.found().size();
            }
        }
        StringBuilder text = new StringBuilder();
        text.append("\"questions\": %d, \"found\": %d, \"p50\": %.4f, \"p95\": %.4f, \"worst\": %.4f"
                .formatted(every.size(), found, median(every), quantile(every, 0.95), quantile(every, 1)));
        times.forEach((kind, each) -> text.append(", \"%s_p95\": %.4f".formatted(kind, quantile(each, 0.95))));
        return text.toString();
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / NANOS_PER_SECOND;
    }

    private static double median(List<Double> values) {
        return quantile(values, 0.5);
    }

    private static double quantile(List<Double> values, double share) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted[(int) Math.min(sorted.length - 1L, Math.round(share * (sorted.length - 1)))];
    }

    private static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A host with its tree: of each directory the page, and how often its files were made anew. */
    private final class Host {
        private final String host;
        private final int number;
        private final Map<Integer, Integer> versions = new HashMap<>();
        private final List<PageRef> tree = new ArrayList<>();

        Host(String host, int number) {
            this.host = host;
            this.number = number;
        }

        /** The first half of the directories has the names that those of all hosts have. */
        private String name(int directory, int file, int version) {
            long seed = directory < directories / 2 ? directory : 1_000_000L * (number + 1) + directory;
            Random random = new Random(seed * FILES_A_DIRECTORY + file + ((long) version << 40));
            StringBuilder name = new StringBuilder();
            for (int i = 3 + random.nextInt(3); i > 0; i--) {
                name.append(SYLLABLES[random.nextInt(SYLLABLES.length)]);
            }
            return name.append(random.nextInt(1_000))
                    .append(ENDINGS[random.nextInt(ENDINGS.length)])
                    .toString();
        }

        void save(int night) {
            try (WriteSession session = repository.beginSession("benchmark")) {
                for (int i = 0; i < directories; i++) {
                    if (night == 0) {
                        tree.add(directory(session, i, night));
                    } else if ((i + night * 37 + number) % SHARE_A_NIGHT == 0) {
                        versions.merge(i, 1, Integer::sum);
                        tree.set(i, directory(session, i, night));
                    }
                }
                DirectoryWriter top = new DirectoryWriter(session);
                for (int i = 0; i < directories; i++) {
                    top.add(TreeEntry.builder(bytes("directory-%05d".formatted(i)), EntryType.DIRECTORY)
                            .directory(tree.get(i))
                            .build());
                }
                PageRef root = DirectoryWriter.storeRoot(
                        session,
                        TreeEntry.builder(bytes(""), EntryType.DIRECTORY)
                                .directory(top.finish().orElseThrow())
                                .build());
                session.flush();
                session.commit(manifest(night, root));
            }
        }

        private PageRef directory(WriteSession session, int directory, int night) {
            int version = versions.getOrDefault(directory, 0);
            TreeMap<Bytes, TreeEntry> entries = new TreeMap<>();
            for (int file = 0; file < FILES_A_DIRECTORY; file++) {
                Bytes name = bytes(name(directory, file, version));
                entries.put(
                        name,
                        TreeEntry.builder(name, EntryType.FILE)
                                .sizeBytes(file)
                                .modified(new Timestamp(1_700_000_000L + night * 86_400L, 0))
                                .build());
            }
            DirectoryWriter writer = new DirectoryWriter(session);
            entries.values().forEach(writer::add);
            return writer.finish().orElseThrow();
        }

        private Manifest manifest(int night, PageRef root) {
            Timestamp time = new Timestamp(1_700_000_000L + night * 86_400L, 0);
            return new Manifest(
                    time,
                    time,
                    host,
                    Arrays.asList(bytes("/data")),
                    List.of(),
                    Optional.of(root),
                    new SnapshotStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
                    Optional.empty(),
                    "benchmark",
                    new TreeMap<>(),
                    new TreeMap<>(),
                    List.of(),
                    Optional.empty(),
                    "root");
        }
    }
}
