package io.holdfast.control;

import io.holdfast.core.ByteSize;
import io.holdfast.protocol.api.ReportApi.Column;
import io.holdfast.protocol.api.ReportApi.Report;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reports as texts for other programs and for people. */
final class ReportText {
    private static final String STYLE = "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;color-scheme:light dark}"
            + "table{border-collapse:collapse}th,td{padding:.3rem .7rem;border-bottom:1px solid #8886;text-align:left;vertical-align:top}"
            + ".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.dim{opacity:.7}";

    private ReportText() {}

    /**
     * As RFC 4180 has it. A text that spreadsheets would take for a formula gets an apostrophe in front, so that a host that is called {@code =…} does nothing on the desk of whoever opens it
     * (OWASP, CSV injection).
     */
    static String csv(Report report) {
        StringBuilder csv = new StringBuilder();
        csv.append(report.columns().stream().map(Column::name).collect(Collectors.joining(",")))
                .append("\r\n");
        for (Map<String, Object> row : report.rows()) {
            csv.append(report.columns().stream()
                            .map(column -> cell(row.get(column.name())))
                            .collect(Collectors.joining(",")))
                    .append("\r\n");
        }
        return csv.toString();
    }

    private static String cell(@Nullable Object value) {
        if (value == null) {
            return "";
        }
        String text = value.toString();
        if (value instanceof String && !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0) {
            text = "'" + text;
        }
        boolean isPlain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
        return isPlain ? text : "\"" + text.replace("\"", "\"\"") + "\"";
    }

    /** One page that needs nothing else, for mail and archives. */
    static String html(Report report) {
        StringBuilder html = new StringBuilder();
        html.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
                .append(escaped(report.title()))
                .append(" · Holdfast</title><style>")
                .append(STYLE)
                .append("</style></head>\n<body><h1>")
                .append(escaped(report.title()))
                .append("</h1><p class=\"dim\">")
                .append(escaped("Last " + report.days() + " days, made " + report.at() + ", "
                        + report.rows().size() + " rows"))
                .append("</p>\n<table><thead><tr>");
        for (Column column : report.columns()) {
            html.append("<th scope=\"col\"")
                    .append(isNumber(column) ? " class=\"n\">" : ">")
                    .append(escaped(column.title()))
                    .append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        for (Map<String, Object> row : report.rows()) {
            html.append("<tr>");
            for (Column column : report.columns()) {
                html.append(isNumber(column) ? "<td class=\"n\">" : "<td>")
                        .append(escaped(shown(column, row.get(column.name()))))
                        .append("</td>");
            }
            html.append("</tr>\n");
        }
        return html.append("</tbody></table></body></html>\n").toString();
    }

    private static boolean isNumber(Column column) {
        return column.kind().equals("number") || column.kind().equals("bytes");
    }

    private static String shown(Column column, @Nullable Object value) {
        if (value == null) {
            return "";
        }
        return column.kind().equals("bytes") && value instanceof Long bytes
                ? new ByteSize(bytes).toString()
                : value.toString();
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '&' -> escaped.append("&amp;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
