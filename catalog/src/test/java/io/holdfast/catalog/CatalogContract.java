package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.catalog.Plans.Applied;
import io.holdfast.catalog.Plans.Stored;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.testkit.SeededRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a catalog does, whatever database it lies in. */
@Timeout(60)
abstract class CatalogContract {
    static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2060-01-01T12:00:00.123456789Z"));

    /** Another client of the same database; this test's alone. */
    abstract Catalog open();

    @Test
    void aHostIsThereAsItWasAdded() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            Host added = catalog.hosts().add("web1.example.org");
            assertThat(added.added()).isEqualTo("2060-01-01T12:00:00.123456Z");
            assertThat(other.hosts().named("web1.example.org")).hasValue(added);
            assertThat(other.hosts().named("WEB1.example.org")).isEmpty();
        }
    }

    @Test
    void groupsAndTagsAreThoseThatWereSetLast() {
        try (Catalog catalog = open()) {
            Host one = catalog.hosts().add("one");
            Host two = catalog.hosts().add("two");
            catalog.hosts().setGroups(one.id(), Set.of("berlin", "web"));
            catalog.hosts().setGroups(one.id(), Set.of("web", "munich"));
            catalog.hosts().setTags(two.id(), Set.of("production", "it's \"odd\"; DROP TABLE hosts"));
            List<Host> all = catalog.hosts().page("", 10);
            assertThat(all).extracting(Host::name).containsExactly("one", "two");
            assertThat(all.get(0).groups()).containsExactly("munich", "web");
            assertThat(all.get(0).tags()).isEmpty();
            assertThat(all.get(1).tags()).containsExactly("it's \"odd\"; DROP TABLE hosts", "production");
        }
    }

    @Test
    void aNameIsGivenOnce() throws Exception {
        try (Catalog catalog = open();
                Catalog other = open();
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Callable<Boolean>> adding = IntStream.range(0, 8)
                    .<Callable<Boolean>>mapToObj(i -> () -> {
                        try {
                            (i % 2 == 0 ? catalog : other).hosts().add("one");
                            return true;
                        } catch (HoldfastException e) {
                            assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
                            return false;
                        }
                    })
                    .toList();
            int won = 0;
            for (Future<Boolean> each : threads.invokeAll(adding)) {
                won += each.get() ? 1 : 0;
            }
            assertThat(won).isEqualTo(1);
            assertThat(catalog.hosts().page("", 10)).hasSize(1);
        }
    }

    @Test
    void pagesFollowEachOther() {
        try (Catalog catalog = open()) {
            List<String> names =
                    IntStream.range(0, 25).mapToObj("host-%02d"::formatted).toList();
            names.reversed()
                    .forEach(
                            name -> assertThat(catalog.hosts().add(name).name()).isEqualTo(name));
            List<String> read = new ArrayList<>();
            List<Host> page = catalog.hosts().page("", 10);
            while (!page.isEmpty()) {
                page.forEach(host -> read.add(host.name()));
                page = catalog.hosts().page(read.getLast(), 10);
            }
            assertThat(read).isEqualTo(names);
        }
    }

    @Test
    void whatBelongsToAHostGoesWithIt() {
        try (Catalog catalog = open()) {
            Host one = catalog.hosts().add("one");
            catalog.hosts().setTags(one.id(), Set.of("a"));
            assertThat(catalog.hosts().remove(one.id())).isTrue();
            assertThat(catalog.hosts().remove(one.id())).isFalse();
            Host again = catalog.hosts().add("one");
            assertThat(catalog.hosts().named("one")).hasValue(again);
            assertThat(again.id()).isNotEqualTo(one.id());
        }
    }

    @Test
    void refusesWhatIsNoName() {
        try (Catalog catalog = open()) {
            for (String name : List.of("", " ", "a\nb", "a\0", "x".repeat(254))) {
                HoldfastException e = catchThrowableOfType(
                        HoldfastException.class, () -> catalog.hosts().add(name));
                assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
            }
        }
    }

    @Test
    void aPlanIsTheTextThatWasAppliedLast() {
        try (Catalog catalog = open()) {
            Plans plans = catalog.plans();
            assertThat(plans.apply("nightly", "a")).isEqualTo(Applied.NEW);
            assertThat(plans.apply("nightly", "a")).isEqualTo(Applied.UNCHANGED);
            assertThat(plans.apply("nightly", "b: 'ü' -- ;")).isEqualTo(Applied.CHANGED);
            assertThat(plans.apply("hourly", "c")).isEqualTo(Applied.NEW);
            assertThat(plans.all()).extracting(Stored::name).containsExactly("hourly", "nightly");
            Stored nightly = plans.named("nightly").orElseThrow();
            assertThat(nightly.text()).isEqualTo("b: 'ü' -- ;");
            assertThat(nightly.revision()).isEqualTo(2);
            assertThat(plans.remove("nightly")).isTrue();
            assertThat(plans.remove("nightly")).isFalse();
            assertThat(plans.named("nightly")).isEmpty();
        }
    }

    /** Two servers look at the same time. */
    @Test
    void aMomentIsDecidedByOne() throws Exception {
        try (Catalog catalog = open();
                Catalog other = open();
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            assertThat(catalog.plans().apply("nightly", "a")).isEqualTo(Applied.NEW);
            Instant before = catalog.plans().named("nightly").orElseThrow().decided();
            Instant next = before.plusSeconds(60);
            List<Callable<Boolean>> deciding = IntStream.range(0, 8)
                    .<Callable<Boolean>>mapToObj(
                            i -> () -> (i % 2 == 0 ? catalog : other).plans().decide("nightly", before, next))
                    .toList();
            int won = 0;
            for (Future<Boolean> each : threads.invokeAll(deciding)) {
                won += each.get() ? 1 : 0;
            }
            assertThat(won).isEqualTo(1);
            assertThat(other.plans().named("nightly").orElseThrow().decided()).isEqualTo(next);
            assertThat(catalog.plans().apply("nightly", "b")).isEqualTo(Applied.CHANGED);
            assertThat(other.plans().named("nightly").orElseThrow().decided())
                    .as("another text forgets nothing")
                    .isEqualTo(next);
            assertThat(catalog.plans().decide("none", before, next)).isFalse();
        }
    }

    /** Several servers may begin at once after an upgrade. */
    @Test
    void isMadeOnceWhoeverComesFirst() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Catalog>> opening = Stream.<Callable<Catalog>>generate(() -> this::open)
                    .limit(4)
                    .toList();
            List<Catalog> opened = new ArrayList<>();
            for (Future<Catalog> each : threads.invokeAll(opening)) {
                opened.add(each.get());
            }
            Host added = opened.getFirst().hosts().add("one");
            assertThat(opened)
                    .allSatisfy(
                            catalog -> assertThat(catalog.hosts().named("one")).hasValue(added));
            opened.forEach(Catalog::close);
        }
    }

    static SeededRandom random() {
        return new SeededRandom(System.nanoTime());
    }
}
