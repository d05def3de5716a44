package io.holdfast.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.holdfast.catalog.AuditLog.Filter;
import io.holdfast.catalog.AuditLog.Head;
import io.holdfast.catalog.AuditLog.Verification.Broken;
import io.holdfast.catalog.AuditLog.Verification.Intact;
import io.holdfast.core.HoldfastException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What was done is told, and nobody can tell it otherwise later. */
@Timeout(120)
abstract class AuditContract extends TimedContract {
    /** Somebody who writes the database behind everybody's back. */
    abstract void tamper(String statement);

    private static void append(Catalog catalog, int number) {
        catalog.audit().append("ada", "host.add", "host-" + number, "{\"n\":" + number + "}");
    }

    private static List<Long> sequences(List<AuditEntry> entries) {
        return entries.stream().map(AuditEntry::sequence).toList();
    }

    @Test
    void anEntryIsThereAsItWasWritten() {
        try (Catalog catalog = open()) {
            assertThat(catalog.audit().head()).isEqualTo(new Head(0, "0".repeat(64)));
            assertThat(catalog.audit().verify())
                    .isEqualTo(new Intact(catalog.audit().head()));
            catalog.audit().append("ada", "host.add", "web1 – ü", "{}");
            AuditEntry entry =
                    catalog.audit().page(Filter.ALL, Long.MAX_VALUE, 10).getFirst();
            assertThat(entry)
                    .isEqualTo(new AuditEntry(
                            1,
                            START,
                            "ada",
                            "host.add",
                            "web1 – ü",
                            "{}",
                            // By hand, with Python's hashlib and struct.
                            "3791f57db5a5a4e43ea5c4d0d188189f3850fe2eaeb52b542c7b55a13e6255b3"));
            catalog.audit().append("a\0b", "\ud800", "x".repeat(2_000), "");
            assertThat(catalog.audit().page(Filter.ALL, Long.MAX_VALUE, 10).getFirst())
                    .extracting(AuditEntry::actor, AuditEntry::action, AuditEntry::object)
                    .containsExactly("a\ufffdb", "?", "x".repeat(1_000));
            assertThat(catalog.audit().verify())
                    .isEqualTo(new Intact(catalog.audit().head()));
        }
    }

    @Test
    void anEntryIsThereIfAndOnlyIfWhatItTellsWasDone() {
        try (Catalog catalog = open()) {
            catalog.transaction(() -> {
                catalog.audit().append("ada", "host.add", "one", "{}");
                Host ignored = catalog.hosts().add("one");
            });
            assertThatThrownBy(() -> catalog.transaction(() -> {
                        catalog.audit().append("ada", "host.add", "two", "{}");
                        catalog.audit().append("ada", "host.add", "one", "{}");
                        Host ignored = catalog.hosts().add("two");
                        ignored = catalog.hosts().add("one");
                    }))
                    .isInstanceOf(HoldfastException.class);
            assertThat(catalog.hosts().page("", 10)).hasSize(1);
            assertThat(catalog.audit().head().sequence()).isEqualTo(1);
        }
    }

    /** They hold other things, in different orders, while they append. */
    @Test
    void manyServersMakeOneChain() {
        List<HostId> hosts = new ArrayList<>();
        try (Catalog catalog = open()) {
            IntStream.range(0, 4)
                    .forEach(i -> hosts.add(catalog.hosts().add("host-" + i).id()));
        }
        List<Boolean> done = atOnce(64, (client, i) -> {
            client.transaction(() -> {
                append(client, i);
                client.hosts().setTags(hosts.get(i % 4), Set.of("t" + i));
                append(client, -i);
            });
            return true;
        });
        assertThat(done).hasSize(64);
        try (Catalog catalog = open()) {
            assertThat(catalog.audit().verify())
                    .isEqualTo(new Intact(catalog.audit().head()));
            assertThat(catalog.audit().head().sequence()).isEqualTo(128);
        }
    }

