package io.holdfast.repository.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.Warnings;
import io.holdfast.repository.SmallRepository;
import io.holdfast.repository.crypto.Envelope;
import io.holdfast.repository.crypto.HostKey;
import io.holdfast.repository.crypto.Keyring;
import io.holdfast.repository.crypto.SealedKey;
import io.holdfast.repository.crypto.Sealer;
import io.holdfast.repository.crypto.SessionKeys;
import io.holdfast.repository.pack.StoredPack;
import io.holdfast.repository.snapshot.Markers;
import io.holdfast.storage.MemoryStore;
import io.holdfast.storage.ObjectName;
import io.holdfast.testkit.SeededRandom;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a host that can only write says of packs, to those who collect. */
final class HostSegmentsTest {
    @TempDir
    private Path directory;

    private final SecureRandom random = new SecureRandom();
    private final SeededRandom seeded = new SeededRandom(7);
    private final MemoryStore store = new MemoryStore();

    @Test
    void countsOnlyForItsOwnPacks() {
        Keyring owner = SmallRepository.keyring();
        owner.watchSealed(sealed());
        Keyring host = SessionKeys.make(store, owner.recipient(), HostKey.generate(random), Instant.EPOCH, random);
        StoredPack own = pack(host.currentEpoch());
        StoredPack foreign = pack(1);
        // It says that the pack is its own; the pack says whose it is.
        StoredPack claimed = new StoredPack(
                foreign.id(), foreign.salt(), host.currentEpoch(), foreign.toc(), foreign.sizeBytes(), 0);
        IndexStore hosts = index(host, "host");
        String good = publish(hosts, own);
        String bad = publish(hosts, claimed);
        String worse = publish(hosts, foreign);

        Index seen = index(owner, "owner").load();

        assertThat(seen.segments()).extracting(IndexSegment::name).containsExactly(good);
        assertThat(seen.damaged()).containsExactlyInAnyOrder(bad, worse);
    }

    private IndexStore index(Keyring keyring, String cache) {
        return new IndexStore(store, new Sealer(keyring, random), keyring, directory.resolve(cache), Warnings.NONE);
    }

    private static String publish(IndexStore index, StoredPack pack) {
        SegmentBuilder builder = new SegmentBuilder();
        builder.add(pack);
        return index.publish(builder).name();
    }

    /** Described, with an envelope in the store that tells its epoch. */
    private StoredPack pack(int epoch) {
        StoredPack any = TestPacks.pack(seeded, TestPacks.ids(seeded, 5));
        StoredPack pack = new StoredPack(any.id(), any.salt(), epoch, any.toc(), any.sizeBytes(), 0);
        Envelope envelope =
                new Envelope(any.id().kind().objectKind(), epoch, any.salt().toByteArray());
        store.put(any.id().name(), ByteBuffer.wrap(envelope.encode()));
        return pack;
    }

    private Keyring.SealedSource sealed() {
        return new Keyring.SealedSource() {
            @Override
            public Optional<byte[]> get(ObjectName name) {
                return store.get(name).map(Markers::bytes);
            }

            @Override
            public List<ObjectName> domains() {
                List<ObjectName> names = new ArrayList<>();
                store.list(SealedKey.DOMAINS, object -> names.add(object.name()));
                return names;
            }
        };
    }
}
