package io.holdfast.databases.tool;

import io.holdfast.core.HoldfastException;
import io.holdfast.databases.DatabasePart;

/** Takes away what a restore has made that failed. */
public final class HalfRestored {
    private HalfRestored() {}

    /**
     * Runs a restore into a database that was made for it.
     *
     * @param lost what is not there any more where the restore fails, for people; empty for nothing
     * @param removal of that database
     * @throws HoldfastException that of the restore; it says so where the database could not be removed
     */
    public static void removedUnlessWhole(DatabasePart part, String lost, Runnable restore, Runnable removal) {
        try {
            restore.run();
        } catch (HoldfastException failed) {
            String message = failed.getMessage() + (lost.isEmpty() ? "" : "; " + lost);
            try {
                uninterrupted(removal);
            } catch (HoldfastException e) {
                failed.addSuppressed(e);
                throw new HoldfastException(
                        failed.code(),
                        message + "; half of the " + part.text() + " is still there",
                        failed.hint().map(hint -> hint + " ").orElse("") + "Drop it when the server answers again.",
                        failed);
            }
            throw lost.isEmpty()
                    ? failed
                    : new HoldfastException(
                            failed.code(), message, failed.hint().orElse(null), failed);
        }
    }

    /** Runs what has to be done also by somebody who was interrupted, and stays so. */
    public static void uninterrupted(Runnable work) {
        boolean interrupted = Thread.interrupted();
        try {
            work.run();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
