package io.holdfast.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One line on the terminal, renewed twice a second: what is done, how fast, how long it will take. Counting is thread-safe;
 * showing runs on a thread of its own.
 */
final class ProgressLine implements AutoCloseable {
    private static final long INTERVAL_MILLIS = 500;

    final AtomicLong files = new AtomicLong();
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong totalFiles = new AtomicLong();
    final AtomicLong totalBytes = new AtomicLong();

    private final Messages messages;
    private final String verb;
    private final long startNanos = System.nanoTime();
    private final CountDownLatch stop = new CountDownLatch(1);

    private ProgressLine(Messages messages, String verb) {
        this.messages = messages;
        this.verb = verb;
    }

    /** @param verb what is going on, such as {@code Saving} */
    static ProgressLine start(RootCommand root, String verb) {
        ProgressLine line = new ProgressLine(root.messages(), verb);
        if (root.showsProgress()) {
            Thread.ofPlatform().daemon().name("holdfast-progress").start(line::run);
        }
        return line;
    }

    Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }

    private void run() {
        try {
            while (!stop.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
                double seconds = Math.max(0.001, elapsed().toMillis() / 1000.0);
                messages.progress(text(verb, files.get(), bytes.get(), totalBytes.get(), seconds));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param estimate of the total, such as the size of the snapshot before; nothing is said of it once more than that is done */
    static String text(String verb, long files, long done, long estimate, double seconds) {
        long total = done > estimate ? 0 : estimate;
        StringBuilder text = new StringBuilder(verb);
        if (total > 0) {
            text.append(String.format(Locale.ROOT, " %3d %%", (long) (100.0 * done / total)));
        }
        text.append("  ");
        if (files > 0) {
            text.append(Formats.count(files, "file", "files")).append(", ");
        }
        text.append(Formats.size(done));
        if (total > 0) {
            text.append(" of ").append(Formats.size(total));
        }
        text.append(", ").append(Formats.size((long) (done / seconds))).append("/s");
        if (total > done && done > 0 && seconds > 1) {
            text.append(", ")
                    .append(Formats.duration(Duration.ofMillis((long) (1000 * seconds * (total - done) / done))))
                    .append(" left");
        }
        return text.toString();
    }

    @Override
    public void close() {
        stop.countDown();
        messages.clearProgress();
    }
}
