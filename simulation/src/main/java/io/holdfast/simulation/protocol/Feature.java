package io.holdfast.simulation.protocol;

/** Something that may happen in a configuration, as often as it likes and whenever it likes. */
enum Feature {
    /** An actor dies between any two steps; its memory is lost, its objects stay, and it may start again. */
    CRASHES,
    /** A put of a snapshot whose answer is lost lands later, or never. */
    LATE_COMMITS,
    /** A put of a pack whose answer is lost lands later, or never. */
    LATE_PACK_PUTS,
    /** Writers and collectors upload: without it, they can only refer to what is there. */
    UPLOADS,
    /** Collectors copy the live chunks of a pack before they condemn it. */
    REPACKING,
    /** Writers take a parent's tree over. */
    PARENTS,
    /** Anyone forgets a snapshot. */
    FORGETTING,
    /** Anyone fences a session. */
    FENCING,
    /** A janitor retires names. */
    RETIRING,
    /** The objects of ended sessions stay until someone deletes them; else they are gone at once. */
    LINGERING_SESSIONS,
    /** Random names of condemned lists sort in any order, not only in the order in which the lists are put. */
    ANY_LIST_ORDER,
    /** A candidate list may hold more than one pack. */
    LONG_LISTS,
    /** Writers store c as a delta on what they find in full, and collectors move deltas as they are. */
    DELTAS,
    /** A listing is answered in two pages, and others put and delete in between. */
    PAGED_LISTS,
    /** Writers may ask for a lock of their snapshot, and locks end. */
    LOCKS,
    /** Somebody locks a pack that is there, for no reason that is modelled: a writer that was fenced meanwhile, a hold. */
    LOCKS_BY_ANYONE,
    /**
     * Somebody who may do with the store what it lets him do deletes packs that are not locked. He ruins what is not locked, so the only
     * thing asked is that locked snapshots are whole.
     */
    INTRUDER,
    /** Sessions may be those of one host that can only write: b is what it backs up, and nobody else can send b. */
    WRITE_ONLY,
    /** Every session is one of that host. */
    WRITE_ONLY_ALONE
}
