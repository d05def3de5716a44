package io.holdfast.storage;

import io.holdfast.core.HoldfastException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A flat space of immutable objects, the only thing a repository needs from the place where it lies.
 *
 * <p><b>The contract</b> (checked by {@code ObjectStoreContract} in the testkit for every implementation and decorator):
 *
 * <ul>
 *   <li><b>Atomic</b>: an object is there whole or not at all, also after a crash; nobody ever reads part of one.
 *   <li><b>Put if absent</b>: of several puts of one name exactly one returns {@link PutOutcome#STORED}; an object is never
 *       overwritten. A put that throws may or may not have happened, now or later; the caller finds out by reading.
 *   <li><b>Durable when it returns</b>: what {@link #put} stored or found, {@link #delete} removed, survives loss of power.
 *   <li><b>Consistent</b>: a get, list or stat that begins after a put or delete returned sees its effect.
 *   <li><b>Readable</b>: what does not begin with {@link #DATA_PACKS} can be read at any time. Other objects may lie in an archive class; a
 *       {@code get} or {@code getRange} of such a one is {@code REFUSED} until it was {@linkplain #thaw thawed}, and nothing else that reads is.
 *   <li><b>Checked</b>: bytes handed to {@code put} were verified by the store on arrival, or read back, where the medium
 *       makes that possible; see {@link Capabilities#verifiesOnWrite}.
 * </ul>
 *
 * Safe for use by many threads. Blocking calls react to interruption with an exception. All failures are
 * {@link io.holdfast.core.HoldfastException}s: {@code STORE_UNREACHABLE} (transient or no access), {@code NO_SPACE}, {@code
 * REFUSED} (a lock, or a place that lacks what the contract needs), {@code DAMAGED} (the medium returned an I/O error for this
 * object), {@code INTERRUPTED} (the thread's interrupt status stays set) or {@code FAILED}. A call on a closed store is a
 * mistake in the program: {@link IllegalStateException}.
 *
 * <p>No name may be another one followed by a slash and more ({@code a} and {@code a/b}): a store on a file system cannot hold
 * both and fails the second put.
 */
public interface ObjectStore extends AutoCloseable {

    /** The largest object any store must take: 5 GiB less one, what one S3 PutObject takes. */
    long MAX_OBJECT_BYTES = (5L << 30) - 1;

    /** Only objects whose names begin so may lie in an archive class. */
    String DATA_PACKS = "packs/data/";

    /** What to do about an object that has to be thawed. */
    String THAW_HINT =
            "'holdfast restore SNAPSHOT --estimate' tells how much has to be thawed and how long it takes; with '--thaw bulk' or"
                    + " 'standard' instead it asks for it, waits and restores.";

    /** What this store promises beyond the contract. Constant for the life of the object. */
    Capabilities capabilities();

    /**
     * Stores the remaining bytes of {@code content} (one after the other) under {@code name} unless the name is taken.
     * Borrows the buffers: positions are left as they were, and nothing is written to them.
     */
    default PutOutcome put(ObjectName name, List<ByteBuffer> content) {
        return put(name, content, Instant.EPOCH);
    }

    default PutOutcome put(ObjectName name, ByteBuffer content) {
        return put(name, List.of(content));
    }

    /**
     * The same for an object that is locked from the moment it is there. What was there already keeps its own date.
     *
     * @param lockUntil {@link Instant#EPOCH} for no lock. A store may keep a later date, at most a day, never an earlier one
     * @throws HoldfastException with {@code REFUSED} where this store cannot lock ({@link Capabilities#locks})
     */
    PutOutcome put(ObjectName name, List<ByteBuffer> content, Instant lockUntil);

    /**
     * Sees to it that the object is locked at least until then; a later date stays. False where there is no such object.
     *
     * @throws HoldfastException with {@code REFUSED} where this store cannot lock ({@link Capabilities#locks})
     */
    boolean lock(ObjectName name, Instant until);

    /**
     * Asks for a readable copy of an archived object. Of one that is being thawed a faster tier may be asked for; of one that is readable, that its copy
     * stays longer. What is in no archive class is readable, and stays as it is.
     *
     * @return how it is then; empty where there is no such object
     * @throws HoldfastException with {@code REFUSED} where the store cannot thaw, or its class has no such tier
     */
    Optional<Availability> thaw(ObjectName name, ThawRequest request);

    /** The class that the store spells so, where its objects have to be thawed or may have to be; empty where they can be read at once. Asks nobody. */
    Optional<ArchiveClass> archiveClass(String name);

    /** The whole object in a new buffer, or empty where there is none. At most {@code Integer.MAX_VALUE - 8} bytes. */
    Optional<ByteBuffer> get(ObjectName name);

    /**
     * Reads {@code target.remaining()} bytes from {@code offsetBytes} on into {@code target}, whose position moves to its
     * limit. After a failure the position is where it was; what lies behind it is undefined.
     *
     * @return false where there is no such object; {@code target} is untouched then
     * @throws io.holdfast.core.HoldfastException with {@code DAMAGED} where the object ends before the range does
     */
    boolean getRange(ObjectName name, long offsetBytes, ByteBuffer target);

    /**
     * Visits the objects whose name starts with {@code prefix}, in name order. A listing is no snapshot of the store: objects
     * put or deleted while it runs may or may not appear; those that were there all the time appear exactly once.
     */
    void list(String prefix, Visitor visitor);

    /** The names that {@link #list} visits. */
    default List<ObjectName> names(String prefix) {
        List<ObjectName> names = new ArrayList<>();
        list(prefix, object -> names.add(object.name()));
        return names;
    }

    /** What is known about the object, or empty where there is none. */
    Optional<ObjectStat> stat(ObjectName name);

    /**
     * Removes the object; false where there was none. Of several who remove it at once, more than one may be told true.
     *
     * @throws HoldfastException with {@code REFUSED} where it is locked, or where the store may not delete for another reason of that kind
     */
    boolean delete(ObjectName name);

    /**
     * Whether a failure that this store threw may pass when the same is tried a little later: no connection, a busy server. Not wrong
     * credentials, and nothing on a disk, where trying again only hides what is wrong.
     */
    default boolean mayPass(HoldfastException failure) {
        return false;
    }

    /**
     * The same store for work that ends in more free space (forgetting, collecting): its puts may draw on space that the
     * store keeps back for just that, where it has any. The view shares everything with this store and needs no closing.
     * Decorators decorate the view of what they wrap.
     */
    default ObjectStore reserved() {
        return this;
    }

    /**
     * The same store for puts of data packs into a storage class; all else goes where it goes anyway. The view shares everything with this store and
     * needs no closing. Decorators decorate the view of what they wrap.
     *
     * @throws HoldfastException with {@code USAGE} where this store has no such class
     */
    ObjectStore withDataClass(String storageClass);

    /** For people: where this store is, without secrets. */
    String describe();

    @Override
    void close();

    /** Receives the entries of a listing. */
    @FunctionalInterface
    interface Visitor {
        void visit(ObjectStat object);
    }
}
