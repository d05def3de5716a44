package io.holdfast.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.holdfast.core.ByteSize;
import io.holdfast.storage.DiskStore;
import io.holdfast.storage.ObjectName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What several processes on one disk store may count on. */
final class DiskStoreProcessesTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void letsExactlyOneOfSeveralProcessesWinEachName() throws Exception {
        try (DiskStore store = DiskStore.create(directory.resolve("store"), ByteSize.ofKiB(4))) {
            List<Process> clients = new ArrayList<>();
            for (int client = 0; client < 3; client++) {
                clients.add(StoreClientProcess.start("race", root(), Integer.toString(client)));
            }
            List<BufferedReader> outputs = new ArrayList<>();
            for (Process client : clients) {
                BufferedReader output = client.inputReader(US_ASCII);
                assertThat(output.readLine()).isEqualTo("ready");
                outputs.add(output);
            }
            for (Process client : clients) {
                try (OutputStream input = client.getOutputStream()) {
                    input.write('\n');
                }
            }
            Map<Integer, Byte> winners = new TreeMap<>();
            for (int client = 0; client < clients.size(); client++) {
                for (String won : outputs.get(client).readAllLines()) {
                    assertThat(winners.put(Integer.valueOf(won), (byte) client))
                            .as("second winner of %s", won)
                            .isNull();
                }
                assertThat(clients.get(client).waitFor()).isZero();
            }
            assertThat(winners).hasSize(StoreClientProcess.RACE_OBJECTS);
            winners.forEach((name, winner) -> assertThat(store.get(ObjectName.of("snapshots/" + name)))
                    .hasValueSatisfying(object -> assertThat(Buffers.toArray(object))
                            .hasSize(StoreClientProcess.RACE_OBJECT_BYTES)
                            .containsOnly(winner)));
        }
        assertThat(temporaries()).isEmpty();
    }

    @Test
    void removesWhatAKilledProcessLeftButNothingOfOneThatLives() throws Exception {
        DiskStore.create(directory.resolve("store"), ByteSize.ofKiB(4)).close();
        Process killed = StoreClientProcess.start("die", root());
        Process living = StoreClientProcess.start("die", root());
        try {
            assertThat(killed.inputReader(US_ASCII).readLine()).isEqualTo("ready");
            assertThat(living.inputReader(US_ASCII).readLine()).isEqualTo("ready");
            killed.destroyForcibly().waitFor();
            assertThat(temporaries()).hasSize(4).anyMatch(name -> name.startsWith(killed.pid() + "-"));
            try (DiskStore store = DiskStore.open(directory.resolve("store"))) {
                store.put(ObjectName.of("second"), ByteBuffer.allocate(1));
                List<String> objects = new ArrayList<>();
                store.list("", object -> objects.add(object.name().value()));
                assertThat(objects)
                        .containsExactlyInAnyOrder("first-" + killed.pid(), "first-" + living.pid(), "second");
            }
            assertThat(temporaries()).hasSize(2).allMatch(name -> name.startsWith(living.pid() + "-"));
        } finally {
            killed.destroyForcibly().waitFor();
            living.destroyForcibly().waitFor();
        }
    }

    private String root() {
        return directory.resolve("store").toString();
    }

    private List<String> temporaries() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("store/.tmp"))) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
