package io.holdfast.control.watch;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What an alert may be about; their words are a contract of docs/guide/watching.md. */
public enum AlertKind {
    /** A job of a host failed for the last time that it was tried: HOST/PLAN. */
    JOB_FAILED(true),
    /** A run did not begin in its window: HOST/PLAN. */
    RUN_MISSED(true),
    /** A host was not heard of for long: HOST. */
    HOST_SILENT(true),
    /** A backup has another size, number of files or share of new content than those before: HOST/PLAN/SOURCE. */
    BACKUP_UNUSUAL(true),
    /** What is new in a backup compresses much less than it used to, as what was encrypted does: HOST/PLAN/SOURCE. */
    CONTENT_ENTROPY(true),
    /** A media server on a machine of its own was not heard of for ten minutes: NAME. */
    MEDIA_SILENT(false),
    /** A job of a repository failed: REPOSITORY/KIND. */
    UPKEEP_FAILED(false),
    /** A repository cannot be used, or something in it is wrong: REPOSITORY. */
    REPOSITORY_TROUBLE(false),
    /** A store has little room left, or will soon: REPOSITORY. */
    STORE_FILLING(false);

    private final boolean isOfHost;

    AlertKind(boolean isOfHost) {
        this.isOfHost = isOfHost;
    }

    /** Whether the object begins with the name of a host. */
    public boolean isOfHost() {
        return isOfHost;
    }

    /** As the catalog and the API have it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<AlertKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findFirst();
    }

    /** The host that an object of this kind is about; empty where it is none. */
    public Optional<String> host(String object) {
        return isOfHost ? Optional.of(object.split("/", 2)[0]) : Optional.empty();
    }
}
