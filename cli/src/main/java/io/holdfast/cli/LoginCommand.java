package io.holdfast.cli;

import io.holdfast.core.Bytes;
import io.holdfast.core.HoldfastException;
import io.holdfast.http.HttpCaller;
import io.holdfast.protocol.api.Access;
import io.holdfast.security.TlsContexts;
import io.holdfast.security.Token;
import java.io.Console;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "login",
        description = "Logs in to a server, and remembers it for the commands that are about one. Commands about this"
                + " machine's own repositories stay as they are.")
final class LoginCommand implements Callable<Integer> {
    private final RootCommand root;

    @Parameters(paramLabel = "URL", description = "The server, as https://HOST:PORT.")
    private String url = "";

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "Who you are; the password comes from --password-file or HOLDFAST_PASSWORD.")
    private @Nullable String user;

    @Option(
            names = "--code",
            paramLabel = "CODE",
            description = "The one-time code of your phone, or a recovery code, where you have switched codes on;"
                    + " asked for on a terminal.")
    private @Nullable String code;

    @Option(names = "--token", paramLabel = "TOKEN", description = "An API token, in the place of user and password.")
    private @Nullable String token;

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description = "The certificate of the server's authority (authority/authority.pem in its directory).")
    private @Nullable Path authorityFile;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "Under which name to remember it (default: host and port).")
    private @Nullable String name;

    LoginCommand(RootCommand root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        URI server = ServerAccess.uri(url);
        if ((user == null) == (token == null)) {
            throw HoldfastException.usage(
                    "either a user or a token logs in",
                    "Write --user NAME with --password-file FILE, or --token TOKEN.");
        }
        Optional<Token> shown = Optional.ofNullable(token).map(Token::parse);
        String authority = authority();
        SSLContext trust = authority.isEmpty() && shown.isPresent()
                ? TlsContexts.clientKnowing(shown.get().authority())
                : ServerAccess.trust(authority);
        String secret = shown.map(Token::text).orElseGet(() -> login(server, trust));
        Access.Me me;
        try (HttpCaller caller = new HttpCaller(server, trust, new SSLParameters(), Optional.of(secret))) {
            me = caller.get("/api/v1/me", Access.Me.class);
            if (authority.isEmpty() && shown.isPresent()) {
                authority = authorityOf(caller, shown.get().authority());
            }
        }
        ServerContext context = new ServerContext(
                name == null ? ServerAccess.nameOf(server) : name, server.toString(), me.user(), secret, authority);
        context.keep(root.environment());
        root.messages().tell("Logged in to " + context.url() + " as " + me.user() + " (" + me.role() + ").");
        root.messages()
                .object(JsonLine.of("login")
                        .with("server", context.name())
                        .with("url", context.url())
                        .with("user", me.user())
                        .with("role", me.role()));
        return 0;
    }

    private String authority() {
        if (authorityFile == null) {
            return "";
        }
        try {
            return SmallFiles.read(authorityFile);
        } catch (IOException e) {
            throw HoldfastException.usage(authorityFile + " cannot be read: " + Reasons.text(e), "Check --ca-file.");
        }
    }

    /** The certificate whose fingerprint the token has, to be known from now on. */
    private static String authorityOf(HttpCaller caller, Bytes fingerprint) {
        String pem = caller.stream(
                "/authority.pem",
                "application/x-pem-file",
                in -> new String(in.readNBytes(SmallFiles.MAX_BYTES), java.nio.charset.StandardCharsets.US_ASCII));
        boolean isRight = io.holdfast.security.Authority.fingerprint(
                        io.holdfast.security.Pem.certificates(pem, "the server's answer")
                                .getLast())
                .equals(fingerprint);
        if (!isRight) {
            throw HoldfastException.damaged("the server shows another authority than the one it uses");
        }
        return pem;
    }

    private String login(URI server, SSLContext trust) {
        String password = root.loginPassword();
        try (HttpCaller caller = new HttpCaller(server, trust, new SSLParameters(), Optional.empty())) {
            Console console = System.console();
            if (code == null && console != null && console.isTerminal()) {
                return caller.sendUnless("code-needed", "POST", "/api/v1/login", proof(password), Access.LoggedIn.class)
                        .orElseGet(() -> {
                            code = console.readLine("One-time code: ");
                            return login(caller, password);
                        })
                        .token();
            }
            return login(caller, password).token();
        }
    }

    private Access.LoggedIn login(HttpCaller caller, String password) {
        return caller.send("POST", "/api/v1/login", proof(password), Access.LoggedIn.class);
    }

    private Access.Login proof(String password) {
        return new Access.Login(String.valueOf(user), password, Optional.ofNullable(code));
    }
}
