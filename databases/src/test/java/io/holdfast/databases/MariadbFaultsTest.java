package io.holdfast.databases;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.databases.fixture.AtItsEnd;
import io.holdfast.databases.fixture.KeptDump;
import io.holdfast.databases.fixture.MariadbContent;
import io.holdfast.databases.fixture.SmallMount;
import io.holdfast.databases.mariadb.MariadbSource;
import io.holdfast.testkit.MariadbServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong is one line that ends with what the program said, and nothing half stays. */
@Tag("root")
class MariadbFaultsTest {
    private static final DatabasePart SHOP = DatabasePart.database("shop");
    private static final String LARGE = """
            CREATE DATABASE shop; USE shop; CREATE TABLE t(id INT PRIMARY KEY, v VARCHAR(1000));
            INSERT INTO shop.t SELECT seq, REPEAT('x', 1000) FROM seq_1_to_40000;
            """;

    @TempDir
    private Path directory;

    private final MariadbServer server = MariadbServer.shared();
    private final MariadbContent content = new MariadbContent(server);
    private DatabaseSource source = new MariadbSource(ServerAccess.local());

    @BeforeEach
    void connect() {
        source = new MariadbSource(ServerAccess.by(content.optionFile(directory)));
        source.databases().forEach(name -> content.run("DROP DATABASE `" + name.replace("`", "``") + "`"));
    }

    private static HoldfastException failure(Runnable call) {
        HoldfastException e = catchThrowableOfType(HoldfastException.class, call::run);
        assertThat(e).isNotNull();
        assertThat(e.getMessage()).hasLineCount(1);
        return e;
    }

    @Test
    void aWrongPasswordIsTold() {
        Path file = content.optionFile(
                directory, "host=127.0.0.1\nport=" + server.port() + "\nuser=root\npassword=wrong\n");
        HoldfastException e = failure(() -> new MariadbSource(ServerAccess.by(file)).databases());
        assertThat(e.getMessage())
                .startsWith("listing the databases of MariaDB: 'mariadb' ended with 1: ERROR 1045")
                .contains("Access denied")
                .doesNotContain("wrong");
        assertThat(e.hint()).hasValueSatisfying(hint -> assertThat(hint).contains("connection file"));
    }

    @Test
    void aServerThatIsNotThereIsTold() {
        Path file = content.optionFile(directory, "socket=" + directory.resolve("nothing") + "\n");
        HoldfastException e = failure(() -> new MariadbSource(ServerAccess.by(file)).dump(SHOP, KeptDump.consumer()));
        assertThat(e.getMessage()).contains("Can't connect to local server");
        assertThat(e.hint()).hasValueSatisfying(hint -> assertThat(hint).contains("whether the server runs"));
    }

    @Test
    void aConnectionFileThatEverybodyCanReadIsRefused() throws IOException {
        Path file = content.optionFile(directory);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        HoldfastException e = failure(() -> new MariadbSource(ServerAccess.by(file)).databases());
        assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
        assertThat(e.getMessage()).endsWith("can be read by every user of this machine");
        HoldfastException missing =
                failure(() -> new MariadbSource(ServerAccess.by(directory.resolve("no.cnf"))).databases());
        assertThat(missing.getMessage()).endsWith("no.cnf is not there");
    }

    @Test
    void aDatabaseThatIsNotThereIsTold() {
        HoldfastException e = failure(() -> source.dump(DatabasePart.database("nothing"), KeptDump.consumer()));
        assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(e.getMessage()).isEqualTo("there is no database 'nothing' on the server");
    }

    @Test
    void aMissingProgramIsTold() {
        ServerAccess access = new ServerAccess(Optional.empty(), Optional.empty(), Optional.of(directory));
        HoldfastException e = failure(() -> new MariadbSource(access).dump(SHOP, KeptDump.consumer()));
        assertThat(e.code()).isEqualTo(ErrorCode.USAGE);
        assertThat(e.getMessage()).isEqualTo("'mariadb-dump' or 'mysqldump' is not in " + directory);
    }

    @Test
    void aServerThatGoesAwayInTheMiddleLeavesNoDump() {
        content.run(LARGE);
        HoldfastException e = failure(() -> source.dump(SHOP, (in, ending) -> {
            read(in, 1 << 20);
            server.restart();
            read(in, Integer.MAX_VALUE);
            ending.check();
            return "kept";
        }));
        assertThat(e.getMessage())
                .startsWith("dump of database 'shop': 'mariadb-dump' ended with 3: ")
                .contains("Lost connection to server during query when dumping table `t`");
    }

    @Test
    void aServerThatGoesAwayWhileItIsRestoredToIsTold() {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        try (MariadbServer other = MariadbServer.start()) {
            DatabaseSource target = new MariadbSource(ServerAccess.by(new MariadbContent(other).optionFile(directory)));
            InputStream dying = new AtItsEnd(dump.bytes(), 10 << 20, other::kill);
            HoldfastException e = failure(
                    () -> target.restore(SHOP, new SequenceInputStream(dying, dump.stream()), RestoreTarget.ownName()));
            assertThat(e.getMessage())
                    .startsWith("restore of database 'shop': 'mariadb' ended with 1: ERROR 20")
                    .endsWith("; half of the database 'shop' is still there");
        }
    }

