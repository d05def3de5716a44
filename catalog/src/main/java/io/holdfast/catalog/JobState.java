package io.holdfast.catalog;

/** Where a job is (docs/jobs.md). */
public enum JobState {
    QUEUED,
    RUNNING,
    /** All that was asked for is there. */
    DONE,
    /** A snapshot is there, and something is missing in it. */
    PARTIAL,
    FAILED,
    CANCELLED;

    /** Whether nothing comes after it. */
    public boolean isFinal() {
        return this != QUEUED && this != RUNNING;
    }
}
