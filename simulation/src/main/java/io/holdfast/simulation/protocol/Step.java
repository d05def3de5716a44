package io.holdfast.simulation.protocol;

/** One step: at most one request to the store, answered or not, and the thinking that follows it. */
enum Step {
    WRITER_READS_GENERATION("W1 reads the newest condemned generation"),
    WRITER_REGISTERS("W1 puts sessions/%s"),
    WRITER_LISTS_HALF_OF_CONDEMNED("W2 gets the first page of condemned/"),
    WRITER_LISTS_CONDEMNED("W2 lists condemned/"),
    WRITER_GETS_CONDEMNED("W2 gets condemned/%s"),
    WRITER_FINDS_LIST_GONE("W2 finds condemned/%s gone"),
    WRITER_LISTS_HALF_OF_THE_PACKS("W3 gets the first page of packs/"),
    WRITER_LISTS_PACKS("W3 loads an index and lists packs/"),
    WRITER_GETS_PARENT("W4 gets its parent snapshots/%s"),
    WRITER_GETS_PARENT_MARKER("W4 looks for forgotten/%s"),
    WRITER_JUDGES_PARENT("W4 gets the newest roster"),
    WRITER_PUTS_PACK("W5 puts packs/%s"),
    WRITER_LOSES_PACK_PUT("W5 puts packs/%s and gets no answer; the put is in flight, the next try has a new name"),
    WRITER_PUTS_INDEX("W5 puts an index segment with packs/%s"),
    WRITER_LISTS_WHAT_TO_LOCK("L3 loads the index, lists packs/ and finds what its snapshot reaches"),
    WRITER_MISSES_A_CHUNK("L3 finds no copy of a chunk and gives up"),
    WRITER_LOCKS_PACK("L3 locks packs/%s"),
    WRITER_FINDS_PACK_GONE("L3 finds packs/%s gone"),
    WRITER_COMMITS("W6 puts its manifest at snapshots/%s"),
    WRITER_LOSES_COMMIT("W6 puts its manifest at snapshots/%s and gets no answer; the put is in flight"),
    WRITER_FINDS_TOMBSTONE("W6 finds a tombstone at snapshots/%s"),
    WRITER_CHECKS_ROSTER("W6 gets the newest roster: snapshots/%s is committed"),
    WRITER_FAILS_ROSTER("W6 gets the newest roster: snapshots/%s is too old, start again"),
    WRITER_DELETES_SESSION("W7 deletes sessions/%s"),
    WRITER_GIVES_UP("W7 gives up: puts a tombstone at snapshots/%s"),
    WRITER_CRASHES("crashes"),

    COLLECTOR_ADOPTS("adopts condemned/%s"),
    COLLECTOR_LISTS_SNAPSHOTS("C1 lists snapshots/"),
    COLLECTOR_LISTS_MARKERS("C1 lists forgotten/"),
    COLLECTOR_GETS_ROSTER("C1 gets the newest roster"),
    COLLECTOR_LISTS_PACKS("C1 lists packs/"),
    COLLECTOR_CHOOSES("C1 lists condemned/ and chooses candidates"),
    COLLECTOR_REPACKS("C2 puts packs/%s with the live chunks of a candidate"),
    COLLECTOR_INDEXES("C2 puts an index segment with packs/%s"),
    COLLECTOR_CONDEMNS("C3 puts condemned/%s"),
    COLLECTOR_LISTS_HALF_OF_THE_SESSIONS("C4 gets the first page of sessions/"),
    COLLECTOR_LISTS_SESSIONS("C4 lists sessions/"),
    COLLECTOR_PUTS_WAIT_SET("C4 puts the wait set of condemned/%s"),
    COLLECTOR_WAITED("C5 has seen every session end that condemned/%s waits for"),
    COLLECTOR_LISTS_HALF_OF_THE_SNAPSHOTS("C6 gets the first page of snapshots/"),
    COLLECTOR_LISTS_SNAPSHOTS_AGAIN("C6 lists snapshots/"),
    COLLECTOR_LISTS_MARKERS_AGAIN("C6 lists forgotten/"),
    COLLECTOR_GETS_ROSTER_AGAIN("C6 gets the newest roster"),
    COLLECTOR_LISTS_HALF_OF_CONDEMNED("C6 gets the first page of condemned/"),
    COLLECTOR_LISTS_CONDEMNED("C6 lists condemned/"),
    COLLECTOR_GETS_CONDEMNED("C6 gets condemned/%s"),
    COLLECTOR_LISTS_HALF_OF_THE_PACKS("C6 gets the first page of packs/"),
    COLLECTOR_LISTS_PACKS_AGAIN("C6 lists packs/"),
    COLLECTOR_JUDGES("C6 loads an index and judges the candidates of condemned/%s"),
    COLLECTOR_PUTS_VERDICT("C7 puts verdict/%s"),
    COLLECTOR_FINDS_VERDICT("C7 finds another run's verdict/%s"),
    COLLECTOR_LOOKS_FOR_LIST("C8 sees condemned/%s still standing"),
    COLLECTOR_FINDS_LIST_GONE("C8 finds condemned/%s gone and stops"),
    COLLECTOR_REWRITES_INDEX("C8 puts index segments without the packs of verdict/%s"),
    COLLECTOR_DELETES("C8 sends the deletes of verdict/%s"),
    COLLECTOR_LEAVES_LIST("C8 is refused a delete of condemned/%s and stops"),
    COLLECTOR_REMOVES_LIST("C9 removes condemned/%s"),
    COLLECTOR_CRASHES("crashes"),

    SNAPSHOT_FORGOTTEN("F puts forgotten/%s"),
    SESSION_FENCED("X puts a tombstone at snapshots/%s"),
    SESSION_REMOVED("a janitor deletes sessions/%s, which has ended"),
    COMMIT_LANDS("the commit in flight of snapshots/%s arrives"),
    PACK_PUT_LANDS("a put in flight of packs/%s arrives"),
    PACK_DELETE_LANDS("a delete of packs/%s arrives"),
    NAME_RETIREMENT_DECIDED("a janitor decides to retire %s"),
    NAME_RETIRED("a janitor deletes snapshots/%s, which is retired"),
    MARKER_RETIRED("a janitor deletes forgotten/%s, which is retired"),
    VERDICT_REMOVED("C9 a janitor removes verdict/%s"),
    PACK_LOCKED("somebody locks packs/%s"),
    TIME_PASSES("time passes; the shortest locks end"),
    INTRUDER_DELETES_PACK("an intruder deletes packs/%s");

    private final String text;

    Step(String text) {
        this.text = text;
    }

    String describe(String subject) {
        return text.replace("%s", subject);
    }

    boolean isWriters() {
        return compareTo(WRITER_CRASHES) <= 0;
    }

    boolean isCollectors() {
        return !isWriters() && compareTo(COLLECTOR_CRASHES) <= 0;
    }
}
