package io.holdfast.control;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.catalog.Snapshots;
import io.holdfast.core.Bytes;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.api.RepositoryApi.NewRepository;
import io.holdfast.protocol.api.RepositoryApi.RepositoryList;
import io.holdfast.protocol.api.RepositoryApi.RepositoryView;
import io.holdfast.security.SealingKey;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What people do with repositories. Thread-safe. */
public final class RepositoryService {
    private final Catalog catalog;
    private final RepositoryDesk desk;
    private final SealingKey sealing;
    private final Audit audit;

    RepositoryService(Catalog catalog, RepositoryDesk desk, SealingKey sealing, Audit audit) {
        this.catalog = catalog;
        this.desk = desk;
        this.sealing = sealing;
        this.audit = audit;
    }

    /** What a repository's key is sealed as. */
    public static String purpose(String repository) {
        return "repository " + repository;
    }

    /** All, in the order of their names. */
    public RepositoryList list() {
        return new RepositoryList(
                catalog.repositories().all().stream().map(this::view).toList());
    }

    public RepositoryView show(String name) {
        return view(catalog.repositories()
                .named(name)
                .orElseThrow(() -> HttpProblem.notFound("there is no repository '" + name + "'")));
    }

    private RepositoryView view(RepositoryEntry entry) {
        Snapshots.Totals totals =
                catalog.snapshots().totals(new Snapshots.Filter(entry.name(), null, "", "", "", null, null));
        return new RepositoryView(
                entry.name(),
                entry.url(),
                entry.repositoryId(),
                entry.state().name().toLowerCase(Locale.ROOT),
                entry.added(),
                totals.snapshots(),
                totals.bytes(),
                totals.storedBytes(),
                entry.trouble().isEmpty() ? Optional.empty() : Optional.of(entry.trouble()));
    }

    /** Makes a repository, or adds one that is there. Its key is kept before anything is encrypted with it. */
    public RepositoryView add(Principal principal, NewRepository wish) {
        RepositoryDesk.Opening opening =
                wish.key().map(key -> desk.look(wish.url(), key)).orElseGet(() -> desk.draw(wish.url()));
        Bytes sealed = sealing.seal(opening.key().getBytes(StandardCharsets.UTF_8), purpose(wish.name()));
        catalog.transaction(() -> {
            var ignored = catalog.repositories().add(wish.name(), wish.url(), sealed, opening.repositoryId());
            audit.write(principal, "repository.add", wish.name(), Map.of("url", wish.url()));
        });
        try {
            desk.open(wish.url(), opening);
        } catch (RuntimeException e) {
            catalog.transaction(() -> {
                if (catalog.repositories().remove(wish.name())) {
                    audit.write(principal, "repository.remove", wish.name(), Map.of("why", "it could not be opened"));
                }
            });
            throw e;
        }
        return show(wish.name());
    }
}
