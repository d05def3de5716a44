package io.holdfast.control.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.holdfast.control.watch.Watch.Failing;
import io.holdfast.control.watch.Watch.Machine;
import io.holdfast.control.watch.Watch.Room;
import io.holdfast.control.watch.Watch.Run;
import io.holdfast.control.watch.Watch.Size;
import io.holdfast.control.watch.Watch.Store;
import io.holdfast.control.watch.Watch.View;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class WatchTest {
    private static final Instant NOW = Instant.parse("2060-03-01T12:00:00Z");
    private static final long GB = 1L << 30;
    private static final View NOTHING = new View(List.of(), List.of(), List.of(), List.of());

    private static Instant before(long hours) {
        return NOW.minus(Duration.ofHours(hours));
    }

    private static View host(long addedHoursAgo, Optional<Long> seenHoursAgo) {
        return new View(
                List.of(new Machine("web1", before(addedHoursAgo), seenHoursAgo.map(WatchTest::before))),
                List.of(),
                List.of(),
                List.of());
    }

    private static View store(String trouble, long freeGb, List<Size> sizes) {
        return new View(
                List.of(),
                List.of(),
                List.of(),
                List.of(new Store("main", trouble, Optional.of(new Room(freeGb * GB, 1_000 * GB)), sizes)));
    }

    private static List<Size> growing(int days, long gbADay) {
        return IntStream.rangeClosed(0, days)
                .mapToObj(day -> new Size(before(24L * (days - day)), (100 + gbADay * day) * GB))
                .toList();
    }

    private static View run(Set<String> hosts, Set<String> begun) {
        return new View(
                List.of(),
                List.of(),
                List.of(new Run("nightly", before(9), Duration.ofHours(5), hosts, begun)),
                List.of());
    }

    static Stream<Arguments> views() {
        return Stream.of(
                Arguments.of("nothing", NOTHING, ""),
                Arguments.of("a host that is there", host(1_000, Optional.of(1L)), ""),
                Arguments.of("one that is not yet silent", host(1_000, Optional.of(24L)), ""),
                Arguments.of("one that is", host(1_000, Optional.of(25L)), "host-silent web1: not heard of since"),
                Arguments.of("one that is new", host(2, Optional.empty()), ""),
                Arguments.of("one that never came", host(48, Optional.empty()), "host-silent web1: never heard of"),
                Arguments.of("a run that all began", run(Set.of("a", "b"), Set.of("a", "b")), ""),
                Arguments.of(
                        "one that a host missed",
                        run(Set.of("a", "b"), Set.of("b")),
                        "run-missed a/nightly: the run of 2060-03-01T03:00:00Z did not begin within 300 min"),
                Arguments.of("a store with room", store("", 500, List.of()), ""),
                Arguments.of("one with little", store("", 90, List.of()), "store-filling main: only 9 %"),
                Arguments.of("one that grows slowly", store("", 500, growing(20, 1)), ""),
                Arguments.of(
                        "one that grows fast",
                        store("", 500, growing(20, 50)),
                        "store-filling main: its disk will be full in about 10 days"),
                Arguments.of("one that shrinks", store("", 500, growing(20, -3)), ""),
                Arguments.of("one that grew for an hour", store("", 500, growing(1, 500)), ""),
                Arguments.of(
                        "one in trouble", store("no such file", 500, List.of()), "repository-trouble main: no such"),
                Arguments.of(
                        "a bucket",
                        new View(
                                List.of(),
                                List.of(),
                                List.of(),
                                List.of(new Store("main", "", Optional.empty(), growing(20, 50)))),
                        ""),
                Arguments.of(
                        "what fails",
                        new View(
                                List.of(),
                                List.of(new Failing(AlertKind.JOB_FAILED, "web1", "nightly", 3, "no room")),
                                List.of(),
                                List.of()),
                        "job-failed web1/nightly: 3 times in a row: no room"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("views")
    void decidesWhatIsWrong(String name, View view, String expected) {
        List<String> findings = Watch.findings(view, WatchSettings.DEFAULT, NOW).stream()
                .map(finding -> finding.kind().word() + " " + finding.object() + ": " + finding.text())
                .toList();
        if (expected.isEmpty()) {
            assertThat(findings).isEmpty();
        } else {
            assertThat(findings).singleElement().asString().startsWith(expected);
        }
    }

    @Test
    void theTrendIsTheLineNearestToAllSizes() {
        assertThat(Watch.bytesADay(growing(30, 7)).orElseThrow()).isCloseTo(7.0 * GB, within(1.0 * GB / 1_000));
        assertThat(Watch.bytesADay(growing(1, 7))).isEmpty();
        assertThat(Watch.bytesADay(List.of())).isEmpty();
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> new WatchSettings(Duration.ZERO, Duration.ofDays(14), 10, Optional.empty()))
                .hasMessageContaining("hosts are silent after 0 s");
        assertThatThrownBy(() -> new WatchSettings.SummaryTime(24, WatchSettings.zone(Optional.empty())))
                .hasMessageContaining("hour 24");
        assertThatThrownBy(() -> WatchSettings.zone(Optional.of("Europe/Atlantis")))
                .hasMessageContaining("Atlantis");
    }

    @Test
    void objectsNameTheirHosts() {
        assertThat(AlertKind.BACKUP_UNUSUAL.host("web1/nightly/srv/www")).contains("web1");
        assertThat(AlertKind.STORE_FILLING.host("main")).isEmpty();
        assertThat(AlertKind.of("host-silent")).contains(AlertKind.HOST_SILENT);
    }

    @Test
    void aMediaServerIsSilentMuchSoonerThanAHost() {
        Machine heard = new Machine("mill", NOW.minus(Duration.ofDays(9)), Optional.of(NOW.minusSeconds(590)));
        Machine silent = new Machine("loft", NOW.minus(Duration.ofDays(9)), Optional.of(NOW.minusSeconds(610)));
        View view = new View(List.of(heard, silent), List.of(heard, silent), List.of(), List.of(), List.of());
        assertThat(Watch.findings(view, WatchSettings.DEFAULT, NOW))
                .extracting(Finding::kind, Finding::object)
                .containsExactly(org.assertj.core.groups.Tuple.tuple(AlertKind.MEDIA_SILENT, "loft"));
    }
}
