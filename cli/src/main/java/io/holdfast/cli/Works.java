package io.holdfast.cli;

import io.holdfast.agent.AgentDirectory;
import io.holdfast.agent.AllWork;
import io.holdfast.agent.BackupWork;
import io.holdfast.agent.JobWork;
import io.holdfast.agent.MediaConnections;
import io.holdfast.agent.RestoreWork;
import io.holdfast.core.EventLog;
import io.holdfast.repository.RepositorySettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What the agents of this program can do. */
final class Works {
    private Works() {}

    /**
     * @param excluded directories whose content no plan saves
     * @param furtherKeys files with keys of vaults of other machines
     */
    static JobWork of(AgentDirectory directory, List<String> excluded, List<Path> furtherKeys, EventLog log) {
        RepositorySettings settings = RepositorySettings.of(
                directory.cache(),
                "holdfast " + VersionCommand.program(),
                (what, why) -> log.warning("backup", Map.of("object", what, "why", why)));
        MediaConnections media = new MediaConnections(
                directory::servers,
                directory::identity,
                directory.identity().chain().getLast());
        List<String> patterns = excluded.stream()
                .map(path -> path.replaceAll("([\\\\*?\\[])", "\\\\$1") + "/*")
                .toList();
        return new AllWork(
                new BackupWork(media, settings, patterns, directory.root().resolve("tmp"), directory.vaultKeys()),
                new RestoreWork(media, settings, directory.vaultKeys(), furtherKeys));
    }
}
