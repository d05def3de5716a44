package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.catalog.Certificates.Issued;
import io.holdfast.catalog.Hosts.Filter;
import io.holdfast.catalog.MediaServer.State;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts and media servers as they come and go, and what they may show. */
@Timeout(60)
abstract class MachinesContract extends TimedContract {
    private static final String FACTS = "{\"os\":\"Linux\",\"arch\":\"x86_64\"}";

    private Issued certificate(int number) {
        return new Issued("a" + number, "f".repeat(63) + number, START.plus(Duration.ofDays(7)));
    }

    private static boolean admitted(Catalog catalog, MachineId machine, Issued certificate) {
        return catalog.certificates().admit(machine, certificate.serial(), certificate.publicKey());
    }

    @Test
    void aMediaServerIsThereAsItWasAddedAndChanged() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            MediaServer added = catalog.mediaServers().add("berlin-1", "https://m1.example.org:8443", "berlin");
            assertThat(other.mediaServers().named("berlin-1")).hasValue(added);
            assertThat(added.seen()).isNull();
            HoldfastException e = catchThrowableOfType(
                    HoldfastException.class, () -> other.mediaServers().add("berlin-1", "https://x", ""));
            assertThat(e.code()).isEqualTo(ErrorCode.REFUSED);
            assertThat(other.mediaServers().change(added.id(), "https://m2", "munich", State.DRAINING))
                    .isTrue();
            MediaServer changed = catalog.mediaServers().of(added.id()).orElseThrow();
            assertThat(List.of(changed.url(), changed.site())).containsExactly("https://m2", "munich");
            assertThat(changed.state()).isEqualTo(State.DRAINING);
            MediaServer second = catalog.mediaServers().add("aachen-1", "https://a", "");
            assertThat(catalog.mediaServers().all())
                    .extracting(MediaServer::name)
                    .containsExactly("aachen-1", "berlin-1");
            assertThat(catalog.mediaServers().remove(second.id())).isTrue();
            assertThat(catalog.mediaServers().remove(second.id())).isFalse();
            assertThat(catalog.mediaServers().change(second.id(), "", "", State.ACTIVE))
                    .isFalse();
        }
    }

    @Test
    void aRepositoryIsServedByThoseThatItNames() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            for (String name : List.of("main", "berlin")) {
                var ignored = catalog.repositories().add(name, "/srv/" + name, null, "id of " + name);
            }
            MediaServerId one = catalog.mediaServers().add("one", "a:1", "").id();
            MediaServerId two = catalog.mediaServers().add("two", "b:1", "").id();
            assertThat(other.servedRepositories().assigned()).isEmpty();
            catalog.servedRepositories().assign("berlin", List.of(one, two, one));
            assertThat(other.servedRepositories().assigned()).isEqualTo(Map.of("berlin", Set.of(one, two)));
            catalog.servedRepositories().assign("berlin", List.of(two));
            assertThat(other.servedRepositories().assigned()).isEqualTo(Map.of("berlin", Set.of(two)));
            assertThat(catalog.mediaServers().remove(two)).isTrue();
            assertThat(other.servedRepositories().assigned()).isEmpty();
        }
    }

    @Test
    void whatAMediaServerSaysReplacesWhatItSaid() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            var ignored = catalog.repositories().add("main", "/srv/main", null, "id");
            MediaServerId one = catalog.mediaServers().add("one", "a:1", "").id();
            MediaServerId two = catalog.mediaServers().add("two", "b:1", "").id();
            Held open = new Held(one, "main", "", 7, 100, 200);
            catalog.servedRepositories().note(one, List.of(open, new Held(one, "gone", "", 1, 1, 1)));
            Held shut = new Held(two, "main", "there is no repository", 0, -1, -1);
            catalog.servedRepositories().note(two, List.of(shut));
            assertThat(other.servedRepositories().held())
                    .as("of repositories that the catalog has")
                    .containsExactlyInAnyOrder(open, shut);
            catalog.servedRepositories().note(one, List.of());
            assertThat(other.servedRepositories().held()).containsExactly(shut);
            assertThat(catalog.repositories().remove("main")).isTrue();
            assertThat(other.servedRepositories().held()).isEmpty();
        }
    }

    @Test
    void whoWasHereIsNotedButNotAtEachStep() {
        try (Catalog catalog = open()) {
            HostId host = catalog.hosts().add("one").id();
            HostId other = catalog.hosts().add("two").id();
            pass(Duration.ofHours(1));
            catalog.hosts().seen(host, "1.0", "192.0.2.7", FACTS);
            Sighting first = new Sighting(clock.instant(), "1.0", "192.0.2.7", FACTS);
            assertThat(catalog.hosts().of(host).orElseThrow().seen()).isEqualTo(first);
            pass(Duration.ofSeconds(Sighting.EXACT_SECONDS - 1));
            catalog.hosts().seen(host, "1.0", "192.0.2.7", FACTS);
            assertThat(catalog.hosts().of(host).orElseThrow().seen())
                    .as("nothing new")
                    .isEqualTo(first);
            catalog.hosts().seen(host, "1.1", "192.0.2.7", FACTS);
            assertThat(catalog.hosts().of(host).orElseThrow().seen())
                    .as("news at once")
                    .isEqualTo(new Sighting(clock.instant(), "1.1", "192.0.2.7", FACTS));
            pass(Duration.ofSeconds(Sighting.EXACT_SECONDS + 1));
            catalog.hosts().seen(host, "1.1", "192.0.2.7", FACTS);
            assertThat(catalog.hosts().page("", 10).getFirst().seen())
                    .isEqualTo(new Sighting(clock.instant(), "1.1", "192.0.2.7", FACTS));
            assertThat(catalog.hosts().of(other).orElseThrow().seen()).isNull();
            assertThatThrownBy(() -> catalog.hosts().seen(host, "1.1", "", "x".repeat(70_000)))
                    .isInstanceOf(HoldfastException.class);

            MediaServerId media =
                    catalog.mediaServers().add("m", "https://m", "").id();
            catalog.mediaServers().seen(media, "1.0", "192.0.2.8", FACTS);
            assertThat(catalog.mediaServers().of(media).orElseThrow().seen())
                    .isEqualTo(new Sighting(clock.instant(), "1.0", "192.0.2.8", FACTS));
        }
    }

    /** What would be an error in one of the databases alone. */
    @Test
    void whateverAMachineSaysCanBeNoted() {
        try (Catalog catalog = open()) {
            HostId host = catalog.hosts().add("one").id();
            for (int i = 0; i < 2; i++) {
                catalog.hosts().seen(host, "1.0\0", "\ud800", "\udc80\0");
                assertThat(catalog.hosts().of(host).orElseThrow().seen())
                        .isEqualTo(new Sighting(START, "1.0\ufffd", "?", "?\ufffd"));
            }
            for (String word : List.of("", "a\0", "\ud800")) {
                for (Runnable set : List.<Runnable>of(
                        () -> catalog.hosts().setGroups(host, Set.of(word)),
                        () -> catalog.hosts().setTags(host, Set.of(word)),
                        () -> catalog.hosts().add(word))) {
                    assertThat(catchThrowableOfType(HoldfastException.class, set::run)
                                    .code())
                            .isEqualTo(ErrorCode.USAGE);
                }
            }
        }
    }

    @Test
    void aCertificateCountsUntilALaterOneWasShown() {
        try (Catalog catalog = open()) {
            HostId host = catalog.hosts().add("one").id();
            HostId other = catalog.hosts().add("two").id();
            MediaServerId media =
                    catalog.mediaServers().add("m", "https://m", "").id();
            assertThat(admitted(catalog, host, certificate(0))).isFalse();
            assertThat(catalog.certificates().issue(host, certificate(0))).isTrue();
            assertThat(catalog.certificates().issue(media, certificate(9))).isTrue();
            assertThat(admitted(catalog, host, certificate(0))).isTrue();
            assertThat(admitted(catalog, other, certificate(0))).isFalse();
            assertThat(admitted(catalog, media, certificate(9))).isTrue();
            assertThat(catalog.certificates().admit(host, "a0", "another key")).isFalse();

            assertThat(catalog.certificates().issue(host, certificate(1))).isTrue();
            assertThat(admitted(catalog, host, certificate(0)))
                    .as("the answer may have got lost")
                    .isTrue();
            assertThat(catalog.certificates().issue(host, certificate(2))).isTrue();
            assertThat(admitted(catalog, host, certificate(1))).isTrue();
            assertThat(admitted(catalog, host, certificate(0))).isFalse();
            assertThat(admitted(catalog, host, certificate(2)))
                    .as("that was got meanwhile")
                    .isTrue();
            assertThat(admitted(catalog, host, certificate(1))).isFalse();
            assertThat(catalog.certificates().of(host)).containsExactly(certificate(2));
            assertThat(admitted(catalog, media, certificate(9))).isTrue();

            pass(Duration.ofDays(7).minusSeconds(1));
            assertThat(admitted(catalog, host, certificate(2))).isTrue();
            pass(Duration.ofSeconds(1));
            assertThat(admitted(catalog, host, certificate(2))).as("expired").isFalse();
        }
    }

    @Test
    void certificatesThatWereNeverShownDoNotPileUp() {
        try (Catalog catalog = open()) {
            HostId host = catalog.hosts().add("one").id();
            IntStream.range(0, 30)
                    .forEach(i -> assertThat(catalog.certificates().issue(host, certificate(i)))
                            .isTrue());
            assertThat(catalog.certificates().of(host))
                    .extracting(Issued::serial)
                    .containsExactly("a0", "a26", "a27", "a28", "a29");
            assertThat(admitted(catalog, host, certificate(0))).isTrue();
        }
    }

    @Test
    void aMachineThatIsGoneIsRefused() {
        try (Catalog catalog = open()) {
            HostId host = catalog.hosts().add("one").id();
            MediaServerId media =
                    catalog.mediaServers().add("m", "https://m", "").id();
            for (MachineId machine : List.of(host, media)) {
                Issued certificate = certificate(machine.equals(host) ? 0 : 1);
                assertThat(catalog.certificates().issue(machine, certificate)).isTrue();
                assertThat(admitted(catalog, machine, certificate)).isTrue();
            }
            assertThat(catalog.hosts().remove(host)).isTrue();
            assertThat(catalog.mediaServers().remove(media)).isTrue();
            assertThat(admitted(catalog, host, certificate(0))).isFalse();
            assertThat(admitted(catalog, media, certificate(1))).isFalse();
            assertThat(catalog.certificates().issue(host, certificate(2))).isFalse();
            assertThat(catalog.certificates().of(host)).isEmpty();
        }
    }

    @Test
    void aMachineThatBeginsAnewHasOneCertificate() {
        try (Catalog catalog = open()) {
            HostId host = catalog.hosts().add("one").id();
            assertThat(catalog.certificates().issue(host, certificate(0))).isTrue();
            assertThat(catalog.certificates().issue(host, certificate(1))).isTrue();
            assertThat(catalog.certificates().replace(host, certificate(2))).isTrue();
            assertThat(catalog.certificates().of(host)).containsExactly(certificate(2));
        }
    }

    @Test
    void hostsAreFoundByWhatTheyAreCalledAndWhereTheyBelong() {
        try (Catalog catalog = open()) {
            Hosts hosts = catalog.hosts();
            for (String name : List.of("db1", "web1", "web2", "web%")) {
                HostId id = hosts.add(name).id();
                hosts.setGroups(id, Set.of(name.startsWith("web") ? "web" : "db"));
                hosts.setTags(id, name.endsWith("1") ? Set.of("first", "x") : Set.of());
            }
            assertThat(hosts.page("", 10, new Filter("eb", "", ""))).hasSize(3);
            assertThat(hosts.page("", 10, new Filter("%", "", "")))
                    .extracting(Host::name)
                    .containsExactly("web%");
            assertThat(hosts.page("", 10, new Filter("", "web", "first")))
                    .extracting(Host::name)
                    .containsExactly("web1");
            assertThat(hosts.page("web%", 10, new Filter("", "web", "")))
                    .extracting(Host::name)
                    .containsExactly("web1", "web2");
            HostId db = hosts.named("db1").orElseThrow().id();
            assertThat(hosts.rename(db, "db2")).isTrue();
            assertThat(hosts.of(db).orElseThrow().name()).isEqualTo("db2");
            assertThat(hosts.rename(db, "db2")).isTrue();
            assertThat(catchThrowableOfType(HoldfastException.class, () -> hosts.rename(db, "web1"))
                            .code())
                    .isEqualTo(ErrorCode.REFUSED);
            assertThat(hosts.remove(db)).isTrue();
            assertThat(hosts.rename(db, "db3")).isFalse();
        }
    }

    @Test
    void aTransactionIsDoneAsAWholeOrNotAtAll() {
        try (Catalog catalog = open()) {
            HostId host = catalog.transaction(() -> {
                Host one = catalog.hosts().add("one");
                assertThat(catalog.certificates().issue(one.id(), certificate(0)))
                        .isTrue();
                return one.id();
            });
            assertThat(admitted(catalog, host, certificate(0))).isTrue();
            assertThatThrownBy(() -> catalog.transaction(() -> {
                        catalog.hosts().setTags(host, Set.of("a"));
                        Host two = catalog.hosts().add("two");
                        assertThat(catalog.hosts().named("two")).as("inside").hasValue(two);
                        throw new IllegalStateException("no");
                    }))
                    .hasMessage("no");
            assertThat(catalog.hosts().named("two")).isEmpty();
            assertThat(catalog.hosts().named("one").orElseThrow().tags()).isEmpty();
        }
    }
}
