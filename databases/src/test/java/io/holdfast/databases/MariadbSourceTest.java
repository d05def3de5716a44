package io.holdfast.databases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.databases.RestoreTarget.Existing;
import io.holdfast.databases.fixture.KeptDump;
import io.holdfast.databases.fixture.MariadbContent;
import io.holdfast.databases.fixture.Programs;
import io.holdfast.databases.mariadb.MariadbSource;
import io.holdfast.testkit.MariadbServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real server. */
@Tag("root")
class MariadbSourceTest {
    private static final String SHOP = """
            CREATE DATABASE `%s` CHARACTER SET latin1; USE `%s`;
            CREATE TABLE `日本`(id BIGINT PRIMARY KEY AUTO_INCREMENT, `größe` INT, v VARCHAR(200) CHARACTER SET utf8mb4,
                b BLOB, f BIT(12), d DATETIME(6), KEY(`größe`)) ENGINE=InnoDB;
            INSERT INTO `日本`(`größe`, v, b, f, d) SELECT seq, CONCAT('row ', seq, '\\n\\'"\\\\ 😀'),
                CONCAT(X'00FF0A0D1A27', UNHEX(MD5(seq))), seq, '2026-07-01 12:00:00.123456' FROM seq_1_to_3000;
            CREATE TABLE account(id INT PRIMARY KEY, balance DECIMAL(12,2), CHECK (balance >= 0));
            INSERT INTO account VALUES (1, 100), (2, 200);
            CREATE TABLE audit(id INT AUTO_INCREMENT PRIMARY KEY, account INT, m VARCHAR(50),
                FOREIGN KEY (account) REFERENCES account(id));
            CREATE SEQUENCE numbers START WITH 17;
            DELIMITER //
            CREATE TRIGGER told AFTER UPDATE ON account FOR EACH ROW
                INSERT INTO audit(account, m) VALUES (new.id, CONCAT(old.balance, '->', new.balance))//
            CREATE PROCEDURE counted() BEGIN
            -- a comment; it stays
            SELECT COUNT(*) FROM `日本`;
            END//
            CREATE FUNCTION twice(x INT) RETURNS INT DETERMINISTIC RETURN x * 2//
            CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM audit WHERE id < 0//
            DELIMITER ;
            CREATE VIEW sums AS SELECT SUM(balance) AS s FROM account;
            CREATE VIEW outer_sums AS SELECT s FROM sums;
            UPDATE account SET balance = 150 WHERE id = 1;
            ALTER DATABASE CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;
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

    private Dump<KeptDump> dump(String database) {
        return source.dump(DatabasePart.database(database), KeptDump.consumer());
    }

    private void restore(KeptDump dump, String from, String to) {
        assertThat(source.restore(DatabasePart.database(from), dump.stream(), RestoreTarget.named(to)))
                .isEmpty();
    }

    @Test
    void aDatabaseComesBackUnderAnotherNameWithAllThatIsInIt() {
        String name = "bücher–ключ";
        content.run(SHOP.formatted(name, name));
        String before = content.describe(name);
        Dump<KeptDump> dump = dump(name);
        assertThat(dump.server()).contains("MariaDB");
        assertThat(dump.sizeBytes()).isEqualTo(dump.result().bytes().length);
        assertThat(dump.warnings()).isEmpty();

        restore(dump.result(), name, "copy");

        assertThat(content.describe(name)).isEqualTo(before);
        assertThat(content.describe("copy")).isEqualTo(before);
        assertThat(before)
                .contains("-- a comment; it stays")
                .contains("latin1_swedish_ci")
                .contains("日本")
                .isNotEmpty();
        content.run("DROP DATABASE `" + name + "`");
        assertThat(content.rows("USE copy; UPDATE account SET balance = 1 WHERE id = 2;"
                        + "SELECT COUNT(*) FROM audit; SELECT s FROM outer_sums; SELECT twice(21); CALL counted();"
                        + "SELECT NEXTVAL(numbers) >= 17"))
                .containsExactly("2", "151.00", "42", "3000", "1");
    }

    @Test
    void whatHasNotChangedGivesTheSameBytes() {
        content.run(SHOP.formatted("shop", "shop"));
        assertThat(dump("shop").result().bytes())
                .isEqualTo(dump("shop").result().bytes());
    }

    @Test
    void comesBackUnderItsOwnNameOnlyWhereThatIsFreeOrToBeReplaced() {
        content.run(SHOP.formatted("shop", "shop"));
        String before = content.describe("shop");
        KeptDump dump = dump("shop").result();
        DatabasePart shop = DatabasePart.database("shop");
        content.run("DROP TABLE shop.audit; CREATE TABLE shop.other(id INT)");
        assertThatThrownBy(() -> source.restore(shop, dump.stream(), RestoreTarget.ownName()))
                .hasMessage("there is a database 'shop' on the server already");
        assertThat(content.rows("SHOW TABLES IN shop")).contains("other");

        source.restore(shop, dump.stream(), new RestoreTarget(Optional.empty(), Existing.REPLACE));
        assertThat(content.describe("shop")).isEqualTo(before);

        content.run("DROP DATABASE shop");
        source.restore(shop, dump.stream(), RestoreTarget.ownName());
        assertThat(content.describe("shop")).isEqualTo(before);
    }

    /**
     * Money moves between two tables while a dump is made, slowly: it has a moment in which the sum is right, and the binary log leads from the position that it
     * names to what is there at last.
     */
    @Test
    void isOfOneMomentFromWhichTheLogLeadsOn() throws InterruptedException {
        content.run("""
                CREATE DATABASE bank; USE bank;
                CREATE TABLE a(id INT PRIMARY KEY, m INT); CREATE TABLE z(id INT PRIMARY KEY, m INT);
                CREATE TABLE bulk(id INT PRIMARY KEY, v VARCHAR(1000));
                INSERT INTO a SELECT seq, 1000 FROM seq_1_to_50; INSERT INTO z SELECT seq, 1000 FROM seq_1_to_50;
                INSERT INTO bulk SELECT seq, REPEAT('x', 1000) FROM seq_1_to_20000;
                DELIMITER //
                CREATE PROCEDURE move(n INT) BEGIN
                  DECLARE i INT DEFAULT 0;
                  WHILE i < n DO
                    START TRANSACTION;
                    UPDATE a SET m = m - 1 WHERE id = 1 + i % 50;
                    UPDATE z SET m = m + 1 WHERE id = 1 + (i * 7) % 50;
                    COMMIT;
                    SET i = i + 1;
                  END WHILE;
                END//
                """);
        AtomicBoolean isOver = new AtomicBoolean();
        Thread writer = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                content.run("CALL bank.move(50)");
            }
        });
        Dump<KeptDump> dump;
        try {
            dump = source.dump(DatabasePart.database("bank"), (in, ending) -> {
                byte[] all = Slowly.read(in, 20);
                ending.check();
                return new KeptDump(all);
            });
        } finally {
            isOver.set(true);
            writer.join();
        }
        content.run("FLUSH BINARY LOGS");
        List<String> written = content.rows("SHOW BINARY LOGS").stream()
                .map(row -> row.split("\t", -1)[0])
                .toList();
        restore(dump.result(), "bank", "copy");
        String moved = content.run("SELECT SUM(m) FROM bank.z");
        assertThat(content.rows("SELECT (SELECT SUM(m) FROM copy.a) + (SELECT SUM(m) FROM copy.z)"))
                .containsExactly("100000");
        assertThat(content.run("SELECT SUM(m) FROM copy.z")).isNotEqualTo(moved);

        LogPosition position = dump.position().orElseThrow();
        assertThat(position.gtid()).hasValueSatisfying(gtid -> assertThat(gtid).matches("0-1-\\d+"));
        List<String> logs = written.subList(written.indexOf(position.file()), written.size() - 1);
        List<String> replay = new ArrayList<>(List.of(
                "mariadb-binlog",
                "--no-defaults",
                "--rewrite-db=bank->replayed",
                "--start-position=" + position.offsetBytes()));
        logs.forEach(log -> replay.add(server.data().resolve(log).toString()));
        restore(dump.result(), "bank", "replayed");
        String statements = Programs.run(replay, new byte[0]);
        content.run("SET SESSION sql_log_bin = 0; " + statements);
        assertThat(content.rows("SELECT * FROM replayed.a; SELECT * FROM replayed.z"))
                .isEqualTo(content.rows("SELECT * FROM bank.a; SELECT * FROM bank.z"));
    }

    @Test
    void theDatabasesOfTheServerItselfAreNotListed() {
        content.run("CREATE DATABASE `a b`; CREATE DATABASE `c/``d`");
        assertThat(source.databases()).containsExactly("a b", "c/`d");
        assertThat(DatabaseSelection.all().parts(source.databases())).hasSize(3);
        content.run("CREATE TABLE `c/``d`.t AS SELECT 7 AS seven");
        restore(dump("c/`d").result(), "c/`d", "it's");
        assertThat(content.rows("SELECT seven FROM `it's`.t")).containsExactly("7");
    }

    @Test
    void tablesWithoutTransactionsAreTold() {
        content.run("CREATE DATABASE shop; CREATE TABLE shop.old(id INT) ENGINE=MyISAM");
        assertThat(dump("shop").warnings()).singleElement().asString().startsWith("table 'old' is MyISAM");
    }

    /** The program itself leaves rows out without a word where it lacks SELECT, and triggers, and routines. */
    @Test
    void anAccountThatDoesNotSeeAllMakesNoDump() {
        content.run("""
                CREATE DATABASE shop_1; CREATE TABLE shop_1.t(id INT);
                CREATE OR REPLACE USER poor@localhost IDENTIFIED BY 'p1';
                GRANT INSERT ON shop_1.* TO poor@localhost;
                GRANT SELECT ON shop_1.t TO poor@localhost;
                """);
        Path file = content.optionFile(directory, "socket=" + server.socket() + "\nuser=poor\npassword=p1\n");
        DatabaseSource poor = new MariadbSource(ServerAccess.by(file));
        DatabasePart shop = DatabasePart.database("shop_1");
        assertThatThrownBy(() -> poor.dump(shop, KeptDump.consumer()))
                .hasMessageContaining("lacks SELECT, SHOW VIEW, TRIGGER, EVENT, SELECT on mysql.proc for");
        content.run("""
                GRANT SELECT, EVENT ON `shop\\_1`.* TO poor@localhost;
                CREATE OR REPLACE ROLE viewer; GRANT SHOW VIEW ON *.* TO viewer;
                GRANT viewer TO poor@localhost; SET DEFAULT ROLE viewer FOR poor@localhost;
                GRANT SELECT ON mysql.proc TO poor@localhost;
                GRANT TRIGGER ON `shop\\_2`.* TO poor@localhost;
                """);
        assertThatThrownBy(() -> poor.dump(shop, KeptDump.consumer())).hasMessageContaining("lacks TRIGGER for");
        content.run("GRANT TRIGGER ON `shop_%`.* TO poor@localhost");
        assertThat(poor.dump(shop, KeptDump.consumer()).result().text()).contains("CREATE TABLE `t`");
        assertThat(poor.dump(shop, KeptDump.consumer()).position()).isPresent();
        content.run("DROP USER poor@localhost; DROP ROLE viewer");
    }

    @Test
    void accountsComeBackAndThoseThatAreThereStayAsTheyAre() {
        content.run("""
                CREATE DATABASE shop; CREATE TABLE shop.t(id INT);
                CREATE OR REPLACE ROLE readers; GRANT SELECT ON shop.* TO readers;
                CREATE OR REPLACE USER `lisa's`@`127.0.0.1` IDENTIFIED BY 'from the dump';
                GRANT readers TO `lisa's`@`127.0.0.1`; SET DEFAULT ROLE readers FOR `lisa's`@`127.0.0.1`;
                CREATE OR REPLACE USER old@`127.0.0.1` IDENTIFIED BY 'from the dump';
                GRANT ALL ON *.* TO old@`127.0.0.1`;
                """);
        KeptDump accounts =
                source.dump(DatabasePart.accounts(), KeptDump.consumer()).result();
        try (MariadbServer other = MariadbServer.start()) {
            MariadbContent there = new MariadbContent(other);
            there.run("CREATE DATABASE shop; CREATE TABLE shop.t(id INT);"
                    + "CREATE USER old@`127.0.0.1` IDENTIFIED BY 'stays'");
            DatabaseSource target = new MariadbSource(ServerAccess.by(there.optionFile(directory)));
            assertThat(target.restore(DatabasePart.accounts(), accounts.stream(), RestoreTarget.ownName()))
                    .singleElement()
                    .asString()
                    .contains("were there already");
            String tcp = "host=127.0.0.1\nport=" + other.port() + "\n";
            Path lisa = there.optionFile(directory, tcp + "user=lisa's\npassword=\"from the dump\"\n");
            assertThat(there.runBy(lisa, "SELECT CURRENT_ROLE(), COUNT(*) FROM shop.t"))
                    .isEqualTo("readers\t0\n");
            Path old = there.optionFile(directory, tcp + "user=old\npassword=stays\n");
            assertThatCode(() -> there.runBy(old, "SELECT 1")).doesNotThrowAnyException();
            assertThatThrownBy(() -> there.runBy(old, "SELECT * FROM shop.t")).hasMessageContaining("denied");
            assertThat(there.run("SHOW GRANTS FOR root@localhost")).contains("readers");
        }
        content.run("DROP USER `lisa's`@`127.0.0.1`, old@`127.0.0.1`; DROP ROLE readers");
    }
}
