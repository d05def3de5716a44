package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.ServedRepositories.Held;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.core.WallClock;
import io.holdfast.http.Json;
import io.holdfast.protocol.machine.Errand;
import io.holdfast.protocol.machine.Errand.Failure;
import io.holdfast.protocol.machine.Errand.Kind;
import io.holdfast.protocol.machine.Errand.Order;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ErrandsTest {
    private static final String ID = "ab".repeat(16);

    private final SecureRandom random = new SecureRandom();
    private final Errands errands = new Errands(random, MonotonicClock.system());

    @TempDir
    private Path root;

    private Catalog catalog;
    private MediaServerId mill;
    private MediaServerId loft;
    private RoutedRepositories routed;

    @BeforeEach
    void start() {
        catalog = Catalog.open(root.resolve("catalog.db"), WallClock.system(), random);
        mill = catalog.mediaServers().add("mill", "127.0.0.1:1", "").id();
        loft = catalog.mediaServers().add("loft", "127.0.0.1:2", "").id();
        var ignored = catalog.repositories().add("far", "/srv/far", null, ID);
        routed = new RoutedRepositories(new NoRepositories(), catalog, errands, WallClock.system());
    }

    @AfterEach
    void stop() {
        catalog.close();
    }

    private void millHasItOpen() {
        catalog.mediaServers().seen(mill, "1", "127.0.0.1", "{}");
        catalog.servedRepositories().note(mill, List.of(new Held(mill, "far", "", 77, 5, 10)));
    }

    private Order fetched(MediaServerId server) throws InterruptedException {
        return errands.next(server, Duration.ofSeconds(20)).orElseThrow();
    }

    @Test
    void aMediaServerAnswersForARepositoryThatItHasOpen() throws Exception {
        assertThat(routed.isOpen(ID)).isFalse();
        millHasItOpen();
        assertThat(routed.isOpen(ID)).isTrue();
        assertThat(routed.storedBytes(ID)).hasValue(77);
        assertThat(routed.room("/srv/far")).hasValue(new RepositoryDesk.Room(5, 10));
        CompletableFuture<RepositoryDesk.Forgotten> asked =
                CompletableFuture.supplyAsync(() -> routed.forget(ID, Set.of("1-a", "1-b")));
        Order order = fetched(mill);
        assertThat(order.kind()).isEqualTo(Kind.FORGET);
        assertThat(order.repositoryId()).isEqualTo(ID);
        assertThat(order.words()).containsExactlyInAnyOrder("1-a", "1-b");
        errands.answer(
                mill, order.id(), Json.bytes(new Errand.Forgotten(List.of("1-a"), Map.of("1-b", "it is locked"))));
        assertThat(asked.get(20, TimeUnit.SECONDS))
                .isEqualTo(new RepositoryDesk.Forgotten(Set.of("1-a"), Map.of("1-b", "it is locked")));
    }

    @Test
    void whatAMediaServerSaysThatIsWrongIsSaid() throws Exception {
        millHasItOpen();
        CompletableFuture<Map<String, Boolean>> asked = CompletableFuture.supplyAsync(() -> routed.complete(ID));
        errands.fail(
                mill, fetched(mill).id(), new Failure("DAMAGED", "an index is damaged", Optional.of("Repair it.")));
        assertThatThrownBy(() -> asked.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(HoldfastException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.DAMAGED);
                    assertThat(e.hint()).contains("Repair it.");
                })
                .hasMessage("an index is damaged");
    }

    /** It may know the id of an errand, and answers for nobody else. */
    @Test
    void nobodyAnswersForAnother() throws Exception {
        millHasItOpen();
        CompletableFuture<byte[]> asked =
                CompletableFuture.supplyAsync(() -> errands.ask(mill, "mill", Kind.COMPLETE, ID, List.of()));
        Order order = fetched(mill);
        errands.answer(loft, order.id(), "forged".getBytes(StandardCharsets.UTF_8));
        errands.fail(loft, order.id(), new Failure("FAILED", "forged", Optional.empty()));
        errands.answer(mill, "0".repeat(32), "nobody asked".getBytes(StandardCharsets.UTF_8));
        assertThat(asked).isNotDone();
        errands.answer(mill, order.id(), "right".getBytes(StandardCharsets.UTF_8));
        assertThat(asked.get(20, TimeUnit.SECONDS))
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("right");
        assertThat(errands.next(loft, Duration.ofMillis(10))).isEmpty();
    }

    /** Its connection may have broken off before it got what it had asked for. */
    @Test
    void whatWasFetchedAndNotAnsweredIsOfferedAgain() throws Exception {
        millHasItOpen();
        CompletableFuture<Map<String, Boolean>> asked = CompletableFuture.supplyAsync(() -> routed.complete(ID));
        Order lost = fetched(mill);
        Optional<Order> again = Optional.empty();
        for (int i = 0; i < 60 && again.isEmpty(); i++) {
            again = errands.next(mill, Duration.ofMillis(500));
        }
        assertThat(again).contains(lost);
        errands.answer(mill, lost.id(), Json.bytes(new Errand.Complete(Map.of("1-a", true))));
        assertThat(asked.get(20, TimeUnit.SECONDS)).isEqualTo(Map.of("1-a", true));
    }

    /** The first one by name died without a word. */
    @Test
    void whoWaitsForErrandsIsAskedFirst() throws Exception {
        millHasItOpen();
        catalog.mediaServers().seen(loft, "1", "127.0.0.1", "{}");
        catalog.servedRepositories().note(loft, List.of(new Held(loft, "far", "", 77, 5, 10)));
        assertThat(errands.next(mill, Duration.ofMillis(1))).isEmpty();
        CompletableFuture<Map<String, Boolean>> asked = CompletableFuture.supplyAsync(() -> routed.complete(ID));
        errands.fail(mill, fetched(mill).id(), new Failure("STORE_UNREACHABLE", "its disk is away", Optional.empty()));
        Order other = fetched(loft);
        errands.answer(loft, other.id(), Json.bytes(new Errand.Complete(Map.of("1-a", true))));
        assertThat(asked.get(20, TimeUnit.SECONDS)).isEqualTo(Map.of("1-a", true));
    }

    @Test
    void oneThatIsSilentIsNotAsked() {
        catalog.servedRepositories().note(mill, List.of(new Held(mill, "far", "", 77, 5, 10)));
        assertThat(routed.isOpen(ID)).isFalse();
        assertThat(routed.details(ID, List.of("1-a"))).isEmpty();
    }
}
