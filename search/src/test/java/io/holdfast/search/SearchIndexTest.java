package io.holdfast.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Source;
import io.holdfast.repository.tree.EntryType;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
final class SearchIndexTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final List<String> NAMES = List.of(
            "a",
            "B",
            "report.txt",
            "Report-2024.TXT",
            "ärger.doc",
            "ÄRGER",
            "raw\udcff\udc80",
            "lib.so.1",
            "x.c",
            "x.h",
            "a.b");

    @TempDir
    private Path directory;

    private final MemoryStore store = new MemoryStore();

    /** What the snapshots of a source had, in their order. */
    private final Map<Source, Map<SnapshotId, SortedMap<String, NameLab.File>>> truth =
            new TreeMap<>(SearchPosition.SOURCES);

    @Test
    void findsWhatSnapshotsHad() throws InterruptedException {
        NameLab lab = new NameLab(store, directory);
        Source source = NameLab.source("web1");
        SortedMap<String, NameLab.File> files = new TreeMap<>();
        files.put("/etc/Hosts", new NameLab.File(10, 100));
        files.put("/etc/hosts.d/one", new NameLab.File(20, 200));
        save(lab, source, files);
        files.put("/etc/Hosts", new NameLab.File(11, 300));
        files.remove("/etc/hosts.d/one");
        SnapshotId second = save(lab, source, files);
        SearchIndex index = lab.newIndex(directory);
        index.update(lab.live());

        assertThat(ask(index, "hosts", SearchIndexTest::all))
                .extracting(found -> RawText.decode(found.path().unsafeArray()), Found::versions, Found::isGone)
                .containsExactly(tuple("/etc/Hosts", 2, false), tuple("/etc/hosts.d", 1, true));
        Found hosts = ask(index, "/etc/*", SearchIndexTest::all).getFirst();
        assertThat(hosts)
                .isEqualTo(new Found(source, RawText.encode("/etc/Hosts"), EntryType.FILE, 11, 300, second, 2, false));
        assertThat(ask(index, "hosts", other -> !other.equals(source))).isEmpty();
    }

    /** Whatever happens to snapshots and segments, answers are those that reading all trees would give. */
    @Test
    void answersAsReadingAllTreesWould() {
        SeededRandom.check(25, random -> {
            truth.clear();
            MemoryStore objects = new MemoryStore();
            NameLab lab = new NameLab(objects, directory.resolve("r" + random.nextLong()));
            List<SearchIndex> indexes = new ArrayList<>(List.of(lab.newIndex(directory), lab.newIndex(directory)));
            Map<Source, SortedMap<String, NameLab.File>> trees = new LinkedHashMap<>();
            for (String host : List.of("web1", "db1", "web2")) {
                trees.put(NameLab.source(host), new TreeMap<>());
            }
            for (int step = 0; step < 40; step++) {
                Source source = random.pick(List.copyOf(trees.keySet()));
                SortedMap<String, NameLab.File> files = trees.getOrDefault(source, new TreeMap<>());
                change(random, files);
                save(lab, source, files);
                if (random.oneIn(3)) {
                    forgetSome(random, lab);
                }
                if (random.oneIn(10)) {
                    damageOne(random, objects);
                }
                if (random.oneIn(8)) {
                    indexes.set(random.nextInt(2), lab.newIndex(directory));
                }
                if (random.oneIn(2)) {
                    SearchIndex index = random.pick(indexes);
                    index.update(lab.live());
                    assertAnswers(random, index);
                }
            }
            indexes.getFirst().update(lab.live());
            assertAnswers(random, indexes.getFirst());
            // What is of no use any more goes: a line has few segments.
            indexes.getFirst().update(lab.live());
            assertThat(objects.names("search/")).hasSizeLessThan(25);
        });
    }

    @Test
    void goesOnWhereTimeWasUp() throws InterruptedException {
        NameLab lab = new NameLab(store, directory);
        SortedMap<String, NameLab.File> files = new TreeMap<>();
        for (int i = 0; i < 9_000; i++) {
            files.put("/d/file-%05d".formatted(i), new NameLab.File(i, i));
        }
        save(lab, NameLab.source("one"), files);
        save(lab, NameLab.source("two"), files);
        SearchIndex index = lab.newIndex(directory);
        index.update(lab.live());

        List<Found> found = new ArrayList<>();
        Optional<SearchPosition> from = Optional.empty();
        int pages = 0;
        do {
            SearchPage page = index.search(NameQuery.of("*77*"), SearchIndexTest::all, from, 100_000, Duration.ZERO);
            found.addAll(page.found());
            from = page.next().map(at -> SearchPosition.parse(at.text()));
            pages++;
        } while (from.isPresent());

        assertThat(found)
                .isEqualTo(ask(index, "77", SearchIndexTest::all))
                .hasSizeGreaterThan(300)
                .doesNotHaveDuplicates();
        assertThat(pages).isGreaterThan(4);
    }

    /** Pages of the snapshot before are gone with it where it was forgotten and collected: all names are read again then. */
    @Test
    void beginsAnewWhereTheTreeBeforeIsGone() throws InterruptedException {
        NameLab lab = new NameLab(store, directory);
        Source source = NameLab.source("web1");
        SortedMap<String, NameLab.File> files = new TreeMap<>(Map.of("/old", new NameLab.File(1, 1)));
        SnapshotId first = save(lab, source, files);
        SearchIndex index = lab.newIndex(directory);
        index.update(lab.live());
        List<ObjectName> before = store.names("packs/meta/");
        files.remove("/old");
        files.put("/new", new NameLab.File(2, 2));
        save(lab, source, files);
        lab.repository().snapshots().forget(first);
        truth.getOrDefault(source, Map.of()).remove(first);
        before.forEach(pack -> assertThat(store.delete(pack)).isTrue());

        index.update(lab.live());

        assertThat(ask(index, "new", SearchIndexTest::all)).hasSize(1);
        assertThat(ask(index, "old", SearchIndexTest::all)).isEmpty();
        assertThat(store.names("search/")).hasSize(1);
        assertThat(lab.told()).isEmpty();
    }

    /** What a disk here did to a copy is no reason to delete what the store has. */
    @Test
    void aDamagedCopyIsFetchedAgain() throws Exception {
        NameLab lab = new NameLab(store, directory);
        save(lab, NameLab.source("web1"), new TreeMap<>(Map.of("/one", new NameLab.File(1, 1))));
        Path cache = directory.resolve("copies");
        lab.openIndex(cache).update(lab.live());
        List<ObjectName> before = store.names("search/");
        Path copy = cache.resolve(before.getFirst().value().substring("search/".length()));
        byte[] bytes = Files.readAllBytes(copy);
        bytes[bytes.length - 20] ^= 1;
        Files.write(copy, bytes);

        SearchIndex again = lab.openIndex(cache);
        again.update(lab.live());

        assertThat(ask(again, "one", SearchIndexTest::all)).hasSize(1);
        assertThat(store.names("search/")).isEqualTo(before);
        assertThat(lab.told()).isEmpty();
    }

    private SnapshotId save(NameLab lab, Source source, SortedMap<String, NameLab.File> files) {
        SnapshotId id = lab.snapshot(source, files);
        truth.computeIfAbsent(source, s -> new LinkedHashMap<>()).put(id, new TreeMap<>(files));
        return id;
    }

    private static void change(SeededRandom random, SortedMap<String, NameLab.File> files) {
        for (int changes = random.nextInt(5); changes > 0; changes--) {
            if (!files.isEmpty() && random.oneIn(3)) {
                files.remove(random.pick(List.copyOf(files.keySet())));
            } else {
                String path = "/" + random.pick(NAMES);
                while (random.oneIn(2)) {
                    path += "/" + random.pick(NAMES);
                }
                String chosen = path;
                // A name is a file or a directory.
                files.keySet().removeIf(other -> other.startsWith(chosen + "/") || chosen.startsWith(other + "/"));
                files.put(chosen, new NameLab.File(random.nextInt(3), random.nextInt(3) - 1));
            }
        }
    }

    private void forgetSome(SeededRandom random, NameLab lab) {
        truth.values()
                .forEach(snapshots -> List.copyOf(snapshots.keySet()).stream()
                        .filter(id -> random.oneIn(3))
                        .forEach(id -> {
                            lab.repository().snapshots().forget(id);
                            snapshots.remove(id);
                        }));
    }

    private static void damageOne(SeededRandom random, MemoryStore objects) {
        List<ObjectName> names = objects.names("search/");
        if (!names.isEmpty()) {
            ObjectName name = random.pick(names);
            ByteBuffer bytes = objects.get(name).orElseThrow();
            byte[] damaged = new byte[bytes.remaining()];
            bytes.get(damaged);
            damaged[random.nextInt(damaged.length)] ^= 1;
            assertThat(objects.delete(name)).isTrue();
            var ignored = objects.put(name, ByteBuffer.wrap(damaged));
        }
    }

    private void assertAnswers(SeededRandom random, SearchIndex index) {
        for (String question : List.of(
                "a",
                "report",
                "*.TXT",
                "x.?",
                "/a/**",
                "a/*",
                "ärger",
                "*",
                "**/b",
                "raw\udcff",
                "/b",
                "lib.so",
                "nothing")) {
            Predicate<Source> visible = random.oneIn(2)
                    ? SearchIndexTest::all
                    : source -> source.host().startsWith("web");
            List<Found> answer = new ArrayList<>();
            Optional<SearchPosition> from = Optional.empty();
            do {
                SearchPage page = index.search(NameQuery.of(question), visible, from, 1 + random.nextInt(10), LONG);
                answer.addAll(page.found());
                from = page.next();
            } while (from.isPresent());
            assertThat(answer).as(question).isEqualTo(expected(question, visible));
        }
    }

    private List<Found> expected(String question, Predicate<Source> visible) {
        List<Found> expected = new ArrayList<>();
        truth.forEach((source, snapshots) -> {
            if (!visible.test(source) || snapshots.isEmpty()) {
                return;
            }
            TreeSet<Bytes> paths = new TreeSet<>(PathOrder::compare);
            snapshots
                    .values()
                    .forEach(files -> withDirectories(files).keySet().stream()
                            .filter(path -> fits(question, path))
                            .forEach(path -> paths.add(RawText.encode(path))));
            SnapshotId newest = List.copyOf(snapshots.keySet()).getLast();
            for (Bytes path : paths) {
                String text = RawText.decode(path.unsafeArray());
                int versions = 0;
                SnapshotId at = newest;
                Optional<NameLab.File> before = Optional.empty();
                NameLab.File last = new NameLab.File(0, 0);
                for (Map.Entry<SnapshotId, SortedMap<String, NameLab.File>> each : snapshots.entrySet()) {
                    Optional<NameLab.File> now =
                            Optional.ofNullable(withDirectories(each.getValue()).get(text));
                    if (now.isPresent()) {
                        at = each.getKey();
                        last = now.get();
                        versions += before.equals(now) ? 0 : 1;
                    }
                    before = now;
                }
                boolean isDirectory = last.equals(DIRECTORY);
                expected.add(new Found(
                        source,
                        path,
                        isDirectory ? EntryType.DIRECTORY : EntryType.FILE,
                        isDirectory ? 0 : last.sizeBytes(),
                        isDirectory ? 0 : last.seconds(),
                        at,
                        versions,
                        !at.equals(newest)));
            }
        });
        return expected;
    }

    private static final NameLab.File DIRECTORY = new NameLab.File(-1, -1);

    private static SortedMap<String, NameLab.File> withDirectories(SortedMap<String, NameLab.File> files) {
        SortedMap<String, NameLab.File> all = new TreeMap<>(files);
        for (String path : files.keySet()) {
            for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
                all.put(path.substring(0, slash), DIRECTORY);
            }
        }
        return all;
    }

    /** The rules of docs/search.md in the plainest way. */
    private static boolean fits(String question, String path) {
        String asked = question.toLowerCase(Locale.ROOT);
        String folded = path.toLowerCase(Locale.ROOT);
        boolean isAboutPath = asked.contains("/");
        String text = isAboutPath ? folded : folded.substring(folded.lastIndexOf('/') + 1);
        if (!asked.contains("*") && !asked.contains("?")) {
            return text.contains(asked);
        }
        String regex = asked.replace(".", "\\.")
                .replace("?", "[^/]")
                .replace("**/", "\u0001")
                .replace("**", "\u0002")
                .replace("*", "[^/]*")
                .replace("\u0001", "(.*/)?")
                .replace("\u0002", ".*");
        return Pattern.matches((isAboutPath && !asked.startsWith("/") ? "(.*/)?" : "") + regex, text);
    }

    private static boolean all(Source source) {
        return true;
    }

    private static List<Found> ask(SearchIndex index, String question, Predicate<Source> visible) {
        SearchPage page = index.search(NameQuery.of(question), visible, Optional.empty(), 100_000, LONG);
        assertThat(page.next()).isEmpty();
        return page.found();
    }
}