    @Test
    void aDumpThatWasCutShortIsNotRestored() {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        for (int length :
                new int[] {0, 100, 1 << 20, dump.bytes().length - 1, dump.text().lastIndexOf("\n--")}) {
            HoldfastException e = failure(() -> source.restore(SHOP, dump.cutTo(length), RestoreTarget.named("copy")));
            assertThat(e.getMessage()).contains("restore of database 'copy'");
            assertThat(source.databases()).containsExactly("shop");
        }
    }

    @Test
    void aStreamThatBreaksOffIsNotRestored() {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        InputStream broken = new AtItsEnd(dump.bytes(), 1 << 20, () -> {
            throw new IOException("the store is gone");
        });
        HoldfastException e = failure(() -> source.restore(SHOP, broken, RestoreTarget.named("copy")));
        assertThat(e.getMessage()).isEqualTo("restore of database 'copy': the dump breaks off: the store is gone");
        assertThat(source.databases()).containsExactly("shop");
    }

    @Test
    void statementsThatTheServerRefusesEndARestore() {
        KeptDump dump = new KeptDump(
                "CREATE TABLE t(id INT);\nNONSENSE;\nCREATE TABLE u(id INT);\n-- Dump completed\n".getBytes(UTF_8));
        HoldfastException e = failure(() -> source.restore(SHOP, dump.stream(), RestoreTarget.ownName()));
        assertThat(e.getMessage()).contains("ERROR 1064 (42000) at line 2");
        assertThat(source.databases()).isEmpty();
    }

    @Test
    void aDumpRunsNoProgramsWhereItIsRestored() {
        Path proof = directory.resolve("proof");
        KeptDump dump = new KeptDump(("\\! touch " + proof + "\n-- Dump completed\n").getBytes(UTF_8));
        failure(() -> source.restore(SHOP, dump.stream(), RestoreTarget.ownName()));
        assertThat(proof).doesNotExist();
    }

    @Test
    void aDiskThatIsFullIsTold() {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        try (SmallMount small = SmallMount.ofMiB(70);
                MariadbServer other = MariadbServer.startIn(small.path(), "--skip-log-bin")) {
            MariadbContent there = new MariadbContent(other);
            DatabaseSource target = new MariadbSource(ServerAccess.by(there.optionFile(directory)));
            HoldfastException e = failure(() -> target.restore(SHOP, dump.stream(), RestoreTarget.ownName()));
            assertThat(e.code()).isEqualTo(ErrorCode.NO_SPACE);
            assertThat(e.getMessage()).contains("'mariadb' ended with 1: ERROR 1114 (HY000)", "The table 't' is full");
            assertThat(target.databases()).isEmpty();
        }
    }

    @Test
    void aRestoreThatIsInterruptedEndsAndLeavesNothing() throws InterruptedException {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        InputStream endless = new AtItsEnd(dump.bytes(), 1 << 20, () -> {
            begun.countDown();
            never.await();
        });
        AtomicReference<ErrorCode> code = new AtomicReference<>();
        Thread restore = Thread.ofPlatform()
                .start(() -> code.set(failure(() -> source.restore(SHOP, endless, RestoreTarget.named("copy")))
                        .code()));
        begun.await();
        restore.interrupt();
        restore.join();
        assertThat(code).hasValue(ErrorCode.INTERRUPTED);
        assertThat(source.databases()).containsExactly("shop");
    }

    @Test
    void whatAKilledRestoreHasLeftIsMarkedAndTakesNoNameAway() {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        AtomicReference<String> meanwhile = new AtomicReference<>("");
        InputStream watched = new AtItsEnd(
                dump.bytes(),
                dump.bytes().length,
                () -> meanwhile.set(content.run("SHOW TABLES FROM copy LIKE 'holdfast%'")));
        assertThat(source.restore(SHOP, watched, RestoreTarget.named("copy"))).isEmpty();
        assertThat(meanwhile.get()).contains("holdfast_restoring");
        assertThat(content.run("SHOW TABLES FROM copy LIKE 'holdfast%'")).isBlank();
        // As a restore leaves it whose process was killed.
        content.run("CREATE TABLE copy.holdfast_restoring (since timestamp); CREATE TABLE copy.half (id int)");
        assertThat(source.restore(SHOP, dump.stream(), RestoreTarget.named("copy")))
                .isEmpty();
        assertThat(content.run("SHOW TABLES FROM copy")).isEqualTo(content.run("SHOW TABLES FROM shop"));
    }

    @Test
    void whatWasToBeReplacedAndIsGoneIsSaid() {
        content.run(LARGE);
        KeptDump dump = source.dump(SHOP, KeptDump.consumer()).result();
        HoldfastException e = failure(() -> source.restore(
                SHOP, dump.cutTo(1 << 20), new RestoreTarget(Optional.empty(), RestoreTarget.Existing.REPLACE)));
        assertThat(e.getMessage()).contains("the database 'shop' that was to be replaced is gone");
        assertThat(source.databases()).isEmpty();
    }

    @Test
    void aConsumerThatGivesUpEndsTheProgram() {
        content.run(LARGE);
        assertThatThrownBy(() -> source.dump(SHOP, (in, ending) -> {
                    read(in, 1 << 20);
                    throw new IllegalArgumentException("enough");
                }))
                .hasMessage("enough");
        assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive))
                .isEmpty();
    }

    private static void read(InputStream in, int bytes) {
        try {
            in.readNBytes(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
