package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.Alert.State;
import io.holdfast.catalog.Alerts.Position;
import io.holdfast.catalog.IdempotencyKeys.Begin;
import io.holdfast.catalog.IdempotencyKeys.Response;
import io.holdfast.catalog.Leaderships.Leadership;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Alerts, and what servers agree on. */
@Timeout(60)
abstract class AlertsContract extends TimedContract {
    private static final SecretHash REQUEST = SecretHash.of("request".getBytes(StandardCharsets.UTF_8));
    private static final SecretHash OTHER_REQUEST = SecretHash.of("other".getBytes(StandardCharsets.UTF_8));
    private static final Begin FRESH = new Begin.Fresh();
    private static final Duration LEASE = Duration.ofSeconds(15);

    @Test
    void whatIsNoticedAgainIsTheSameAlertUntilItIsClosed() {
        try (Catalog catalog = open()) {
            Alerts alerts = catalog.alerts();
            Alert first = alerts.raise("silent-host", "web1", "not seen for 1 h");
            assertThat(first)
                    .isEqualTo(new Alert(
                            first.id(),
                            "silent-host",
                            "web1",
                            START,
                            START,
                            1,
                            State.OPEN,
                            "",
                            "not seen for 1 h",
                            false));
            pass(Duration.ofHours(1));
            Alert other = alerts.raise("silent-host", "web2", "not seen");
            Alert again = alerts.raise("silent-host", "web1", "not seen for 2 h");
            assertThat(again.id()).isEqualTo(first.id());
            assertThat(again.count()).isEqualTo(2);
            assertThat(again.first()).isEqualTo(START);
            assertThat(again.last()).isEqualTo(clock.instant());
            assertThat(again.text()).isEqualTo("not seen for 2 h");
            assertThat(alerts.acknowledge(first.id(), "ada")).isTrue();
            assertThat(alerts.acknowledge(first.id(), "bob")).isFalse();
            assertThat(alerts.raise("silent-host", "web1", "x").state()).isEqualTo(State.ACKNOWLEDGED);
            assertThat(alerts.settle("silent-host", "web1")).isTrue();
            assertThat(alerts.settle("silent-host", "web1")).isFalse();
            assertThat(alerts.of(first.id()).orElseThrow().by()).isEqualTo("ada");
            assertThat(alerts.of(first.id()).orElseThrow().state()).isEqualTo(State.CLOSED);
            Alert fresh = alerts.raise("silent-host", "web1", "not seen again");
            assertThat(fresh.id()).isNotEqualTo(first.id());
            assertThat(fresh.count()).isEqualTo(1);
            assertThat(alerts.close(other.id(), "ada")).isTrue();
            assertThat(alerts.close(other.id(), "ada")).isFalse();
            assertThat(alerts.acknowledge(other.id(), "ada")).isFalse();
            assertThat(alerts.page(State.OPEN, null, 10)).containsExactly(fresh);
            alerts.removeClosed(clock.instant().plusSeconds(1));
            assertThat(alerts.page(null, null, 10)).containsExactly(fresh);
        }
    }

    @Test
    void whatIsNoticedAtOnceIsOneAlert() {
        List<AlertId> ids = atOnce(
                16, (client, i) -> client.alerts().raise("full", "main", "text").id());
        assertThat(ids.stream().distinct()).hasSize(1);
        try (Catalog catalog = open()) {
            assertThat(catalog.alerts().of(ids.getFirst()).orElseThrow().count())
                    .isEqualTo(16);
        }
    }

    @Test
    void alertsAreToldOnceAndPagesFollowEachOther() {
        try (Catalog catalog = open()) {
            Alerts alerts = catalog.alerts();
            List<AlertId> ids = IntStream.range(0, 10)
                    .mapToObj(i -> {
                        pass(Duration.ofMillis(i % 2));
                        return alerts.raise("full", "r" + i, "text").id();
                    })
                    .toList();
            List<AlertId> read = new ArrayList<>();
            List<Alert> page = alerts.page(null, null, 3);
            while (!page.isEmpty()) {
                page.forEach(alert -> read.add(alert.id()));
                page = alerts.page(null, Position.of(page.getLast()), 3);
            }
            assertThat(read).containsExactlyInAnyOrderElementsOf(ids);
            assertThat(alerts.settle("full", "r0")).isTrue();
            assertThat(alerts.untold(100)).hasSize(10);
            assertThat(alerts.told(ids.get(1))).isTrue();
            assertThat(alerts.told(ids.get(1))).isFalse();
            assertThat(alerts.untold(100))
                    .extracting(Alert::id)
                    .doesNotContain(ids.get(1))
                    .hasSize(9);
        }
    }

    @Test
    void settingsAreWhatWasPutLast() {
        try (Catalog catalog = open();
                Catalog other = open()) {
            Settings settings = catalog.settings();
            settings.put("a", "1");
            settings.put("a", "2");
            assertThat(other.settings().of("a")).hasValue("2");
            assertThat(other.settings().putFirst("a", "3")).isEqualTo("2");
            assertThat(other.settings().putFirst("b", "3")).isEqualTo("3");
            assertThat(settings.replace("a", "1", "4")).isFalse();
            assertThat(settings.replace("a", "2", "4")).isTrue();
            assertThat(other.settings().all()).isEqualTo(Map.of("a", "4", "b", "3"));
            assertThat(settings.remove("a")).isTrue();
            assertThat(settings.remove("a")).isFalse();
            assertThat(settings.of("a")).isEmpty();
        }
    }

