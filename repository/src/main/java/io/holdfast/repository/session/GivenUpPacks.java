package io.holdfast.repository.session;

import io.holdfast.core.HoldfastException;
import io.holdfast.repository.cbor.CborReader;
import io.holdfast.repository.cbor.CborWriter;
import io.holdfast.repository.crypto.ObjectKind;
import io.holdfast.repository.pack.PackId;
import io.holdfast.repository.pack.PackListing;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.repository.snapshot.Verdict;
import io.holdfast.storage.ObjectName;
import io.holdfast.storage.ObjectStore;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which packs repairs found damaged, for hosts that can only write (docs/repository-format.md, section 13, step R3): others read it in the index. What it says makes a host
 * send more, never less, so a list that somebody made up, or that cannot be read, does no harm that a lost list would not do.
 */
public final class GivenUpPacks {
    public static final String PREFIX = "givenup/";

    private GivenUpPacks() {}

    /** Puts a list of packs from which nothing may be taken any more. */
    public static void put(Markers markers, Collection<PackId> packs, SecureRandom random) {
        ObjectName name = ObjectName.of(PREFIX + SnapshotId.generate(0, random).leaf());
        markers.put(ObjectKind.GIVEN_UP_PACKS, name, encode(packs));
    }

    static byte[] encode(Collection<PackId> packs) {
        CborWriter out = new CborWriter();
        out.map(1).unsigned(0).array(packs.size());
        new TreeSet<>(packs).forEach(pack -> out.text(pack.name().value()));
        return out.toByteArray();
    }

    /** @throws HoldfastException {@code DAMAGED} where this is no such list */
    public static Set<PackId> decode(ObjectName name, byte[] body) {
        CborReader in = new CborReader(body, name.value());
        if (in.map() != 1) {
            throw in.damaged("another number of fields");
        }
        in.field(0);
        Set<PackId> packs = new HashSet<>();
        for (int left = in.array(); left > 0; left--) {
            packs.add(Verdict.pack(in));
        }
        in.finish();
        return packs;
    }

    /** All packs on all lists that can be read. */
    static Set<PackId> readAll(ObjectStore store, Markers markers) {
        Set<PackId> packs = new HashSet<>();
        for (ObjectName name : store.names(PREFIX)) {
            read(markers, name).ifPresent(packs::addAll);
        }
        return packs;
    }

    /** The lists that nobody needs: of whose packs none is left, and damaged ones. */
    public static List<ObjectName> done(ObjectStore store, Markers markers) {
        List<ObjectName> names = store.names(PREFIX);
        if (names.isEmpty()) {
            return names; // Mostly: then the packs are not listed for it.
        }
        PackListing listed = PackListing.of(store);
        return names.stream()
                .filter(name -> read(markers, name)
                        .filter(packs -> packs.stream().noneMatch(listed::has))
                        .isPresent())
                .toList();
    }

    /** A damaged one names no pack; what a newer program wrote is not known. */
    private static Optional<Set<PackId>> read(Markers markers, ObjectName name) {
        try {
            return markers.get(ObjectKind.GIVEN_UP_PACKS, name).map(body -> decode(name, body));
        } catch (HoldfastException e) {
            return switch (e.code()) {
                case DAMAGED -> Optional.of(Set.of());
                case UNSUPPORTED_VERSION -> Optional.empty();
                default -> throw e;
            };
        }
    }
}
