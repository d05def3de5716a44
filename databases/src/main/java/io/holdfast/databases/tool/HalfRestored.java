package io.holdfast.databases.tool;

import io.holdfast.core.HoldfastException;
import io.holdfast.databases.DatabasePart;

/** Takes away what a restore has made that failed. */
public final class HalfRestored {
    private HalfRestored() {}

    /**
     * Runs a restore into a database that was made for it.
     *
     * @param removal of that database
     * @throws HoldfastException that of the restore; it says so where the database could not be removed
     */
    public static void removedUnlessWhole(DatabasePart part, Runnable restore, Runnable removal) {
        try {
            restore.run();
        } catch (HoldfastException failed) {
            boolean interrupted = Thread.interrupted();
            try {
                removal.run();
            } catch (HoldfastException e) {
                failed.addSuppressed(e);
                throw new HoldfastException(
                        failed.code(),
                        failed.getMessage() + "; half of the " + part.text() + " is still there",
                        failed.hint().map(hint -> hint + " ").orElse("") + "Drop it when the server answers again.",
                        failed);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
            throw failed;
        }
    }
}
