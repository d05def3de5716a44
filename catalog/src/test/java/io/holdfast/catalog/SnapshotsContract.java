package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.catalog.RepositoryEntry.Size;
import io.holdfast.catalog.RepositoryEntry.State;
import io.holdfast.catalog.Snapshots.Filter;
import io.holdfast.catalog.Snapshots.Reconciled;
import io.holdfast.catalog.Snapshots.Totals;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Repositories, and what is in them. */
@Timeout(60)
abstract class SnapshotsContract extends TimedContract {
    private static final Bytes KEY = Bytes.ofHex("00ff0a80");

    private static SnapshotFacts snapshot(String id, Instant ended) {
        return snapshot(id, null, ended, "a", "b");
    }

    private static SnapshotFacts snapshot(String id, @Nullable HostId host, Instant ended, String... tags) {
        SortedSet<String> set = new TreeSet<>(List.of(tags));
        return new SnapshotFacts(
                id,
                "web1",
                host,
                "/home",
                "nightly",
                null,
                ended.minusSeconds(60),
                ended,
                10,
                1_000,
                100,
                50,
                null,
                set);
    }

    private static void repository(Catalog catalog, String name) {
        assertThat(catalog.repositories().add(name, "file:/" + name, null, "id of " + name))
                .isNotNull();
    }

    private static List<String> ids(Catalog catalog, String repository) {
        return catalog
                .snapshots()
                .page(new Filter(repository, null, "", "", "", null, null), Long.MAX_VALUE, 1_000)
                .stream()
                .map(entry -> entry.facts().id())
                .toList();
    }

