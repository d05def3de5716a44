package io.holdfast.cli;

/** What is done for one kind of jobs of repositories. Safe for many threads. */
@FunctionalInterface
interface RepositoryWork {
    /**
     * Does it.
     *
     * @return what it came to, in one line
     * @throws io.holdfast.core.HoldfastException where it failed
     */
    String run(RepositoryJob job);
}
