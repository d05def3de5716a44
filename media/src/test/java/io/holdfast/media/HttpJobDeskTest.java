package io.holdfast.media;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.core.WallClock;
import io.holdfast.http.Exchange;
import io.holdfast.http.HttpProblem;
import io.holdfast.protocol.machine.MachineLink;
import io.holdfast.protocol.machine.MediaChannel.Committed;
import io.holdfast.repository.pack.ChunkKind;
import io.holdfast.repository.snapshot.Snapshot;
import io.holdfast.repository.snapshot.SnapshotId;
import io.holdfast.storage.MemoryStore;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a media server tells a control server that is away, or refuses. */
final class HttpJobDeskTest {
    private static final JobDesk.Taken TAKEN = new JobDesk.Taken(3, 2, 1);

    @TempDir
    private Path directory;

    private final List<Committed> heard = new CopyOnWriteArrayList<>();
    private volatile int status = 200;
    private VaultServer control;
    private MachineLink link;
    private HttpJobDesk desk;
    private String host = "";

    @BeforeEach
    void start() throws Exception {
        control = new VaultServer(
                directory, router -> router.add("POST", "/machine/v1/media/committed", this::committed));
        host = control.hostId();
        link = control.link(control.hostId());
        desk = new HttpJobDesk(link, WallClock.system(), () -> {});
    }

    @AfterEach
    void stop() {
        link.close();
        control.close();
    }

    private void committed(Exchange exchange) throws IOException {
        Committed word = exchange.json(Committed.class);
        if (status != 200) {
            throw new HttpProblem(
                    status,
                    switch (status) {
                        case 409 -> "refused";
                        case 503 -> "unavailable";
                        default -> "failed";
                    },
                    "not now",
                    null);
        }
        heard.add(word);
        exchange.answer(204);
    }

    private Snapshot snapshot() throws Exception {
        try (SessionLab lab = new SessionLab(new MemoryStore(), directory.resolve("lab"))) {
            SessionLab.Piece root = lab.begin("host", "job").piece(ChunkKind.TREE_PAGE, new byte[] {1});
            return new Snapshot(
                    SnapshotId.generate(0, new SecureRandom()), SessionLab.manifest(root), Bytes.wrap(new byte[32]));
        }
    }

    @Test
    void whatWasNotHeardIsToldWhenTheControlServerIsThereAgain() throws Exception {
        Snapshot snapshot = snapshot();
        status = 503;
        assertThatThrownBy(() -> desk.committed(host, "job", snapshot, TAKEN)).isInstanceOf(HoldfastException.class);
        assertThatThrownBy(desk::tellAgain).isInstanceOf(HoldfastException.class);
        status = 200;
        desk.tellAgain();
        assertThat(heard).hasSize(1);
        assertThat(heard.getFirst().snapshot().snapshot().id()).isEqualTo(snapshot.id());
        desk.tellAgain();
        assertThat(heard).hasSize(1);
    }

    /** Its catalog may be busy for a moment. */
    @Test
    void aDefectOfTheControlServerLosesNothing() throws Exception {
        Snapshot snapshot = snapshot();
        status = 500;
        assertThatThrownBy(() -> desk.committed(host, "job", snapshot, TAKEN)).isInstanceOf(HoldfastException.class);
        status = 200;
        desk.tellAgain();
        assertThat(heard).hasSize(1);
    }

    @Test
    void whatIsRefusedIsNotToldAgain() throws Exception {
        status = 409;
        desk.committed(host, "job", snapshot(), TAKEN);
        status = 200;
        desk.tellAgain();
        assertThat(heard).isEmpty();
    }
}
