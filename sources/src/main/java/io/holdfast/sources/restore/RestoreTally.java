package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.repository.tree.TreeEntry;
import io.holdfast.sources.files.Directory;
import io.holdfast.sources.files.HostFileException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what becomes of each entry and tells it. Thread-safe. */
final class RestoreTally implements RestoreWindow.Outcome {
    private final RestoreListener listener;
    private final AtomicLong files = new AtomicLong();
    private final AtomicLong unchanged = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong damaged = new AtomicLong();
    private final AtomicLong directories = new AtomicLong();
    private final AtomicLong others = new AtomicLong();

    RestoreTally(RestoreListener listener) {
        this.listener = listener;
    }

    void directory() {
        directories.incrementAndGet();
    }

    void other() {
        others.incrementAndGet();
    }

    /** A file of whose content nothing was told yet. */
    void done(Bytes path, TreeEntry entry, boolean wasThere) {
        if (entry.sizeBytes() > 0) {
            listener.advanced(entry.sizeBytes());
        }
        file(path, entry.sizeBytes(), wasThere);
    }

    /** A further name of a file: its content counts once. */
    void linked(Bytes path, boolean wasThere) {
        file(path, 0, wasThere);
    }

    private void file(Bytes path, long sizeBytes, boolean wasThere) {
        files.incrementAndGet();
        bytes.addAndGet(sizeBytes);
        if (wasThere) {
            unchanged.incrementAndGet();
        }
        listener.restored(path, sizeBytes, wasThere);
    }

    void fail(Bytes path, String reason) {
        failed.incrementAndGet();
        listener.failed(path, reason);
    }

    void failDamaged(Bytes path, String reason) {
        damaged.incrementAndGet();
        fail(path, reason);
    }

    /** Sets what belongs to an entry besides its content. */
    void applyMetadata(Directory directory, TreeEntry entry, Bytes path) throws HostFileException {
        Metadata.report(path, directory.applyMetadata(entry.name(), Metadata.of(entry)), listener);
    }

    RestoreResult result() {
        return new RestoreResult(
                files.get(),
                unchanged.get(),
                directories.get(),
                others.get(),
                bytes.get(),
                written.get(),
                failed.get(),
                damaged.get());
    }

    @Override
    public void advanced(PlannedFile file, long count, boolean isWritten) {
        if (isWritten) {
            written.addAndGet(count);
        }
        tell(file.advance(count));
    }

    private void tell(long count) {
        if (count != 0) {
            listener.advanced(count);
        }
    }

    @Override
    public void complete(PlannedFile file) {
        try {
            if (!file.inOneGo && file.entry.links() <= 1) {
                applyMetadata(file.directory, file.entry, file.path);
            }
            tell(file.rest());
            file(file.path, file.entry.sizeBytes(), false);
        } catch (HostFileException e) {
            tell(-file.takeBack());
            fail(file.path, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void failed(PlannedFile file, String reason, boolean isDamaged) {
        tell(-file.takeBack());
        if (isDamaged) {
            failDamaged(file.path, reason);
        } else {
            fail(file.path, reason);
        }
    }
}