    @Test
    void whateverIsDoneToTheChainIsFound() {
        try (Catalog catalog = open()) {
            IntStream.range(0, 1_500).forEach(i -> append(catalog, i));
            Head whole = catalog.audit().head();
            assertThat(catalog.audit().verify(whole)).isEqualTo(new Intact(whole));
            for (String change : List.of(
                    "actor = 'eve'",
                    "action = 'host.remove'",
                    "object = 'x'",
                    "details = '{}'",
                    "at_micros = at_micros + 1",
                    "hash = '" + "0".repeat(64) + "'")) {
                tamper("CREATE TABLE saved AS SELECT * FROM audit_log WHERE sequence = 1200");
                tamper("UPDATE audit_log SET " + change + " WHERE sequence = 1200");
                assertThat(catalog.audit().verify())
                        .as(change)
                        .isInstanceOfSatisfying(
                                Broken.class,
                                broken -> assertThat(broken.sequence()).isEqualTo(1_200));
                tamper("DELETE FROM audit_log WHERE sequence = 1200");
                assertThat(catalog.audit().verify()).as("missing").isEqualTo(new Broken(1_200, "it is missing"));
                tamper("INSERT INTO audit_log SELECT * FROM saved");
                tamper("DROP TABLE saved");
            }
            assertThat(catalog.audit().verify(whole)).isEqualTo(new Intact(whole));
            tamper("DELETE FROM audit_log WHERE sequence > 1490");
            Head cut = catalog.audit().head();
            assertThat(catalog.audit().verify()).as("nothing is seen alone").isEqualTo(new Intact(cut));
            assertThat(catalog.audit().verify(Head.parse(whole.text())))
                    .isEqualTo(new Broken(1_491, "the log ends at 1490, and had 1500 entries"));
            pass(Duration.ofSeconds(1));
            IntStream.range(0, 20).forEach(i -> append(catalog, i));
            assertThat(catalog.audit().verify(whole))
                    .as("written again")
                    .isInstanceOfSatisfying(
                            Broken.class,
                            broken -> assertThat(broken.sequence()).isEqualTo(1_500));
        }
    }

    @Test
    void aHeadIsReadAsItWasExported() {
        Head head = new Head(17, "ab".repeat(32));
        assertThat(Head.parse(" " + head.text() + "\n")).isEqualTo(head);
        for (String text : List.of("", "17", "17:ab", "x:" + "ab".repeat(32))) {
            assertThatThrownBy(() -> Head.parse(text)).isInstanceOf(HoldfastException.class);
        }
    }

    @Test
    void pagesShowWhatAFilterAsksForNewestFirst() {
        try (Catalog catalog = open()) {
            AuditLog audit = catalog.audit();
            for (String actor : List.of("ada", "bob")) {
                for (String action : List.of("host.add", "host.remove", "hostile")) {
                    audit.append(actor, action, action.length() + "", "{}");
                    pass(Duration.ofSeconds(1));
                }
            }
            assertThat(sequences(audit.page(Filter.ALL, Long.MAX_VALUE, 4))).containsExactly(6L, 5L, 4L, 3L);
            assertThat(sequences(audit.page(Filter.ALL, 3, 4))).containsExactly(2L, 1L);
            assertThat(sequences(audit.page(new Filter("bob", "", "", null, null), 99, 10)))
                    .isEqualTo(LongStream.of(6, 5, 4).boxed().toList());
            assertThat(sequences(audit.page(new Filter("", "host.", "", null, null), 99, 10)))
                    .containsExactly(5L, 4L, 2L, 1L);
            assertThat(sequences(audit.page(new Filter("", "", "7", null, null), 99, 10)))
                    .containsExactly(6L, 3L);
            assertThat(sequences(
                            audit.page(new Filter("", "", "", START.plusSeconds(1), START.plusSeconds(3)), 99, 10)))
                    .containsExactly(3L, 2L);
        }
    }
}
