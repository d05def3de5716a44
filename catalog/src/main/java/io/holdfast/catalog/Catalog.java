package io.holdfast.catalog;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.holdfast.core.ErrorCode;
import io.holdfast.core.HoldfastException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The database of a control server, in SQLite on its own disk or in PostgreSQL, which several servers may share. Whoever opens it brings it to the schema of this
 * program first. Thread-safe.
 */
public final class Catalog implements AutoCloseable {
    /** SQLite has one writer at a time; more readers than that have nothing to do. */
    private static final int SQLITE_CONNECTIONS = 4;

    private static final int POSTGRESQL_CONNECTIONS = 10;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final HikariDataSource connections;
    private final Database database;
    private final Hosts hosts;
    private final MediaServers mediaServers;
    private final ServedRepositories servedRepositories;
    private final Certificates certificates;
    private final Tokens tokens;
    private final Plans plans;
    private final Jobs jobs;
    private final JobHistory history;
    private final Protection protection;
    private final Repositories repositories;
    private final Snapshots snapshots;
    private final Users users;
    private final LoginSessions loginSessions;
    private final LoginThrottle loginThrottle;
    private final AuditLog audit;
    private final Alerts alerts;
    private final Figures figures;
    private final Settings settings;
    private final IdempotencyKeys idempotencyKeys;
    private final Leaderships leaderships;
    private final CatalogRows rows;

    private Catalog(HikariDataSource connections, Database database, InstantSource clock, RandomGenerator random) {
        this.connections = connections;
        this.database = database;
        this.hosts = new Hosts(database, clock, random);
        this.mediaServers = new MediaServers(database, clock, random);
        this.servedRepositories = new ServedRepositories(database);
        this.certificates = new Certificates(database, clock);
        this.tokens = new Tokens(database, clock);
        this.plans = new Plans(database, clock);
        this.jobs = new Jobs(database, clock, random);
        this.history = new JobHistory(database);
        this.protection = new Protection(database);
        this.repositories = new Repositories(database, clock);
        this.snapshots = new Snapshots(database, clock);
        this.users = new Users(database, clock);
        this.loginSessions = new LoginSessions(database, clock);
        this.loginThrottle = new LoginThrottle(database, clock);
        this.audit = new AuditLog(database, clock);
        this.alerts = new Alerts(database, clock, random);
        this.figures = new Figures(database);
        this.settings = new Settings(database);
        this.idempotencyKeys = new IdempotencyKeys(database, clock);
        this.leaderships = new Leaderships(database, clock);
        this.rows = new CatalogRows(database);
    }

    /**
     * Opens the database in a file, and makes it where there is none.
     *
     * @throws HoldfastException {@code FAILED} where it is no catalog or the file cannot be used, {@code UNSUPPORTED_VERSION} where a newer program was here
     */
    public static Catalog open(Path file, InstantSource clock, RandomGenerator random) {
        Path directory = file.toAbsolutePath().getParent();
        if (directory != null && !Files.isDirectory(directory)) {
            throw HoldfastException.usage("there is no directory " + directory, "Make it, or name another file.");
        }
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl("jdbc:sqlite:" + file.toAbsolutePath());
        config.addDataSourceProperty("journal_mode", "WAL");
        // What a client was told is on the disk.
        config.addDataSourceProperty("synchronous", "FULL");
        config.addDataSourceProperty("foreign_keys", "true");
        config.addDataSourceProperty("busy_timeout", Long.toString(PATIENCE.toMillis()));
        // One that reads first and then writes would find that somebody else has written meanwhile.
        config.addDataSourceProperty("transaction_mode", "IMMEDIATE");
        config.setMaximumPoolSize(SQLITE_CONNECTIONS);
        return open(config, Dialect.SQLITE, file.toString(), clock, random);
    }

