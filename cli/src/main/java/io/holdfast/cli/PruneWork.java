package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Job.Level;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.control.Retention;
import io.holdfast.core.Bytes;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.MonotonicClock;
import io.holdfast.media.OpenRepositories;
import io.holdfast.repository.Repository;
import io.holdfast.repository.collect.CollectionOptions;
import io.holdfast.repository.collect.CollectionResult;
import io.holdfast.repository.collect.Collector;
import java.util.List;

/** Forgets in a repository what has expired, and collects what nothing needs then (docs/jobs.md, "Prunes"). */
record PruneWork(Catalog catalog, OpenRepositories repositories, Retention retention) implements RepositoryWork {
    /** So many snapshots that stay are named. */
    private static final int MOST_NAMED = 50;

    private static final CollectionOptions OPTIONS = new CollectionOptions(
            Long.MAX_VALUE,
            CollectionOptions.DEFAULT_WASTE,
            CollectionOptions.DEFAULT_FENCE_AFTER,
            CollectionOptions.DEFAULT_WAIT,
            false,
            true);

    @Override
    public Outcome run(RepositoryJob job) {
        String name = job.job().repository();
        Repository repository = open(catalog, repositories, name);
        PruneCommand.requireNoRollback(repository, "deleted");
        job.requireHeld();
        Retention.Outcome outcome = retention.forget(name);
        job.tell("forgot " + Formats.count(outcome.forgotten(), "snapshot", "snapshots"));
        outcome.kept().stream().limit(MOST_NAMED).forEach(job::tell);
        if (outcome.kept().size() > MOST_NAMED) {
            job.tell("and " + (outcome.kept().size() - MOST_NAMED) + " more stay");
        }
        PruneCommand.requireHeld(repository);
        job.requireHeld();
        CollectionResult result = new Collector(repository, OPTIONS, MonotonicClock.system()).run();
        PruneCommand.remarks(result).forEach(job::tell);
        if (!result.damagedPacks().isEmpty()) {
            job.tell(Level.ERROR, result.damagedPacks() + " cannot be read");
            throw new HoldfastException(
                    ErrorCode.DAMAGED,
                    Formats.count(result.damagedPacks().size(), "pack is", "packs are") + " damaged, "
                            + result.damagedPacks().getFirst()
                            + " among them; nothing was given up for what they should hold",
                    "Run 'holdfast repair' on the repository, then prune again.");
        }
        return new Outcome(
                "forgot %s, deleted %s (%s), rewrote %s (%s)"
                        .formatted(
                                Formats.count(outcome.forgotten(), "snapshot", "snapshots"),
                                Formats.count(result.deletedPacks(), "pack", "packs"),
                                Formats.size(result.freedBytes()),
                                Formats.count(result.repackedPacks(), "pack", "packs"),
                                Formats.size(result.repackedBytes())),
                List.of());
    }

    /** @throws HoldfastException {@code STORE_UNREACHABLE} where it is not open in this process */
    static Repository open(Catalog catalog, OpenRepositories repositories, String name) {
        RepositoryEntry entry = catalog.repositories()
                .named(name)
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.NO_REPOSITORY, "there is no repository '" + name + "' any more"));
        return repositories
                .of(Bytes.ofHex(entry.repositoryId()))
                .orElseThrow(() -> new HoldfastException(
                        ErrorCode.STORE_UNREACHABLE,
                        "repository '" + name + "' is not open"
                                + (entry.trouble().isEmpty() ? "" : ": " + entry.trouble())));
    }
}
