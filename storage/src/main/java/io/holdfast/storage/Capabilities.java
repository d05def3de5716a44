package io.holdfast.storage;

/**
 * What a store promises; declared by the implementation after it has probed the place, never guessed by its user.
 *
 * @param putIfAbsent several clients may race for a name and exactly one wins; without it a single writer only
 * @param consistentList a listing sees every put and delete that returned before it began; without it no collection
 * @param verifiesOnWrite a put that returned was checksummed by the store or read back from the medium
 * @param parallelPuts so many puts of large objects at once are faster than fewer; 1 or more
 * @param locks objects can be locked until a date, before which the store deletes them for nobody
 * @param archives data packs that are put here go to an archive class: they have to be thawed before they can be read
 */
public record Capabilities(
        boolean putIfAbsent,
        boolean consistentList,
        boolean verifiesOnWrite,
        int parallelPuts,
        boolean locks,
        boolean archives) {

    /** Of a store whose objects can all be read at once. */
    public Capabilities(
            boolean putIfAbsent, boolean consistentList, boolean verifiesOnWrite, int parallelPuts, boolean locks) {
        this(putIfAbsent, consistentList, verifiesOnWrite, parallelPuts, locks, false);
    }

    /** The same with or without an archive class. */
    public Capabilities withArchives(boolean now) {
        return new Capabilities(putIfAbsent, consistentList, verifiesOnWrite, parallelPuts, locks, now);
    }
}
