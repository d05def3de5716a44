package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.Host;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.control.ServerDirectory;
import io.holdfast.core.Bytes;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.Json;
import io.holdfast.media.OpenRepositories;
import io.holdfast.repository.Repository;
import io.holdfast.security.SealingKey;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "rebuild",
        description = "Lists the repositories of a server now, and notes each snapshot that its catalog does not know.")
final class RebuildCatalogCommand implements Callable<Integer> {
    private static final String ACTOR = "catalog rebuild";
    private static final int AT_ONCE = 500;

    private final RootCommand root;

    @Mixin
    private final CatalogCommand.Place place = new CatalogCommand.Place();

    private long listed;
    private long snapshots;
    private long added;

    RebuildCatalogCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        ServerDirectory directory = place.existing(root);
        SecureRandom random = new SecureRandom();
        SealingKey sealing = SealingKey.open(directory.hostKey(), random);
        // What it finds is said below, for each repository.
        EventLog log = (level, what, details) -> {
            if (level == EventLog.Level.ERROR) {
                root.messages().warning(what, details.toString());
            }
        };
        try (Catalog catalog = place.open(root, directory);
                OpenRepositories repositories = new OpenRepositories(
                        LocalServer.settings(directory.media().resolve("cache"), log))) {
            List<RepositoryEntry> entries = catalog.repositories().all();
            @Nullable HoldfastException failure = null;
            for (RepositoryEntry entry : entries) {
                try {
                    Repository repository = repositories.open(entry.url(), RepositoryKeeper.credential(sealing, entry));
                    list(catalog, log, entry.name(), repository);
                    listVaults(catalog, log, entry, repositories);
                    repositories.close(Bytes.ofHex(entry.repositoryId()));
                } catch (HoldfastException e) {
                    root.messages().warning(entry.name(), String.valueOf(e.getMessage()));
                    failure = e;
                }
            }
            summary(claim(catalog));
            if (failure != null) {
                throw failure;
            }
            return 0;
        }
    }

    private void list(Catalog catalog, EventLog log, String name, Repository repository) {
        if (root.showsProgress()) {
            root.messages()
                    .progress("Listing " + name + "  " + repository.store().describe());
        }
        RepositoryListing.Compared compared = new RepositoryListing(catalog, log).compare(name, repository);
        int more = compared.made().added().size();
        int gone = compared.made().removed().size();
        if (more > 0) {
            catalog.audit()
                    .append(
                            ACTOR,
                            "catalog.rebuild",
                            name,
                            Json.text(Map.of("snapshots", compared.snapshots(), "added", more)));
        }
        List<String> unknown = compared.hosts().stream()
                .filter(host -> catalog.hosts().named(host).isEmpty())
                .toList();
        listed++;
        snapshots += compared.snapshots();
        added += more;
        root.messages()
                .tell("%-16s  %s of %s, %d of them new to the catalog%s"
                        .formatted(
                                name,
                                Formats.count(compared.snapshots(), "snapshot", "snapshots"),
                                Formats.count(compared.hosts().size(), "host", "hosts"),
                                more,
                                gone > 0 ? ", " + gone + " that it knew are gone" : ""));
        if (!unknown.isEmpty()) {
            root.messages().tell("                  not enrolled: " + String.join(", ", unknown));
        }
        root.messages()
                .object(JsonLine.of("catalog_rebuilt")
                        .with("repository", name)
                        .with("snapshots", compared.snapshots())
                        .with("added", more)
                        .with("removed", gone)
                        .with("hosts", compared.hosts())
                        .with("not_enrolled", unknown));
    }

    /** Of snapshots that hosts encrypted themselves only the ids can be seen. */
    private void listVaults(Catalog catalog, EventLog log, RepositoryEntry entry, OpenRepositories repositories) {
        int more = new RepositoryListing(catalog, log).compareVaults(entry, repositories);
        if (more > 0) {
            added += more;
            catalog.audit().append(ACTOR, "catalog.rebuild", entry.name(), Json.text(Map.of("in vaults", more)));
            root.messages()
                    .tell("                  %s in vaults of hosts, whose keys no server has"
                            .formatted(Formats.count(more, "snapshot", "snapshots")));
        }
    }

    /** Gives machines what was made under their names; the number of snapshots. */
    private static long claim(Catalog catalog) {
        long claimed = 0;
        String after = "";
        for (List<Host> page = catalog.hosts().page(after, AT_ONCE);
                !page.isEmpty();
                page = catalog.hosts().page(after, AT_ONCE)) {
            for (Host host : page) {
                claimed += catalog.snapshots().claim(host.id(), host.name());
                after = host.name();
            }
        }
        return claimed;
    }

    private void summary(long claimed) {
        root.messages()
                .tell("%s in %s, %d new to the catalog; %d that were no machine's are now"
                        .formatted(
                                Formats.count(snapshots, "snapshot", "snapshots"),
                                Formats.count(listed, "repository", "repositories"),
                                added,
                                claimed));
        if (added > 0) {
            root.messages()
                    .note("Plans, users, groups of machines, jobs and the audit log are in no repository:"
                            + " docs/guide/everything-lost.md tells what comes back.");
        }
        root.messages()
                .object(JsonLine.of("catalog_summary")
                        .with("repositories", listed)
                        .with("snapshots", snapshots)
                        .with("added", added)
                        .with("claimed", claimed));
    }
}
