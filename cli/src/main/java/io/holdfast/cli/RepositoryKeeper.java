package io.holdfast.cli;

import io.holdfast.catalog.Catalog;
import io.holdfast.catalog.MediaServer;
import io.holdfast.catalog.MediaServerId;
import io.holdfast.catalog.RepositoryEntry;
import io.holdfast.control.RepositoryService;
import io.holdfast.core.Bytes;
import io.holdfast.core.EventLog;
import io.holdfast.core.HoldfastException;
import io.holdfast.media.OpenRepositories;
import io.holdfast.protocol.machine.JobOrder.MediaPlace;
import io.holdfast.repository.crypto.Credential;
import io.holdfast.repository.crypto.KeyFile;
import io.holdfast.security.SealingKey;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Keeps the repositories of a server open: those that were away are opened when they are there again. For one thread at a time. */
final class RepositoryKeeper {
    private final Catalog catalog;
    private final OpenRepositories repositories;
    private final SealingKey sealing;
    private final EventLog log;

    RepositoryKeeper(Catalog catalog, OpenRepositories repositories, SealingKey sealing, EventLog log) {
        this.catalog = catalog;
        this.repositories = repositories;
        this.sealing = sealing;
        this.log = log;
    }

    /** What opens a repository whose key the catalog keeps. */
    static Credential credential(SealingKey sealing, RepositoryEntry entry) {
        Bytes sealed = entry.sealedKey();
        if (sealed == null) {
            throw HoldfastException.usage(
                    "the server has no key of repository '" + entry.name() + "'", "Add the repository with its key.");
        }
        String text = new String(sealing.open(sealed, RepositoryService.purpose(entry.name())), StandardCharsets.UTF_8);
        return new Credential.Key(KeyFile.parse(text, "the key of repository " + entry.name()));
    }

    /** Opens those that are not open and are served here. What is wrong with one is noted with it, and told once. */
    void open() {
        Map<String, Set<MediaServerId>> assigned = catalog.servedRepositories().assigned();
        Set<MediaServerId> here = catalog.mediaServers().all().stream()
                .filter(server -> server.url().equals(MediaPlace.IN_CONTROL))
                .map(MediaServer::id)
                .collect(Collectors.toSet());
        for (RepositoryEntry entry : catalog.repositories().all()) {
            Set<MediaServerId> servers = assigned.get(entry.name());
            boolean isServedHere = servers == null || !Collections.disjoint(servers, here);
            if (isServedHere
                    && repositories.of(Bytes.ofHex(entry.repositoryId())).isEmpty()) {
                open(entry);
            }
        }
    }

    private void open(RepositoryEntry entry) {
        try {
            var ignored = repositories.open(entry.url(), credential(sealing, entry));
            catalog.repositories().trouble(entry.name(), "");
        } catch (HoldfastException e) {
            String why = String.valueOf(e.getMessage());
            if (!why.equals(entry.trouble())) {
                log.error("repository cannot be opened", Map.of("repository", entry.name(), "why", why));
                catalog.repositories().trouble(entry.name(), why);
            }
        }
    }
}
