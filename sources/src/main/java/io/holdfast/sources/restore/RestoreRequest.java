package io.holdfast.sources.restore;

import io.holdfast.core.Bytes;
import io.holdfast.sources.backup.ExcludeRules;
import java.util.List;

/**
 * What to restore, and where to.
 *
 * @param paths in the snapshot, absolute; empty for all
 * @param includes where not empty: only files that match, or lie below a directory that matches
 * @param excludes what to leave out
 * @param target an existing directory that stands for {@code /}, absolute
 */
public record RestoreRequest(
        List<Bytes> paths,
        ExcludeRules includes,
        ExcludeRules excludes,
        Bytes target,
        Overwrite overwrite,
        boolean dryRun) {

    /** What to do with files that are there. */
    public enum Overwrite {
        /** Leave them alone. */
        NEVER,
        /** Leave those alone that have the same size and modification time; make the others equal. */
        IF_CHANGED,
        /** Compare the content of all, and make it equal. */
        ALWAYS
    }
}