    @Test
    void ofManyWhoPutAFirstValueOneIsRight() {
        List<String> values = atOnce(8, (client, i) -> client.settings().putFirst("id", "value " + i));
        assertThat(values.stream().distinct()).hasSize(1);
    }

    @Test
    void aRequestThatComesAgainIsAnsweredAgain() {
        try (Catalog catalog = open()) {
            IdempotencyKeys keys = catalog.idempotencyKeys();
            assertThat(keys.begin("ada", "k", REQUEST)).isEqualTo(FRESH);
            assertThat(keys.begin("bob", "k", REQUEST)).isEqualTo(FRESH);
            assertThat(keys.begin("ada", "k", REQUEST)).isEqualTo(new Begin.AtWork());
            assertThat(keys.begin("ada", "k", OTHER_REQUEST)).isEqualTo(new Begin.Mismatch());
            Response response = new Response(201, "{\"id\":1}");
            keys.complete("ada", "k", response, Duration.ofDays(1));
            assertThat(keys.begin("ada", "k", REQUEST)).isEqualTo(new Begin.Done(response));
            assertThat(keys.begin("ada", "k", OTHER_REQUEST)).isEqualTo(new Begin.Mismatch());
            keys.abandon("ada", "k");
            assertThat(keys.begin("ada", "k", REQUEST)).isEqualTo(new Begin.Done(response));
            keys.abandon("bob", "k");
            assertThat(keys.begin("bob", "k", REQUEST)).isEqualTo(FRESH);
            pass(Duration.ofMinutes(2));
            assertThat(keys.begin("bob", "k", REQUEST))
                    .as("whoever began it is gone")
                    .isEqualTo(FRESH);
            pass(Duration.ofDays(1));
            keys.removeExpired();
            assertThat(keys.begin("ada", "k", OTHER_REQUEST)).isEqualTo(FRESH);
        }
    }

    @Test
    void ofManyRequestsAtOnceOneIsDone() {
        List<Begin> begun = atOnce(16, (client, i) -> client.idempotencyKeys().begin("ada", "k", REQUEST));
        assertThat(begun.stream().filter(FRESH::equals)).hasSize(1);
        assertThat(begun.stream().filter(new Begin.AtWork()::equals)).hasSize(15);
    }

    @Test
    void oneServerLeadsUntilItsLeaseIsOver() {
        try (Catalog catalog = open()) {
            Leaderships leaderships = catalog.leaderships();
            Leadership one = leaderships.acquire("schedule", "one", LEASE).orElseThrow();
            assertThat(one).isEqualTo(new Leadership("schedule", "one", 1, START.plus(LEASE)));
            assertThat(leaderships.acquire("schedule", "two", LEASE)).isEmpty();
            assertThat(leaderships.acquire("mail", "two", LEASE)).isPresent();
            pass(LEASE);
            assertThat(leaderships.acquire("schedule", "one", LEASE))
                    .hasValue(
                            new Leadership("schedule", "one", 1, clock.instant().plus(LEASE)));
            pass(LEASE.plusSeconds(1));
            assertThat(leaderships.holds(one)).as("nobody else has it").isTrue();
            Leadership two = leaderships.acquire("schedule", "two", LEASE).orElseThrow();
            assertThat(two.fence()).isEqualTo(2);
            assertThat(leaderships.holds(one)).isFalse();
            leaderships.release(one);
            assertThat(leaderships.holds(two)).isTrue();
            leaderships.release(two);
            assertThat(leaderships
                            .acquire("schedule", "one", LEASE)
                            .orElseThrow()
                            .fence())
                    .isEqualTo(3);
        }
    }

    @Test
    void ofManyWhoWantToLeadOneDoes() {
        List<Optional<Leadership>> led =
                atOnce(16, (client, i) -> client.leaderships().acquire("schedule", "s" + i, LEASE));
        assertThat(led.stream().flatMap(Optional::stream)).hasSize(1);
    }

    /** Whoever was taken for dead may be at work still: it must not come between. */
    @Test
    void whatALeaderWritesIsWrittenByTheLeader() {
        try (Catalog catalog = open()) {
            Leadership one =
                    catalog.leaderships().acquire("schedule", "one", LEASE).orElseThrow();
            catalog.transaction(() -> {
                assertThat(catalog.leaderships().holds(one)).isTrue();
                catalog.settings().put("by", "one");
            });
            pass(LEASE.plusSeconds(1));
            assertThat(catalog.leaderships().acquire("schedule", "two", LEASE)).isPresent();
            assertThatThrownBy(() -> catalog.transaction(() -> {
                        catalog.settings().put("by", "one again");
                        if (!catalog.leaderships().holds(one)) {
                            throw new IllegalStateException("not the leader");
                        }
                    }))
                    .hasMessage("not the leader");
            assertThat(catalog.settings().of("by")).hasValue("one");
        }
    }
}
