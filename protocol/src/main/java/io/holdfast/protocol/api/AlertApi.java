package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What somebody should look at, and who is told of it. */
public final class AlertApi {
    private AlertApi() {}

    /**
     * @param kind a word of docs/guide/watching.md
     * @param object what it is about: HOST, HOST/PLAN, HOST/PLAN/SOURCE, REPOSITORY or REPOSITORY/KIND
     * @param host absent where it is about none
     * @param state {@code open}, {@code acknowledged} or {@code closed}
     * @param count how often it was noticed
     * @param by who acknowledged it
     */
    public record AlertView(
            String id,
            String kind,
            String object,
            Optional<String> host,
            String state,
            Instant first,
            Instant last,
            long count,
            Optional<String> by,
            String text) {}

    /** @param next the value of {@code after} for the next page; absent at the end */
    public record AlertPage(List<AlertView> items, Optional<String> next) {}

    /**
     * Somebody who is to be told.
     *
     * @param kind {@code webhook} or {@code email}
     * @param url of a webhook
     * @param server of e-mail, HOST:PORT
     * @param security of e-mail: {@code starttls}, {@code tls} or {@code none}
     * @param user who logs in to the mail server; absent where nobody need
     * @param secret a webhook's, with which messages are signed; the password of the user of e-mail
     * @param authority PEM text of the certificate to believe; absent for those of the system
     */
    public record NewTarget(
            String name,
            String kind,
            Optional<String> url,
            Optional<String> server,
            Optional<String> security,
            Optional<String> user,
            Optional<String> from,
            List<String> to,
            Optional<String> secret,
            Optional<String> authority) {
        /** Never the secret. */
        @Override
        public String toString() {
            return kind + " target " + name;
        }
    }

    /** @param hasSecret whether there is a secret, which nobody is told */
    public record TargetView(
            String name,
            String kind,
            Optional<String> url,
            Optional<String> server,
            Optional<String> security,
            Optional<String> user,
            Optional<String> from,
            List<String> to,
            boolean hasSecret) {}

    public record TargetList(List<TargetView> items) {}

    /**
     * From when on something is worth an alert.
     *
     * @param leastFree percent of a disk
     * @param summaryHour when those who are told get the daily summary; absent: never
     * @param zone whose clocks count, by its IANA name
     */
    public record WatchSettingsView(
            long silentAfterSeconds,
            long fullWithinSeconds,
            int leastFree,
            Optional<Integer> summaryHour,
            Optional<String> zone) {}
}