    @Test
    void aHostGetsWhatWasMadeUnderItsNameAndIsNobodys() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            HostId other = catalog.hosts().add("web2").id();
            var ignored = catalog.snapshots().put("main", snapshot("1", clock.instant()));
            ignored = catalog.snapshots().put("main", snapshot("2", other, clock.instant()));
            HostId host = catalog.hosts().add("web1").id();
            assertThat(catalog.snapshots().claim(host, "web")).isZero();
            assertThat(catalog.snapshots().claim(host, "web1")).isEqualTo(1);
            assertThat(catalog.snapshots().claim(host, "web1")).isZero();
            assertThat(catalog.snapshots().of("main", "1").orElseThrow().facts().host())
                    .isEqualTo(host);
            assertThat(catalog.snapshots().of("main", "2").orElseThrow().facts().host())
                    .isEqualTo(other);
        }
    }

    @Test
    void aRepositoryIsThereAsItWasAddedAndChanged() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            Repositories repositories = catalog.repositories();
            RepositoryEntry added = repositories.add("main", "s3:bucket", KEY, "0123");
            assertThat(other.repositories().named("main")).hasValue(added);
            RepositoryEntry second = repositories.add("a second", "file:/x", null, "4567");
            assertThat(other.repositories().all()).containsExactly(second, added);
            for (List<String> twice : List.of(List.of("main", "89ab"), List.of("another", "0123"))) {
                HoldfastException e = catchThrowableOfType(
                        HoldfastException.class, () -> repositories.add(twice.get(0), "file:/y", KEY, twice.get(1)));
                assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
                assertThat(e).hasMessageContaining("'main'");
            }
            Bytes resealed = Bytes.ofHex("01");
            assertThat(repositories.reseal("main", KEY, resealed)).isTrue();
            assertThat(repositories.reseal("main", KEY, Bytes.ofHex("02"))).isFalse();
            assertThat(repositories.change("main", "s3:other", State.PAUSED)).isTrue();
            assertThat(repositories.named("main"))
                    .hasValue(new RepositoryEntry(
                            "main", "s3:other", resealed, "0123", State.PAUSED, added.added(), "", null));
            assertThat(repositories.remove("main")).isTrue();
            assertThat(repositories.remove("main")).isFalse();
            assertThat(repositories.change("main", "", State.ACTIVE)).isFalse();
        }
    }

    @Test
    void whatIsWrongWithARepositoryHasABeginning() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            Repositories repositories = catalog.repositories();
            repositories.trouble("main", "no answer");
            Instant since = clock.instant();
            pass(Duration.ofMinutes(1));
            repositories.trouble("main", "access denied");
            RepositoryEntry entry = repositories.named("main").orElseThrow();
            assertThat(entry.trouble()).isEqualTo("access denied");
            assertThat(entry.troubleSince()).isEqualTo(since);
            repositories.trouble("main", "");
            assertThat(repositories.named("main").orElseThrow().troubleSince()).isNull();
            repositories.trouble("none", "x");
        }
    }

    @Test
    void sizesTellHowARepositoryGrew() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            List<Size> sizes = new ArrayList<>();
            for (int day = 0; day < 10; day++) {
                sizes.add(new Size(START.plus(Duration.ofDays(day)), day, 10L * day, 1));
                catalog.repositories().note("main", sizes.getLast());
            }
            Size better = new Size(sizes.getLast().at(), 77, 78, 79);
            catalog.repositories().note("main", better);
            sizes.set(9, better);
            assertThat(catalog.repositories().sizes("main", START, 100)).isEqualTo(sizes);
            assertThat(catalog.repositories().sizes("main", START, 3)).isEqualTo(sizes.subList(7, 10));
            assertThat(catalog.repositories().sizes("main", START.plus(Duration.ofDays(8)), 100))
                    .isEqualTo(sizes.subList(8, 10));
        }
    }

    @Test
    void aSnapshotKeepsItsPlaceWhateverIsLearnedOfItLater() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            Snapshots snapshots = catalog.snapshots();
            SnapshotEntry first = snapshots.put("main", snapshot("01-aa", START.plus(Duration.ofDays(900))));
            assertThat(first.noted()).isEqualTo(START);
            pass(Duration.ofSeconds(1));
            SnapshotEntry second = snapshots.put("main", snapshot("02-bb", START));
            assertThat(second.sequence()).as("the order is the catalog's").isGreaterThan(first.sequence());
            HostId host = catalog.hosts().add("web1").id();
            SnapshotEntry again = snapshots.put("main", snapshot("01-aa", host, START, "c"));
            assertThat(again.sequence()).isEqualTo(first.sequence());
            assertThat(again.noted()).isEqualTo(first.noted());
            assertThat(snapshots.of("main", "01-aa")).hasValue(again);
            assertThat(again.facts().tags()).containsExactly("c");
            assertThat(ids(catalog, "main")).containsExactly("02-bb", "01-aa");
            assertThat(snapshots.withIdPart("b", 10)).containsExactly(second);
            assertThat(snapshots.withIdPart("0", 10)).containsExactly(second, again);
            assertThat(snapshots.withIdPart("%", 10)).isEmpty();
            assertThat(catalog.hosts().remove(host)).isTrue();
            assertThat(snapshots.of("main", "01-aa")).as("it outlives its host").hasValue(again);
            assertThat(snapshots.remove("main", "01-aa")).isTrue();
            assertThat(snapshots.remove("main", "01-aa")).isFalse();
            assertThatThrownBy(() -> snapshot("../x", START)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void whateverAManifestSaysCanBeNoted() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            SnapshotEntry entry = catalog.snapshots().put("main", snapshot("01", null, START, "a\0", "\ud800"));
            assertThat(entry.facts().tags()).containsExactlyInAnyOrder("a\ufffd", "?");
            assertThat(catalog.snapshots().of("main", "01")).hasValue(entry);
        }
    }

    @Test
    void locksOnlyExtend() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            assertThat(catalog.snapshots()
                            .put("main", snapshot("01", START))
                            .facts()
                            .lockedUntil())
                    .isNull();
            Instant until = START.plus(Duration.ofDays(30));
            assertThat(catalog.snapshots().lock("main", "01", until)).isTrue();
            assertThat(catalog.snapshots().lock("main", "01", until.minusSeconds(1)))
                    .isFalse();
            assertThat(catalog.snapshots().lock("main", "02", until)).isFalse();
            assertThat(catalog.snapshots()
                            .of("main", "01")
                            .orElseThrow()
                            .facts()
                            .lockedUntil())
                    .isEqualTo(until);
        }
    }

    @Test
    void aListingMakesTheCatalogSayTheSame() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            repository(catalog, "other");
            Snapshots snapshots = catalog.snapshots();
            SnapshotEntry kept = snapshots.put("main", snapshot("01", START));
            SnapshotEntry gone = snapshots.put("main", snapshot("02", START));
            SnapshotEntry elsewhere = snapshots.put("other", snapshot("02", START));
            long mark = snapshots.mark();
            SnapshotEntry late = snapshots.put("main", snapshot("05", START));
            pass(Duration.ofDays(1));
            Instant now = clock.instant();
            Reconciled reconciled = snapshots.reconcile(
                    "main",
                    mark,
                    List.of(
                            snapshot("04", now.plus(Duration.ofDays(900))),
                            snapshot("01", START),
                            snapshot("03", START.plusSeconds(5))));
            assertThat(reconciled.removed()).containsExactly(gone);
            assertThat(reconciled.added())
                    .extracting(entry -> entry.facts().id())
                    .containsExactly("03", "04");
            assertThat(reconciled.added())
                    .extracting(SnapshotEntry::noted)
                    .as("none is from the future")
                    .containsExactly(START.plusSeconds(5), now);
            assertThat(ids(catalog, "main")).containsExactly("04", "03", "05", "01");
            assertThat(snapshots.of("main", "05"))
                    .as("came while the list was made")
                    .hasValue(late);
            assertThat(snapshots.of("main", "01")).hasValue(kept);
            assertThat(snapshots.of("other", "02")).hasValue(elsewhere);
            assertThat(snapshots.reconcile("main", snapshots.mark(), List.of()).removed())
                    .hasSize(4);
            assertThat(snapshots.reconcile("main", snapshots.mark(), List.of()))
                    .isEqualTo(new Reconciled(List.of(), List.of()));
            assertThat(snapshots.put("main", snapshot("06", START)).sequence())
                    .as("no number is used again")
                    .isGreaterThan(reconciled.added().getLast().sequence());
        }
    }

    @Test
    void whatLiesInVaultsIsComparedWithThatVaultAlone() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
            Snapshots snapshots = catalog.snapshots();
            String vault = "ab".repeat(16);
            String other = "cd".repeat(16);
            SnapshotEntry sealed = snapshots.put("main", sealed("01", vault));
            SnapshotEntry foreign = snapshots.put("main", sealed("02", other));
            SnapshotEntry open = snapshots.put("main", snapshot("03", START));
            assertThat(snapshots.of("main", "01")).hasValue(sealed);
            assertThat(sealed.facts().vault()).isEqualTo(vault);
            assertThat(sealed.facts().isReadable()).isFalse();
            assertThat(open.facts().isReadable()).isTrue();
            assertThat(snapshots.ofVault("main", vault)).containsExactly(sealed);

            assertThat(snapshots.reconcile("main", snapshots.mark(), List.of()).removed())
                    .containsExactly(open);
            Reconciled reconciled = snapshots.reconcile("main", vault, snapshots.mark(), List.of(sealed("04", vault)));
            assertThat(reconciled.removed()).containsExactly(sealed);
            assertThat(reconciled.added())
                    .extracting(entry -> entry.facts().vault())
                    .containsExactly(vault);
            assertThat(snapshots.of("main", "02")).hasValue(foreign);
        }
    }

    private static SnapshotFacts sealed(String id, String vault) {
        SnapshotFacts facts = snapshot(id, START);
        return new SnapshotFacts(
                id,
                facts.hostName(),
                null,
                facts.source(),
                facts.plan(),
                null,
                facts.started(),
                facts.ended(),
                0,
                0,
                0,
                0,
                null,
                facts.tags(),
                vault);
    }

    @Test
    void thoseWhoCommitAtOnceHavePlacesOfTheirOwn() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
        }
        List<Long> places = atOnce(
                20,
                (client, i) -> client.snapshots()
                        .put("main", snapshot("0" + Integer.toHexString(i), START))
                        .sequence());
        assertThat(places).doesNotHaveDuplicates().hasSize(20);
    }

    /** A worker tells of its commit while another server lists the repository. */
    @Test
    void aSnapshotThatIsFoundAndToldAtOnceIsNotedOnce() {
        try (Catalog catalog = open()) {
            repository(catalog, "main");
        }
        List<Boolean> done = atOnce(16, (client, i) -> {
            if (i % 2 == 0) {
                return client.snapshots().put("main", snapshot("0a", START)).sequence() == 1;
            }
            return client.snapshots()
                    .reconcile("main", 0, List.of(snapshot("0a", START)))
                    .removed()
                    .isEmpty();
        });
        assertThat(done).containsOnly(true);
        try (Catalog catalog = open()) {
            assertThat(ids(catalog, "main")).containsExactly("0a");
        }
    }

    @Test
    void pagesShowWhatAFilterAsksForNewestFirst() {
        SeededRandom.check(1, random -> {
            try (Catalog catalog = open()) {
                repository(catalog, "main");
                repository(catalog, "other");
                List<HostId> hosts = List.of(
                        catalog.hosts().add("one").id(),
                        catalog.hosts().add("two").id());
                List<SnapshotEntry> all = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    String id = Integer.toHexString(i);
                    String tag = random.pick(List.of("x", "y"));
                    all.addFirst(catalog.snapshots()
                            .put(
                                    random.pick(List.of("main", "other")),
                                    snapshot(id, random.pick(hosts), START, tag, "all")));
                    pass(Duration.ofSeconds(1));
                }
                Instant from = START.plusSeconds(10);
                Instant until = START.plusSeconds(20);
                HostId host = hosts.getFirst();
                Map<Filter, Predicate<SnapshotEntry>> filters = new HashMap<>();
                filters.put(Filter.ALL, entry -> true);
                filters.put(
                        new Filter("main", null, "", "", "", null, null),
                        entry -> entry.repository().equals("main"));
                filters.put(
                        new Filter("", host, "", "", "", null, null),
                        entry -> host.equals(entry.facts().host()));
                filters.put(
                        new Filter("", null, "", "", "x", null, null),
                        entry -> entry.facts().tags().contains("x"));
                filters.put(new Filter("", null, "/etc", "", "", null, null), entry -> false);
                filters.put(new Filter("", null, "", "hourly", "", null, null), entry -> false);
                filters.put(
                        new Filter("main", host, "/home", "nightly", "y", from, until),
                        entry -> entry.repository().equals("main")
                                && host.equals(entry.facts().host())
                                && entry.facts().tags().contains("y")
                                && !entry.noted().isBefore(from)
                                && entry.noted().isBefore(until));
                filters.forEach((filter, rule) -> {
                    List<SnapshotEntry> expected = all.stream().filter(rule).toList();
                    List<SnapshotEntry> read = new ArrayList<>();
                    List<SnapshotEntry> page = catalog.snapshots().page(filter, Long.MAX_VALUE, 7);
                    while (!page.isEmpty()) {
                        read.addAll(page);
                        page = catalog.snapshots().page(filter, read.getLast().sequence(), 7);
                    }
                    assertThat(read).as("%s", filter).isEqualTo(expected);
                    assertThat(catalog.snapshots().totals(filter))
                            .isEqualTo(new Totals(expected.size(), 1_000L * expected.size(), 50L * expected.size()));
                });
                List<SnapshotEntry> newest = hosts.stream()
                        .map(each -> all.stream()
                                .filter(entry -> each.equals(entry.facts().host()))
                                .findFirst()
                                .orElseThrow())
                        .toList();
                assertThat(catalog.snapshots().newest(hosts)).containsExactlyInAnyOrderElementsOf(newest);
                assertThat(catalog.repositories().remove("main")).isTrue();
                assertThat(catalog.snapshots().page(Filter.ALL, Long.MAX_VALUE, 100))
                        .isEqualTo(all.stream()
                                .filter(entry -> entry.repository().equals("other"))
                                .toList());
            }
        });
    }
}
