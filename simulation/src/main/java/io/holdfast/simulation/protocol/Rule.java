package io.holdfast.simulation.protocol;

/**
 * The rules of the protocol, one for each thing that could be left out or done in another order. A search can break one
 * of them in every actor at once. What then goes wrong, a {@link Kind#SAFETY} rule says; the test finds it again.
 */
enum Rule {
    /** W1 before W2: a collector that does not see the session does not wait for it, and its list was not there to be read. */
    REGISTER_BEFORE_READING_LISTS,
    /** W2: an older list than the newest may have its verdict already, and its packs go while the writer relies on them. */
    EVERY_CONDEMNED_LIST_IS_READ,
    /** W2: a session of an older generation is on no wait set, so the roster would bury what it commits. */
    NEWER_GENERATION_RESTARTS,
    /**
     * W2 and C6: a list that is gone when it is to be read has done all it will ever do, and packs are listed, and parents
     * asked for, after that. Starting over is tidy; going on as if it had not been listed is as safe.
     */
    START_OVER_WHEN_A_LIST_VANISHES(Kind.NOT_NEEDED_FOR_SAFETY),
    /** W3: a pack on a list that does not wait for this writer may be deleted at any time. */
    CONDEMNED_PACKS_ARE_NOT_USABLE,
    /** W3: a list that was removed before the lists were read took packs along that an earlier listing still showed. */
    WRITER_LISTS_PACKS_AFTER_CONDEMNED,
    /** W3: an old index, or a segment that came late, names packs that are gone. */
    INDEX_IS_A_HINT,
    /** W4: a parent that was live before the session was there may since have been forgotten and collected. */
    PARENT_CHECKED_AFTER_REGISTERING,
    /** W4: a parent that was itself committed on condemned packs and is forgotten before the second mark protects nothing. */
    PARENT_MARKED_IN_EVERY_LIST,
    /** W5: the same bytes again under the same name fall to a delete of that name that is still in flight. */
    FRESH_SALT,
    /** W5: a put without an answer is not tried again under its name; else the first try may arrive after the delete. */
    ONE_PUT_PER_PACK_NAME,
    /** W5 before W6: a committed chunk that no index names cannot be found, nor counted as a copy. */
    INDEXED_BEFORE_COMMIT,
    /** W6 and F: if a commit could replace a tombstone, a fence would stop nobody. */
    FIRST_PUT_WINS,
    /** W6: a commit that arrives after the roster was drawn up is not live, and its writer must not think that it is. */
    ROSTER_CHECKED_AFTER_COMMIT,
    /** W7 and F: a session that is gone without a tombstone holds nobody up, and its commit is still in flight. */
    TOMBSTONE_BEFORE_SESSION_IS_DELETED,
    /** X: a name that is freed by forgetting is taken again by a commit in flight. */
    FORGOTTEN_NAME_STAYS_OCCUPIED,
    /** C3 before C4: a session that began between the two has neither been listed nor read the list. */
    CONDEMNED_BEFORE_SESSIONS_ARE_LISTED,
    /** C4: a later listing holds all sessions that matter and more; waiting for one wait set only keeps the wait finite. */
    WAIT_SET_PUT_ONCE(Kind.NOT_NEEDED_FOR_SAFETY),
    /** C5: a session that began before the list uses its candidates and commits after the second mark. */
    SESSIONS_ARE_WAITED_FOR,
    /** C6: what was committed since the first mark would be deleted. */
    SECOND_MARK,
    /** C7: a writer trusts a parent because a list marked it; the parent may be forgotten before the second mark. */
    FIRST_MARK_COUNTS,
    /** C6: a copy that was listed before its list was read, and removed with it, is no copy. */
    COLLECTOR_LISTS_PACKS_AFTER_CONDEMNED,
    /** C7: the index names packs that are gone. */
    OTHER_COPY_EXISTS,
    /** C7: a copy that nobody has indexed cannot be found. */
    OTHER_COPY_INDEXED,
    /** C7: two collectors would each rely on the copy that the other one deletes. */
    OTHER_COPY_ON_NO_OTHER_LIST,
    /** C7: two packs of one list would each be spared for the other's sake. */
    OTHER_COPY_NOT_ON_THIS_LIST,
    /** W3: a delta whose base stands on a list may be unreadable tomorrow. */
    DELTA_COUNTS_WITH_ITS_BASES,
    /** W3: what is built on a pack that stands on a list, or is gone, may never be read. */
    BASES_ARE_USABLE,
    /** C1 and C6: what a delta is built on is needed as long as the delta's chunk is. */
    BASES_ARE_MARKED,
    /** C7: a collector that does not know the delta yet has not marked its bases, and deletes them. */
    FULL_COPY_GIVES_WAY_TO_FULL,
    /** C7: the same, for a delta that gives way to one on other bases. */
    DELTA_GIVES_WAY_ON_SAME_BASES,
    /** C7: a second opinion on the same list may rest on a copy that has been condemned since. */
    VERDICT_PUT_ONCE,
    /** C8: a collector that wakes up after its list and verdict are gone may put a verdict of its own. */
    LIST_STILL_STANDS_BEFORE_DELETE,
    /** C8: entries of deleted packs cost readers a detour, no more: the index is a hint. */
    INDEX_REWRITTEN_BEFORE_DELETE(Kind.NOT_NEEDED_FOR_SAFETY),
    /** C8 before C9: while a delete may still arrive, the list has to warn of it. */
    DELETED_BEFORE_LIST_IS_REMOVED,
    /** C9: without a roster, every old manifest that comes late is live again. */
    NEWEST_ROSTER_STAYS,
    /**
     * C7 and live(id): two collectors may draw the same generation, and all must agree which of their rosters is the newer: the
     * one with the higher list id. Else a janitor retires by one what a reader admits by the other.
     */
    ROSTERS_ARE_TOTALLY_ORDERED,
    /** live(id): a commit that lands on a retired name brings a snapshot back whose packs are gone. */
    LIVE_NEEDS_ROSTER,
    /**
     * live(id): a roster that was read before the markers cannot tell a retired marker from one that never was. Nothing is lost
     * by it, as long as {@link #RETIRED_ONLY_WHEN_NO_NEWER_LIST_STANDS} keeps such ids off rosters and every list that could
     * hurt a writer who trusts such a parent is one that he has read; a reader would meet a snapshot that is no more.
     */
    ROSTER_READ_LAST(Kind.NOT_NEEDED_FOR_SAFETY),
    /** Retire: a freed name that the roster does not exclude is taken by a fenced writer's commit, and deleted once more. */
    RETIRED_ONLY_BELOW_ROSTER,
    /** Retire: what the roster names is live again as soon as its marker is gone. */
    RETIRED_ONLY_OFF_THE_ROSTER,
    /** Retire: a newer list's collector may have drawn up its roster earlier, with the id on it, and put it later. */
    RETIRED_ONLY_WHEN_NO_NEWER_LIST_STANDS,
    /** L2: what is written for a locked snapshot is not looked at again before its commit. */
    NEW_PACKS_ARE_PUT_LOCKED,
    /** L3: what a locked snapshot takes over may not be locked, or not for long. */
    OLDER_PACKS_ARE_LOCKED,
    /** L3 before W6: else a snapshot is visible, and says that it is locked, before it is. */
    LOCKED_BEFORE_COMMIT,
    /** L3: what the parent reaches was locked for the parent's sake, and no longer than that. */
    PARENT_IS_LOCKED_AS_LONG,
    /** L3: what a writer relies on may be gone before it is locked: it must not commit then. */
    GONE_PACK_STOPS_THE_COMMIT,
    /** L3: the same for a chunk of which the listing shows no copy any more. */
    MISSING_CHUNK_STOPS_THE_COMMIT,
    /**
     * L3: a collector may have deleted a copy too many between the listing and the lock; who can read finds the others then. Whoever gives up
     * instead loses a backup, and nothing else.
     */
    LOCKS_START_OVER_WHEN_A_PACK_IS_GONE(Kind.NOT_NEEDED_FOR_SAFETY),
    /** L3: a delta without its base is nothing. */
    BASES_ARE_LOCKED,
    /** L3: a chunk that is there as a delta alone is missing when the base is. */
    MISSING_BASE_STOPS_THE_COMMIT,
    /** C9: a delete that was refused may arrive again, from a collector that slept meanwhile, when the lock has ended. */
    LIST_STANDS_WHILE_A_DELETE_IS_REFUSED,
    /** W5 of a host that can only write: what it keeps, its next session relies on, and nobody else has what it keeps. */
    SEGMENT_IS_PUT_BEFORE_IT_IS_KEPT;

    /** Whether the invariant needs a rule. */
    enum Kind {
        SAFETY,
        /** The exhaustive searches find nothing wrong without it; it is there for progress or for tidiness. */
        NOT_NEEDED_FOR_SAFETY
    }

    private final Kind kind;

    Rule() {
        this(Kind.SAFETY);
    }

    Rule(Kind kind) {
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }
}
