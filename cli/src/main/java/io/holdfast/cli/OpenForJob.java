package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Job;
import io.holdfast.catalog.JobKind;
import io.holdfast.core.Bytes;
import io.holdfast.http.Json;
import io.holdfast.media.OpenRepositories;
import io.holdfast.protocol.machine.JobOrder.CopyOrder;

/** Whether this process has open what a job of repositories needs; of those that are gone, the job itself tells. */
final class OpenForJob {
    private OpenForJob() {}

    static boolean test(Catalog catalog, OpenRepositories repositories, Job job) {
        return isOpen(catalog, repositories, job.repository())
                && (job.kind() != JobKind.COPY
                        || isOpen(
                                catalog,
                                repositories,
                                Json.parse(job.spec(), CopyOrder.class).from()));
    }

    private static boolean isOpen(Catalog catalog, OpenRepositories repositories, String name) {
        return catalog.repositories()
                .named(name)
                .map(entry -> repositories.of(Bytes.ofHex(entry.repositoryId())).isPresent())
                .orElse(true);
    }
}
