package io.holdfast.cli;

import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.ReportApi.Column;
import io.holdfast.protocol.api.ReportApi.Report;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "report", description = "Makes a report of a server as CSV, HTML or JSON.")
final class ReportCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "NAME", description = "protected, unprotected, failed, restored or storage.")
    private String name = "";

    @Option(names = "--format", paramLabel = "WORD", description = "csv (default), html or json.")
    private String format = "csv";

    @Option(names = "--days", paramLabel = "N", description = "About the last so many days (default: 2).")
    private int days = 2;

    @Option(names = "--out", paramLabel = "FILE", description = "Into this file (default: standard output).")
    private @Nullable Path out;

    ReportCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        try (HttpCaller server = ServerAccess.open(root)) {
            String path = "/api/v1/reports/" + ServerAccess.segment(name) + "?days=" + days;
            byte[] content =
                    server.stream(path + "&format=" + ServerAccess.segment(format), "*/*", in -> in.readAllBytes());
            Path file = out;
            if (file != null) {
                write(file, content);
                root.messages().tell("Wrote " + file + ".");
                root.messages()
                        .object(JsonLine.of("report")
                                .with("report", name)
                                .with("format", format)
                                .with("out", file.toString())
                                .with("bytes", content.length));
            } else if (root.messages().isJson()) {
                Report report = server.get(path, Report.class);
                report.rows()
                        .forEach(row -> root.messages()
                                .object(JsonLine.of("row").with("report", name).with("values", texts(report, row))));
            } else {
                root.environment().out().write(content, 0, content.length);
                root.environment().out().flush();
            }
            return 0;
        }
    }

    private static Map<String, String> texts(Report report, Map<String, Object> row) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (Column column : report.columns()) {
            Object value = row.get(column.name());
            if (value != null) {
                texts.put(column.name(), value.toString());
            }
        }
        return texts;
    }

    private static void write(Path file, byte[] content) {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            throw new HoldfastException(
                    ErrorCode.FAILED, file + " cannot be written: " + Reasons.text(e), "Check --out.", e);
        }
    }
}
