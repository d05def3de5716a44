package io.holdfast.cli;

import io.holdfast.core.WallClock;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.RepositoryApi.RecoverySheet;
import io.holdfast.protocol.api.RepositoryApi.RepositoryView;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sheet",
        description = "Prints the recovery sheet of a repository of the server, with its key; or says that it is kept.")
final class RepositorySheetCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(index = "0", paramLabel = "NAME", description = "Its name in plans.")
    private String name = "";

    @Option(names = "--confirm", description = "Prints nothing: says that the sheet was printed and is kept.")
    private boolean confirm;

    RepositorySheetCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        String place = "/api/v1/repositories/" + ServerAccess.segment(name) + "/sheet";
        try (HttpCaller server = ServerAccess.open(root)) {
            if (confirm) {
                RepositoryView confirmed =
                        server.send("POST", place + "/confirm", Nothing.NOTHING, RepositoryView.class);
                root.messages().tell("The sheet of " + confirmed.name() + " is kept.");
                root.messages().object(JsonLine.of("sheet_confirmed").with("name", confirmed.name()));
            } else {
                show(server.send("POST", place, Nothing.NOTHING, RecoverySheet.class));
            }
            return 0;
        }
    }

    private void show(RecoverySheet sheet) {
        LocalDate today = LocalDate.ofInstant(WallClock.system().instant(), ZoneId.systemDefault());
        root.messages()
                .print(RecoverySheetText.of(
                        sheet.id(),
                        sheet.url(),
                        today,
                        "",
                        sheet.key(),
                        "It is the key with which the server opens the repository.\n"));
        root.messages()
                .object(JsonLine.of("repository_sheet")
                        .with("name", sheet.name())
                        .with("url", sheet.url())
                        .with("id", sheet.id())
                        .with("key", sheet.key()));
    }
}
