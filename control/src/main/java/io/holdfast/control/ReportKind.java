package io.holdfast.control;

import io.holdfast.protocol.api.ReportApi.Column;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The reports that there are, and what is in them. */
enum ReportKind {
    PROTECTED(
            "What is protected",
            text("host", "Host"),
            text("plan", "Plan"),
            text("source", "Source"),
            text("repository", "Repository"),
            new Column("last_good", "Last good backup", "time"),
            number("age_hours", "Age (h)"),
            number("snapshots", "Snapshots"),
            number("files", "Files"),
            bytes("bytes", "Size"),
            bytes("stored_bytes", "Stored")),
    UNPROTECTED(
            "What is not protected",
            text("host", "Host"),
            text("groups", "Groups"),
            text("plans", "Plans"),
            new Column("last_good", "Last good backup", "time"),
            text("why", "Why")),
    FAILED(
            "What failed",
            new Column("ended", "Ended", "time"),
            text("host", "Host"),
            text("plan", "Plan"),
            text("kind", "Kind"),
            text("state", "State"),
            text("job", "Job"),
            text("message", "Message")),
    RESTORED(
            "What was restored",
            new Column("at", "When", "time"),
            text("who", "Who"),
            text("snapshot", "Snapshot"),
            text("host", "To"),
            text("target", "Place"),
            text("paths", "Paths"),
            text("job", "Job"),
            text("state", "State")),
    STORAGE(
            "Storage",
            text("repository", "Repository"),
            text("url", "Place"),
            number("snapshots", "Snapshots"),
            bytes("bytes", "Size"),
            bytes("stored_bytes", "Stored"),
            bytes("free_bytes", "Free"),
            bytes("total_bytes", "Disk"),
            text("trouble", "Trouble"));

    private final String title;

    @SuppressWarnings("ImmutableEnumChecker") // Made by List.of, of records of texts.
    private final List<Column> columns;

    ReportKind(String title, Column... columns) {
        this.title = title;
        this.columns = List.of(columns);
    }

    private static Column text(String name, String title) {
        return new Column(name, title, "text");
    }

    private static Column number(String name, String title) {
        return new Column(name, title, "number");
    }

    private static Column bytes(String name, String title) {
        return new Column(name, title, "bytes");
    }

    String title() {
        return title;
    }

    List<Column> columns() {
        return columns;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    static Optional<ReportKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }
}
