package io.holdfast.cli;

import io.holdfast.protocol.machine.Report;
import java.util.List;

/** What is done for one kind of jobs of repositories. Safe for many threads. */
@FunctionalInterface
interface RepositoryWork {
    /**
     * Does it.
     *
     * @throws io.holdfast.core.HoldfastException where it failed
     */
    Outcome run(RepositoryJob job);

    /**
     * What it came to.
     *
     * @param message in one line
     * @param made the snapshots that it made
     */
    record Outcome(String message, List<Report.Made> made) {
        public Outcome {
            made = List.copyOf(made);
        }
    }
}