    /**
     * Opens a database of a PostgreSQL server.
     *
     * @param url {@code jdbc:postgresql://HOST/DATABASE?user=…}
     * @throws HoldfastException {@code STORE_UNREACHABLE} where the server does not answer or refuses
     */
    public static Catalog openPostgresql(String url, InstantSource clock, RandomGenerator random) {
        if (!url.startsWith("jdbc:postgresql:")) {
            throw HoldfastException.usage(
                    "'" + url + "' is no database", "Write jdbc:postgresql://HOST/DATABASE?user=NAME.");
        }
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setMaximumPoolSize(POSTGRESQL_CONNECTIONS);
        // A password in the URL is nobody's business.
        return open(config, Dialect.POSTGRESQL, url.replaceFirst("\\?.*", ""), clock, random);
    }

    private static Catalog open(
            HikariConfig config, Dialect dialect, String name, InstantSource clock, RandomGenerator random) {
        config.setConnectionTimeout(PATIENCE.toMillis());
        config.setPoolName("catalog");
        HikariDataSource connections;
        try {
            connections = new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            throw unreachable(dialect, name, e);
        }
        try {
            Jdbi jdbi = Jdbi.create(connections);
            Migrations.of(dialect, clock).apply(jdbi);
            return new Catalog(connections, new Database(jdbi, dialect, PATIENCE), clock, random);
        } catch (HoldfastException e) {
            connections.close();
            throw e;
        } catch (RuntimeException e) {
            connections.close();
            throw unreachable(dialect, name, e);
        }
    }

    private static HoldfastException unreachable(Dialect dialect, String name, RuntimeException e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return new HoldfastException(
                dialect == Dialect.SQLITE ? ErrorCode.FAILED : ErrorCode.STORE_UNREACHABLE,
                "the catalog " + name + " cannot be opened: "
                        + String.valueOf(cause.getMessage()).lines().findFirst().orElse(""),
                dialect == Dialect.SQLITE
                        ? "Is it a file of another program, or a disk that is full?"
                        : "Check the server, the name of the database, the user and the password.",
                e);
    }

    /**
     * Does all of it or, where it throws, nothing: whatever is asked of this catalog inside, on this thread, is one transaction. Keep it short, ask nothing else of
     * the world inside, and do not go on in it after a failure.
     */
    public <T extends @Nullable Object> T transaction(Supplier<T> work) {
        return database.write(handle -> work.get());
    }

    /** The same for what gives nothing back. */
    public void transaction(Runnable work) {
        boolean ignored = database.write(handle -> {
            work.run();
            return true;
        });
    }

    /** Which database it is in, for people. */
    public String kind() {
        return database.dialect() == Dialect.SQLITE ? "SQLite" : "PostgreSQL";
    }

    public Hosts hosts() {
        return hosts;
    }

    public MediaServers mediaServers() {
        return mediaServers;
    }

    public ServedRepositories servedRepositories() {
        return servedRepositories;
    }

    public Certificates certificates() {
        return certificates;
    }

    public Tokens tokens() {
        return tokens;
    }

    public Plans plans() {
        return plans;
    }

    public Jobs jobs() {
        return jobs;
    }

    public JobHistory history() {
        return history;
    }

    public Protection protection() {
        return protection;
    }

    public Repositories repositories() {
        return repositories;
    }

    public Snapshots snapshots() {
        return snapshots;
    }

    public Users users() {
        return users;
    }

    public LoginSessions loginSessions() {
        return loginSessions;
    }

    public LoginThrottle loginThrottle() {
        return loginThrottle;
    }

    public AuditLog audit() {
        return audit;
    }

    public Alerts alerts() {
        return alerts;
    }

    public Figures figures() {
        return figures;
    }

    public Settings settings() {
        return settings;
    }

    public IdempotencyKeys idempotencyKeys() {
        return idempotencyKeys;
    }

    public Leaderships leaderships() {
        return leaderships;
    }

    /** All that is in it, to bring it elsewhere. */
    public CatalogRows rows() {
        return rows;
    }

    @Override
    public void close() {
        connections.close();
    }
}
