package io.holdfast.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.HostId;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.JobState;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.NewJob;
import io.holdfast.catalog.ServedRepositories;
import io.holdfast.core.WallClock;
import io.holdfast.http.Json;
import io.holdfast.protocol.machine.JobOrder;
import io.holdfast.protocol.machine.JobOrder.BackupOrder;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.protocol.machine.JobOrder.Source;
import io.holdfast.protocol.machine.Report;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where hosts are sent with their jobs. */
final class HostDeskTest {
    private static final InstantSource CLOCK = WallClock.system();

    @TempDir
    private Path root;

    private Catalog catalog;
    private HostDesk desk;
    private HostId host;

    @BeforeEach
    void start() {
        catalog = Catalog.open(root.resolve("catalog.db"), CLOCK, new SecureRandom());
        desk = new HostDesk(catalog, new NoEnds(), CLOCK, (level, what, details) -> {});
        host = catalog.hosts().add("loom").id();
        var ignored = catalog.repositories().add("main", "/srv/main", null, "id-of-main");
        MediaServer local = catalog.mediaServers().add("local", MediaPlace.IN_CONTROL, "");
        MediaServer mill = catalog.mediaServers().add("mill", "mill.example.org:8444", "");
        for (MediaServer each : List.of(local, mill)) {
            catalog.mediaServers().seen(each.id(), "test", "127.0.0.1", "{}");
            catalog.servedRepositories()
                    .note(each.id(), List.of(new ServedRepositories.Held(each.id(), "main", "", 0, -1, -1)));
        }
    }

    @AfterEach
    void stop() {
        catalog.close();
    }

    private static final class NoEnds implements JobEnds {
        @Override
        public void ended(Job job, JobState state) {}

        @Override
        public void saved(Job job, Report.Progress progress, List<Report.Made> made) {}
    }

    private List<String> places(Optional<String> encrypt) {
        Source source = Source.files(List.of("/etc"), List.of());
        BackupOrder order = new BackupOrder(
                "nightly", "main", List.of(source), List.of(), Optional.empty(), Optional.empty(), encrypt);
        Instant now = CLOCK.instant();
        assertThat(catalog.jobs().put(new NewJob(JobKind.BACKUP, "", host, "main", Json.text(order), now, now, 0)))
                .isPresent();
        return desk.take(host).map(JobOrder::media).orElseThrow().stream()
                .map(MediaPlace::name)
                .toList();
    }

    @Test
    void aBackupMayGoToAnyThatServesItsRepository() {
        assertThat(places(Optional.empty())).containsExactlyInAnyOrder("local", "mill");
    }

    @Test
    void oneIntoAVaultGoesToControlServersAlone() {
        assertThat(places(Optional.of(BackupOrder.BY_HOST))).containsExactly("local");
    }
}
