package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.catalog.NewJob;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.plan.Placement;
import io.holdfast.plan.Plan;
import io.holdfast.protocol.machine.JobOrder.CopyOrder;
import io.holdfast.repository.collect.RetentionSpan;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/** The jobs that bring what a backup has made to the further repositories of its plan (docs/jobs.md, "Copies"). Thread-safe. */
final class Copies {
    private final Catalog catalog;

    Copies(Catalog catalog) {
        this.catalog = catalog;
    }

    /** Those that follow a backup that has ended well; none where its plan is gone or cannot be read. */
    List<NewJob> after(Job backup) {
        List<NewJob> jobs = new ArrayList<>();
        Instant moment = backup.moment();
        for (Placement.Copy copy : copies(backup.plan())) {
            // A plan has one job of a kind, moment and host.
            moment = moment.plus(1, ChronoUnit.MICROS);
            if (!copy.to().equals(backup.repository())) {
                jobs.add(new NewJob(
                        JobKind.COPY,
                        backup.plan(),
                        backup.host(),
                        copy.to(),
                        Json.text(new CopyOrder(backup.repository(), copy.lock().map(RetentionSpan::text))),
                        moment,
                        moment,
                        backup.priority()));
            }
        }
        return jobs;
    }

    private List<Placement.Copy> copies(String plan) {
        try {
            return catalog.plans()
                    .named(plan)
                    .map(Scheduler::read)
                    .map(Plan::placement)
                    .map(Placement::copies)
                    .orElse(List.of());
        } catch (HoldfastException e) {
            return List.of();
        }
    }
}
