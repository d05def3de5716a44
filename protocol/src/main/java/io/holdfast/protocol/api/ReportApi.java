package io.holdfast.protocol.api;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Tables for those who answer for backups. */
public final class ReportApi {
    private ReportApi() {}

    /**
     * @param report {@code protected}, {@code unprotected}, {@code failed}, {@code restored} or {@code storage}
     * @param title for people
     * @param at when it was made
     * @param days it is about the last so many
     * @param columns in their order
     * @param rows each with a value under the name of each column that it has one for: text, or a whole number
     */
    public record Report(
            String report, String title, Instant at, int days, List<Column> columns, List<Map<String, Object>> rows) {}

    /**
     * @param title for people
     * @param kind {@code text}, {@code number}, {@code bytes} or {@code time}
     */
    public record Column(String name, String title, String kind) {}
}
