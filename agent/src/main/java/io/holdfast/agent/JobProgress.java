package io.holdfast.agent;

import io.holdfast.core.Bytes;
import io.holdfast.core.RawText;
import io.holdfast.protocol.machine.Report;
import io.holdfast.sources.backup.BackupListener;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what a backup does, for whoever watches the job. */
record JobProgress(JobWatch watch, AtomicLong files, AtomicLong bytes, AtomicLong total) implements BackupListener {
    JobProgress(JobWatch watch) {
        this(watch, new AtomicLong(), new AtomicLong(), new AtomicLong());
    }

    private void tell() {
        watch.progress(new Report.Progress(files.get(), bytes.get(), total.get() == 0 ? -1 : total.get(), 0));
    }

    @Override
    public void total(long more) {
        total.addAndGet(more);
        tell();
    }

    @Override
    public void file(Bytes path, long sizeBytes, FileOutcome outcome) {
        files.incrementAndGet();
        tell();
    }

    @Override
    public void advanced(long more) {
        bytes.addAndGet(more);
        tell();
    }

    @Override
    public void unreadable(Bytes path, String reason) {
        watch.event("warning", text(path), reason);
    }

    @Override
    public void note(Bytes path, String text) {
        watch.event("info", text(path), text);
    }

    @Override
    public void torn(Bytes path) {
        watch.event("warning", text(path), "changed while it was read, each time; what was saved may mix old and new");
    }

    private static String text(Bytes path) {
        return RawText.decode(path.unsafeArray());
    }
}
