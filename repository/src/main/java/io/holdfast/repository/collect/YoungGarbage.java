package io.holdfast.repository.collect;

import io.holdfast.repository.TemporaryFiles;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which garbage may be what backups that are under way have sent. Nothing tells whose a pack is; but what was there before a session began, or when it had ended, is not
 * its. So a pack that nobody needs is left alone as long as a session is open that was open when it was first seen: were it condemned, a backup that is
 * cut off could not go on with what it has sent. What was seen is remembered in a file of this machine. Forgetting it, or anything wrong in it, costs one more run, or
 * a backup that is cut off what it has sent; nothing is lost by it, for what is deleted is decided elsewhere.
 *
 * <p>The file has a line for each group of packs: the sessions, each as it stands in names, then the names of the packs, all separated by blanks. Not thread-safe.
 */
final class YoungGarbage {
    private final Path file;
    private final Map<PackId, Set<SnapshotId>> seen = new HashMap<>();

    /** @param file may be missing, and its directory, too */
    YoungGarbage(Path file) {
        this.file = file;
        try {
            for (String line : Files.readAllLines(file)) {
                Set<SnapshotId> sessions = new HashSet<>();
                List<PackId> packs = new ArrayList<>();
                for (String word : line.split(" ")) {
                    SnapshotId.find(word).ifPresent(sessions::add);
                    if (ObjectName.isValid(word)) {
                        PackId.find(ObjectName.of(word)).ifPresent(packs::add);
                    }
                }
                packs.forEach(pack -> seen.put(pack, sessions));
            }
        } catch (IOException e) {
            // Not there, or no text: nothing is known yet.
        }
    }

    /**
     * Which of these packs may be what somebody has sent who is at work.
     *
     * @param dead packs that nobody needs
     * @param open the sessions, listed after the packs
     */
    Set<PackId> spare(Collection<PackId> dead, Collection<SnapshotId> open) {
        Map<PackId, Set<SnapshotId>> young = new HashMap<>();
        for (PackId pack : dead) {
            Set<SnapshotId> still = new HashSet<>(open);
            Set<SnapshotId> before = seen.get(pack);
            if (before != null) {
                still.retainAll(before);
            }
            if (!still.isEmpty()) {
                young.put(pack, still);
            }
        }
        seen.clear();
        seen.putAll(young);
        return young.keySet();
    }

    /** Remembers what was spared. Where the disk does not take it, the next run knows nothing. */
    void keep() {
        Path directory = file.toAbsolutePath().getParent();
        Map<String, StringBuilder> lines = new TreeMap<>();
        seen.forEach((pack, sessions) -> lines.computeIfAbsent(
                        String.join(
                                " ",
                                sessions.stream().map(SnapshotId::leaf).sorted().toList()),
                        key -> new StringBuilder(key))
                .append(' ')
                .append(pack.name().value()));
        try {
            if (directory == null || seen.isEmpty()) {
                Files.deleteIfExists(file);
                return;
            }
            Files.createDirectories(directory);
            Path temporary = TemporaryFiles.create(directory);
            try {
                Files.write(temporary, lines.values());
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            // Then it spares a little more the next time.
        }
    }
}
