package io.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.repository.session.WriteSession;
import io.holdfast.repository.snapshot.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionCommandTest {
    @TempDir
    private Path directory;

    private TestHome home;

    @BeforeEach
    void setUp() throws IOException {
        home = new TestHome(directory);
        Files.writeString(directory.resolve("file"), "content");
        home.run("backup", directory.resolve("file").toString()).succeeded();
    }

    @Test
    void listsWhoIsWriting() {
        try (TestHome.Opened opened = home.open();
                WriteSession session = opened.repository().beginSession("backup of something")) {
            assertThat(home.run("session", "list").succeeded().out())
                    .contains(session.id().shortText(), "backup of something", "1 open session");
            assertThat(home.json("session", "list").getFirst())
                    .containsEntry("id", session.id().text())
                    .containsEntry("gone", false)
                    .containsEntry("beats", 0L)
                    .containsEntry("pid", ProcessHandle.current().pid());
        }
        assertThat(home.json("session", "list")).isEmpty();
    }

    @Test
    void aFencedSessionMakesNoSnapshot() {
        try (TestHome.Opened opened = home.open();
                WriteSession session = opened.repository().beginSession("backup")) {
            Manifest manifest =
                    opened.repository().snapshots().live().getFirst().manifest();

            assertThat(home.run("session", "fence", session.id().shortText())
                            .succeeded()
                            .out())
                    .contains("is fenced");

            assertThat(home.json("session", "list")).isEmpty();
            assertThatThrownBy(() -> session.commit(manifest))
                    .isInstanceOfSatisfying(
                            HoldfastException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FENCED));
        }
        assertThat(home.json("snapshots")).hasSize(1);
    }

    @Test
    void saysWhereTheSessionHadCommitted() {
        try (TestHome.Opened opened = home.open();
                WriteSession session = opened.repository().beginSession("backup")) {
            Manifest manifest =
                    opened.repository().snapshots().live().getFirst().manifest();
            // The snapshot is there, and its process died before it removed the session.
            opened.repository().snapshots().commit(session.id(), manifest);

            assertThat(home.json("session", "fence", session.id().text()).getFirst())
                    .containsEntry("committed", true);
        }
        assertThat(home.json("snapshots")).hasSize(2);
    }

    @Test
    void needsASessionThatIsThere() {
        assertThat(home.run("session", "fence", "abc").failure(1)).contains("no open session 'abc'", "session list");
        assertThat(home.run("session", "fence", "").failure(1)).contains("no open session");
        assertThat(home.run("session").failure(2)).contains("list or fence");
        assertThat(home.run("session", "kill").failure(2)).contains("kill");
    }
}
