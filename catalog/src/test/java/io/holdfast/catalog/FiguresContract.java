package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.holdfast.catalog.Figures.HostCounts;
import io.holdfast.catalog.Figures.JobCount;
import io.holdfast.catalog.Figures.PlanCover;
import io.holdfast.catalog.Figures.Saved;
import io.holdfast.catalog.Jobs.End;
import io.holdfast.catalog.Jobs.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those see who watch a server. */
@Timeout(120)
abstract class FiguresContract extends TimedContract {
    private static final Worker WORKER = new Worker("worker", Duration.ofMinutes(1), Places.UNLIMITED);

    private Job begin(Catalog catalog, HostId host, String plan) {
        pass(Duration.ofMinutes(1));
        assertThat(catalog.jobs().put(new NewJob(JobKind.BACKUP, plan, host, "main", "{}", clock.instant())))
                .isPresent();
        return catalog.jobs().takeOf(host, WORKER).orElseThrow();
    }

    private void run(Catalog catalog, HostId host, String plan, JobState state) {
        Job job = begin(catalog, host, plan);
        assertThat(catalog.jobs().finish(job.id(), job.fence(), new End(state, "why", "{}", 0)))
                .isTrue();
    }

    private static SnapshotFacts facts(String id, @Nullable HostId host, String plan, String source, long bytes) {
        return new SnapshotFacts(
                id, "as it said", host, source, plan, null, START, START, 7, bytes, 50, 20, null, new TreeSet<>());
    }

    @Test
    void countsWhatIsOpenAndHowWellPlansAreKept() {
        try (Catalog catalog = open()) {
            HostId web1 = catalog.hosts().add("web1").id();
            HostId web2 = catalog.hosts().add("web2").id();
            catalog.hosts().seen(web1, "1", "::1", "{}");
            run(catalog, web1, "nightly", JobState.DONE);
            Instant first = clock.instant();
            run(catalog, web2, "nightly", JobState.PARTIAL);
            run(catalog, web2, "nightly", JobState.FAILED);
            run(catalog, web2, "weekly", JobState.FAILED);
            run(catalog, web2, "weekly", JobState.CANCELLED);
            assertThat(catalog.history().failing())
                    .extracting(JobHistory.Result::plan, JobHistory.Result::failures)
                    .containsExactly(tuple("nightly", 1L), tuple("weekly", 1L));
            Job running = begin(catalog, web1, "nightly");
            catalog.jobs().put(new NewJob(JobKind.RESTORE, "", web2, "main", "{}", clock.instant()));
            assertThat(catalog.figures().openJobs())
                    .containsExactly(
                            new JobCount(JobKind.BACKUP, JobState.RUNNING, 1),
                            new JobCount(JobKind.RESTORE, JobState.QUEUED, 1));
            assertThat(catalog.figures().plans())
                    .containsExactly(new PlanCover("nightly", first, 0), new PlanCover("weekly", null, 1));
            assertThat(catalog.history().begun("nightly", running.times().queued()))
                    .containsExactly(web1);
            assertThat(catalog.history().begun("nightly", START)).containsExactlyInAnyOrder(web1, web2);
            assertThat(catalog.figures().hosts(START, START)).isEqualTo(new HostCounts(2, 1, 0));
            assertThat(catalog.figures().hosts(clock.instant(), clock.instant()))
                    .isEqualTo(new HostCounts(2, 0, 2));
        }
    }

    @Test
    void saysOfEachSourceWhatThereIsOfIt() {
        try (Catalog catalog = open()) {
            HostId web1 = catalog.hosts().add("web1").id();
            catalog.repositories().add("main", "/srv/main", null, "ab");
            catalog.snapshots().put("main", facts("a1", web1, "nightly", "/etc", 100));
            long mark = catalog.snapshots().mark();
            pass(Duration.ofDays(1));
            catalog.snapshots().put("main", facts("a2", web1, "nightly", "/etc", 110));
            catalog.snapshots().put("main", facts("a3", web1, "", "/srv", 1));
            catalog.snapshots().put("main", facts("a4", null, "", "/lost", 1));
            assertThat(catalog.figures().saved())
                    .containsExactly(
                            new Saved("web1", "", "/srv", "main", clock.instant(), 7, 1, 1, 20),
                            new Saved("web1", "nightly", "/etc", "main", clock.instant(), 7, 110, 2, 40));
            assertThat(catalog.snapshots().since(mark, 2))
                    .extracting(entry -> entry.facts().id())
                    .containsExactly("a2", "a3");
        }
    }

    @Test
    void countsAlertsThatAreNotClosed() {
        try (Catalog catalog = open()) {
            Alert first = catalog.alerts().raise("host-silent", "web1", "text");
            pass(Duration.ofMinutes(1));
            catalog.alerts().raise("host-silent", "web2", "text");
            catalog.alerts().raise("store-filling", "main", "text");
            assertThat(catalog.alerts().acknowledge(first.id(), "ada")).isTrue();
            assertThat(catalog.alerts().settle("host-silent", "web2")).isTrue();
            assertThat(catalog.figures().alerts())
                    .containsEntry("host-silent", 1L)
                    .containsEntry("store-filling", 1L)
                    .hasSize(2);
            assertThat(catalog.alerts().current())
                    .extracting(Alert::kind)
                    .containsExactly("host-silent", "store-filling");
        }
    }
}
